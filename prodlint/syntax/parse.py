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


_parse_quickly: Callable[[str], cst.Module] = FunctionType(
    _parse.__code__, {"native": native, "__builtins__": {**vars(builtins), "__import__": "".format}}
)
"""The native parser imports `libcst` for each node that it makes (PyO3's `PyModule::import`), with the `__import__` of
the frame that called it. It is imported long since, so here a function stands in that takes any arguments and does
nothing: a fifth of the time of parsing."""


def parse(text: str) -> cst.Module:
    """The tree of a module. Raises `libcst.ParserSyntaxError`.

    libcst checks every node that is made, whoever makes it. What its own parser makes is valid, and the checks are a
    tenth of the time of parsing."""
    check = cst.CSTNode.__post_init__
    cst.CSTNode.__post_init__ = _accept  # type: ignore[assignment, method-assign]
    try:
        return _parse_quickly(text)
    finally:
        cst.CSTNode.__post_init__ = check  # type: ignore[method-assign]
