"""Parses Python, leaving out the work that only hand-made trees need."""

from __future__ import annotations

import builtins
from collections.abc import Callable
from types import FunctionType

import libcst as cst
from libcst import native  # type: ignore[attr-defined]


def _accept(node: cst.CSTNode) -> None:
    """Stands in for libcst's check of each new node."""


def _parse(text: str) -> cst.Module:
    module: cst.Module = native.parse_module(text)
    return module


_NOTHING = "".format
"""Takes any arguments and gives "", without a frame of Python."""

_parse_quickly: Callable[[str], cst.Module] = FunctionType(
    _parse.__code__, {"native": native, "__builtins__": {**vars(builtins), "__import__": _NOTHING}}
)
"""The native parser imports `libcst` for each node that it makes (PyO3's `PyModule::import`), with the `__import__` of
the frame that called it. It is imported long since, so here nothing is done instead: a fifth of the time of parsing."""

_LAYOUT = """
    SimpleWhitespace ParenthesizedWhitespace TrailingWhitespace EmptyLine Newline Comment Comma Dot Semicolon Colon
    AssignEqual LeftParen RightParen LeftSquareBracket RightSquareBracket LeftCurlyBrace RightCurlyBrace
""".split()
"""Two thirds of all nodes, which only writing a tree back needs; leaving them out is another fifth of the time."""


def parse(text: str) -> cst.Module:
    """The tree of a module, for reading only: it has no layout and cannot be written back. Raises
    `libcst.ParserSyntaxError`.

    libcst also checks every node that is made, whoever makes it. What its own parser makes is valid, and the checks are
    a tenth of the time of parsing."""
    check = cst.CSTNode.__post_init__
    layout = [(name, getattr(cst, name)) for name in _LAYOUT]
    cst.CSTNode.__post_init__ = _accept  # type: ignore[assignment, method-assign]
    for name in _LAYOUT:
        setattr(cst, name, _NOTHING)
    try:
        return _parse_quickly(text)
    finally:
        cst.CSTNode.__post_init__ = check  # type: ignore[method-assign]
        for name, node in layout:
            setattr(cst, name, node)
