"""Columns that the database searches by and that no index begins with: foreign keys, owners, what queries use."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from prodlint.facts import span
from prodlint.finding import Finding, Location, Step, Undecided
from prodlint.libraries.database import FEW_VALUES, INDEXES_FOREIGN_KEYS, OWNER_COLUMNS
from prodlint.libraries.engines import EMBEDDED
from prodlint.project.tables.created import mentioned_indexes

if TYPE_CHECKING:
    from prodlint.project import Project
    from prodlint.project.tables.queries import Use
    from prodlint.project.tables.schema import Column, Table

_VERBS = {"join": "join", "order": "sort"}
_SHOWN = 4


class _Searched(NamedTuple):
    """A column of a table that no index begins with."""

    table: Table
    column: Column
    why: str
    """"key", "owner", or "" where only queries want the index."""
    uses: list[Use]


def check(project: Project) -> Iterator[Finding | Undecided]:
    """One finding for each column that a model or a mixin declares; undecided where an index may exist unseen."""
    ignored = {str(name) for name in project.options("missing-index").get("lookup-tables", ())}
    wanted = {table.location: _wanted(table, _keys_are_indexed(project)) for table in project.tables}
    uses: dict[tuple[Location, str], list[Use]] = defaultdict(list)
    for use in _slow(project, wanted):
        uses[(use.table.location, use.column)].append(use)
    mentioned = mentioned_indexes(project)
    found: dict[tuple[Location, str], list[_Searched]] = defaultdict(list)
    for table in project.tables:
        if project.role(table.location.path) != "application" or {table.name, table.label} & ignored:
            continue
        for column in table.columns:
            own = uses[(table.location, column.name)]
            why = wanted[table.location].get(column.name, "")
            if not (why or own) or column.name in table.leading:
                continue
            doubt = table.unknown or column.doubt or _elsewhere(table, column, mentioned)
            if doubt:
                yield Undecided(column.location, f"column {_name(table)}.{column.attribute}", doubt)
                continue
            # What a mixin declares is mended there for all its tables.
            found[(column.location, column.attribute)].append(_Searched(table, column, why, own))
    for several in found.values():
        yield _finding(project, several)


def _keys_are_indexed(project: Project) -> bool:
    engines = (engine for engine in project.engines if not engine.is_script)
    servers = {dialect for engine in engines for dialect in engine.database.dialects} - EMBEDDED
    return bool(servers) and servers <= INDEXES_FOREIGN_KEYS


def _name(table: Table) -> str:
    """The class of a table; of a `Table(...)` the name that the database knows."""
    return table.label if table.of else table.name or table.label


def _finding(project: Project, several: list[_Searched]) -> Finding:
    first = several[0]
    names = [_name(each.table) for each in several]
    model = names[0] if len(several) == 1 else first.column.owner or names[0]
    uses = [use for each in several for use in each.uses]
    where = ""
    if len(several) > 1:
        listed = ", ".join(f"`{name}`" for name in names[:3]) + (", ..." if len(names) > 3 else "")
        where = f" in {len(names)} tables ({listed})"
    if first.why == "key":
        target = "" if first.column.foreign_key == "?" else f"references `{first.column.foreign_key}`"
        why, cost = target or "is a foreign key", "deleting or joining the parent reads the whole table"
    elif first.why == "owner":
        why, cost = "says whose a row is", "reading one owner's rows reads the whole table"
    else:
        why, number = _of_queries(uses)
        cost = "the query reads the whole table" if number == 1 else "each query reads the whole table"
    fields = {"model": model, "column": first.column.attribute, "table": first.table.name, "why": why + where}
    subject = f"{model}.{first.column.attribute}"
    return Finding(first.column.location, subject, {**fields, "cost": cost}, tuple(_steps(project, several)))


def _wanted(table: Table, keys_are_indexed: bool) -> dict[str, str]:
    """The columns that want an index whatever queries do, each with why: "key" or "owner". Of a foreign key of several
    columns it is the first, if no index begins with any of them."""
    several = {name: names for names in table.foreign_keys for name in names}
    found = {}
    for column in table.columns:
        together = several.get(column.name, (column.name,))
        if column.foreign_key and not keys_are_indexed:
            if column.name == together[0] and not table.leading.intersection(together):
                found[column.name] = "key"
        elif column.attribute in OWNER_COLUMNS and not column.foreign_key and column.name not in table.leading:
            found[column.name] = "owner"
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


def _of_queries(uses: list[Use]) -> tuple[str, int]:
    """What queries do with a column, and how many."""
    number = len({(use.location.path, use.query) for use in uses})
    kinds = {_VERBS.get(use.kind, "filter") for use in uses}
    verbs = [verb for verb in ("filter", "join", "sort") if verb in kinds]
    if number == 1:
        return f"is what a query {' and '.join(f'{verb}s' for verb in verbs)} by", number
    return f"is what {number} queries {' or '.join(verbs)} by", number


def _steps(project: Project, several: list[_Searched]) -> Iterator[Step]:
    for table, column, _, _ in several:
        if column.inherited:
            yield Step(f"`{_name(table)}` inherits the column", table.location)
    table, column = several[0][:2]
    if column.ondelete in ("CASCADE", "SET NULL", "SET DEFAULT"):
        name = column.foreign_key.rpartition(".")[0].rpartition(".")[2]
        target = next((each for each in project.tables if each.name == name), None)
        if target is not None:
            rows = f"rows of `{table.name or table.label}`" if len(several) == 1 else "rows of each of these tables"
            yield Step(f"a deletion there looks for {rows} (ON DELETE {column.ondelete})", target.location)
    lines: dict[tuple[str, int], Use] = {}
    for use in (use for each in several for use in each.uses):
        lines.setdefault((use.location.path, span(use.location.place).line), use)
    for use in list(lines.values())[:_SHOWN]:
        yield Step(f"a query {_VERBS.get(use.kind, 'filter')}s by it", use.location)


def _elsewhere(table: Table, column: Column, mentioned: dict[tuple[str, str], Location]) -> str:
    """Why an index may exist that the model does not declare; "" where nothing says so."""
    if any(index.partial and index.columns[:1] == (column.name,) for index in table.indexes):
        return "only an index of some of the rows begins with it"
    place = mentioned.get((table.name, column.name)) or mentioned.get(("", column.name))
    return f"`{place.path}` mentions an index of it, and migrations are not replayed yet" if place else ""
