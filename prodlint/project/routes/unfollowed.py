"""Decorators that look like routes and were not followed to a router: they count as unknown, so that no route is
missing without a word."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Set
from typing import TYPE_CHECKING

from prodlint.facts import Call, Constant, Value, method_of
from prodlint.finding import Location
from prodlint.libraries.fastapi import ROUTE_DECORATORS
from prodlint.libraries.frameworks import FRAMEWORKS, NO_ROUTERS
from prodlint.project.routes.route import Lost, Route
from prodlint.project.values.bindings import Defined, External
from prodlint.project.values.outcomes import Function, Instance, Meaning, Opaque, Site

if TYPE_CHECKING:
    from prodlint.project import Project

_REGISTERING = frozenset({*ROUTE_DECORATORS, "add_api_route", "add_route", "add_websocket_route"})


def unfollowed(project: Project, known: Set[Location], routes: Collection[Route]) -> Iterator[Lost]:
    """Decorators with a path (`@secured("/items")`) and the same by hand, at none of the places that are known, of
    which `routes` has none either."""
    handled: dict[Defined, list[str]] = {}
    for route in routes:
        if route.handler is not None:
            handled.setdefault(route.handler, []).append(route.path)
    for path in project.python_paths:
        if project.role(path) in {"test", "migration", "example", "documentation"}:
            continue
        for site, call, places, handler in _candidates(project, path):
            if any(each.endswith(_path(call)) for each in handled.get(handler, ())):
                continue
            if known.isdisjoint(Location(path, each) for each in places):
                reason = _reason(project, site, call.function, is_by_hand=len(places) > 1)
                if reason:
                    yield Lost(Location(path, places[0]), f"route `{_path(call)}`", reason)


def _candidates(project: Project, path: str) -> Iterator[tuple[Site, Call, tuple[int, ...], Defined]]:
    """The decorators of a file that are given a path, and the calls that apply one by hand; where they stand, and
    what is decorated."""
    python = project.python(path)
    for index, scope in enumerate(python.scopes if python is not None else ()):
        for decorator in scope.decorators:
            if isinstance(decorator, Call) and _path(decorator):
                yield Site(path, max(scope.parent, 0)), decorator, (decorator.place,), Defined(path, index)
    for call, block in project.calls_in(path) if python is not None else ():
        if isinstance(call.function, Call) and _path(call.function) and call.positional(0) is not None:
            assert python is not None
            site = Site(path, python.blocks[block].scope)
            given = call.positional(0)
            meaning = project.values.evaluate(site, given).meaning if given is not None else None
            handler = meaning if isinstance(meaning, Defined) else Defined(path, site.scope)
            yield site, call.function, (call.function.place, call.place), handler


def _path(call: Call) -> str:
    first = call.positional(0) or call.keyword("path")
    text = first.value if isinstance(first, Constant) else None
    return text if isinstance(text, str) and text.startswith("/") else ""


def _reason(project: Project, site: Site, function: Value, is_by_hand: bool) -> str:
    """Why it is unknown what a decorator registers; "" for one that registers no route."""
    kind, receiver = method_of(function)
    asked = receiver if receiver is not None and kind in ROUTE_DECORATORS else function
    meaning = project.values.evaluate(site, asked).meaning
    match meaning:
        case External(name) | Instance(External(name)):
            if name == "builtins.getattr":
                return "the method that registers it is chosen by name"
            if is_by_hand and name.partition(".")[0] in FRAMEWORKS and kind in ROUTE_DECORATORS:
                return "what is decorated by hand is not followed"
            if name.partition(".")[0] in NO_ROUTERS | {"builtins"}:
                return ""
            if name.partition(".")[0] in {"fastapi", "starlette"}:
                return "the router that it is put on is not followed"
            named = kind.lower()
            if asked is function and not any(word in named for word in ("route", "endpoint", *ROUTE_DECORATORS)):
                return ""
            return f"`{name}` is not in the tree"
        case Opaque(reason):
            return reason
    code = _code(project, meaning, kind)
    return "what its decorator registers is not followed" if code is not None and _registers(project, code) else ""


def _code(project: Project, meaning: Meaning, kind: str) -> Defined | None:
    match meaning:
        case Function(of):
            return of
        case Instance(Defined(path, scope)):
            name = kind if kind in ROUTE_DECORATORS else "__call__"
            member = project.names.class_member(path, scope, name)
            return member if isinstance(member, Defined) else None
        case Defined():
            return meaning
    return None


def _registers(project: Project, code: Defined) -> bool:
    """Whether a function, or one inside it, calls what registers routes on routers."""
    python = project.python(code.path)
    inside = {code.scope}
    for index, scope in enumerate(python.scopes if python is not None else ()):
        if scope.parent in inside:
            inside.add(index)
    for index in sorted(inside):
        for call in project.calls_of(Defined(code.path, index)):
            kind, receiver = method_of(call.function)
            if kind in _REGISTERING and receiver is not None:
                return True
    return False


__all__ = ["unfollowed"]
