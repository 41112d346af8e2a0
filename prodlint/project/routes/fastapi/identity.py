"""Handlers that look at the identity which Starlette's `AuthenticationMiddleware` has put into the request."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prodlint.facts import Attribute, Reference, walk
from prodlint.finding import Location
from prodlint.project.routes.route import Guard
from prodlint.project.values.bindings import Defined

if TYPE_CHECKING:
    from prodlint.project import Project

_IDENTITY = frozenset({"user", "auth"})


def identity_of(project: Project, handler: Defined, guards: tuple[Guard, ...]) -> tuple[Guard, ...]:
    """A guard for a handler behind `AuthenticationMiddleware` that reads `request.user` or `request.auth`: what it does
    for a caller without an account is its own affair, so that such a caller is at least told apart."""
    backends = [
        guard for guard in guards
        if guard.kind == "middleware"
        and (guard.unknown or (guard.code is not None and project.scope_of(guard.code).name == "authenticate"))
    ]  # fmt: skip
    scope = project.scope_of(handler)
    if not backends or scope.kind != "function":
        return ()
    names = {each.name for each in scope.parameters}
    for value in project.values_of(handler):
        for each in walk(value):
            parts = each.name.split(".") if isinstance(each, Reference) else []
            read = len(parts) > 1 and parts[0] in names and not _IDENTITY.isdisjoint(parts[1:3])
            if read or (isinstance(each, Attribute) and each.name in _IDENTITY):
                place = Location(handler.path, scope.place)
                reason = "reads the identity of its caller by itself"
                return (Guard("middleware", backends[-1].name, place, answer="optional", reason=reason),)
    return ()


__all__ = ["identity_of"]
