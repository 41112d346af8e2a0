"""Whether the application answers a path that a probe asks for: yes by which route, no, or unknown and why."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec import Struct

from prodlint.facts import Constant, children
from prodlint.finding import Answer, Location
from prodlint.project.testing.coverage import path_pattern
from prodlint.project.values.outcomes import Known, Site

if TYPE_CHECKING:
    from prodlint.project import Project
    from prodlint.project.deployment.probes import Probe
    from prodlint.project.routes.route import Route

__all__ = ["Answered", "answered"]

_BUILT_IN = ("/docs", "/redoc", "/openapi.json", "/schema", "/static", "/metrics")
"""Paths that frameworks and metrics libraries serve without a route of the application's own."""
_PREFIXED = (
    "root_path", "root_path_in_servers", "DispatcherMiddleware", "FORCE_SCRIPT_NAME", "APPLICATION_ROOT", "SCRIPT_NAME",
    "url_prefix", "PrefixMiddleware", "ProxyFix",
)  # fmt: skip
"""Names that speak of a path in front of all routes."""
_STRICT = frozenset(["flask", "django", "aiohttp"])
"""Frameworks that answer 404 to a slash too many: they redirect to a path with a slash, never to one without.
https://flask.palletsprojects.com/en/stable/quickstart/#unique-urls-redirection-behavior,
https://docs.djangoproject.com/en/stable/ref/settings/#append-slash."""
_MOUNTS = ("mount", "Mount", "StaticFiles", "create_static_files_router", "make_asgi_app", "frontend")


class Answered(Struct, frozen=True):
    """Whether anything serves the path of a probe."""

    answer: Answer
    route: Route | None = None
    """The route that serves it; of a NO, one of the same path that does not take the method."""
    reason: str = ""
    """Why it is unknown."""


def answered(project: Project, probe: Probe) -> Answered:
    """What answers a probe, among the routes of the applications that its file concerns."""
    folders = {each.folder for each in project.deployment.applications if each.is_served_by(probe.folder)}
    routes = [each for each in project.routes if project.sources[each.registered.path].project in folders]
    path = probe.path
    other: Route | None = None
    for route in routes:
        if route.framework in _STRICT and path.endswith("/") and path != "/" and not route.path.endswith(("/", "}")):
            continue
        pattern = path_pattern(route)
        if pattern.fullmatch(path) or pattern.fullmatch(path.rstrip("/")) or _is_root(route, path):
            if {"GET", "HEAD", "*"} & set(route.methods):
                return Answered(Answer.YES, route)
            other = route
    reason = probe.doubt or _why_unknown(project, folders, routes, probe)
    if reason:
        return Answered(Answer.UNKNOWN, other, reason)
    return Answered(Answer.NO, other)


def _is_root(route: Route, path: str) -> bool:
    return path == "/" and route.path in ("", "/")


def _why_unknown(project: Project, folders: set[str], routes: list[Route], probe: Probe) -> str:
    """What else may answer a path; "" for nothing."""
    path = probe.path
    if "$" in path or "{" in path:
        return f"`{path}` is decided when it runs"
    if path.startswith(_BUILT_IN):
        return f"libraries serve `{path}` by themselves"
    if any(each.unknown for each in routes):
        return "the paths of some routes are not known"
    if any(project.sources[each.location.path].project in folders for each in project.routing.lost):
        return "some routes are put on routers that are not known"
    if any(project.sources[each.location.path].project in folders for each in project.unread_routes):
        return "some routes are not read"
    for prefix in _mounted(project, folders):
        if prefix is None or path.startswith(prefix.rstrip("/") or "/"):
            return "something is mounted there" if prefix is not None else "something is mounted at an unknown path"
    ends = any(
        path_pattern(route).fullmatch(path[at:]) for route in routes for at in _slashes(path) if route.path != "/"
    )
    if ends and any(_own(project, each, folders) for each in project.mentioning(*_PREFIXED)):
        return "a path may stand in front of all routes"
    if any("root-path" in " ".join(each.program.words) for each in project.deployment.starts):
        return "a path may stand in front of all routes"
    return _named(project, folders, probe)


def _slashes(path: str) -> list[int]:
    return [index for index, letter in enumerate(path) if letter == "/" and index]


def _own(project: Project, path: str, folders: set[str]) -> bool:
    source = project.sources[path]
    return source.project in folders and source.role in ("application", "script")


def _mounted(project: Project, folders: set[str]) -> Iterator[str | None]:
    """The paths at which another application or a folder of files is mounted; None for one that is not known."""
    for path in project.mentioning(*_MOUNTS):
        python = project.python(path)
        if python is None or not _own(project, path, folders):
            continue
        for call, block in project.calls_in(path):
            name = getattr(call.function, "name", "").rpartition(".")[2]
            if name not in _MOUNTS:
                continue
            given = call.positional(0) or call.keyword("path")
            site = Site(path, python.blocks[block].scope)
            meaning = project.values.evaluate(site, given).meaning if given is not None else None
            if isinstance(meaning, Known) and isinstance(meaning.value, str) and meaning.value.startswith(("/", "")):
                if meaning.value.startswith("/") or not meaning.value:
                    yield meaning.value
            elif name in ("mount", "Mount", "frontend"):
                yield None


def _named(project: Project, folders: set[str], probe: Probe) -> str:
    """Code that names the path without registering a route, as middleware does that answers by itself."""
    wanted = probe.path.strip("/")
    registered = {route.registered for route in project.routes}
    for file in project.python_paths:
        if not wanted or file == probe.location.path or not _own(project, file, folders):
            continue
        stack = [value for value, _ in project.values_in(file)]
        while stack:
            each = stack.pop()
            if isinstance(each, Constant):
                if isinstance(each.value, str) and "/" in each.value and each.value.strip("/") == wanted:
                    return f"`{file}` names the path and may answer it"
            elif Location(file, each.place) not in registered:
                stack.extend(children(each))
    return ""
