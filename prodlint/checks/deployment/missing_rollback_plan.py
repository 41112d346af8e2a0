"""Applications of which nothing in the repository says how to go back to the version before."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from prodlint.finding import Answer, Finding
from prodlint.project.deployment.rollback import rollback

if TYPE_CHECKING:
    from prodlint.project import Project


def check(project: Project) -> Iterator[Finding]:
    deployment = project.deployment
    sure = [each for each in deployment.applications if each.answer is Answer.YES]
    is_deployed = deployment.deployed or any(deployment.runs_application(each) for each in deployment.images)
    if not sure or not (is_deployed or deployment.entries or deployment.workloads):
        return
    if next(rollback(project), None) is None:
        yield Finding(sure[0].location, "repository", {})
