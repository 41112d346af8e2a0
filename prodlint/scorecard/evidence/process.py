"""Evidence about the way to production: pipelines, gates, documents."""

from __future__ import annotations

import re
from collections.abc import Iterator

from prodlint.checklist import Evidence
from prodlint.facts import Text
from prodlint.scorecard.application import Application
from prodlint.scorecard.evidence.pipelines import pipelines, texts
from prodlint.scorecard.evidence.said import counted, first_line, for_it

_TEST = re.compile(r"\b(pytest|tox|nox|unittest|manage\.py test|coverage run|make test|scripts/tests?)", re.IGNORECASE)
_STAGING = re.compile(r"\b(staging|stage|preprod|pre-production|uat)\b", re.IGNORECASE)


def ci_pipeline(app: Application) -> Iterator[Evidence]:
    """The files of the pipeline."""
    paths = pipelines(app)
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
