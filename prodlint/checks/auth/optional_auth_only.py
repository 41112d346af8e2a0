"""Routes that change data and whose only authentication lets an anonymous caller pass."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from prodlint.finding import Finding, Location, Severity
from prodlint.project.identity.events import CALLER, Refused
from prodlint.project.routes.statuses import DENYING

if TYPE_CHECKING:
    from prodlint.project import Project
    from prodlint.project.routes.route import Route

_READING = frozenset({"GET", "HEAD", "OPTIONS"})
_UNSEEN = frozenset({"test", "example", "documentation"})


def check(project: Project) -> Iterator[Finding]:
    """One finding a handler; a note where it knows that the caller may be nobody."""
    seen: set[Location] = set()
    for route in project.routes:
        if route.handler is None or set(route.methods) <= _READING or "WEBSOCKET" in route.methods:
            continue
        answer = project.authentication(route)
        if answer.status != "optional" or route.location in seen or project.role(route.location.path) in _UNSEEN:
            continue
        if project.public_reason(route) or _refuses(project, route):
            continue
        seen.add(route.location)
        severity = Severity.NOTE if project.identity.callers.walk(route).tested else None
        fields = {"route": route.subject, "by": answer.by, "reason": answer.reason}
        yield Finding(route.location, route.subject, fields, (*answer.steps, *route.chain), severity)


def _refuses(project: Project, route: Route) -> bool:
    """Whether the handler, or something that it calls, turns away a caller who is not known."""
    assert route.handler is not None
    refusals = project.routing.refusals.of(route.handler)
    if any(each.status in DENYING or each.status == 0 for each in refusals):
        return True
    walked = project.identity.callers.walk(route)
    return any(
        isinstance(found.event, Refused) and found.is_handler and CALLER in found.event.labels for found in walked.found
    )
