"""What the names of one file are bound to, and the kinds of thing that a name can stand for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Union

from msgspec import Struct

from prodlint.facts import (
    Assign,
    Block,
    Definition,
    Expression,
    Import,
    Operation,
    Python,
    Reference,
    Scope,
    Sequence,
    Value,
)


class Module(Struct, frozen=True):
    """A module of the tree: the path of its file, or of the folder of a namespace package."""

    path: str


class Defined(Struct, frozen=True):
    """A class or function of the tree: `scope` is its index in the file's scopes."""

    path: str
    scope: int


class Variable(Struct, frozen=True):
    """A name that is assigned in scope `scope` (0 for the module) of a file."""

    path: str
    scope: int
    name: str


class Bound(Struct, frozen=True):
    """A parameter of a function of the tree."""

    path: str
    scope: int
    name: str


class External(Struct, frozen=True):
    """Something outside the tree, by its dotted name: `fastapi.Depends`, `builtins.print`."""

    name: str


class Unresolved(Struct, frozen=True):
    """A name that cannot be followed; `reason` completes "because ..."."""

    reason: str


Symbol = Union[Module, Defined, Variable, Bound, External, Unresolved]


class Binding(Struct, frozen=True):
    """One place that binds a name. `statement` is the import, assignment or definition, or the block whose header binds
    it (`for`, `with`, `except`); `path` are the indexes into a tuple target that lead to the name."""

    statement: Import | Assign | Definition | Block
    path: tuple[int, ...] = ()


class Table:
    """The bindings of one file, by scope."""

    def __init__(self, python: Python) -> None:
        self.bindings: dict[int, dict[str, list[Binding]]] = {}
        self.stars: dict[int, list[Import]] = {}
        self.attributes: dict[int, dict[str, list[Assign]]] = {}
        """For a class's scope: the assignments to `self.name` and `cls.name` in its methods."""
        blocks, scopes = python.blocks, python.scopes
        declared: dict[int, set[str]] = {}
        for statement in python.statements:
            if isinstance(statement, Expression) and statement.kind == "global":
                names = {name.name for name in statement.value.items}  # type: ignore[union-attr]
                declared.setdefault(blocks[statement.block].scope, set()).update(names)
        for statement in python.statements:
            match statement:
                case Import(name="*"):
                    self.stars.setdefault(blocks[statement.block].scope, []).append(statement)
                case Import(bound):
                    self._bind(blocks[statement.block].scope, bound, Binding(statement))
                case Definition(scope):
                    self._bind(blocks[statement.block].scope, scopes[scope].name, Binding(statement))
                case Assign(targets):
                    scope = blocks[statement.block].scope
                    for target in targets:
                        for name, path in _targets(target):
                            owner = 0 if name in declared.get(scope, ()) else scope
                            self._bind(owner, name, Binding(statement, path))
                        self._attribute(scopes, scope, target, statement)
        for block in blocks:
            if block.target is not None:
                for name, path in _targets(block.target):
                    self._bind(block.scope, name, Binding(block, path))

    def _bind(self, scope: int, name: str, binding: Binding) -> None:
        self.bindings.setdefault(scope, {}).setdefault(name, []).append(binding)

    def _attribute(self, scopes: tuple[Scope, ...], scope: int, target: Value, statement: Assign) -> None:
        owner = scopes[scope].parent
        if not isinstance(target, Reference) or owner < 0 or scopes[owner].kind != "class":
            return
        head, _, attribute = target.name.partition(".")
        parameters = scopes[scope].parameters
        if parameters and head == parameters[0].name and attribute and "." not in attribute:
            self.attributes.setdefault(owner, {}).setdefault(attribute, []).append(statement)


def _targets(target: Value, path: tuple[int, ...] = ()) -> Iterator[tuple[str, tuple[int, ...]]]:
    match target:
        case Reference(name) if "." not in name:
            yield name, path
        case Sequence(_, items):
            for index, item in enumerate(items):
                yield from _targets(item, (*path, index))
        case Operation("*", (inner,)):
            yield from _targets(inner, (*path, -1))
