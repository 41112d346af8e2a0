"""Decorators and methods of routers by other names: `get = app.get`, `home = app.get("/")`,
`secure_get = partial(app.get, dependencies=[...])`."""

from __future__ import annotations

from collections.abc import Collection
from functools import cached_property
from typing import TYPE_CHECKING

from msgspec import Struct

from prodlint.facts import Assign, Attribute, Call, Reference, Value, method_of
from prodlint.libraries.fastapi import ROUTE_DECORATORS
from prodlint.project.values.bindings import Defined, Variable
from prodlint.project.values.outcomes import Given, Site
from prodlint.project.values.partials import applied_partial

if TYPE_CHECKING:
    from prodlint.project.routes.fastapi.routers import Routers


class Method(Struct, frozen=True):
    """A method of something, by its name, and the call of it."""

    kind: str
    receiver: Given
    call: Given


class Named:
    """Answers which method a call calls."""

    def __init__(self, routers: Routers, methods: Collection[str]) -> None:
        self.project = routers.project
        self._methods = methods

    @cached_property
    def aliases(self) -> frozenset[str]:
        """Names of variables that may be a method of a router, or a route decorator. Cheap, as it is asked for all."""
        found: set[str] = set()
        for path in self.project.mentioning(*self._methods):
            python = self.project.python(path) if self.project.role(path) not in {"test", "migration"} else None
            for statement in python.statements if python is not None else ():
                if isinstance(statement, Assign) and statement.value is not None and self._may_be(statement.value):
                    names = (each.name for each in statement.targets if isinstance(each, Reference))
                    found.update(name for name in names if "." not in name)
        return frozenset(found)

    def _may_be(self, value: Value) -> bool:
        kind, receiver = method_of(value)
        if isinstance(value, Call):
            kind, receiver = method_of(value.function)
            if kind == "partial" and value.positional(0) is not None:
                kind, receiver = method_of(value.arguments[0].value)
            elif kind not in ROUTE_DECORATORS:
                return False
        return kind in self._methods and receiver is not None

    @cached_property
    def _decorating(self) -> frozenset[str]:
        """The names of functions of which a result is a decorator or is called."""
        found: set[str] = set()
        for path in self.project.python_paths:
            if self.project.role(path) in {"test", "migration"}:
                continue
            python = self.project.python(path)
            for scope in python.scopes if python is not None else ():
                found |= {method_of(each.function)[0] for each in scope.decorators if isinstance(each, Call)}
            calls = (call.function for call, _ in self.project.calls_in(path))
            found |= {method_of(each.function)[0] for each in calls if isinstance(each, Call)}
        return frozenset(found)

    def decorates(self, function: Defined) -> bool:
        """Whether the name of a function is that of one whose result is used as a decorator anywhere."""
        return self.project.scope_of(function).name in self._decorating or bool(self._decorating & self.aliases)

    def of(self, site: Site, value: Value, depth: int = 0) -> Method | None:
        """The method that a call calls; for a variable the call that it was assigned; None for what is neither."""
        call = value if isinstance(value, Call) else None
        function = call.function if call is not None else value
        kind, receiver = method_of(function)
        if call is not None and receiver is not None and kind in self._methods:
            return Method(kind, Given(site, receiver), Given(site, call))
        if kind not in self.aliases or not isinstance(function, Reference) or depth > 3:
            return None
        symbol, rest = self.project.names.resolve(site.path, site.scope, function.name)
        if not isinstance(symbol, Variable) or rest:
            return None
        assigned = self.project.values.single_assignment(symbol)
        where = Site(symbol.path, symbol.scope, site.arguments if symbol.scope == site.scope else None)
        if call is None:
            return self.of(where, assigned, depth + 1) if isinstance(assigned, Call) else None
        if isinstance(assigned, Attribute | Reference):
            kind, receiver = method_of(assigned)
            return Method(kind, Given(where, receiver), Given(site, call)) if receiver is not None else None
        if isinstance(assigned, Call) and method_of(assigned.function)[0] == "partial" and assigned.arguments:
            kind, receiver = method_of(assigned.arguments[0].value)
            whole = applied_partial(Given(where, assigned), Given(site, call))
            if receiver is not None and whole is not None:
                return Method(kind, Given(where, receiver), whole)
        return None


__all__ = ["Method", "Named"]
