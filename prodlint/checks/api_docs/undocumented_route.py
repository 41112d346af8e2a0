"""Routes of the schema that say nothing about themselves."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from prodlint.facts import Call, Constant
from prodlint.finding import Finding, Location

if TYPE_CHECKING:
    from prodlint.project import Project
    from prodlint.project.routes.route import Route

_WITH_SCHEMA = frozenset({"fastapi", "litestar", "django-ninja", "flask-smorest"})
"""Frameworks that publish a schema of all routes by themselves."""

_SAYING = frozenset({"summary", "description", "openapi_extra", "doc"})
_SKIPPED = frozenset({"test", "example", "documentation", "migration"})


def check(project: Project) -> Iterator[Finding]:
    """One finding a handler, whatever number of paths it has."""
    seen: set[Location] = set()
    for route in project.routes:
        if route.framework not in _WITH_SCHEMA or route.handler is None or not is_published(route):
            continue
        if route.location in seen or project.role(route.location.path) in _SKIPPED:
            continue
        seen.add(route.location)
        scope = project.scope_of(route.handler)
        if scope.documented or scope.kind != "function" or _says(route):
            continue
        yield Finding(route.location, route.subject, {"route": route.subject}, route.chain[:1])


def is_published(route: Route) -> bool:
    """Whether a route is part of a schema that is served: not hidden, and not of an application without one."""
    made = route.calls[-1].value if route.calls else None
    url = made.keyword("openapi_url") if isinstance(made, Call) else None
    hidden = isinstance(url, Constant) and url.value is None
    return route.in_schema and not hidden and "WEBSOCKET" not in route.methods


def _says(route: Route) -> bool:
    call = route.calls[0].value if route.calls else None
    if not isinstance(call, Call):
        return False
    return any(argument.name in _SAYING or argument.star == "**" for argument in call.arguments)
