"""SQL in the strings of a Python file to the changes of a schema that it makes.

Only strings that speak of tables or indexes are read, with sqlparse's lexer and splitter; the grammar is in
`readers.ddl_statements`. What stands between the parts of a template is a hole: a name that the replay fills in.
"""

from __future__ import annotations

from prodlint.facts.ddl import Change, Sql
from prodlint.libraries.ddl import SCHEMA

__all__ = ["changes_in", "mentions_schema"]

_LONGEST = 200_000


def mentions_schema(text: str) -> bool:
    """Whether a text may hold SQL that changes a schema."""
    return SCHEMA.search(text) is not None


def changes_in(texts: list[tuple[int, str]]) -> tuple[Sql, ...]:
    """Those of the texts of a file that change a schema, by place."""
    found = {place: _read(text) for place, text in texts if mentions_schema(text) and len(text) < _LONGEST}
    return tuple(Sql(place, found[place]) for place in sorted(found))


def _read(text: str) -> tuple[Change, ...]:
    from prodlint.readers.ddl_statements import changes

    return changes(text)
