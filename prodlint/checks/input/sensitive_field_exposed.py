"""Responses that carry the hash of a password, a secret or a token that is kept."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from prodlint.finding import Finding, Location, Step, Undecided
from prodlint.project.routes.exposed import Exposed, Exposure
from prodlint.project.routes.responses import response_of
from prodlint.project.routes.serializers import Serializers

if TYPE_CHECKING:
    from prodlint.project import Project
    from prodlint.project.routes.route import Route

_SKIPPED = frozenset({"test", "example", "documentation", "migration"})
_WITH_MODELS = frozenset({"fastapi", "litestar", "django-ninja"})


def check(project: Project) -> Iterator[Finding | Undecided]:
    """One finding for each field, whatever number of routes carries it."""
    exposure, serializers = Exposure(project), Serializers(project)
    found: dict[tuple[str, Location], tuple[Exposed, list[Route]]] = {}
    for route in project.routes:
        if "WEBSOCKET" in route.methods or project.role(route.location.path) in _SKIPPED:
            continue
        several = serializers.of(route) if route.framework == "drf" else _of_route(project, exposure, route)
        for exposed in several:
            found.setdefault((exposed.name, exposed.location), (exposed, []))[1].append(route)
    for exposed, routes in found.values():
        others = f" and {len(routes) - 1} more" if len(routes) > 1 else ""
        steps = tuple(Step(f"`{route.subject}` answers it", route.location) for route in routes[:6])
        fields = {"field": exposed.name, "route": f"`{routes[0].subject}`{others}"}
        yield Finding(exposed.location, f"{routes[0].subject} {exposed.name}", fields, (*exposed.steps, *steps))


def _of_route(project: Project, exposure: Exposure, route: Route) -> Iterator[Exposed]:
    if route.handler is None or project.scope_of(route.handler).kind != "function":
        return
    rows = False
    if route.framework in _WITH_MODELS:
        response = response_of(project, route)
        if response.kind == "model":
            if not response.unknown and not _has_data_transfer_object(route):
                yield from exposure.of_model(route, response)
            return
        rows = response.kind == "none" and route.framework == "fastapi"
    yield from exposure.of_values(route, rows)


def _has_data_transfer_object(route: Route) -> bool:
    """Whether Litestar leaves fields out by a DTO, which is not read."""
    for given in route.calls:
        for argument in getattr(given.value, "arguments", ()):
            if argument.name in {"dto", "return_dto"}:
                return True
    return False
