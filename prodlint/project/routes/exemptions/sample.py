"""Requests that stand for a route: its path with something in place of each parameter, and one of its methods."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec import Struct

from prodlint.facts import Call
from prodlint.project.values.outcomes import Given

if TYPE_CHECKING:
    from prodlint.project.routes.route import Route

_PARAMETER = re.compile(r"\{[^{}]*\}")
_FILLED = ("7", "q0z9-k4")
"""What stands for a parameter: one that may be a number, one that is no word of anyone's."""


class Sample(Struct, frozen=True):
    """A request for a route. `endpoint`, `blueprint` (Flask) and `url_name` (Django) are None where they are not
    known, "" where the route has none."""

    path: str | None
    """None where it is not known."""
    method: str
    type: str = "http"
    stripped: bool = False
    """Whether the application is mounted, so that the path in the ASGI scope depends on Starlette's version."""
    endpoint: str | None = None
    blueprint: str | None = None
    url_name: str | None = None


def samples(route: Route) -> Iterator[Sample]:
    """The requests by which a route is judged."""
    paths: list[str | None] = [route.path]
    if "\0" in route.path or "{?}" in route.path:
        paths = [None]
    elif "{" in route.path:
        paths = [_PARAMETER.sub(each, route.path) for each in _FILLED]
    converters = " ".join(converter for _, converter in route.converters)
    if paths != [None] and (":path" in route.path or "path" in converters):
        paths.append(_PARAMETER.sub("q0z9/k4", route.path))
    endpoint, blueprint, url_name = _names(route)
    stripped = any(_last(given) == "mount" for given in route.calls)
    for path in paths:
        for method in _methods(route):
            kind = "websocket" if method == "WEBSOCKET" else "http"
            yield Sample(path, method, kind, stripped, endpoint, blueprint, url_name)


def _methods(route: Route) -> list[str]:
    """The methods that decide: the automatic ones only where there are no others."""
    if "*" in route.methods:
        return ["GET", "POST"]
    real = [each for each in route.methods if each not in {"HEAD", "OPTIONS"}]
    return real or list(route.methods) or ["GET"]


def _last(given: Given) -> str:
    return getattr(given.value.function, "name", "").rpartition(".")[2] if isinstance(given.value, Call) else ""


def _names(route: Route) -> tuple[str | None, str | None, str | None]:
    """The endpoint and blueprint of Flask, the name of the URL in Django."""
    if route.framework.startswith("flask"):
        return route.endpoint or None, (route.endpoint.rpartition(".")[0] if route.endpoint else None), None
    if route.framework.startswith(("django", "drf")):
        return None, None, route.endpoint.rpartition(":")[2] or None
    return None, None, None
