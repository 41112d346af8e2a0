"""SQL in the strings of a Python file: the texts, with holes where a part is put in later, and their queries."""

from __future__ import annotations

import re
from collections.abc import Iterator

from prodlint.facts import Constant, Operation, Python, Template, Value, children
from prodlint.facts.sql import SqlText

__all__ = ["mentions_queries", "queries_in", "texts_of"]

_FIELD = re.compile(r"(?<!\{)\{(\w*)\}(?!\})")
_PERCENT = re.compile(r"%(?:\((\w+)\))?s")
_QUERIES = re.compile(
    r"[\"'\n][ \t(]*(?:select\s+[^\s(]|delete\s+from\b|update\s+\S+\s+(?:\w+\s+)*set\b|insert\s+into\b"
    r"|with\s+\w+\s+as\s*\()",
)
"""What a source with such a query holds somewhere, in lower case, in which the search takes a third of the time; much
else holds it, too."""


def mentions_queries(text: str) -> bool:
    """Whether a source may hold a query in SQL."""
    return _QUERIES.search(text.lower()) is not None


def queries_in(texts: list[tuple[int, str]]) -> tuple[SqlText, ...]:
    """The queries among the texts of a file, by place."""
    from prodlint.readers.sql_statements import is_query, queries

    found = {place: queries(text) for place, text in texts if is_query(text)}
    return tuple(SqlText(place, found[place]) for place in sorted(found) if found[place])


def texts_of(python: Python) -> list[tuple[int, str]]:
    """The strings of a file with their places."""
    found: list[tuple[int, str]] = []
    for outer in _values(python):
        stack = [outer]
        while stack:
            value = stack.pop()
            text = _text(value)
            if text is None:
                stack.extend(children(value))
            else:
                found.append((value.place, text))
    return found


def _values(python: Python) -> Iterator[Value]:
    for statement in python.statements:
        value = getattr(statement, "value", None)
        if value is not None:
            yield value
    for block in python.blocks:
        if block.value is not None:
            yield block.value
    for scope in python.scopes:
        yield from (each.default for each in scope.parameters if each.default is not None)


def _text(value: Value) -> str | None:
    """The text of a string, holes filled with names; None for any other expression."""
    match value:
        case Constant(str() as text, _, ""):
            # What `format` and `%` put in later stands by its name or number.
            number = iter(range(1000))
            text = _FIELD.sub(lambda found: f"__hole_{found[1] or next(number)}__", text)
            return _PERCENT.sub(lambda found: f"__hole_{found[1] or next(number)}__", text)
        case Template(parts):
            return _joined(parts)
        case Operation("+", operands):
            parts = tuple(_flat(operands))
            if any(isinstance(each, (Constant, Template)) for each in parts):
                return _joined(parts)
    return None


def _flat(operands: tuple[Value, ...]) -> Iterator[Value]:
    for each in operands:
        if isinstance(each, Operation) and each.operator == "+":
            yield from _flat(each.operands)
        elif isinstance(each, Template):
            yield from each.parts
        else:
            yield each


def _joined(parts: tuple[Value, ...]) -> str:
    text, number = "", 0
    for part in parts:
        if isinstance(part, Constant) and isinstance(part.value, str) and not part.form:
            text += part.value
        else:
            text += f"__hole_{number}__"
            number += 1
    return text
