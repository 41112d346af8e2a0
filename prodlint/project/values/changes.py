"""What is done to a mapping after it is made: `options["k"] = v`, `options.update(...)`, `options.setdefault(...)`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec import Struct

from prodlint.facts import (
    Assign,
    Call,
    Conditional,
    Constant,
    Expression,
    Reference,
    Statement,
    Subscript,
    Unknown,
    Value,
)
from prodlint.project.values.bindings import Defined, Variable
from prodlint.project.values.outcomes import Choice, Given, Meaning, Pairs, Site

if TYPE_CHECKING:
    from prodlint.project import Project

__all__ = ["Change", "changed", "changes", "changes_of"]

Pair = tuple["Given | None", Given]


def changed(project: Project, variable: Variable, site: Site, meaning: Meaning) -> Meaning:
    """What a variable's mapping is after all changes that its own scope makes, in source order; all else unchanged.

    A key that is set under a condition is what it was or what it becomes; one that may be deleted is unknown.
    """
    match meaning:
        case Choice(several) if any(isinstance(each, Pairs) for each in several):
            return Choice(tuple(dict.fromkeys(changed(project, variable, site, each) for each in several)))
        case Pairs(pairs):
            result = list(pairs)
            for key, value, conditional, weak in changes(project, variable):
                result.append(_pair(site, result, key, value, conditional, weak))
            return Pairs(tuple(result)) if len(result) > len(pairs) else meaning
    return meaning


class Change(Struct, frozen=True):
    """One thing that is done to a variable's mapping."""

    key: Value | None
    """None for a mapping that is spread into it."""
    value: Value
    statement: Statement
    weak: bool = False
    """Only where the key is missing."""


def changes(project: Project, variable: Variable) -> Iterator[tuple[Value | None, Value, bool, bool]]:
    """What is set in a variable's mapping, whatever it was before: key (None for a spread mapping), value, whether
    under a condition, and whether only where the key is missing."""
    python = project.python(variable.path)
    assert python is not None
    own = python.scopes[variable.scope].block
    for change in changes_of(project, variable):
        yield change.key, change.value, change.statement.block != own, change.weak


def changes_of(project: Project, variable: Variable) -> Iterator[Change]:
    """What is done to a variable's mapping (or a parameter's) in its own scope, in source order."""
    for statement in project.statements_of(Defined(variable.path, variable.scope)):
        match statement:
            case Assign(targets, value, operator=operator) if value is not None:
                for target in targets:
                    if isinstance(target, Subscript) and _is(target.value, variable.name):
                        after = Unknown("it is changed", -value.place) if operator else value
                        yield Change(target.index, after, statement)
                    elif operator == "|" and _is(target, variable.name):
                        yield Change(None, value, statement)
            case Expression(Call(Reference(name), arguments), kind="") if name.startswith(f"{variable.name}."):
                method = name[len(variable.name) + 1 :]
                if method == "update":
                    for argument in arguments:
                        key = Constant(argument.name, argument.value.place) if argument.name else None
                        yield Change(key, argument.value, statement)
                elif method == "setdefault" and len(arguments) == 2:
                    yield Change(arguments[0].value, arguments[1].value, statement, True)
                elif method == "pop" and arguments:
                    yield Change(arguments[0].value, Unknown("it may be deleted", -statement.place), statement)
            case Expression(Subscript(inner, index), kind="del") if _is(inner, variable.name):
                yield Change(index, Unknown("it may be deleted", -statement.place), statement)


def _pair(site: Site, before: list[Pair], key: Value | None, value: Value, conditional: bool, weak: bool) -> Pair:
    if key is None:
        return None, Given(site, value)
    old = Pairs(tuple(before)).get(str(key.value)) if isinstance(key, Constant) else None
    if old is not None and weak:
        return Given(site, key), old
    if old is not None and conditional:
        # Made-up values stand at places that no other has, for what a value is is remembered by its place.
        if old.site != site:
            return Given(site, key), Given(site, Unknown("it is changed", -value.place))
        condition = Unknown("the condition is not evaluated", ~value.place)
        return Given(site, key), Given(site, Conditional(condition, value, old.value, -value.place))
    return Given(site, key), Given(site, value)


def _is(value: Value, name: str) -> bool:
    return isinstance(value, Reference) and value.name == name
