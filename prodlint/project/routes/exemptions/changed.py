"""Lists, sets and mappings of a module that code of the tree changes after they are made."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prodlint.facts import Assign, Reference, Subscript, Value
from prodlint.project.values.bindings import Variable
from prodlint.project.values.outcomes import Instance, Items, Meaning, Pairs

if TYPE_CHECKING:
    from prodlint.project import Project

CHANGES = frozenset("append add extend update insert remove discard clear setdefault appendleft".split())
"""Methods that change a list, set or mapping."""


def is_changed(project: Project, path: str, scope: int, value: Value, meaning: Meaning) -> bool:
    """Whether a name stands for a list, set or mapping of a module that is not what it was made as."""
    if not isinstance(value, Reference) or not isinstance(meaning, Items | Pairs | Instance):
        return False
    symbol, rest = project.names.resolve(path, scope, value.name)
    if not isinstance(symbol, Variable) or rest:
        return False
    known = project.authenticator.changed
    if symbol not in known:
        known[symbol] = any(_changes(project, each, symbol) for each in project.mentioning(symbol.name))
    return known[symbol]


def _changes(project: Project, path: str, symbol: Variable) -> bool:
    """Whether a file calls a method that changes the variable, adds to it or sets an item of it."""
    python = project.python(path)
    if python is None or project.role(path) == "test":
        return False
    for call, block in project.calls_in(path):
        head, _, method = getattr(call.function, "name", "").rpartition(".")
        if method in CHANGES and head.rpartition(".")[2] == symbol.name:
            if project.names.resolve(path, python.blocks[block].scope, head)[0] == symbol:
                return True
    for statement in python.statements:
        if not isinstance(statement, Assign):
            continue
        for target in statement.targets:
            of = target.value if isinstance(target, Subscript) else target if statement.operator else None
            if isinstance(of, Reference) and of.name.rpartition(".")[2] == symbol.name:
                if project.names.resolve(path, python.blocks[statement.block].scope, of.name)[0] == symbol:
                    return True
    return False
