"""Evidence about the way to production: pipelines, gates, documents."""

from __future__ import annotations

import re
from collections.abc import Iterator

from prodlint.checklist import Evidence
from prodlint.facts import Constant, Document, Mapping, Text, Value, walk
from prodlint.finding import Location
from prodlint.scorecard.application import Application
from prodlint.scorecard.evidence.said import counted, first_line, for_it

_FILES = (
    ".gitlab-ci.yml", "azure-pipelines.yml", ".circleci/config.yml", ".travis.yml", "bitbucket-pipelines.yml",
    ".drone.yml", ".woodpecker.yml", "cloudbuild.yaml", "Jenkinsfile", "buildspec.yml", "appveyor.yml",
)  # fmt: skip
_TEST = re.compile(r"\b(pytest|tox|nox|unittest|manage\.py test|coverage run|make test|scripts/tests?)", re.IGNORECASE)
_STAGING = re.compile(r"\b(staging|stage|preprod|pre-production|uat)\b", re.IGNORECASE)


def _pipelines(app: Application) -> list[str]:
    return [
        path
        for path in sorted(app.project.sources)
        if path in _FILES or (path.startswith((".github/workflows/", ".forgejo/workflows/")) and path.endswith("ml"))
    ]


def ci_pipeline(app: Application) -> Iterator[Evidence]:
    """The files of the pipeline."""
    paths = _pipelines(app)
    if paths:
        what = counted(len(paths), "pipeline") if len(paths) > 1 else "a pipeline"
        yield for_it(f"{what} {'are' if len(paths) > 1 else 'is'} set up", first_line(paths[0]))


def tests_before_deploy(app: Application) -> Iterator[Evidence]:
    """Steps of a pipeline that run tests."""
    for location, text in texts(app):
        found = _TEST.search(text)
        if found:
            yield for_it(f"a pipeline runs the tests (`{found[0]}`)", location)
            return


def staging_first(app: Application) -> Iterator[Evidence]:
    """Parts of a pipeline that speak of staging."""
    for location, text in texts(app):
        found = _STAGING.search(text)
        if found:
            yield for_it(f"a pipeline speaks of `{found[0].lower()}`", location)
            return


def texts(app: Application) -> Iterator[tuple[Location, str]]:
    """The keys and texts of the pipelines, each with its place."""
    for path in _pipelines(app):
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


def rollback_documented(app: Application) -> Iterator[Evidence]:
    """Documents that speak of rolling back."""
    for path in sorted(app.project.sources):
        if app.project.sources[path].kind != "text":
            continue
        content = app.project.facts(path).content
        if isinstance(content, Text) and "rollback" in content.topics:
            yield for_it("a document speaks of rolling back", first_line(path))


def tests_pass(app: Application) -> Iterator[Evidence]:
    """The tests that there are."""
    paths = [path for path in app.project.python_paths if app.project.role(path) == "test"]
    if paths:
        yield for_it(f"{counted(len(paths), 'file')} of tests are there", first_line(paths[0]))
    yield from tests_before_deploy(app)
