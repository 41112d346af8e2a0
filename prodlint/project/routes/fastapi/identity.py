"""Handlers that look at the identity which Starlette's `AuthenticationMiddleware` has put into the request."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prodlint.facts import Attribute, Reference, walk
from prodlint.finding import Location
from prodlint.libraries.identity import ANONYMOUS_ATTRIBUTES
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
                needed = _needed(project, handler, names)
                if needed:
                    reason = f"a caller without an account has no `{needed}`, unless the backend gives it one"
                    return (Guard("middleware", backends[-1].name, place, unknown=reason),)
                return (Guard("middleware", backends[-1].name, place, answer="optional", reason=reason),)
    return ()


def _needed(project: Project, handler: Defined, names: set[str]) -> str:
    """What a handler reads of every caller that Starlette's user without an account does not have: it fails there."""
    python = project.python(handler.path)
    for statement in project.statements_of(handler) if python is not None else ():
        value = getattr(statement, "value", None)
        if value is None or python is None or python.blocks[statement.block].kind != "function":
            continue
        for each in walk(value):
            parts = each.name.split(".") if isinstance(each, Reference) else []
            if len(parts) > 2 and parts[0] in names and parts[1] == "user" and parts[2] not in ANONYMOUS_ATTRIBUTES:
                return f"user.{parts[2]}"
    return ""


__all__ = ["identity_of"]
