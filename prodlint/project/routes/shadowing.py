"""Routes that are never reached, because one that is asked earlier answers the same requests."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec import Struct

from prodlint.facts import Call
from prodlint.finding import Location
from prodlint.libraries.fastapi import ROUTABLES
from prodlint.libraries.paths import DOCUMENTATION_ROUTES, ORDERED_FRAMEWORKS, SORTED_FRAMEWORKS, VIEW_FRAMEWORKS
from prodlint.project.routes.patterns import Pattern
from prodlint.project.routes.route import Route
from prodlint.project.values.outcomes import Known

if TYPE_CHECKING:
    from prodlint.project import Project

_BY_THEMSELVES = frozenset({"HEAD", "OPTIONS"})
"""Methods that werkzeug adds to every rule."""

_NARROWING = frozenset({"subdomain", "host", "defaults", "build_only", "redirect_to", "websocket"})
"""Arguments of a werkzeug rule beyond its path that decide whether it matches."""


class Shadow(Struct, frozen=True):
    """A route with the methods of it that are never reached, and what is asked first."""

    route: Route
    methods: tuple[str, ...]
    by: Route | None = None
    mount: Location | None = None
    """Where another application is mounted at the path, for lack of an earlier route."""
    path: str = ""
    """Of the mount or of the framework's own route."""
    doubt: str = ""
    """Why it is not certain which of the two is asked first."""


class _Entry(Struct, frozen=True):
    route: Route
    pattern: Pattern


def shadows(project: Project) -> Iterator[Shadow]:
    """Every route that is never reached, in the order of the route table."""
    applications: dict[tuple[Location, bool], list[Route]] = {}
    for route in project.routes:
        if not route.unknown and "{?}" not in route.path:
            kind = route.framework in SORTED_FRAMEWORKS
            if kind or route.framework in ORDERED_FRAMEWORKS:
                applications.setdefault((route.application, kind), []).append(route)
    mounts = _mounts(project)
    for (application, is_sorted), routes in applications.items():
        yield from _among(project, routes, is_sorted)
        for route in routes:
            yield from _below_mount(route, mounts.get(application, ()))
            yield from _documentation(project, route)


def _among(project: Project, routes: list[Route], is_sorted: bool) -> Iterator[Shadow]:
    equal: dict[str, list[_Entry]] = {}
    by_length: dict[int, list[_Entry]] = {}
    greedy: list[_Entry] = []
    for route in routes:
        entry = _Entry(route, Pattern(route))
        before = list(equal.get(entry.pattern.text, ()))
        if not is_sorted:
            before += by_length.get(len(entry.pattern.segments), ())
            before += greedy
        yield from _hidden(project, entry, before)
        if route.conditional or (is_sorted and _is_narrowed(route)):
            continue
        equal.setdefault(entry.pattern.text, []).append(entry)
        if entry.pattern.is_greedy:
            greedy.append(entry)
        elif entry.pattern.converters:
            by_length.setdefault(len(entry.pattern.segments), []).append(entry)


def _hidden(project: Project, entry: _Entry, before: list[_Entry]) -> Iterator[Shadow]:
    """What is left of a route by those before it."""
    route = entry.route
    left = set(route.methods) - (_BY_THEMSELVES if route.framework in SORTED_FRAMEWORKS else set())
    doubt: Shadow | None = None
    for other in before:
        earlier = other.route
        if earlier.handler == route.handler or earlier.registered == route.registered:
            continue
        answered = set(left) if _answers_all(other, entry) else left & _answered(earlier)
        if not answered or not other.pattern.covers(entry.pattern):
            continue
        is_first = _is_first(project, earlier, route)
        if is_first is None and other.pattern.text != entry.pattern.text:
            doubt = doubt or Shadow(route, tuple(sorted(answered)), earlier, doubt="both are put on one router from "
                                    "different places, and which of them comes first is not known")  # fmt: skip
        elif is_first is not False:
            left -= answered
            yield Shadow(route, tuple(sorted(answered)), earlier)
        if not left:
            return
    if doubt is not None:
        yield doubt


def _answers_all(other: _Entry, entry: _Entry) -> bool:
    """Whether the earlier route answers every method: a view of Django's, with 405 for what it does not know."""
    if "*" in other.route.methods or other.route.framework in VIEW_FRAMEWORKS:
        return True
    # django-ninja makes one view of all operations of one path.
    return other.route.framework == "django-ninja" and other.route.path != entry.route.path


def _answered(route: Route) -> set[str]:
    """The methods that a route answers: a GET of Starlette's own routes answers HEAD."""
    methods = set(route.methods)
    if route.framework == "starlette" and "GET" in methods:
        methods.add("HEAD")
    return methods


def _is_first(project: Project, earlier: Route, route: Route) -> bool | None:
    """Whether a route is asked before another one that follows it in the table; None where they are put on one router
    from different files or functions, or by a class."""
    if earlier.framework not in {"fastapi", "starlette"}:
        return True
    if earlier.view is not None and project.names.derives_from(earlier.view, ROUTABLES):
        return None  # Such a class collects its methods in an order of its own.
    for own, its in zip(reversed(earlier.calls), reversed(route.calls), strict=False):
        if own == its:
            continue
        if (own.site.path, own.site.scope) != (its.site.path, its.site.scope):
            return None
        return own.value.place <= its.value.place
    return True


def _is_narrowed(route: Route) -> bool:
    return any(
        argument.name in _NARROWING or argument.star
        for given in route.calls[:1]
        if isinstance(given.value, Call)
        for argument in given.value.arguments
    )


# --- mounts and FastAPI's own routes ---


def _mounts(project: Project) -> dict[Location, list[tuple[Location, int, str]]]:
    """The applications mounted on each application: where, in which scope, and at which path."""
    found: dict[Location, list[tuple[Location, int, str]]] = {}
    for router in project.routing.routers.routers.values():
        for registration in router.registrations if router.is_application else ():
            call = registration.call.value
            if registration.kind not in {"mount", "Mount"} or registration.conditional or not isinstance(call, Call):
                continue
            given = call.positional(0)
            given = given if given is not None else call.keyword("path")
            meaning = project.values.evaluate(registration.call.site, given).meaning if given is not None else None
            if isinstance(meaning, Known) and isinstance(meaning.value, str):
                path = meaning.value.rstrip("/")
                found.setdefault(router.location, []).append(
                    (registration.location, registration.call.site.scope, path)
                )
    return found


def _below_mount(route: Route, mounts: tuple[()] | list[tuple[Location, int, str]]) -> Iterator[Shadow]:
    if not mounts or len(route.calls) < 2:
        return
    outermost = route.calls[-2]
    for location, scope, path in mounts:
        if (outermost.site.path, outermost.site.scope) != (location.path, scope):
            continue
        if location.place < outermost.value.place and route.path.startswith(f"{path}/"):
            yield Shadow(route, route.methods, mount=location, path=path or "/")
            return


def _documentation(project: Project, route: Route) -> Iterator[Shadow]:
    """A route of its own at the path of FastAPI's generated documentation, which `FastAPI()` has registered already."""
    keyword = DOCUMENTATION_ROUTES.get(route.path)
    if keyword is None or route.methods != ("GET",) or not route.calls:
        return
    made = route.calls[-1]
    if not isinstance(made.value, Call) or any(argument.star for argument in made.value.arguments):
        return
    name = project.values.external_name(made.site, made.value.function)
    if name not in {"fastapi.FastAPI", "fastapi.applications.FastAPI"}:
        return
    if made.value.keyword(keyword) is None and made.value.keyword("openapi_url") is None:
        yield Shadow(route, route.methods, path=route.path)


__all__ = ["Shadow", "shadows"]
