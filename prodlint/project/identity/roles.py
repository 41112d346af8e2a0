"""Routes without the permission that their siblings demand."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec import Struct

from prodlint.facts import Call
from prodlint.finding import Step
from prodlint.project.routes.decorators import wrapped_by
from prodlint.project.values.bindings import Defined

if TYPE_CHECKING:
    from prodlint.project import Project
    from prodlint.project.routes.route import Guard, Route

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_UNSEEN = frozenset({"test", "example", "documentation"})
_RESTRICTING = ("role", "permission", "staff", "admin", "superuser", "user_passes_test", "scope")
"""Parts of the names of guards of libraries that let some known callers pass and not others; they only ever silence."""
_SHARE = 5
"""One sibling in how many has to demand one."""
_FEWEST = 2
"""How many siblings have to demand a permission."""


class Unrestricted(Struct, frozen=True):
    """A route that demands nothing of its caller, beside siblings that do."""

    route: Route
    siblings: tuple[tuple[Route, str], ...]
    """Those that demand a permission, with what demands it."""
    total: int

    @property
    def steps(self) -> tuple[Step, ...]:
        """The siblings."""
        return tuple(Step(f"`{route.subject}` demands `{name}`", route.location) for route, name in self.siblings[:6])


def unrestricted(project: Project) -> Iterator[Unrestricted]:
    """The authenticated routes that change an object and demand nothing, where a fifth of their siblings do."""
    groups: dict[tuple[object, str], list[Route]] = {}
    for route in project.routes:
        if route.handler is None or project.role(route.location.path) in _UNSEEN or set(route.methods) <= _SAFE:
            continue
        resource = route.path.partition("/{")[0].rstrip("/")
        if "WEBSOCKET" not in route.methods and project.authentication(route).status == "required":
            groups.setdefault((route.application, resource), []).append(route)
    for routes in groups.values():
        if len(routes) <= _FEWEST:
            continue
        demands = [(route, _demand(project, route)) for route in routes]
        guarded = tuple((route, name) for route, name in demands if name)
        if len(guarded) < _FEWEST or len(guarded) * _SHARE < len(routes):
            continue
        for route, name in demands:
            if not name and "{" in route.path and not _decides(project, route):
                yield Unrestricted(route, guarded, len(routes))


def _demand(project: Project, route: Route) -> str:
    """What a route demands of its caller beyond being known: the name of a dependency or guard that answers 403; "" for
    nothing. What cannot be followed may demand it."""
    for top in route.dependencies:
        for each in top.closure():
            if each.unknown:
                return each.name
            if each.code is not None and not project.identity.callers.of_dependency(each)[2]:
                if _forbids(project, each.code):
                    return each.name
    return demanded(project, route)


def demanded(project: Project, route: Route) -> str:
    """The decorator, hook or guard that turns some known callers of a route away, or may do so; "" for none."""
    return next((each.name for each in route.guards if each.kind != "middleware" and _turns_away(project, each)), "")


def _turns_away(project: Project, guard: Guard) -> bool:
    if guard.external == "starlette.authentication.requires" and _scope(guard) != "authenticated":
        return True
    if guard.unknown or any(word in guard.external.lower() for word in _RESTRICTING):
        return True
    if guard.code is None:
        return False
    codes = (guard.code,) if guard.kind != "decorator" else _wrapping(project, guard.code, set())
    return any(_forbids(project, code) or _hides(project, code) for code in codes)


def _wrapping(project: Project, decorator: Defined, seen: set[Defined]) -> tuple[Defined, ...]:
    """What a decorator puts around a function, by itself or by handing it to others
    (`return require_permission("admin")(function)`)."""
    seen.add(decorator)
    inner, further = wrapped_by(project, decorator)
    for guard in further:
        if guard.code is not None and guard.code not in seen:
            inner += _wrapping(project, guard.code, seen)
    return inner


def _scope(guard: Guard) -> object:
    """The scope that `@requires(...)` names."""
    call = guard.call.value if guard.call is not None else None
    return getattr(call.positional(0), "value", None) if isinstance(call, Call) else None


def _hides(project: Project, code: Defined) -> bool:
    """Whether code answers 404, as a guard does that hides what is not the caller's."""
    return 404 in project.identity.statuses(code)


def _forbids(project: Project, code: Defined) -> bool:
    return not project.identity.statuses(code).isdisjoint({403, 0})


def _decides(project: Project, route: Route) -> bool:
    """Whether a handler answers 403, or compares something with its caller, and so decides by itself."""
    identity = project.identity
    if route.handler is not None and 403 in identity.statuses(route.handler):
        return True
    walked = identity.callers.walk(route)
    proof = identity.prove(walked)
    return proof.compares or bool(proof.restrictions) or bool(proof.perhaps - proof.proven - {("?",)})


__all__ = ["Unrestricted", "unrestricted"]
