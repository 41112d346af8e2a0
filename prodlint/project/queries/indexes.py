"""Which index serves a query, and which one would where none does."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from msgspec import Struct

from prodlint.finding import Location
from prodlint.libraries.database import FEW_VALUES, OWNER_COLUMNS
from prodlint.project.queries.query import Query, Use
from prodlint.project.tables.schema import Table

__all__ = ["Advice", "Keys", "advise", "has_many_values", "is_ordered", "searching_uses", "served"]

Keys = Mapping[Location, frozenset[tuple[str, ...]]]
"""For each table, by its location, the columns of its indexes of all rows, in order."""

_MAX_EQUAL = 2
"""Columns compared for equality that an index is proposed to have; further ones narrow little."""


class Advice(Struct, frozen=True):
    """What a query needs of one table."""

    query: Query
    table: Table
    verdict: str
    """"served" (an index begins with a column that it compares), "wanted" (none does), "poor" (what it compares has a
    handful of values, which an index alone helps little), "search" (a search inside text, for a trigram or full-text
    index), or "all" (it reads all rows anyway)."""
    columns: tuple[str, ...] = ()
    """What the index has, or should have, in order; of "poor" and "search" the columns compared."""
    uses: tuple[Use, ...] = ()
    """The uses of the first column of an index that is wanted."""


def advise(query: Query, keys: Keys) -> Iterator[Advice]:
    """What a query needs, one for each table that it looks for rows in; two where each side of an `or` needs one."""
    if query.draft.kind == "insert":
        return
    for table in query.tables:
        own = [use for use in query.uses if use.table.location == table.location]
        yield from _of_table(query, table, own, keys.get(table.location, table.keys))


def _of_table(query: Query, table: Table, uses: list[Use], keys: frozenset[tuple[str, ...]]) -> Iterator[Advice]:
    leading = {columns[0] for columns in keys}
    sure = [use for use in uses if not use.conditional]
    equal = _distinct([use for use in sure if use.kind == "equal"])
    strong = [use for use in equal if not use.is_few and has_many_values(table, use.column)]
    poor = [use for use in equal if use not in strong and _is_flag(table, use)]
    ranged = [use for use in sure if use.kind == "range" and has_many_values(table, use.column)]
    sorts = query.draft.limit and not query.draft.aggregates
    ordered = [use for use in sure if use.kind == "order" and has_many_values(table, use.column)] if sorts else []
    then = (ranged or ordered)[:1]
    fixed = {use.column for use in equal}
    served = next((use for use in (*strong, *equal) if use.column in leading and use not in poor), None)
    # An index that begins with a flag serves where the flag is compared, too: `(object_type, object_id)`.
    served = served or next((use for use in strong if _reached(keys, fixed, use.column)), None)
    if served is not None:
        yield Advice(query, table, "served", (served.column,), (served,))
        return
    through = _through(query, table, leading)
    if through:
        yield Advice(query, table, "served", (through,), ())
        return
    if strong:
        strong.sort(key=lambda use: not _is_owner(table, use.column))
        chosen = strong[:_MAX_EQUAL]
        chosen += poor[: _MAX_EQUAL - len(chosen)]
        columns = tuple(dict.fromkeys(use.column for use in (*chosen, *then)))
        yield Advice(query, table, "wanted", columns, (strong[0],))
        return
    either = [use for use in sure if use.kind == "either" and not use.is_few and has_many_values(table, use.column)]
    joined = [use for use in sure if use.kind == "join" and has_many_values(table, use.column)]
    searched_by = _distinct(either + joined)
    missing = [use for use in searched_by if not _reached(keys, fixed, use.column)]
    # Of an `or` each side needs an index of its own, or none helps.
    yield from (Advice(query, table, "wanted", (use.column,), (use,)) for use in missing)
    if searched_by and not missing:
        yield Advice(query, table, "served", (searched_by[0].column,), (searched_by[0],))
    if searched_by:
        return
    if ranged or (ordered and not query.draft.doubt and not _narrows(sure)):
        first = (ranged or ordered)[0]
        if _reached(keys, fixed, first.column):
            yield Advice(query, table, "served", (first.column,), (first,))
        else:
            yield Advice(query, table, "wanted", (first.column,), (first,))
        return
    searched = tuple(dict.fromkeys(use.column for use in uses if use.kind == "search"))
    flags = tuple(dict.fromkeys(use.column for use in uses if use.kind in ("equal", "few", "either")))
    if searched:
        yield Advice(query, table, "search", searched)
    elif flags:
        yield Advice(query, table, "poor", flags)
    elif table == query.tables[0] and not uses and not query.draft.doubt:
        yield Advice(query, table, "all")


def _reached(keys: frozenset[tuple[str, ...]], fixed: set[str], column: str) -> bool:
    """Whether an index has a column behind nothing but columns that are compared for equality."""
    return any(column in key and fixed.issuperset(key[: key.index(column)]) for key in keys)


def is_ordered(query: Query, use: Use, keys: Keys) -> bool:
    """Whether an index gives the rows of a query in the order of one of its columns."""
    own = keys.get(use.table.location, use.table.keys)
    of_table = (each for each in query.uses if each.table.location == use.table.location)
    return _reached(own, {each.column for each in of_table if each.kind == "equal"}, use.column)


def _through(query: Query, table: Table, leading: set[str]) -> str:
    """The indexed foreign key through which a condition on another table narrows this one; "" for none."""
    others = {
        use.table.name
        for use in query.uses
        if use.kind == "equal" and not use.is_few and use.table.location != table.location
        and (not use.conditional or query.draft.style == "django") and has_many_values(use.table, use.column)
    }  # fmt: skip
    for column in table.columns:
        if column.name in leading and column.foreign_key.rpartition(".")[0].rpartition(".")[2] in others:
            return column.name
    return ""


def _distinct(uses: list[Use]) -> list[Use]:
    return list({use.column: use for use in reversed(uses)}.values())[::-1]


def _narrows(uses: list[Use]) -> bool:
    """Whether a condition leaves fewer rows to sort than there are."""
    return any(use.kind not in ("order", "group") for use in uses)


def _is_owner(table: Table, name: str) -> bool:
    column = table.column(name)
    return column is not None and (bool(column.foreign_key) or column.attribute in OWNER_COLUMNS)


def _is_flag(table: Table, use: Use) -> bool:
    column = table.column(use.column)
    return column is not None and (column.family in ("boolean", "enum") or use.is_few or _has_few_name(use.column))


def _has_few_name(name: str) -> bool:
    return name.rpartition("_")[2] in FEW_VALUES


def has_many_values(table: Table, name: str) -> bool:
    """Whether a column has so many values that an index on it alone helps."""
    column = table.column(name)
    return column is not None and not column.family and not _has_few_name(name)


def served(several: list[Advice], table: Table) -> bool:
    """Whether an index serves the query's search in a table."""
    return any(each.verdict == "served" and each.table.location == table.location for each in several)


def searching_uses(query: Query) -> list[Use]:
    """The uses of columns that an index could serve."""
    kinds = {"equal", "either", "range", "join"}
    found = [use for use in query.uses if use.kind in kinds and not use.is_few]
    if query.draft.limit and not query.draft.aggregates and not query.draft.doubt and not _narrows(list(query.uses)):
        found += [use for use in query.uses if use.kind == "order"]
    return found
