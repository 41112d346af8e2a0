"""Columns that the database searches by and that no index begins with: foreign keys, owners, what queries use."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from prodlint.facts import span
from prodlint.finding import Finding, Location, Step, Undecided
from prodlint.libraries.database import INDEXES_FOREIGN_KEYS, OWNER_COLUMNS
from prodlint.libraries.engines import EMBEDDED
from prodlint.project.drift.cover import Cover
from prodlint.project.queries.indexes import Advice, advise, served
from prodlint.project.queries.reach import Reach
from prodlint.project.tables.created import mentioned_indexes

if TYPE_CHECKING:
    from prodlint.project import Project
    from prodlint.project.tables.schema import Column, Table

_VERBS = {"join": "join", "order": "sort"}
_SHOWN = 4


class _Searched(NamedTuple):
    """A column of a table that no index begins with."""

    table: Table
    column: Column
    why: str
    """"key", "owner", or "" where only queries want the index."""
    wanted: list[Advice]


def check(project: Project) -> Iterator[Finding | Undecided]:
    """One finding for each column that a model or a mixin declares; undecided where an index may exist unseen."""
    ignored = {str(name) for name in project.options("missing-index").get("lookup-tables", ())}
    keys_are_indexed = _keys_are_indexed(project)
    tables = (*project.tables, *_only_made(project))
    cover = {table.location: project.covers.get(table.location) or Cover(table.keys) for table in tables}
    leading = {place: each.leading for place, each in cover.items()}
    own_keys = {place: each.keys for place, each in cover.items()}
    keys = {table.location: _wanted(table, leading[table.location], keys_are_indexed) for table in tables}
    # A column that wants an index anyway has one as soon as its own finding is seen to.
    soon = {place: each | {(name,) for name in keys[place]} for place, each in own_keys.items()}
    reach = Reach(project)
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
    found: dict[tuple[Location, str], list[_Searched]] = defaultdict(list)
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
                yield Undecided(column.location, f"column {_name(table)}.{column.attribute}", doubt)
                continue
            # What a mixin declares is mended there for all its tables.
            found[(column.location, column.attribute)].append(_Searched(table, column, why, wanted))
    for several in found.values():
        yield _finding(project, several, reach)


def _only_made(project: Project) -> list[Table]:
    """The tables that no model describes and that queries in SQL use, as migrations or files of SQL make them."""
    found = (table for query in project.queries for table in query.tables if not table.model)
    return sorted(dict.fromkeys(found), key=lambda table: table.location)


def _keys_are_indexed(project: Project) -> bool:
    engines = (engine for engine in project.engines if not engine.is_script)
    servers = {dialect for engine in engines for dialect in engine.database.dialects} - EMBEDDED
    return bool(servers) and servers <= INDEXES_FOREIGN_KEYS


def _name(table: Table) -> str:
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


def _finding(project: Project, several: list[_Searched], reach: Reach) -> Finding:
    first = several[0]
    names = [_name(each.table) for each in several]
    model = names[0] if len(several) == 1 else first.column.owner or names[0]
    wanted = [each for searched in several for each in searched.wanted]
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
        why, number = _of_queries(wanted)
        cost = "the query reads the whole table" if number == 1 else "each query reads the whole table"
    columns = _composite(wanted) or (first.column.name,)
    proposed = f"`({', '.join(columns)})`"
    fields = {"model": model, "column": first.column.attribute, "table": first.table.name, "why": why + where}
    subject = f"{model}.{first.column.attribute}"
    steps = tuple(_steps(project, several, reach))
    return Finding(first.column.location, subject, {**fields, "cost": cost, "index": proposed}, steps)


def _composite(wanted: list[Advice]) -> tuple[str, ...]:
    """The index that serves most queries, which it also does where it begins with all that they need."""
    counted = Counter(each.columns for each in wanted)

    def number(columns: tuple[str, ...]) -> int:
        return sum(count for each, count in counted.items() if columns[: len(each)] == each)

    return max(counted, key=lambda columns: (number(columns), -len(columns), columns), default=())


def _of_queries(wanted: list[Advice]) -> tuple[str, int]:
    """What queries do with a column, and how many."""
    number = len({(each.query.location, each.query.sent) for each in wanted})
    kinds = {_VERBS.get(use.kind, "filter") for each in wanted for use in each.uses}
    verbs = [verb for verb in ("filter", "join", "sort") if verb in kinds]
    if number == 1:
        return f"is what a query {' and '.join(f'{verb}s' for verb in verbs)} by", number
    return f"is what {number} queries {' or '.join(verbs)} by", number


def _steps(project: Project, several: list[_Searched], reach: Reach) -> Iterator[Step]:
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
    lines: dict[tuple[str, int], Advice] = {}
    for each in (each for searched in several for each in searched.wanted):
        location = each.uses[0].location
        lines.setdefault((location.path, span(location.place).line), each)
    for each in list(lines.values())[:_SHOWN]:
        use = each.uses[0]
        routes = () if each.query.draft.is_generic else reach.routes(each.query.function)
        by = "" if not routes else f" for `{routes[0]}`" + (f" and {len(routes) - 1} more" if routes[1:] else "")
        index = f"; an index on `({', '.join(each.columns)})` serves it" if len(each.columns) > 1 else ""
        yield Step(f"a query {_VERBS.get(use.kind, 'filter')}s by it{by}{index}", use.location)


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
