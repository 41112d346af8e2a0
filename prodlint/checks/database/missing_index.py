"""Columns that the database searches by and that no index begins with: foreign keys, owners, what queries use."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import TYPE_CHECKING

from prodlint.finding import Finding, Location, Step, Undecided
from prodlint.libraries.database import INDEXES_FOREIGN_KEYS, OWNER_COLUMNS
from prodlint.libraries.engines import EMBEDDED
from prodlint.project.created import mentioned_indexes

if TYPE_CHECKING:
    from prodlint.project import Project
    from prodlint.project.queries import Use
    from prodlint.project.schema import Column, Table

_VERBS = {"equal": "filters by it", "range": "filters by it", "join": "joins by it", "order": "sorts by it"}
_SHOWN = 4


def check(project: Project) -> Iterator[Finding | Undecided]:
    """One finding for each column of a model; undecided where an index may exist that is not seen."""
    ignored = {str(name) for name in project.options("missing-index").get("lookup-tables", ())}
    uses: dict[Location, list[Use]] = defaultdict(list)
    for use in project.queries:
        uses[use.table.location].append(use)
    servers = {each for engine in project.engines if not engine.is_script for each in engine.database.dialects} - EMBEDDED
    mentioned = mentioned_indexes(project)
    for table in project.tables:
        if project.role(table.location.path) != "application" or {table.name, table.label} & ignored:
            continue
        keys = [] if servers and servers <= INDEXES_FOREIGN_KEYS else _searched(table)
        for column, why, steps in _uncovered(project, table, keys, uses[table.location]):
            subject = f"{table.label}.{column.attribute}"
            doubt = table.unknown or column.doubt or _elsewhere(table, column, mentioned)
            if doubt:
                yield Undecided(column.location, f"column {subject}", doubt)
                continue
            fields = {"model": table.label, "column": column.attribute, "table": table.name, "why": why}
            yield Finding(column.location, subject, fields, steps)


def _searched(table: Table) -> list[Column]:
    """The foreign keys; of a key of several columns the first, if no index begins with any of them."""
    several = {name: names for names in table.foreign_keys for name in names}
    found = []
    for column in table.columns:
        together = several.get(column.name, (column.name,))
        if column.foreign_key and column.name == together[0] and not table.leading.intersection(together):
            found.append(column)
    return found


def _uncovered(
    project: Project, table: Table, keys: list[Column], uses: list[Use]
) -> Iterator[tuple[Column, str, tuple[Step, ...]]]:
    """The columns that want an index, each with why, and the evidence."""
    owners = [
        column
        for column in table.columns
        if column.attribute in OWNER_COLUMNS and not column.foreign_key and column.name not in table.leading
    ]
    certain = {column.name for column in (*keys, *owners)}
    slow = _slow(table, uses, certain)
    for column in table.columns:
        own = [use for use in uses if use.column == column.name and use in slow]
        if column in keys:
            why = "is a foreign key" if column.foreign_key == "?" else f"references `{column.foreign_key}`"
        elif column in owners:
            why = "says whose a row is"
        elif own and not column.primary_key and not column.family and not column.foreign_key:
            number = len({use.location for use in own})
            why = f"is what {'a query' if number == 1 else f'{number} queries'} search{'es' if number == 1 else ''} by"
        else:
            continue
        steps = [Step(f"`{table.label}` inherits the column", table.location)] if column.inherited else []
        if column.ondelete in ("CASCADE", "SET NULL", "SET DEFAULT"):
            deletion = f"a deletion there looks for rows of `{table.name or table.label}` (ON DELETE {column.ondelete})"
            steps += [Step(deletion, each.location) for each in _target(project, column)]
        steps += [Step(f"a query {_VERBS[use.kind]}", use.location) for use in own[:_SHOWN]]
        yield column, why, tuple(steps)


def _slow(table: Table, uses: list[Use], certain: set[str]) -> list[Use]:
    """The uses that read the whole table: the function that builds the query names no column with an index. What will
    have one when the other findings are seen to counts as well."""
    covered = table.leading | certain
    narrowed = {
        (use.location.path, use.scope) for use in uses if use.kind in ("equal", "join") and use.column in covered
    }
    return [
        use
        for use in uses
        if use.column in certain or use.column not in covered and (use.location.path, use.scope) not in narrowed
    ]


def _target(project: Project, column: Column) -> list[Table]:
    name = column.foreign_key.rpartition(".")[0].rpartition(".")[2]
    return [table for table in project.tables if table.name == name][:1]


def _elsewhere(table: Table, column: Column, mentioned: dict[tuple[str, str], Location]) -> str:
    """Why an index may exist that the model does not declare; "" where nothing says so."""
    if any(index.partial and index.columns[:1] == (column.name,) for index in table.indexes):
        return "only an index of some of the rows begins with it"
    place = mentioned.get((table.name, column.name)) or mentioned.get(("", column.name))
    return f"`{place.path}` mentions an index of it, and migrations are not replayed yet" if place else ""
