"""Routes that serve the operation of the application and not its users: health checks, documentation, static files.

One word of a path is not enough: `/streams/live` is no liveness check and `/assets/{id}` no static file. What stands
around the word, the method, and where that leaves a doubt the handler's name, have to agree.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from prodlint.facts import Constant, walk
from prodlint.libraries.sensitive import words_of

if TYPE_CHECKING:
    from prodlint.project import Project
    from prodlint.project.routes.route import Route

_CHECKS = {
    "health": "health check",
    "healthz": "health check",
    "healthcheck": "health check",
    "health-check": "health check",
    "health_check": "health check",
    "health-checks": "health check",
    "ping": "health check",
    "heartbeat": "health check",
    "alive": "liveness check",
    "live": "liveness check",
    "livez": "liveness check",
    "liveness": "liveness check",
    "ready": "readiness check",
    "readyz": "readiness check",
    "readiness": "readiness check",
}
_OTHERS = {
    "version": "version",
    "metrics": "metrics",
    "docs": "documentation",
    "redoc": "documentation",
    "swagger": "documentation",
    "swagger-ui": "documentation",
    "openapi": "documentation",
    "csrf-token": "CSRF token",
    "csrf_token": "CSRF token",
    "csrftoken": "CSRF token",
}
_FILES = {
    "openapi.json": "documentation",
    "openapi.yaml": "documentation",
    "swagger.json": "documentation",
    "favicon.ico": "static file",
    "robots.txt": "static file",
    "sitemap.xml": "static file",
    "manifest.json": "static file",
    "security.txt": "static file",
    "humans.txt": "static file",
    "service-worker.js": "static file",
    "jwks.json": "public keys",
    "jwks": "public keys",
}
"""Names that mean one thing wherever they stand."""
_NEUTRAL = frozenset(
    "api rest app apps service services system sys status monitoring monitor management actuator public probe probes "
    "internal ops util utils misc common core meta base main server backend _ - k8s kubernetes".split()
)
_MANUALS = frozenset({"docs", "documentation"})
_VERSION = re.compile(r"v?\d+(\.\d+)*|latest")
_PARTS = frozenset(
    "db database redis cache postgres startup detailed details full simple basic check status app api".split()
)
"""What may follow a health check in a path: `/health/db`."""
_CHECK_WORDS = frozenset(
    "health healthz healthcheck ready readiness readyz live alive liveness livez ping pong heartbeat".split()
)
_FILE_CONVERTERS = frozenset({"path", "filepath", "filename"})
_FILE_RESPONSES = frozenset({"FileResponse", "StaticFiles", "send_from_directory", "send_file", "serve", "File"})
_READING = frozenset({"GET", "HEAD", "OPTIONS", "*"})


def infrastructure_reason(project: Project, route: Route, segments: list[str]) -> str:
    """Why a route is public as a part of the operation; "" where it is none. `segments` are those of its path, in lower
    case."""
    if set(route.methods) == {"OPTIONS"}:
        return "CORS preflight"
    if not set(route.methods) <= _READING or any("{" in each and "{?}" not in each for each in segments[:-1]):
        return ""
    last = segments[-1] if segments else ""
    if not segments:
        return "root"
    if last in _FILES:
        return _FILES[last]
    if ".well-known" in segments or (segments[0] in {"static", "assets"} and _serves_files(project, route, last)):
        return "static file"
    return _check(project, route, segments) or _other(segments) or _by_handler(project, route, segments)


def _check(project: Project, route: Route, segments: list[str]) -> str:
    """A health check: its word last or followed by what is checked, and plain words around it, or a handler whose name
    says the same."""
    at = next((index for index, each in enumerate(segments) if each in _CHECKS), -1)
    if at < 0 or len(segments) - at > 2:
        return ""
    after, before = segments[at + 1 :], segments[:at]
    if not all(each in _CHECKS or each in _PARTS for each in after):
        return ""
    if _are_plain(before):
        return _CHECKS[segments[-1]] if segments[-1] in _CHECKS else _CHECKS[segments[at]]
    name = project.scope_of(route.handler).name if route.handler is not None else ""
    words = set(words_of(name))
    if _takes_nothing(route) and ("health" in words or ({"check"} & words and words & _CHECK_WORDS)):
        return _CHECKS[segments[at]]
    return ""


def _other(segments: list[str]) -> str:
    """Version, metrics and documentation: only where nothing else is in the path."""
    if segments[-1] in _OTHERS and _are_plain(segments[:-1]):
        return _OTHERS[segments[-1]]
    if len(segments) > 1 and _OTHERS.get(segments[-2]) == "documentation" and _are_plain(segments[:-2]):
        return "documentation" if segments[-1] in {"oauth2-redirect", *_OTHERS} else ""
    return ""


def _by_handler(project: Project, route: Route, segments: list[str]) -> str:
    """What the handler has to bear out: pages below `/docs` that it calls documentation, and a `/status` that only asks
    the database whether it is there."""
    if route.handler is None:
        return ""
    words = set(words_of(project.scope_of(route.handler).name))
    if segments[0] in _MANUALS and words & {"doc", *_MANUALS}:
        return "documentation"
    if segments[-1] == "status" and _are_plain(segments) and _takes_nothing(route):
        values = [each for value in project.values_of(route.handler) for each in walk(value)]
        if any(isinstance(each, Constant) and str(each.value).strip(" ;").lower() == "select 1" for each in values):
            return "health check"
    return ""


def _are_plain(segments: list[str]) -> bool:
    return all(each in _NEUTRAL or each == "{?}" or _VERSION.fullmatch(each) for each in segments)


def _takes_nothing(route: Route) -> bool:
    return "{" not in route.path.replace("{?}", "")


def _serves_files(project: Project, route: Route, last: str) -> bool:
    """Whether a route below `/static` gives out files by their name: its last parameter takes a path, or the handler
    answers with a file."""
    converters = dict(route.converters)
    name, _, written = last.strip("{}").partition(":")
    if (written or converters.get(name)) in _FILE_CONVERTERS:
        return True
    calls = project.calls_of(route.handler) if route.handler is not None else ()
    return any(str(getattr(call.function, "name", "")).rpartition(".")[2] in _FILE_RESPONSES for call in calls)
