"""When a random key is made, and whether it is kept for the next start."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from prodlint.facts import Attribute, Call, Conditional, Operation, Python, Reference, Statement, Value, walk
from prodlint.facts import Constant as Literal
from prodlint.finding import Location
from prodlint.project.tokens.strength import Random, Strength
from prodlint.project.values.bindings import Defined

if TYPE_CHECKING:
    from prodlint.project import Project

__all__ = ["is_for_development", "is_kept", "is_made_at_start"]

_DEVELOPMENT = re.compile(r"debug|dev|local|test", re.IGNORECASE)
_DEVELOPMENTS = frozenset("dev development debug local localhost test tests testing ci".split())
_PRODUCTIONS = frozenset("prod production live staging stage".split())
"""Names of environments, as the text of a comparison: `ENVIRONMENT == "local"`."""
_KEEPERS = frozenset(
    "write write_text write_bytes writelines dump save save_key set_key put set add setex commit insert store".split()
)


def is_made_at_start(project: Project, key: Random, used: Location) -> bool:
    """Whether a key is made when a module is imported or an application is set up, and not for each use."""
    python = project.python(key.site.path)
    assert python is not None
    if python.scopes[key.site.scope].kind != "function":
        return True
    for step in key.steps:
        found = project.python(step.location.path)
        for statement in found.statements if found is not None else ():
            if statement.place == step.location.place and found is not None:
                if found.scopes[found.blocks[statement.block].scope].kind != "function":
                    return True
    # `app.config["SECRET_KEY"] = os.urandom(32)` in a factory.
    return used.path == key.site.path and any(
        statement.place == used.place for statement in python.statements if hasattr(statement, "targets")
    )


def is_for_development(project: Project, key: Strength) -> bool:
    """Whether a key is one that only a development environment takes: a condition around it, or in it, says so."""
    found = list(_statements(project, key))
    # The steps are those of all alternatives: where one statement is seen to hold the key, the others do not matter.
    holding = [each for each in found if _holds(getattr(each[1], "value", None), key)]
    for python, statement in holding or found:
        value = getattr(statement, "value", None)
        inside = [each for each in walk(value) if isinstance(each, Conditional)] if value is not None else []
        tests = [(each.test, _is_then(each, key)) for each in inside]
        if any(
            _asks_for_development(test) or _excludes_production(test, holds)
            for test, holds in (*tests, *_conditions(python, statement.block))
        ):
            return True
    return False


def _statements(project: Project, key: Strength) -> Iterator[tuple[Python, Statement]]:
    """The statements that the steps to a key lead through."""
    for step in key.steps:
        python = project.python(step.location.path)
        for statement in python.statements if python is not None else ():
            if python is not None and statement.place == step.location.place:
                yield python, statement


def _holds(value: Value | None, key: Strength) -> bool:
    """Whether a key is written in an expression."""
    for each in walk(value) if value is not None else ():
        if isinstance(key, Random):
            if each is key.call:
                return True
        elif isinstance(each, Literal) and isinstance(each.value, str):
            if each.value == key.text or (not key.text and len(each.value.encode()) == key.length):
                return True
    return False


def _is_then(value: Conditional, key: Strength) -> bool:
    """Whether a key is what a conditional expression gives where its test holds."""
    if isinstance(key, Random):
        return any(each is key.call for each in walk(value.then))
    return isinstance(value.then, Literal)


def _conditions(python: Python, block: int) -> Iterator[tuple[Value, bool]]:
    """The tests of the `if`s around a block, up to its function or class, each with whether it holds in the block."""
    while block >= 0 and python.blocks[block].kind not in {"function", "class"}:
        fact = python.blocks[block]
        if fact.kind in {"if", "else"} and fact.value is not None:
            yield fact.value, fact.kind == "if"
        block = fact.parent


def _asks_for_development(test: Value) -> bool:
    return any(_DEVELOPMENT.search(each.name) for each in walk(test) if isinstance(each, Reference))


def _excludes_production(test: Value, holds: bool) -> bool:
    """Whether a comparison with the name of an environment leaves only others than production."""
    for each in walk(test):
        if not isinstance(each, Operation) or each.operator not in {"==", "!=", "in", "not in"}:
            continue
        texts = {
            str(one.value).lower() for one in walk(each) if isinstance(one, Literal) and isinstance(one.value, str)
        }
        equal = (each.operator in {"==", "in"}) == holds
        if texts & (_DEVELOPMENTS if equal else _PRODUCTIONS):
            return True
    return False


def is_kept(project: Project, key: Random) -> bool:
    """Whether the code that makes a key writes it somewhere."""
    for value in project.values_of(Defined(key.site.path, key.site.scope)):
        for each in walk(value):
            if isinstance(each, Call) and isinstance(each.function, (Reference, Attribute)):
                if each.function.name.rpartition(".")[2] in _KEEPERS and each.arguments:
                    return True
    return False
