"""Indexes and unique constraints that a model declares and the replayed migrations do not end in."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from prodlint.finding import Finding, Location, Step, Undecided
from prodlint.project.drift.comparison import Pair, compared, missing_indexes
from prodlint.project.tables.schema import Index

if TYPE_CHECKING:
    from prodlint.project import Project


def check(project: Project) -> Iterator[Finding | Undecided]:
    for pair in compared(project):
        table = pair.model
        missing = list(missing_indexes(pair))
        if missing and pair.reason:
            yield Undecided(table.location, f"table {table.name}", pair.reason)
            continue
        for each in missing:
            columns = each.columns if isinstance(each, Index) else each
            listed = ", ".join(columns)
            name = each.name if isinstance(each, Index) else ""
            kind = "the index" if isinstance(each, Index) and not each.unique else "a unique index"
            kind = kind if isinstance(each, Index) else "the unique constraint"
            what = f"{kind} `{name}` ({listed})" if name else f"{kind} on ({listed})"
            is_unique = not isinstance(each, Index) or each.unique
            cost = "the database takes duplicates" if is_unique else "production searches without it"
            fields = {"what": what, "table": table.name, "model": table.label, "cost": cost}
            yield Finding(_place(pair, each), f"{table.label} {name or listed}", fields, tuple(_steps(pair, name)))


def _place(pair: Pair, missing: Index | tuple[str, ...]) -> Location:
    """Where the model declares it; for what a mixin declares the model itself."""
    if isinstance(missing, Index):
        own = missing.location.path == pair.model.location.path
        return missing.location if own and not _is_inherited(pair, missing.columns) else pair.model.location
    column = pair.model.column(missing[0])
    if column is None or len(missing) > 1 or column.inherited:
        return pair.model.location
    return column.location


def _is_inherited(pair: Pair, columns: tuple[str, ...]) -> bool:
    return any(column.inherited for column in pair.model.columns if column.name in columns)


def _steps(pair: Pair, name: str) -> Iterator[Step]:
    if pair.migrated is not None:
        yield Step("a migration creates the table", pair.migrated.location)
    for revision in pair.environment.revisions if name else ():
        for operation in pair.environment.replayed[revision.path].operations:
            if operation.change.kind == "drop index" and operation.change.name == name:
                yield Step("a migration drops it", operation.location)
