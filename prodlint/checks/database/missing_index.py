"""Columns that the database searches by and that no index begins with: foreign keys, owners, what queries use."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import TYPE_CHECKING

from prodlint.finding import Finding, Location, Step, Undecided
from prodlint.libraries.database import FEW_VALUES, INDEXES_FOREIGN_KEYS, OWNER_COLUMNS
from prodlint.libraries.engines import EMBEDDED
from prodlint.project.tables.created import mentioned_indexes

if TYPE_CHECKING:
    from prodlint.project import Project
    from prodlint.project.tables.queries import Use
    from prodlint.project.tables.schema import Column, Table

_VERBS = {"join": "joins by it", "order": "sorts by it"}
_SHOWN = 4


def check(project: Project) -> Iterator[Finding | Undecided]:
    """One finding for each column of a model; undecided where an index may exist that is not seen."""
    ignored = {str(name) for name in project.options("missing-index").get("lookup-tables", ())}
    engines = (engine for engine in project.engines if not engine.is_script)
    servers = {dialect for engine in engines for dialect in engine.database.dialects} - EMBEDDED
    keys_are_indexed = bool(servers) and servers <= INDEXES_FOREIGN_KEYS
    wanted = {table.location: _wanted(table, keys_are_indexed) for table in project.tables}
    uses: dict[tuple[Location, str], list[Use]] = defaultdict(list)
    for use in _slow(project, wanted):
        uses[(use.table.location, use.column)].append(use)
    mentioned = mentioned_indexes(project)
    for table in project.tables:
        if project.role(table.location.path) != "application" or {table.name, table.label} & ignored:
            continue
        for column in table.columns:
            own = uses[(table.location, column.name)]
            why = wanted[table.location].get(column.name) or (_of_queries(own) if own else "")
            if not why or column.name in table.leading:
                continue
            subject = f"{table.label}.{column.attribute}"
            doubt = table.unknown or column.doubt or _elsewhere(table, column, mentioned)
            if doubt:
                yield Undecided(column.location, f"column {subject}", doubt)
                continue
            fields = {"model": table.label, "column": column.attribute, "table": table.name, "why": why}
            yield Finding(column.location, subject, fields, tuple(_steps(project, table, column, own)))


def _wanted(table: Table, keys_are_indexed: bool) -> dict[str, str]:
    """The columns that want an index whatever queries do, each with why: foreign keys and owners. Of a foreign key of
    several columns it is the first, if no index begins with any of them."""
    several = {name: names for names in table.foreign_keys for name in names}
    found = {}
    for column in table.columns:
        together = several.get(column.name, (column.name,))
        if column.foreign_key and not keys_are_indexed:
            if column.name == together[0] and not table.leading.intersection(together):
                found[column.name] = f"references `{column.foreign_key}`"
                if column.foreign_key == "?":
                    found[column.name] = "is a foreign key"
        elif column.attribute in OWNER_COLUMNS and not column.foreign_key and column.name not in table.leading:
            found[column.name] = "says whose a row is"
    return found


def _slow(project: Project, wanted: dict[Location, dict[str, str]]) -> Iterator[Use]:
    """The uses that make a query read a whole table, and those of columns that want an index anyway.

    Of a query that compares several columns one index narrows the rows: the first comparison counts. A column that
    wants an index has one as soon as its own finding is seen to. Ranges count without a comparison, sorting without
    both."""
    queries: dict[tuple[str, str], list[Use]] = defaultdict(list)
    for use in project.queries:
        queries[(use.location.path, use.query)].append(use)
    for several in queries.values():
        yield from (use for use in several if use.column in wanted[use.table.location])
        rest = [use for use in several if use.column not in wanted[use.table.location]]
        if any(use.kind == "equal" and (use not in rest or use.column in use.table.leading) for use in several):
            continue
        rest = [use for use in rest if use.column not in use.table.leading and _has_many_values(use)]
        equal = [use for use in rest if use.kind == "equal"]
        other = [use for use in rest if use.kind in ("either", "join")]
        ranged = [use for use in rest if use.kind == "range"]
        ordered = [use for use in rest if use.kind == "order"]
        yield from (equal[:1] + other) or ranged[:1] or ordered[:1]


def _has_many_values(use: Use) -> bool:
    column = use.table.column(use.column)
    return column is not None and not column.family and column.name.rpartition("_")[2] not in FEW_VALUES


def _of_queries(uses: list[Use]) -> str:
    number = len({use.location for use in uses})
    return "is what a query searches by" if number == 1 else f"is what {number} queries search by"


def _steps(project: Project, table: Table, column: Column, uses: list[Use]) -> Iterator[Step]:
    if column.inherited:
        yield Step(f"`{table.label}` inherits the column", table.location)
    if column.ondelete in ("CASCADE", "SET NULL", "SET DEFAULT"):
        name = column.foreign_key.rpartition(".")[0].rpartition(".")[2]
        target = next((each for each in project.tables if each.name == name), None)
        if target is not None:
            rows = f"rows of `{table.name or table.label}`"
            yield Step(f"a deletion there looks for {rows} (ON DELETE {column.ondelete})", target.location)
    for use in uses[:_SHOWN]:
        yield Step(f"a query {_VERBS.get(use.kind, 'filters by it')}", use.location)


def _elsewhere(table: Table, column: Column, mentioned: dict[tuple[str, str], Location]) -> str:
    """Why an index may exist that the model does not declare; "" where nothing says so."""
    if any(index.partial and index.columns[:1] == (column.name,) for index in table.indexes):
        return "only an index of some of the rows begins with it"
    place = mentioned.get((table.name, column.name)) or mentioned.get(("", column.name))
    return f"`{place.path}` mentions an index of it, and migrations are not replayed yet" if place else ""
