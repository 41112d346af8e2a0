"""Repositories of an application in which no provider of continuous integration finds its configuration."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from prodlint.finding import Answer, Finding, Undecided

if TYPE_CHECKING:
    from prodlint.project import Project


def check(project: Project) -> Iterator[Finding | Undecided]:
    deployment = project.deployment
    if deployment.pipelines or not deployment.applications:
        return
    sure = [each for each in deployment.applications if each.answer is Answer.YES]
    if sure:
        yield Finding(sure[0].location, "repository", {})
    else:
        yield Undecided(deployment.applications[0].location, "repository", "it may be that of a library")
