"""SQL in the strings of a Python file to the changes of a schema that it makes.

Only strings that speak of tables or indexes are read, with sqlparse's lexer and splitter; the grammar is in
`readers.ddl_statements`. What stands between the parts of a template is a hole: a name that the replay fills in.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from prodlint.facts import Constant, Operation, Python, Template, Value, children
from prodlint.facts.ddl import Change, Sql
from prodlint.libraries.ddl import SCHEMA

__all__ = ["changes_in", "mentions_schema"]

_FIELD = re.compile(r"(?<!\{)\{(\w*)\}(?!\})")
_PERCENT = re.compile(r"%(?:\((\w+)\))?s")
_LONGEST = 200_000


def mentions_schema(text: str) -> bool:
    """Whether a text may hold SQL that changes a schema."""
    return SCHEMA.search(text) is not None


def changes_in(python: Python) -> tuple[Sql, ...]:
    """The SQL of all strings of a file that changes a schema, by place."""
    found: dict[int, Sql] = {}
    for outer in _values(python):
        stack = [outer]
        while stack:
            value = stack.pop()
            text = _text(value)
            if text is None:
                stack.extend(children(value))
            elif mentions_schema(text) and len(text) < _LONGEST:
                found[value.place] = Sql(value.place, _read(text))
    return tuple(found[place] for place in sorted(found))


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


def _read(text: str) -> tuple[Change, ...]:
    from prodlint.readers.ddl_statements import changes

    return changes(text)
