"""What is measured by libraries that count only what they are told: each request, or other things."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prodlint.facts import Import
from prodlint.finding import Answer, Location
from prodlint.libraries.observability import HAND_METERS, MEASURING_METHODS
from prodlint.project.observability.applications import WebApplication, own_python
from prodlint.project.observability.integrations import METERS, Attached

if TYPE_CHECKING:
    from prodlint.project import Project

__all__ = ["of_requests"]

_METHODS = MEASURING_METHODS | {"inc", "timed"}
_FOR_EACH = ("BaseHTTPMiddleware", "middleware", "before_request", "after_request", "get_response", "process_response")
"""Names of code that runs for each request."""


def of_requests(project: Project, application: WebApplication, found: Attached) -> tuple[Answer, Location | None]:
    """Whether a library that is attached measures each request: YES for one that does so by itself or is told to in
    middleware, NO where all that it is told of is something else; with the place that shows it."""
    module = found.integration.module
    if module not in HAND_METERS:
        return Answer.YES, found.location
    other: Location | None = None
    handlers = {route.location.path for route in application.routes}
    doubt = False
    for path in own_python(project, application, *_METHODS):
        place = _told(project, path, module)
        if place is None:
            continue
        names = project.identifiers(path)
        if any(f" {each} " in names for each in _FOR_EACH):
            return Answer.YES, place
        # In handlers it may time all of them, or one.
        doubt = doubt or path in handlers
        other = other or place
    return (Answer.UNKNOWN if doubt or other is None else Answer.NO), other or found.location


def _told(project: Project, path: str, module: str) -> Location | None:
    """The first call of a file that counts or times something."""
    python = project.python(path)
    statements = python.statements if python is not None else ()
    imports = any(isinstance(each, Import) and each.module.split(".")[0] == module for each in statements)
    for call, _ in project.calls_in(path):
        owner, _, last = str(getattr(call.function, "name", "")).rpartition(".")
        if last in _METHODS and (METERS.search(owner) or (imports and owner)):
            return Location(path, call.place)
    return None
