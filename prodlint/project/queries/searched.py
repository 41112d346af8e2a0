"""Columns that the database searches by and that no index begins with."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from prodlint.finding import Location, Undecided
from prodlint.libraries.database import INDEXES_FOREIGN_KEYS, OWNER_COLUMNS
from prodlint.libraries.engines import EMBEDDED
from prodlint.project.drift.cover import Cover
from prodlint.project.queries.indexes import Advice, advise, served
from prodlint.project.queries.reach import Reach
from prodlint.project.tables.created import mentioned_indexes
from prodlint.project.tables.schema import Column, Table

if TYPE_CHECKING:
    from prodlint.project import Project

__all__ = ["Searched", "find_searched", "name_of"]


class Searched(NamedTuple):
    """A column of a table that no index begins with."""

    table: Table
    column: Column
    why: str
    """"key", "owner", or "" where only queries want the index."""
    wanted: list[Advice]


def find_searched(project: Project, ignored: set[str], reach: Reach) -> Iterator[list[Searched] | Undecided]:
    """The columns that want an index, those of one mixin together; undecided where an index may exist unseen. `ignored`
    are tables, by name or class, that stay small."""
    keys_are_indexed = _keys_are_indexed(project)
    tables = (*project.tables, *_only_made(project))
    cover = {table.location: project.covers.get(table.location) or Cover(table.keys) for table in tables}
    leading = {place: each.leading for place, each in cover.items()}
    own_keys = {place: each.keys for place, each in cover.items()}
    keys = {table.location: _wanted(table, leading[table.location], keys_are_indexed) for table in tables}
    # A column that wants an index anyway has one as soon as its own finding is seen to.
    soon = {place: each | {(name,) for name in keys[place]} for place, each in own_keys.items()}
    asked: dict[tuple[Location, str], list[Advice]] = defaultdict(list)
    for query in project.queries:
        advice = list(advise(query, own_keys))
        later = list(advise(query, soon))
        for each in advice:
            own = keys[each.table.location]
            # A condition that is not seen may have an index already.
            alone = not query.draft.doubt and not served(later, each.table)
            if each.verdict != "wanted" or not (each.columns[0] in own or alone):
                continue
            if each.columns[0] in own or not reach.is_of_scripts(query.function):
                asked[(each.table.location, each.columns[0])].append(each)
    mentioned = mentioned_indexes(project)
    found: dict[tuple[Location, str], list[Searched]] = defaultdict(list)
    for table in tables:
        if (table.model and project.role(table.location.path) != "application") or {table.name, table.label} & ignored:
            continue
        for column in table.columns:
            wanted = asked[(table.location, column.name)]
            why = keys[table.location].get(column.name, "")
            if why == "owner" and not wanted and project.queries:
                continue  # Queries were read, and none looks for the rows of an owner.
            if not (why or wanted) or column.name in leading[table.location]:
                continue
            doubt = _elsewhere(project, table, column, cover[table.location], mentioned)
            if doubt:
                yield Undecided(column.location, f"column {name_of(table)}.{column.attribute}", doubt)
                continue
            # What a mixin declares is mended there for all its tables.
            found[(column.location, column.attribute)].append(Searched(table, column, why, wanted))
    yield from found.values()


def _only_made(project: Project) -> list[Table]:
    """The tables that no model describes and that queries in SQL use, as migrations or files of SQL make them."""
    found = (table for query in project.queries for table in query.tables if not table.model)
    return sorted(dict.fromkeys(found), key=lambda table: table.location)


def _keys_are_indexed(project: Project) -> bool:
    engines = (engine for engine in project.engines if not engine.is_script)
    servers = {dialect for engine in engines for dialect in engine.database.dialects} - EMBEDDED
    return bool(servers) and servers <= INDEXES_FOREIGN_KEYS


def name_of(table: Table) -> str:
    """The class of a table; of a `Table(...)` the name that the database knows."""
    return table.label if table.of else table.name or table.label


def _wanted(table: Table, leading: frozenset[str], keys_are_indexed: bool) -> dict[str, str]:
    """The columns that want an index whatever queries do, each with why: "key" or "owner". Of a foreign key of several
    columns it is the first, if no index begins with any of them."""
    several = {name: names for names in table.foreign_keys for name in names}
    found = {}
    for column in table.columns:
        together = several.get(column.name, (column.name,))
        if column.foreign_key and not keys_are_indexed:
            if column.name == together[0] and not leading.intersection(together):
                found[column.name] = "key"
        elif column.attribute in OWNER_COLUMNS and not column.foreign_key and column.name not in leading:
            found[column.name] = "owner"
    return found


def _elsewhere(
    project: Project, table: Table, column: Column, cover: Cover, mentioned: dict[tuple[str, str], Location]
) -> str:
    """Why an index may exist, or serve, that is not seen to; "" where nothing says so."""
    if table.unknown or column.doubt:
        return table.unknown or column.doubt
    if column.name in cover.partial:
        return "only an index of some of the rows begins with it"
    if column.name in cover.special and not column.foreign_key:
        return "an index for searches has it, which serves some of them"
    if cover.reason:
        return f"migrations may have made an index: {cover.reason}"
    place = mentioned.get((table.name, column.name)) or mentioned.get(("", column.name))
    if place is None or (cover.is_replayed and project.role(place.path) == "migration"):
        return ""
    return f"`{place.path}` mentions an index of it"
