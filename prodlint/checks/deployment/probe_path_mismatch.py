"""Health probes that ask for a path which no route serves."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from prodlint.finding import Answer, Finding, Location, Step, Undecided
from prodlint.project.deployment.answering import answered

if TYPE_CHECKING:
    from prodlint.project import Project


def check(project: Project) -> Iterator[Finding | Undecided]:
    reported: set[tuple[Location, str]] = set()
    for probe in project.deployment.probes:
        if (probe.location, probe.path) in reported or (probe.path == "/" and not probe.fails):
            continue
        reported.add((probe.location, probe.path))
        found = answered(project, probe)
        if found.answer is Answer.YES:
            continue
        if found.answer is Answer.UNKNOWN:
            yield Undecided(probe.location, f"probe of {probe.path}", found.reason)
            continue
        steps = tuple(_steps(project, found.route.location if found.route is not None else None))
        wrong = "no route serves it" if found.route is None else f"its route takes {'/'.join(found.route.methods)} only"
        asked = probe.asked or probe.path
        if probe.proxy is not None:
            steps = (Step("this proxy passes it on", probe.proxy), *steps)
            wrong = wrong if asked == probe.path else f"the proxy passes it on as `{probe.path}`: {wrong}"
        fields = {"path": asked, "what": probe.what, "wrong": wrong}
        yield Finding(probe.location, f"{probe.location.path} {asked}", fields, steps)


def _steps(project: Project, other: Location | None) -> Iterator[Step]:
    """The route that was meant: the one of another method, or those that answer health checks."""
    if other is not None:
        yield Step("this is the route of that path", other)
        return
    for route in project.routes:
        reason = project.public_reason(route)
        if reason.endswith("check") and reason.split()[0] in ("health", "liveness", "readiness"):
            yield Step(f"`{route.subject}` is a {reason}", route.location)
