"""Loops over lists that a client sends: `for item in order.items`."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from prodlint.facts import Call, Reference, Value
from prodlint.libraries.queries import CONTAINERS, PARSING
from prodlint.project.queries.query import Loop
from prodlint.project.routes.schemas import Shape
from prodlint.project.values.bindings import Defined
from prodlint.project.values.outcomes import Site

if TYPE_CHECKING:
    from prodlint.project import Project

__all__ = ["AskedLists"]

_SOURCES = frozenset({"body", "form", "query"})


class AskedLists:
    """Answers whether a loop goes through something that a client sends; remembers the models of bodies."""

    def __init__(self, project: Project) -> None:
        self.project = project

    def name(self, loop: Loop) -> tuple[str, frozenset[str]]:
        """The list as the code writes it, and the routes whose client sends it; "" for a loop over anything else."""
        value: Value = loop.iterable.value
        while isinstance(value, Call) and getattr(value.function, "name", "") in CONTAINERS and value.arguments:
            value = value.arguments[0].value
        if not isinstance(value, Reference):
            return "", frozenset()
        head, _, rest = value.name.partition(".")
        function = Defined(loop.iterable.site.path, loop.iterable.site.scope)
        scope = self.project.scope_of(function)
        parameter = next((each for each in scope.parameters if each.name == head), None)
        if parameter is None or "." in rest:
            return "", frozenset()
        taken = self._taken.get((function, head), set())
        if not taken and rest and parameter.annotation is not None:
            site = Site(function.path, max(scope.parent, 0))
            for shape in self.project.schemas.contained(site, parameter.annotation):
                taken = taken | (self._bodies.get(shape.of, set()) if isinstance(shape, Shape) else set())
        return (value.name if taken else ""), frozenset(taken)

    @cached_property
    def _taken(self) -> dict[tuple[Defined, str], set[str]]:
        """Parameters of handlers that a client fills, with the routes."""
        found: dict[tuple[Defined, str], set[str]] = {}
        for route in self.project.routes:
            for each in self.project.inputs.taken(route):
                if each.bound is not None and each.source in _SOURCES:
                    key = (Defined(each.bound.path, each.bound.scope), each.bound.name)
                    found.setdefault(key, set()).add(route.subject)
            if route.handler is not None and self._is_parsed(route.handler):
                for parameter in self.project.scope_of(route.handler).parameters:
                    if f"{{{parameter.name}}}" not in route.path and parameter.name not in {"self", "cls"}:
                        found.setdefault((route.handler, parameter.name), set()).add(route.subject)
        return found

    def _is_parsed(self, handler: Defined) -> bool:
        """Whether a decorator hands the fields of a schema to a handler: `@use_kwargs(article_schema)` (webargs)."""
        scope = self.project.scope_of(handler)
        site = Site(handler.path, max(scope.parent, 0))
        calls = (each for each in scope.decorators if isinstance(each, Call))
        return any(self.project.values.external_name(site, each.function) in PARSING for each in calls)

    @cached_property
    def _bodies(self) -> dict[Defined, set[str]]:
        """The models of bodies, with the routes that take them."""
        found: dict[Defined, set[str]] = {}
        for route in self.project.routes:
            for each in self.project.inputs.taken(route):
                if each.source == "body" and each.annotation is not None:
                    for shape in self.project.schemas.contained(each.annotation.site, each.annotation.value):
                        if isinstance(shape, Shape) and shape.of not in self.project.entities.classes:
                            found.setdefault(shape.of, set()).add(route.subject)
        return found
