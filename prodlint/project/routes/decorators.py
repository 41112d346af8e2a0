"""The decorators between a route's registration and its handler, as guards."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from prodlint.facts import Call, Reference, Return
from prodlint.finding import Location
from prodlint.project.routes.route import Guard
from prodlint.project.values.bindings import Bound, Defined, External
from prodlint.project.values.outcomes import Function, Given, Instance, Opaque, Site

if TYPE_CHECKING:
    from prodlint.facts import Value
    from prodlint.project import Project


def decorators_of(
    project: Project,
    handler: Defined,
    registered: Location | None,
    skip: Collection[str] = (),
    inclusive: bool = False,
) -> tuple[Guard, ...]:
    """The decorators of a handler (function, method or class) but for the one at `registered` and those whose dotted
    name is in `skip`, the outermost first.

    Where `registered` is one of the decorators, those above it are left out: a registration takes the function as the
    decorators below have made it. With `inclusive` that one wraps it too."""
    scope = project.scope_of(handler)
    site = Site(handler.path, max(scope.parent, 0))
    own = [index for index, each in enumerate(scope.decorators) if registered == Location(handler.path, each.place)]
    below = scope.decorators[own[-1] + (not inclusive) :] if own else scope.decorators
    found = (decorator_guard(project, site, decorator) for decorator in below)
    return tuple(each for each in found if each is not None and each.external not in skip)


def decorator_guard(project: Project, site: Site, decorator: Value, kind: str = "decorator") -> Guard | None:
    """The guard that a decorator expression is (`login_required`, `require(role)`, `auth.login_required`); None for
    what wraps nothing."""
    call = decorator if isinstance(decorator, Call) else None
    function = call.function if call is not None else decorator
    location = Location(site.path, decorator.place)
    given = Given(site, call) if call is not None else None
    meaning = project.values.evaluate(site, function).meaning
    match meaning:
        case Defined() if project.scope_of(meaning).kind == "function":
            arguments = project.values.bind(meaning, given) if given is not None else ()
            return Guard(kind, project.qualified(meaning), location, meaning, arguments, call=given)
        case Function(of, owner):
            own = (("self", owner.call),) if owner is not None and owner.call is not None else ()
            return Guard(kind, project.qualified(of), location, of, own, call=given)
        case Defined(path, scope) | Instance(Defined(path, scope)):
            code = project.names.class_member(path, scope, "__call__")
            if isinstance(code, Defined):
                return Guard(kind, project.qualified(code), location, code, call=given)
        case External(name) | Instance(External(name)):
            return Guard(kind, name, location, external=name, call=given)
        case Opaque(reason):
            return Guard(kind, getattr(function, "name", "?"), location, unknown=reason)
        case Bound(name=name):
            return Guard(kind, name, location, unknown=f"`{name}` is a parameter")
    return None


def wrapped_by(project: Project, decorator: Defined) -> tuple[tuple[Defined, ...], tuple[Guard, ...]]:
    """What a decorator of the tree puts around a function: the functions that it defines inside itself, and the other
    decorators that these carry or that it passes the function to (`return login_required(wrapper)`)."""
    python = project.python(decorator.path)
    assert python is not None
    inside = {decorator.scope}
    for index in range(decorator.scope + 1, len(python.scopes)):
        if python.scopes[index].parent in inside and python.scopes[index].kind == "function":
            inside.add(index)
    inner = tuple(Defined(decorator.path, index) for index in sorted(inside - {decorator.scope}))
    further: list[Guard] = []
    for code in inner:
        further += decorators_of(project, code, None, skip={"functools.wraps"})
    for index in sorted(inside):
        for statement in project.statements_of(Defined(decorator.path, index)):
            value = statement.value if isinstance(statement, Return) else None
            if isinstance(value, Call) and isinstance(value.function, Call | Reference):
                guard = decorator_guard(project, Site(decorator.path, index), value.function)
                if guard is not None and guard.code != decorator and guard.code not in inner:
                    further.append(guard)
    return inner, tuple(further)
