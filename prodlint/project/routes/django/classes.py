"""Classes of class-based views: the order in which Python asks them, and what they bring from outside the tree."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from prodlint.facts import Assign, Definition, Reference
from prodlint.libraries.django import ACTIONS, VIEW_METHODS
from prodlint.project.values.bindings import Defined, External, Symbol, Variable
from prodlint.project.values.outcomes import Given, Site

if TYPE_CHECKING:
    from prodlint.project import Project

_MAX_CLASSES = 60


def order_of(project: Project, of: Symbol, above: tuple[Symbol, ...] = ()) -> tuple[Symbol, ...]:
    """A class and its ancestors in the order of Python's method resolution (C3); external ones have no ancestors here.
    Where the bases contradict each other, depth first."""
    if isinstance(of, Variable):
        of = project.values.class_of_variable(of)
    if not isinstance(of, Defined) or of in above or len(above) > _MAX_CLASSES:
        return (of,)
    bases = [
        project.values.class_of_variable(each) if isinstance(each, Variable) else each
        for each in project.names.bases(of.path, of.scope)
    ]
    lists = [list(order_of(project, each, (*above, of))) for each in bases] + [list(bases)]
    found: list[Symbol] = [of]
    while any(lists):
        lists = [each for each in lists if each]
        for each in lists:
            head = each[0]
            if not any(head in other[1:] for other in lists):
                break
        else:
            head = lists[0][0]
        found.append(head)
        lists = [[item for item in each if item != head] for each in lists]
    return tuple(found)


def is_view(symbol: Symbol) -> bool:
    """Whether an external class is a view of Django or its REST framework: its `dispatch` calls no other's."""
    return isinstance(symbol, External) and symbol.name in VIEW_METHODS


def member(project: Project, order: tuple[Symbol, ...], name: str) -> Defined | None:
    """The method `name` that is found first, where a class of the tree has it."""
    for each in order:
        if isinstance(each, Defined):
            found = own_member(project, each, name)
            if found is not None:
                return found
    return None


def own_member(project: Project, of: Defined, name: str) -> Defined | None:
    """The method that a class itself defines under a name; `name = other` counts as the other."""
    table = project.names.table(of.path)
    bindings = table.bindings.get(of.scope, {}).get(name, []) if table is not None else []
    for binding in reversed(bindings):
        if isinstance(binding.statement, Definition):
            return Defined(of.path, binding.statement.scope)
        if isinstance(binding.statement, Assign) and isinstance(binding.statement.value, Reference):
            meaning = project.values.evaluate(Site(of.path, of.scope), binding.statement.value).meaning
            if isinstance(meaning, Defined) and project.scope_of(meaning).kind == "function":
                return meaning
    return None


def attribute(project: Project, order: tuple[Symbol, ...], name: str) -> tuple[Given, Defined] | None:
    """What a class or the first of its ancestors of the tree sets an attribute to, and that class."""
    for each in order:
        if isinstance(each, Defined):
            table = project.names.table(each.path)
            for binding in reversed(table.bindings.get(each.scope, {}).get(name, []) if table is not None else []):
                if isinstance(binding.statement, Assign) and binding.statement.value is not None:
                    return Given(Site(each.path, each.scope), binding.statement.value), each
    return None


def external_methods(order: tuple[Symbol, ...]) -> frozenset[str]:
    """The methods that the generic views among the ancestors answer."""
    return frozenset(
        method for each in order if isinstance(each, External) for method in VIEW_METHODS.get(each.name, ())
    )


def external_actions(order: tuple[Symbol, ...]) -> frozenset[str]:
    """The actions that the mixins and view sets of Django REST framework among the ancestors bring."""
    return frozenset(
        action
        for each in order
        if isinstance(each, External) and each.name.startswith("rest_framework.")
        for action in ACTIONS.get(each.name.rpartition(".")[2], ())
    )


def methods_of(project: Project, order: tuple[Symbol, ...]) -> Iterator[tuple[str, Defined]]:
    """All methods of the tree that a class has, by name, the overriding ones only."""
    seen: set[str] = set()
    for each in order:
        if not isinstance(each, Defined):
            continue
        for statement in project.statements_of(each):
            if isinstance(statement, Definition):
                defined = Defined(each.path, statement.scope)
                scope = project.scope_of(defined)
                if scope.kind == "function" and scope.name not in seen:
                    seen.add(scope.name)
                    yield scope.name, defined


__all__ = [
    "attribute",
    "external_actions",
    "external_methods",
    "is_view",
    "member",
    "methods_of",
    "order_of",
    "own_member",
]
