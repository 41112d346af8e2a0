"""Jobs that deploy although no job that tests stands before them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from prodlint.finding import Finding, Severity, Step, Undecided

if TYPE_CHECKING:
    from prodlint.project import Project


def check(project: Project) -> Iterator[Finding | Undecided]:
    deployment = project.deployment
    if not deployment.applications:
        return
    elsewhere = [
        Step(f"`{job.name}` runs `{what}`, and nothing waits for it", job.location) for job, what in deployment.tests
    ]
    seen = set()
    for each in deployment.deployed:
        # A reusable workflow that several call is one place to mend.
        if each.gate.gated or each.deploy.location in seen:
            continue
        seen.add(each.deploy.location)
        if each.gate.gated is None:
            yield Undecided(each.deploy.location, f"job {each.job.name}", each.gate.reason)
            continue
        steps = (*each.gate.steps, *elsewhere[:1])
        severity = Severity.NOTE if each.by_hand else None
        fields = {"what": each.deploy.what, "job": each.job.name}
        yield Finding(each.deploy.location, f"{each.pipeline.path} {each.job.name}", fields, steps, severity)
