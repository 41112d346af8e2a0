"""The files of CI pipelines, and what is written in them."""

from __future__ import annotations

from collections.abc import Iterator

from prodlint.facts import Constant, Document, Mapping, Value, walk
from prodlint.finding import Location
from prodlint.scorecard.application import Application

__all__ = ["pipelines", "texts"]

_FILES = (
    ".gitlab-ci.yml", "azure-pipelines.yml", ".circleci/config.yml", ".travis.yml", "bitbucket-pipelines.yml",
    ".drone.yml", ".woodpecker.yml", "cloudbuild.yaml", "Jenkinsfile", "buildspec.yml", "appveyor.yml",
)  # fmt: skip


def pipelines(app: Application) -> list[str]:
    """Their paths."""
    return [
        path
        for path in sorted(app.project.sources)
        if path in _FILES or (path.startswith((".github/workflows/", ".forgejo/workflows/")) and path.endswith("ml"))
    ]


def texts(app: Application) -> Iterator[tuple[Location, str]]:
    """The keys and texts of the pipelines, each with its place."""
    for path in pipelines(app):
        content = app.project.facts(path).content
        for document in content.values if isinstance(content, Document) else ():
            yield from ((Location(path, place), text) for place, text in _inside(document))


def _inside(value: Value) -> Iterator[tuple[int, str]]:
    for each in walk(value):
        if isinstance(each, Constant) and isinstance(each.value, str):
            yield each.place, each.value
        elif isinstance(each, Mapping):
            for key, _ in each.items:
                if isinstance(key, Constant) and isinstance(key.value, str):
                    yield key.place, key.value
