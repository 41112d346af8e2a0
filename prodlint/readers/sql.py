"""Files of SQL to facts: the schema that they make, and queries that code calls by name (aiosql, anosql, pugsql)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from msgspec.structs import replace

from prodlint.facts import Facts, SqlText, Text, place_of
from prodlint.readers.ddl import changes_in, mentions_schema
from prodlint.readers.pragmas import pragmas
from prodlint.readers.sql_statements import queries

__all__ = ["read"]

_NAME = re.compile(r"^[ \t]*--[ \t]*:?name[ \t]*:?[ \t]*([\w-]+)", re.MULTILINE)
"""`-- name: get-user^` of aiosql and anosql, `-- :name get_user :one` of pugsql."""
_TEMPLATE = re.compile(r"\{%|\{\{")
_LONGEST = 200_000
"""A longer file is a dump."""


def read(path: str, text: str) -> Facts:
    """The facts of a file of SQL. Data and whatever is not understood is no problem: such files are not all for one
    database."""
    if len(text) > _LONGEST or _TEMPLATE.search(text):
        return Facts(Text())
    changes = changes_in(list(_statements(text))) if mentions_schema(text) else ()
    return Facts(Text(), None, (), pragmas(text), "", changes, _named(text))


def _statements(text: str) -> Iterator[tuple[int, str]]:
    """Each statement with its place: the line that it begins on."""
    from sqlparse.engine import StatementSplitter
    from sqlparse.lexer import tokenize

    line = 1
    for statement in StatementSplitter().process(tokenize(text)):  # type: ignore[no-untyped-call]
        written = "".join(token.value for token in statement.tokens)
        start = line + written[: len(written) - len(written.lstrip())].count("\n")
        yield place_of(start, 0, start, 0), written
        line += written.count("\n")


def _named(text: str) -> tuple[SqlText, ...]:
    """The queries below each name, the name as Python code writes it."""
    found = []
    starts = list(_NAME.finditer(text))
    for index, start in enumerate(starts):
        end = starts[index + 1].start() if index + 1 < len(starts) else len(text)
        line = text.count("\n", 0, start.start()) + 1
        name = start[1].replace("-", "_")
        several = queries(text[start.start() : end])
        statements = tuple(replace(each, name=name, line=line + each.line - 1) for each in several)
        if statements:
            found.append(SqlText(place_of(line, 0, line, len(start[0].strip())), statements))
    return tuple(found)
