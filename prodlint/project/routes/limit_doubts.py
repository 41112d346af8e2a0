"""Why a route may be limited although nothing shows it: what its handler calls, and where attempts are counted."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from prodlint.facts import Assign, Attribute, Call, Reference, Value, walk
from prodlint.project.values.bindings import Defined
from prodlint.project.values.outcomes import Function, Site

if TYPE_CHECKING:
    from prodlint.project import Project
    from prodlint.project.routes.route import Route

_HINT = re.compile(r"rate_?limit|throttl|bucket|too_?many|attempt|lock(ed)?_?out|captcha|turnstile", re.IGNORECASE)
_LOCKOUT = re.compile(r" \w*(login_attem|failed_(login|attempt)|lock(ed)?_?out|token_?bucket)\w* ", re.IGNORECASE)


def doubt_of(project: Project, route: Route) -> str:
    """Why a route may be limited in a way that is not followed: what it calls, or keeps count of, is named so. Decides
    only whether it counts as not evaluated."""
    if route.handler is not None:
        name = _hint(project, route.handler)
        if name:
            return f"what `{name}` does may limit it"
    component = project.sources[route.application.path].project
    paths = [
        path for path in project.python_paths
        if project.role(path) == "application" and project.sources[path].project == component
        and _LOCKOUT.search(project.identifiers(path))
    ]  # fmt: skip
    if not paths or _locks_elsewhere(project, paths):
        return ""
    found = _LOCKOUT.search(project.identifiers(paths[0]))
    return f"`{found.group().strip() if found else ''}` in `{paths[0]}` may lock an account"


def _locks_elsewhere(project: Project, paths: list[str]) -> bool:
    """Whether nothing but handlers counts attempts: each for itself, as `_hint` has seen none in the route's own."""
    handlers = {route.handler for route in project.routes}
    counting = set()
    for path in paths:
        python = project.python(path)
        for index, scope in enumerate(python.scopes if python is not None else ()):
            code = Defined(path, index)
            if scope.kind != "function":
                continue
            parts = (each for value in _values(project, code) for each in walk(value))
            if any(_LOCKOUT.search(f" {name} ") for each in parts for name in _names(each)):
                counting.add(code)
    return bool(counting) and counting <= handlers


def _values(project: Project, code: Defined) -> Iterator[Value]:
    """The expressions of a function, and what it assigns to."""
    yield from project.values_of(code)
    for statement in project.statements_of(code):
        if isinstance(statement, Assign):
            yield from statement.targets


def _names(value: Value) -> list[str]:
    if isinstance(value, Reference):
        return value.name.split(".")
    if isinstance(value, Attribute):
        return [value.name]
    return [argument.name for argument in value.arguments] if isinstance(value, Call) else []


def _hint(project: Project, code: Defined, depth: int = 0) -> str:
    site = Site(code.path, code.scope)
    for value in _values(project, code):
        for each in walk(value):
            name = getattr(each, "name", "")
            if isinstance(each, Reference | Attribute) and _HINT.search(name):
                return name
            if isinstance(each, Call) and depth < 2:
                meaning = project.values.callee(site, each.function)
                inner = meaning.of if isinstance(meaning, Function) else meaning
                if isinstance(inner, Defined) and project.scope_of(inner).kind == "function":
                    found = _hint(project, inner, depth + 1)
                    if found:
                        return found
    return ""


__all__ = ["doubt_of"]
