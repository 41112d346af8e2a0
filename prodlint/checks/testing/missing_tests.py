"""Applications without a test."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from prodlint.finding import Answer, Finding, Undecided
from prodlint.project.testing.presence import tests_of_component

if TYPE_CHECKING:
    from prodlint.project import Project


def check(project: Project) -> Iterator[Finding | Undecided]:
    for application in project.deployment.applications:
        if tests_of_component(project, application.folder) is not None:
            continue
        named = application.folder or "repository"
        if application.answer is not Answer.YES:
            yield Undecided(application.location, f"component {named}", "it may be a library")
            continue
        fields = {"routes": f"{application.routes} route{'s' if application.routes != 1 else ''}"}
        yield Finding(application.location, named, fields)
