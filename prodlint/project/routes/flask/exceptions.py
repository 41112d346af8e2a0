"""What Flask's error handlers answer for the exceptions of the tree."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from prodlint.facts import Assign, Call, Reference, Return, Value, method_of
from prodlint.libraries.flask import PACKAGES
from prodlint.project.routes.statuses import DENYING, Statuses
from prodlint.project.values.bindings import Defined
from prodlint.project.values.outcomes import Given, Site

if TYPE_CHECKING:
    from prodlint.project import Project

_DECORATORS = frozenset({"errorhandler", "app_errorhandler"})


def handled_exceptions(project: Project, statuses: Statuses) -> dict[Defined, int]:
    """Exception classes of the tree that have an error handler, with the status by which it turns a caller away; 0
    where it answers another one, or one that cannot be told."""
    found: dict[Defined, int] = {}
    if next(iter(project.mentioning(*PACKAGES)), None) is None:
        return found
    for path in project.mentioning(*_DECORATORS, "register_error_handler"):
        python = project.python(path)
        if python is None or project.role(path) == "test":
            continue
        for raised, handler in _registered(project, path):
            if not isinstance(raised, Defined):
                continue
            answered = _answered(project, statuses, handler) if isinstance(handler, Defined) else ()
            found[raised] = next((each for each in answered if each in DENYING), found.get(raised, 0))
    return found


def _registered(project: Project, path: str) -> Iterator[tuple[object, object]]:
    """The class and the handler of each registration in a file."""
    python = project.python(path)
    assert python is not None
    for index, scope in enumerate(python.scopes):
        for decorator in scope.decorators:
            if isinstance(decorator, Call) and method_of(decorator.function)[0] in _DECORATORS:
                yield _meaning(project, Site(path, max(scope.parent, 0)), decorator.positional(0)), Defined(path, index)
    for call, block in project.calls_in(path):
        site = Site(path, python.blocks[block].scope)
        inner = call.function
        if method_of(inner)[0] == "register_error_handler":
            yield _meaning(project, site, call.positional(0)), _meaning(project, site, call.positional(1))
        elif isinstance(inner, Call) and method_of(inner.function)[0] in _DECORATORS:
            yield _meaning(project, site, inner.positional(0)), _meaning(project, site, call.positional(0))


def _meaning(project: Project, site: Site, value: Value | None) -> object:
    return project.values.evaluate(site, value).meaning if value is not None else None


def _answered(project: Project, statuses: Statuses, handler: Defined) -> Iterator[int]:
    """The statuses of what a handler returns: by itself, on the response that it made, or by a function it calls."""
    site = Site(handler.path, handler.scope)
    for statement in project.statements_of(handler):
        match statement:
            case Assign((Reference(name),), value) if name.endswith(".status_code"):
                yield statuses.number(site, value)
            case Return(value) if value is not None:
                yield from statuses.responses(site, value)
                if isinstance(value, Call):
                    yield from _of_function(project, statuses, Given(site, value))


def _of_function(project: Project, statuses: Statuses, call: Given) -> Iterator[int]:
    assert isinstance(call.value, Call)
    code = project.values.callee(call.site, call.value.function)
    if not isinstance(code, Defined) or project.scope_of(code).kind != "function":
        return
    site = Site(code.path, code.scope, project.values.bind(code, call))
    for statement in project.statements_of(code):
        if isinstance(statement, Return) and statement.value is not None:
            yield from statuses.responses(site, statement.value)
