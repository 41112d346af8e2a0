"""Errors that a route answers and its schema does not name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from prodlint.checks.api_docs.undocumented_route import is_published
from prodlint.finding import Finding, Location, Step
from prodlint.project.routes.errors import Errors, RaisedErrors
from prodlint.project.routes.responses import documented, raised

if TYPE_CHECKING:
    from prodlint.project import Project
    from prodlint.project.routes.route import Route

_SKIPPED = frozenset({"test", "example", "documentation", "migration"})
_SILENT = frozenset({422, 500})
"""What FastAPI declares by itself, and what is no answer but a fault."""

_Gap = tuple["Route", tuple[Step, ...]]
"""A route with the way to the place that answers a status."""

_MANY = 3
"""From so many routes of one router on, the status belongs on the router."""


def check(project: Project) -> Iterator[Finding]:
    """One finding a router for the statuses that several of its routes do not declare, one a route for the others."""
    by_router: dict[Location, dict[int, list[_Gap]]] = {}
    seen: set[Location] = set()
    errors = RaisedErrors(project)
    for route in project.routes:
        if route.framework != "fastapi" or route.handler is None or not is_published(route):
            continue
        if route.location in seen or project.role(route.location.path) in _SKIPPED:
            continue
        seen.add(route.location)
        for status, way in _missing(project, route, errors).items():
            by_router.setdefault(_router(route), {}).setdefault(status, []).append((route, way))
    for router, by_status in by_router.items():
        shared = {status: gaps for status, gaps in by_status.items() if len(gaps) >= _MANY}
        if shared:
            yield _of_router(router, shared)
        own: dict[Location, list[tuple[int, _Gap]]] = {}
        for status, gaps in by_status.items():
            for gap in gaps if status not in shared else ():
                own.setdefault(gap[0].location, []).append((status, gap))
        for several in own.values():
            yield _of_route(several)


def _missing(project: Project, route: Route, errors: RaisedErrors) -> Errors:
    """The statuses that a route may answer and does not declare, each with one way to it."""
    declared, unknown = documented(project, route)
    if unknown or "DEFAULT" in declared:
        return {}
    return {
        status: steps
        for status, steps in raised(project, route, errors).items()
        if status not in _SILENT and str(status) not in declared and f"{status // 100}XX" not in declared
    }


def _router(route: Route) -> Location:
    given = route.calls[1] if len(route.calls) > 1 else route.calls[0]
    return Location(given.site.path, given.value.place)


def _of_router(router: Location, shared: dict[int, list[_Gap]]) -> Finding:
    steps: list[Step] = []
    for gaps in shared.values():
        for route, way in gaps[:2]:
            steps += (Step(f"`{route.subject}` is handled here", route.location), way[-1])
    routes = {route.location: route for gaps in shared.values() for route, _ in gaps}
    first = next(iter(routes.values()))
    what = f"{len(routes)} routes of this router answer"
    return Finding(router, f"router of {first.subject}", {"what": what, "status": _listed(shared)}, tuple(steps[:12]))


def _of_route(several: list[tuple[int, _Gap]]) -> Finding:
    route = several[0][1][0]
    steps = tuple(step for _, (_, way) in several for step in way)
    fields = {"what": f"`{route.subject}` may answer", "status": _listed(status for status, _ in several)}
    return Finding(route.location, route.subject, fields, steps[:12])


def _listed(statuses: Iterable[int]) -> str:
    return ", ".join(str(status) for status in sorted(statuses))
