"""Routes that no authentication reaches, in applications where authentication is the rule."""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from prodlint.finding import Finding, Location, Severity, Step, Undecided
from prodlint.project.routes.reading import only_reads

if TYPE_CHECKING:
    from prodlint.project import Project
    from prodlint.project.routes.route import Route

_PEOPLE = frozenset({"user", "users", "account", "accounts", "customers", "members", "employees"})
_FEW = 3
"""Open routes that are always listed one by one."""
_DELICATE = frozenset({"admin", "internal", "private", "debug", "secret", "secrets"})
"""Segments of paths that are not for everyone."""


def check(project: Project) -> Iterator[Finding | Undecided]:
    """One finding an open route; one for the application where few routes are protected; none where none is."""
    applications: dict[Location, list[Route]] = {}
    for route in project.routes:
        if project.role(route.location.path) not in {"test", "example", "documentation"}:
            applications.setdefault(route.application, []).append(route)
    for location, routes in applications.items():
        yield from _application(project, location, routes)
    for lost in project.routing.lost:
        yield Undecided(lost.location, lost.subject, lost.reason)
    for unread in project.unread_routes:
        yield Undecided(unread.location, f"route {unread.path}", f"routes of {unread.framework} are not read yet")


def _application(project: Project, location: Location, routes: list[Route]) -> Iterator[Finding | Undecided]:
    protected: list[Route] = []
    opened: list[Route] = []
    for route in routes:
        status = project.authentication(route)
        if status.status == "unknown" and not project.public_reason(route):
            yield Undecided(route.location, f"route {route.subject}", status.reason)
        elif status.status == "required":
            protected.append(route)
        elif status.status == "none" and not project.public_reason(route) and not _is_public(project, route):
            opened.append(route)
    if not protected or not opened:
        return
    if len(opened) > _FEW and len(protected) < _share(project) * (len(protected) + len(opened)):
        yield _few(project, location, protected, opened)
        return
    shielded = {route.chain[1].location for route in protected}
    whole: dict[Location, list[Route]] = {}
    for same in _by_handler(opened).values():
        router = same[0].chain[1].location
        if router not in shielded and only_reads(project, same[0]) and not _names(same[0], _DELICATE):
            whole.setdefault(router, []).extend(same)
            continue
        yield _open(project, same, protected, opened)
    for router, reading in whole.items():
        yield _open_router(router, reading) if len(reading) > 1 else _open(project, reading, protected, opened)


def _by_handler(opened: list[Route]) -> dict[tuple[object, ...], list[Route]]:
    """Routes of one handler with the same methods: slash twins and aliases are one finding."""
    found: dict[tuple[object, ...], list[Route]] = {}
    for route in opened:
        found.setdefault((route.name, route.location, route.methods), []).append(route)
    return found


def _open(project: Project, routes: list[Route], protected: list[Route], opened: list[Route]) -> Finding:
    route = routes[0]
    siblings = [each for each in protected if each.chain[1].location == route.chain[1].location]
    # Where middleware refuses others and lets this route pass, that is how it came to be open.
    freed = project.authentication(route).steps[-1:]
    steps = (*freed, *route.chain)
    if siblings:
        decided = project.authentication(siblings[0])
        steps = (*steps, Step(f"`{siblings[0].subject}` is protected by `{decided.by}`", siblings[0].location))
    evidence = "no authentication reaches it"
    severity = None
    if route.conditional:
        severity = Severity.NOTE
        evidence += " where the configuration adds it"
    elif only_reads(project, route) and not _names(route, _DELICATE):
        # Reading is often meant to be open, unless the router's other readers say otherwise.
        neighbours = [each for each in opened if each.chain[1].location == route.chain[1].location]
        guarded = sum(only_reads(project, each) for each in siblings)
        readers = guarded + sum(only_reads(project, each) for each in neighbours)
        if guarded * 2 < readers and not (guarded and _names(route, _PEOPLE)):
            severity = Severity.WARNING
    also = f" (also {', '.join(sorted(each.path for each in routes[1:]))})" if len(routes) > 1 else ""
    return Finding(
        route.location, route.subject, {"what": f"`{route.subject}`{also} is", "evidence": evidence}, steps, severity
    )


def _open_router(router: Location, routes: list[Route]) -> Finding:
    """The one finding of a router that only reads and protects nothing: more likely meant than forgotten."""
    steps = [Step(f"`{route.subject}` is open", route.location) for route in routes[:12]]
    common = _common_prefix([route.path for route in routes])
    what = f"{len(routes)} routes that read below `{common}` are"
    fields = {"what": what, "evidence": "no authentication reaches them, nor any other route of their router"}
    return Finding(router, f"GET {common}", fields, tuple(steps), Severity.NOTE)


def _common_prefix(paths: list[str]) -> str:
    segments = [path.split("/") for path in paths]
    shared = []
    for parts in zip(*segments, strict=False):
        if len(set(parts)) > 1:
            break
        shared.append(parts[0])
    return "/".join(shared) or "/"


def _names(route: Route, words: frozenset[str]) -> bool:
    """Whether one of the words is a segment of a route's path."""
    return not words.isdisjoint(route.path.lower().strip("/").split("/"))


def _few(project: Project, location: Location, protected: list[Route], opened: list[Route]) -> Finding:
    """The one finding of an application in which authentication is the exception."""
    total = len(protected) + len(opened)
    steps = [Step(f"`{route.subject}` is open", route.location) for route in opened[:10]]
    steps += [Step(f"`{route.subject}` is protected", route.location) for route in protected[:3]]
    what = f"{len(opened)} of {total} routes that are not public by nature are"
    fields = {"what": what, "evidence": f"authentication guards only {len(protected)}"}
    return Finding(location, "application", fields, tuple(steps), Severity.WARNING)


def _share(project: Project) -> float:
    share = project.options("missing-auth-dependency").get("protected-share", 0.34)
    return float(share)


def _is_public(project: Project, route: Route) -> bool:
    """Whether the configuration's `public-routes` names the path."""
    return any(fnmatchcase(route.path, pattern) for pattern in project.public_routes)
