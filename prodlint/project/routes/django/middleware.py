"""Django's middleware as guards of every route of a site."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from prodlint.facts import Reference, Return
from prodlint.finding import Location
from prodlint.libraries.django import LOGIN_MIDDLEWARE, NEUTRAL_MIDDLEWARE
from prodlint.project.routes.django.configuration import Configuration
from prodlint.project.routes.django.lists import Element
from prodlint.project.routes.route import Guard
from prodlint.project.routes.statuses import DENYING
from prodlint.project.values.bindings import Defined, External, Symbol
from prodlint.project.values.outcomes import Known

if TYPE_CHECKING:
    from prodlint.project import Project

_CALLED = ("__call__", "process_request", "process_view", "__acall__")
"""Methods of a middleware class that run before the view (Django's documentation, "Middleware")."""


def middleware_of(project: Project, configuration: Configuration) -> tuple[Guard, ...]:
    """The middleware of the settings in their order, which is from the outside in."""
    return tuple(
        guard
        for element in configuration.entries("MIDDLEWARE")
        for guard in _of_element(project, configuration, element)
    )


def _of_element(project: Project, configuration: Configuration, element: Element) -> Iterator[Guard]:
    location = Location(element.value.site.path, element.value.value.place)
    meaning = project.values.given(element.value).meaning
    if element.spread or not isinstance(meaning, Known):
        if not element.conditional:
            yield Guard(
                "middleware", "MIDDLEWARE", location, unknown="a part of the settings' `MIDDLEWARE` is computed"
            )
        return
    name = str(meaning.value)
    symbol = _imported(project, name, configuration.settings)
    if isinstance(symbol, External):
        if name == LOGIN_MIDDLEWARE and not element.conditional:
            reason = "sends whoever is not logged in to the login page"
            yield Guard("middleware", name, location, answer="required", reason=reason)
        elif name not in NEUTRAL_MIDDLEWARE and not element.conditional:
            yield Guard("middleware", name, location, external=name)
        return
    for code in _codes(project, symbol):
        guard = Guard("middleware", project.qualified(code), location, code)
        if not element.conditional:
            yield guard
        elif any(each.status in DENYING for each in project.routing.refusals.of(code)):
            yield Guard("middleware", guard.name, location, unknown=f"`{guard.name}` stands before it in some settings")


def _imported(project: Project, name: str, path: str) -> Symbol:
    module, _, last = name.rpartition(".")
    found = project.modules.find(module, path)
    symbol = project.names.module_member(found, last) if found is not None else None
    return symbol if symbol is not None else External(name)


def _codes(project: Project, symbol: Symbol) -> Iterator[Defined]:
    """The functions of a middleware of the tree: methods of a class, or the function that a factory gives."""
    if not isinstance(symbol, Defined):
        return
    if project.scope_of(symbol).kind == "class":
        for name in _CALLED:
            code = project.names.class_member(symbol.path, symbol.scope, name)
            if isinstance(code, Defined):
                yield code
        return
    for statement in project.statements_of(symbol):
        if isinstance(statement, Return) and isinstance(statement.value, Reference):
            code, rest = project.names.resolve(symbol.path, symbol.scope, statement.value.name)
            if isinstance(code, Defined) and not rest and project.scope_of(code).kind == "function":
                yield code


__all__ = ["middleware_of"]
