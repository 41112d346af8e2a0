"""Ignore files (`.gitignore`, `.dockerignore`) to facts: their patterns as written."""

from __future__ import annotations

from prodlint.facts import Facts, Patterns
from prodlint.readers.pragmas import pragmas

__all__ = ["read"]


def read(path: str, text: str) -> Facts:
    """The facts of an ignore file. Blank lines and comments are kept, so that an index is a line number less one."""
    return Facts(Patterns(tuple(text.split("\n"))), pragmas=pragmas(text))
