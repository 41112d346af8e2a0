"""What an expression is in an application whose environment sets nothing: each variable has its default.

Follows functions of several `return`s by their tests, which `Values.evaluate` leaves a choice.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from prodlint.facts import Call, Operation, Python, Reference, Return, Statement
from prodlint.project.values.bindings import Defined, Variable
from prodlint.project.values.outcomes import Choice, Environment, Given, Known, Meaning, Opaque, Site
from prodlint.project.values.parameters import passed

if TYPE_CHECKING:
    from prodlint.project import Project

_MAX_DEPTH = 8


def by_default(project: Project, given: Given, depth: int = 0) -> Meaning:
    """What a value is where no environment variable is set; a choice or unknown where other things decide it."""
    meaning = project.values.given(given).meaning
    while isinstance(meaning, Environment) and meaning.fallback is not None:
        meaning = meaning.fallback
    if depth > _MAX_DEPTH:
        return meaning
    followed = None
    if isinstance(meaning, (Choice, Opaque)):
        followed = _followed(project, given, depth)
    if followed is None:
        callers = passed(project, meaning)
        several = {by_default(project, each, depth + 1) for each in callers or ()}
        followed = several.pop() if len(several) == 1 else None
    return meaning if followed is None else followed


def _followed(project: Project, given: Given, depth: int) -> Meaning | None:
    site, value = given.site, given.value
    match value:
        case Call(function):
            code = project.values.callee(site, function)
            if isinstance(code, Defined) and project.scope_of(code).kind == "function":
                return _returned(project, code, project.values.bind(code, given), depth)
        case Reference(name):
            for argument, inner in site.arguments or ():
                if argument == name:
                    return by_default(project, inner, depth + 1)
            symbol, rest = project.names.resolve(site.path, site.scope, name)
            if isinstance(symbol, Variable) and not rest:
                assigned = project.values.single_assignment(symbol)
                if assigned is not None:
                    same = symbol.path == site.path and symbol.scope == site.scope
                    where = site if same else Site(symbol.path, symbol.scope)
                    return by_default(project, Given(where, assigned), depth + 1)
        case Operation("not", (inner_value,)):
            decided = _truth(project, Given(site, inner_value), depth)
            return None if decided is None else Known(not decided)
    return None


def _returned(project: Project, code: Defined, arguments: tuple[tuple[str, Given], ...], depth: int) -> Meaning | None:
    """What a function returns for some arguments: the first `return` whose tests are all true."""
    python = project.python(code.path)
    assert python is not None
    site = Site(code.path, code.scope, arguments)
    for statement in project.statements_of(code):
        if not isinstance(statement, Return) or statement.value is None:
            continue
        reached = _is_reached(project, python, statement, site, depth)
        if reached is None:
            return None
        if reached:
            return by_default(project, Given(site, statement.value), depth + 1)
    return None


def _is_reached(project: Project, python: Python, statement: Statement, site: Site, depth: int) -> bool | None:
    """Whether all tests around a statement are true; None where one cannot be told."""
    block = statement.block
    while block >= 0 and python.blocks[block].kind != "function":
        fact = python.blocks[block]
        if fact.kind not in {"if", "else"} or fact.value is None:
            return None
        decided = _truth(project, Given(site, fact.value), depth)
        if decided is None:
            return None
        if decided != (fact.kind == "if"):
            return False
        block = fact.parent
    return True


def _truth(project: Project, given: Given, depth: int) -> bool | None:
    meaning = by_default(project, given, depth + 1)
    return bool(meaning.value) if isinstance(meaning, Known) else None


__all__ = ["by_default"]
