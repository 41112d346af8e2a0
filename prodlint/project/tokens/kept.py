"""When a random key is made, and whether it is kept for the next start."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from prodlint.facts import Attribute, Call, Conditional, Python, Reference, Value, walk
from prodlint.finding import Location
from prodlint.project.tokens.strength import Random, Strength
from prodlint.project.values.bindings import Defined

if TYPE_CHECKING:
    from prodlint.project import Project

__all__ = ["is_for_development", "is_kept", "is_made_at_start"]

_DEVELOPMENT = re.compile(r"debug|dev|local|test", re.IGNORECASE)
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
    for step in key.steps:
        python = project.python(step.location.path)
        for statement in python.statements if python is not None else ():
            if python is None or statement.place != step.location.place:
                continue
            value = getattr(statement, "value", None)
            tests = [each.test for each in walk(value) if isinstance(each, Conditional)] if value is not None else []
            if any(_asks_for_development(test) for test in (*tests, *_conditions(python, statement.block))):
                return True
    return False


def _conditions(python: Python, block: int) -> Iterator[Value]:
    """The tests of the `if`s around a block, up to its function or class."""
    while block >= 0 and python.blocks[block].kind not in {"function", "class"}:
        fact = python.blocks[block]
        if fact.kind in {"if", "else"} and fact.value is not None:
            yield fact.value
        block = fact.parent


def _asks_for_development(test: Value) -> bool:
    return any(_DEVELOPMENT.search(each.name) for each in walk(test) if isinstance(each, Reference))


def is_kept(project: Project, key: Random) -> bool:
    """Whether the code that makes a key writes it somewhere."""
    for value in project.values_of(Defined(key.site.path, key.site.scope)):
        for each in walk(value):
            if isinstance(each, Call) and isinstance(each.function, (Reference, Attribute)):
                if each.function.name.rpartition(".")[2] in _KEEPERS and each.arguments:
                    return True
    return False
