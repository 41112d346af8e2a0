"""The entries of a list that an application is made with, wherever they are put into it: displays, concatenations,
comprehensions, `routes.append(...)`, lists of other files."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec import Struct

from prodlint.facts import Assign, Call, Comprehension, Expression, Operation, Reference, Sequence, Unknown, Value
from prodlint.finding import Location
from prodlint.project.routes.conditions import tests_around
from prodlint.project.values.bindings import Defined, Variable
from prodlint.project.values.loops import rounds
from prodlint.project.values.outcomes import Choice, Environment, Given, Items, Known, Meaning, Site

if TYPE_CHECKING:
    from prodlint.project import Project

_MAX_DEPTH = 12


class Entry(Struct, frozen=True):
    """One entry, or what of the list cannot be followed."""

    given: Given
    tests: tuple[Given, ...] = ()
    """Tests around it that only the running program decides."""
    unknown: str = ""
    """Why the rest of the list is not known; "" for an entry."""

    @property
    def location(self) -> Location:
        """Where it stands."""
        return Location(self.given.site.path, self.given.value.place)


def entries(
    project: Project, site: Site, value: Value, tests: tuple[Given, ...] = (), depth: int = 0
) -> Iterator[Entry]:
    """The entries of a list expression, in order."""
    if depth > _MAX_DEPTH:
        return
    match value:
        case Sequence(_, items):
            for item in items:
                yield from _entry(project, Given(site, item), tests, depth)
            return
        case Operation("+", operands):
            for operand in operands:
                yield from entries(project, site, operand, tests, depth + 1)
            return
        case Comprehension(_, element, (clause,)) if not clause.conditions:
            sites = rounds(project.values, site, clause.target, clause.iterable)
            for each in sites if sites is not None else ():
                yield from _entry(project, Given(each, element), tests, depth)
            if sites is not None:
                return
        case Reference(name):
            argument = next((given for each, given in site.arguments or () if each == name), None)
            if argument is not None:
                yield from entries(project, argument.site, argument.value, tests, depth + 1)
                return
            symbol, rest = project.names.resolve(site.path, site.scope, name)
            if isinstance(symbol, Variable) and not rest:
                yield from _of_variable(project, site, symbol, tests, depth + 1)
                return
    meaning = project.values.evaluate(site, value).meaning
    yield from _of_meaning(project, meaning, Given(site, value), tests, depth + 1)


def _of_meaning(
    project: Project, meaning: Meaning, source: Given, tests: tuple[Given, ...], depth: int
) -> Iterator[Entry]:
    match meaning:
        case Items(_, values):
            for given in values:
                yield from _entry(project, given, tests, depth)
        case Choice(several):
            # What only one alternative has is there under a condition that is not evaluated.
            unknown = Given(source.site, Unknown("which of several lists it is", ~source.value.place))
            for option in several:
                yield from _of_meaning(project, option, source, (*tests, unknown), depth + 1)
        case Environment(_, fallback) if fallback is not None:
            yield from _of_meaning(project, fallback, source, tests, depth + 1)
        case Known(None):
            return
        case _:
            yield Entry(source, tests, "the list is computed")


def _entry(project: Project, given: Given, tests: tuple[Given, ...], depth: int) -> Iterator[Entry]:
    value = given.value
    if isinstance(value, Operation) and value.operator == "*":
        yield from entries(project, given.site, value.operands[0], tests, depth + 1)
        return
    yield Entry(given, tests)


def _of_variable(
    project: Project, site: Site, variable: Variable, tests: tuple[Given, ...], depth: int
) -> Iterator[Entry]:
    """A list by its name, with what is put into it after it is made: `routes.append(...)`, `routes += [...]`."""
    python = project.python(variable.path)
    assert python is not None
    within = Site(variable.path, variable.scope, site.arguments if variable.scope == site.scope else None)
    table = project.names.table(variable.path)
    bindings = table.bindings.get(variable.scope, {}).get(variable.name, []) if table is not None else []
    if not all(isinstance(each.statement, Assign) and not each.path for each in bindings):
        meaning = project.values.evaluate(within, Reference(variable.name, 0)).meaning
        yield from _of_meaning(project, meaning, Given(within, Reference(variable.name, 0)), tests, depth)
        return
    own = python.scopes[variable.scope].block
    for statement in project.statements_of(Defined(variable.path, variable.scope)):
        around = (*tests, *tests_around(python, variable.path, statement.block)) if statement.block != own else tests
        match statement:
            case Assign(targets, assigned) if assigned is not None and _is_among(targets, variable.name):
                yield from entries(project, within, assigned, around, depth + 1)
            case Expression(Call(Reference(name), arguments)) if arguments and name.startswith(f"{variable.name}."):
                method = name[len(variable.name) + 1 :]
                if method in {"append", "insert"}:
                    yield from _entry(project, Given(within, arguments[-1].value), around, depth)
                elif method == "extend":
                    yield from entries(project, within, arguments[0].value, around, depth + 1)


def _is_among(targets: tuple[Value, ...], name: str) -> bool:
    return any(isinstance(each, Reference) and each.name == name for each in targets)


__all__ = ["Entry", "entries"]
