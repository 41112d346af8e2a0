"""Routes whose response nobody declares."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from prodlint.finding import Finding, Location
from prodlint.project.routes.responses import response_of

if TYPE_CHECKING:
    from prodlint.project import Project

_SKIPPED = frozenset({"test", "example", "documentation", "migration"})


def check(project: Project) -> Iterator[Finding]:
    """One finding a handler of FastAPI; Litestar refuses to start without an annotation."""
    seen: set[Location] = set()
    for route in project.routes:
        if route.framework != "fastapi" or route.handler is None or "WEBSOCKET" in route.methods:
            continue
        if not route.in_schema or route.location in seen or project.role(route.location.path) in _SKIPPED:
            continue
        seen.add(route.location)
        if project.scope_of(route.handler).kind != "function":
            continue
        response = response_of(project, route)
        if response.kind == "none" and not response.is_explicit:
            yield Finding(route.location, route.subject, {"route": route.subject}, route.chain[:1])
