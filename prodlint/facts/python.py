"""A Python file: its scopes, blocks and statements."""

from __future__ import annotations

from typing import Union

from msgspec import Struct

from prodlint.facts.values import Argument, Parameter, Value


class Scope(Struct, frozen=True, array_like=True):
    """The module (index 0), a class or a function. `place` is the name in the definition (`span(place).line` is the
    line of the `def`); decorators, bases and class keywords are values."""

    kind: str
    """"module", "class" or "function"."""
    name: str
    qualname: str
    """Dotted, without `<locals>`: `Items.read`, `create_app.health`; "" for the module."""
    parent: int
    """Index of the enclosing scope in `Python.scopes`, -1 for the module."""
    block: int
    """Index of the body in `Python.blocks`."""
    place: int
    decorators: tuple[Value, ...] = ()
    bases: tuple[Argument, ...] = ()
    """Bases and keywords of a class (`table=True`)."""
    parameters: tuple[Parameter, ...] = ()
    returns: Value | None = None
    is_async: bool = False
    is_generator: bool = False
    documented: bool = False


class Block(Struct, frozen=True, array_like=True):
    """A run of statements and what surrounds it.

    `kind` is "module", "class", "function" (bodies), "if", "else", "for", "while", "loop-else", "try", "except",
    "try-else", "finally", "with", "case". `value` is the test of an `if` or `while`, the iterable of a `for`, the
    context manager of a `with`, the exceptions of an `except`, the subject of a `case`; an `else` carries the test that
    failed. `target` is what `for`, `with` and `except` bind. An `elif` is an "if" inside an "else"."""

    kind: str
    parent: int
    """Index of the surrounding block, -1 for the module's."""
    scope: int
    place: int
    value: Value | None = None
    target: Value | None = None
    is_async: bool = False


class Import(Struct, frozen=True, array_like=True, tag="I"):
    """One imported name. `import a.b` binds `a` to module `a` and loads `module` "a.b"; `from .x import y as z` has
    module ".x", name "y", bound "z"; a star import has name "*" and bound ""."""

    bound: str
    module: str
    name: str
    block: int
    place: int
    type_checking: bool = False


class Assign(Struct, frozen=True, array_like=True, tag="A"):
    """`targets[0] = targets[1] = value`; `operator` is "+" for `+=`; a bare annotation has no value."""

    targets: tuple[Value, ...]
    value: Value | None
    block: int
    place: int
    annotation: Value | None = None
    operator: str = ""


class Expression(Struct, frozen=True, array_like=True, tag="E"):
    """A statement that is only an expression (docstrings are left out), the test of an `assert`, the target of a `del`,
    or the names of a `global` statement (a tuple of references)."""

    value: Value
    block: int
    place: int
    kind: str = ""
    """"", "assert", "del" or "global"."""


class Return(Struct, frozen=True, array_like=True, tag="R"):
    value: Value | None
    block: int
    place: int


class Raise(Struct, frozen=True, array_like=True, tag="X"):
    value: Value | None
    block: int
    place: int


class Jump(Struct, frozen=True, array_like=True, tag="J"):
    """`continue` or `break`."""

    kind: str
    block: int
    place: int


class Definition(Struct, frozen=True, array_like=True, tag="D"):
    """A `def` or `class` statement: where scope `scope` is bound in its surroundings."""

    scope: int
    block: int
    place: int


Statement = Union[Import, Assign, Expression, Return, Raise, Jump, Definition]


class Python(Struct, frozen=True, array_like=True, tag="python"):
    """A Python file. `statements` are in source order; each names its block, each block its scope. The values of
    decorators, parameters and block headers are not repeated as statements."""

    scopes: tuple[Scope, ...]
    blocks: tuple[Block, ...]
    statements: tuple[Statement, ...]
