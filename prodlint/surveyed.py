"""What was found in a tree, as comments for the configuration that `prodlint init` writes: each line with its place."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from prodlint.facts import span
from prodlint.finding import Location
from prodlint.libraries.engines import SERVERS
from prodlint.project import Project
from prodlint.project.routes.limit_proxies import proxy
from prodlint.project.routes.route import Route

__all__ = ["found", "open_routes"]

_SKIPPED = frozenset({"test", "example", "documentation", "migration"})
_MOST = 6
"""Lines about one kind of thing."""


def found(project: Project) -> Iterator[str]:
    """Sentences about the application, its servers, its database and what stands in front of it."""
    routes = [route for route in project.routes if project.role(route.location.path) not in _SKIPPED]
    yield from _first(_applications(project, routes))
    yield from _first(_servers(project))
    yield from _first(_databases(project))
    applications = {project.sources[route.application.path].project: route.application.path for route in routes}
    for path in applications.values():
        place = proxy(project, path)
        if place is not None:
            yield f"Proxy: {_at(place)} configures or starts one, which may limit, time out and add headers as well."
            break
    if not routes:
        yield "No route of a web application was found."


def _applications(project: Project, routes: list[Route]) -> Iterator[str]:
    by_application: dict[Location, list[Route]] = {}
    for route in routes:
        by_application.setdefault(route.application, []).append(route)
    for place, several in sorted(by_application.items(), key=lambda item: -len(item[1])):
        frameworks = Counter(route.framework for route in several)
        guarded = sum(project.authentication(route).status == "required" for route in several)
        name = frameworks.most_common(1)[0][0]
        number = f"{len(several)} route{'s' if len(several) != 1 else ''}"
        refuse = {0: "none refuses", 1: "1 refuses"}.get(guarded, f"{guarded} refuse")
        yield f"Application: {name} in {_at(place)}, {number}; {refuse} an anonymous caller."


def _servers(project: Project) -> Iterator[str]:
    for served in project.deployment.servers:
        if not served.start.production:
            continue
        plural = "" if served.workers == 1 else "s"
        workers = f"{served.workers} worker{plural}" if served.workers is not None else f"workers: {served.reason}"
        target = f" of {served.target}" if served.target else ""
        yield f"Server: {served.server}{target}, {workers} ({_at(served.location or served.start.location)})."


def _databases(project: Project) -> Iterator[str]:
    for engine in project.engines:
        if engine.is_script or project.role(engine.location.path) != "application":
            continue
        dialects = [SERVERS.get(each, each) for each in engine.database.dialects]
        what = " or ".join(dict.fromkeys(dialects)) or f"unknown, because {engine.database.reason}"
        doubt = f" ({engine.database.reason})" if dialects and engine.database.reason else ""
        yield f"Database: {what}{doubt}, over `{engine.name}` in {_at(engine.location)}."


def _first(lines: Iterator[str]) -> Iterator[str]:
    several = list(dict.fromkeys(lines))
    yield from several[:_MOST]
    if len(several) > _MOST:
        yield f"... and {len(several) - _MOST} more like these."


def open_routes(project: Project) -> Iterator[tuple[str, str]]:
    """The paths that nobody guards, each with why it is public by nature ("" where nothing says so)."""
    seen: set[str] = set()
    for route in project.routes:
        if project.role(route.location.path) in _SKIPPED or route.path in seen:
            continue
        if project.authentication(route).status == "none":
            seen.add(route.path)
            yield route.path, project.public_reason(route)


def _at(place: Location) -> str:
    return f"{place.path}:{max(span(place.place).line, 1)}"
