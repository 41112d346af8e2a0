"""Parses Python, leaving out the work that only hand-made trees need."""

from __future__ import annotations

import libcst as cst


def _accept(node: cst.CSTNode) -> None:
    """Stands in for libcst's check of each new node."""


def parse(text: str) -> cst.Module:
    """The tree of a module. Raises `libcst.ParserSyntaxError`.

    libcst checks every node that is made, whoever makes it. What its own parser makes is valid, and the checks are a
    tenth of the time of parsing."""
    check = cst.CSTNode.__post_init__
    cst.CSTNode.__post_init__ = _accept  # type: ignore[assignment, method-assign]
    try:
        return cst.parse_module(text)
    finally:
        cst.CSTNode.__post_init__ = check  # type: ignore[method-assign]
