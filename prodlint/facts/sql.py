"""Queries as SQL states them: what they read, compare, sort and limit. Nothing in them is resolved to a table."""

from __future__ import annotations

from msgspec import Struct


class SqlRelation(Struct, frozen=True, array_like=True):
    """What stands in a FROM clause: a table, or with no name a subquery, a function or a common table expression."""

    name: str
    """With its schema, if one is given; a hole of a template stands as `__hole_i__`."""
    alias: str = ""


class SqlCondition(Struct, frozen=True, array_like=True):
    """One condition. `kind` is "and", "or" (of `parts`), "equal", "range", "few" (compared with truth or nothing),
    "search" (`LIKE`), "other" (in a way that no ordinary index serves), "nothing" (of no column, as `EXISTS`), or
    "computed" (a hole stands where a column or a condition would)."""

    kind: str
    column: str = ""
    """As written: `u.email`, `email`."""
    other: str = ""
    """The column that it is compared with; "" for a value."""
    is_several: bool = False
    parts: tuple[SqlCondition, ...] = ()


class SqlStatement(Struct, frozen=True, array_like=True):
    """One SELECT (also one inside another), UPDATE, DELETE or INSERT."""

    kind: str
    """"select", "update", "delete" or "insert"."""
    relations: tuple[SqlRelation, ...]
    outer: tuple[SqlRelation, ...] = ()
    """Those of the statements around it, innermost first."""
    conditions: tuple[SqlCondition, ...] = ()
    """All of them hold: those of WHERE, then those of the joins."""
    sorts: tuple[tuple[str, bool], ...] = ()
    """Columns, each with whether it descends, up to the first expression."""
    groups: tuple[str, ...] = ()
    limit: str = ""
    """"one", "some", or "" where nothing limits its rows."""
    bound: int | None = None
    aggregates: bool = False
    is_inner: bool = False
    """It stands inside another statement."""
    line: int = 0
    """Of a file of SQL: where it begins."""
    name: str = ""
    """What a file of named queries calls it (`-- name: get_user`), as Python code does."""


class SqlText(Struct, frozen=True, array_like=True):
    """The queries of one string, and where the string stands."""

    place: int
    statements: tuple[SqlStatement, ...]
