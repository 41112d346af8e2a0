"""Parses Python, leaving out the work that only trees to be changed need."""

from __future__ import annotations

import builtins
from collections.abc import Callable, Iterator
from dataclasses import MISSING, fields, is_dataclass
from types import FunctionType, SimpleNamespace
from typing import Any

import libcst
import msgspec
from libcst import native  # type: ignore[attr-defined]

__all__ = ["nodes", "parse"]

_NOTHING = "".format
"""Takes any arguments and gives "", without a frame of Python."""

_LAYOUT = frozenset(
    """
    SimpleWhitespace ParenthesizedWhitespace TrailingWhitespace EmptyLine Newline Comment Comma Dot Semicolon Colon
    AssignEqual LeftParen RightParen LeftSquareBracket RightSquareBracket LeftCurlyBrace RightCurlyBrace
    """.split()
)
"""Two thirds of all nodes, which only writing a tree back needs; leaving them out is a fifth of the time."""


def _kinds() -> Iterator[tuple[str, Any]]:
    """The types of nodes that the native parser makes, by the names that it knows them under."""
    for name, kind in vars(libcst).items():
        if isinstance(kind, type) and issubclass(kind, libcst.CSTNode) and is_dataclass(kind):
            yield name, kind


def _lean(name: str, kind: Any) -> Any:
    """A type with the name and the fields of a type of libcst's nodes. What a field of layout is when the parser leaves
    it out does not matter; all others it gives."""
    return msgspec.defstruct(
        name,
        [
            (each.name, Any) if each.default is MISSING and each.default_factory is MISSING
            else (each.name, Any, "" if each.default is MISSING else each.default)
            for each in fields(kind)
        ],
        eq=False,
        gc=False,
    )  # fmt: skip


_LEAN = {name: _lean(name, kind) for name, kind in _kinds() if name not in _LAYOUT}
"""libcst's own nodes are frozen, and set each field by a call; they are checked when they are made, which for what the
parser makes is not needed. Structures with the same fields save another fifth of the time."""

nodes = SimpleNamespace(**_LEAN, ParserSyntaxError=libcst.ParserSyntaxError)
"""What `parse` makes, by libcst's names: to be imported in the place of `libcst`."""

_SWAPPED = {**_LEAN, **dict.fromkeys(_LAYOUT, _NOTHING)}


def _parse(text: str) -> Any:
    return native.parse_module(text)


_parse_quickly: Callable[[str], Any] = FunctionType(
    _parse.__code__, {"native": native, "__builtins__": {**vars(builtins), "__import__": _NOTHING}}
)
"""The native parser imports `libcst` for each node that it makes (PyO3's `PyModule::import`), with the `__import__` of
the frame that called it. It is imported long since, so here nothing is done instead: a fifth of the time of parsing."""


def parse(text: str) -> Any:
    """The tree of a module, for reading only: its nodes have the names and fields of libcst's, but no layout and no
    methods. Raises `libcst.ParserSyntaxError`."""
    names = vars(libcst)
    kept = {name: names[name] for name in _SWAPPED}
    names.update(_SWAPPED)
    try:
        return _parse_quickly(text)
    finally:
        names.update(kept)
