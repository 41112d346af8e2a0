"""Which routes the tests call: requests of test clients matched with the route table, and direct calls of handlers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING

from prodlint.facts import Reference
from prodlint.finding import Location
from prodlint.project.testing.requests import TestRequest, test_requests
from prodlint.project.values.bindings import Defined
from prodlint.project.values.outcomes import Site

if TYPE_CHECKING:
    from prodlint.project import Project
    from prodlint.project.routes.route import Route

_HOLE = re.compile(r"\{[^}]*\}")
_MANY = frozenset({"path", "filepath"})
"""Converters of paths that take slashes."""


class Coverage:
    """Answers which tests call a route."""

    def __init__(self, project: Project) -> None:
        self.project = project

    @cached_property
    def requests(self) -> tuple[TestRequest, ...]:
        """The requests of all tests."""
        return test_requests(self.project)

    def of(self, route: Route) -> tuple[Location, ...]:
        """Where tests call a route, by path and place."""
        return self._by_route.get((route.registered, route.methods, route.path), ())

    @cached_property
    def _by_route(self) -> dict[tuple[Location, tuple[str, ...], str], tuple[Location, ...]]:
        """Each request belongs to the first route that answers it, as in the application; one with unknown parts to all
        that may."""
        routes = [(path_pattern(route), route) for route in self.project.routes]
        named: dict[str, list[Route]] = {}
        for route in self.project.routes:
            named.setdefault(route.endpoint, []).append(route)
        found: dict[tuple[Location, tuple[str, ...], str], set[Location]] = {}
        for request in self.requests:
            if request.endpoint:
                hits = [each for each in named.get(request.endpoint, ()) if _takes(each, request.method)]
            else:
                hits = list(_answering(routes, request))
            for route in hits:
                found.setdefault((route.registered, route.methods, route.path), set()).add(request.location)
        for route in self.project.routes:
            direct = self._calls.get(route.handler) if route.handler is not None else None
            if direct:
                found.setdefault((route.registered, route.methods, route.path), set()).update(direct)
        return {key: tuple(sorted(places)) for key, places in found.items()}

    @cached_property
    def _calls(self) -> dict[Defined, list[Location]]:
        """Direct calls of handlers in tests: `read_item(1)`."""
        project = self.project
        handlers = {route.handler for route in project.routes if route.handler is not None}
        names = {project.scope_of(handler).name for handler in handlers}
        found: dict[Defined, list[Location]] = {}
        for path in project.mentioning(*sorted(names)) if names else ():
            python = project.python(path)
            if python is None or project.role(path) != "test":
                continue
            for call, block in project.calls_in(path):
                if not isinstance(call.function, Reference) or call.function.name.rpartition(".")[2] not in names:
                    continue
                meaning = project.values.callee(Site(path, python.blocks[block].scope), call.function)
                if isinstance(meaning, Defined) and meaning in handlers:
                    found.setdefault(meaning, []).append(Location(path, call.place))
        return found


def _answering(routes: list[tuple[re.Pattern[str], Route]], request: TestRequest) -> Iterator[Route]:
    """The routes that a request may reach: the first of each application that matches, where its whole path is known.
    Which of several applications a test's client was made for is not followed."""
    answered: set[Location] = set()
    for pattern, route in routes:
        if route.application in answered:
            continue
        if _takes(route, request.method) and _matches(pattern, route, request.path):
            yield route
            if "\0" not in request.path:
                answered.add(route.application)


def _takes(route: Route, method: str) -> bool:
    return (
        not method or method in route.methods or "*" in route.methods or (method == "HEAD" and "GET" in route.methods)
    )


def _matches(pattern: re.Pattern[str], route: Route, path: str) -> bool:
    """Whether a path, of which parts may be unknown, can be one of a route's."""
    if "\0" not in path:
        return pattern.fullmatch(path) is not None or pattern.fullmatch(path.rstrip("/")) is not None
    if path.startswith("\0"):
        # `f"{settings.PREFIX}/items"`: what comes before is not known, so that the rest has to be the end.
        rest = path.lstrip("\0")
        own = _HOLE.sub("\0", route.path)
        return rest.count("/") > 0 and _same_end(own.strip("/").split("/"), rest.strip("/").split("/"))
    one, other = _HOLE.sub("\0", route.path).strip("/").split("/"), path.strip("/").split("/")
    return len(one) == len(other) and _same_end(one, other)


def _same_end(route: list[str], asked: list[str]) -> bool:
    """Whether the last segments of a route's path agree with those asked for; an unknown segment may be a parameter."""
    if len(asked) > len(route):
        return False
    pairs = list(zip(reversed(route), reversed(asked), strict=False))
    return all("\0" in own or own == given for own, given in pairs) and any("\0" not in own for own, _ in pairs)


def path_pattern(route: Route) -> re.Pattern[str]:
    """What the paths look like that a route answers, with or without a slash at the end."""
    converters = dict(route.converters)
    parts, at = [], 0
    for hole in _HOLE.finditer(route.path):
        parts.append(re.escape(route.path[at : hole.start()]))
        name, _, written = hole.group()[1:-1].partition(":")
        parts.append(".+" if (written or converters.get(name)) in _MANY else "[^/]+")
        at = hole.end()
    parts.append(re.escape(route.path[at:].rstrip("/")))
    return re.compile("".join(parts) + "/?")
