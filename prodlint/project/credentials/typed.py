"""Passwords as a client typed them, and where the text of a query is given one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import TYPE_CHECKING

from prodlint.facts import Constant, Operation, Template, Value, walk
from prodlint.libraries.credentials import is_password
from prodlint.project.credentials.client import sent
from prodlint.project.flow.traces import Where

if TYPE_CHECKING:
    from prodlint.project import Project

__all__ = ["is_typed", "passwords_in_sql"]

_IN_SQL = re.compile(r"\b(where|and|or)\b.*\bpass(word|wd)?\s*=\s*['\"]?$", re.IGNORECASE | re.DOTALL)
"""Text of a query up to the password that it is compared with."""


def is_typed(project: Project, where: Where, value: Value) -> bool:
    """Whether a value is a password as a client sent it."""
    found = sent(project, where, value)
    if found is None or found.kind not in {"body", "query"}:
        return False
    return found.name == "pass" or is_password(found.name.replace("-", "_"))


def passwords_in_sql(project: Project, path: str) -> Iterator[tuple[Where, int]]:
    """The places of passwords that are written into the condition of a query, as they were typed."""
    python = project.python(path)
    for outer, block in project.values_in(path) if python is not None else ():
        assert python is not None
        where = Where(path, python.blocks[block].scope, block)
        for value in walk(outer):
            for text, typed in pairwise(value.parts if isinstance(value, Template) else _joined(value)):
                if not isinstance(text, Constant) or not isinstance(text.value, str) or isinstance(typed, Constant):
                    continue
                if _IN_SQL.search(text.value) and is_typed(project, where, typed):
                    yield where, typed.place


def _joined(value: Value) -> tuple[Value, ...]:
    """The operands of texts that are added up, in order."""
    if not isinstance(value, Operation) or value.operator != "+":
        return ()
    found: tuple[Value, ...] = ()
    for operand in value.operands:
        found += _joined(operand) or (operand,)
    return found
