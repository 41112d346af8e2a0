"""The tables of the models beside those that the replayed migrations end in."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING

from msgspec import Struct

from prodlint.facts import Constant, walk
from prodlint.project.drift.metadata import Metadata, environment_file
from prodlint.project.drift.tools import related
from prodlint.project.tables.django.apps import Apps
from prodlint.project.tables.schema import Column, Index, Table

if TYPE_CHECKING:
    from prodlint.project import Project
    from prodlint.project.migrations.model import Environment

__all__ = ["Pair", "compared", "filtered", "is_near", "missing_columns", "missing_indexes"]

_FILTERS = ("include_object", "include_name")


class Pair(Struct, frozen=True):
    """A model's table and what migrations make of it."""

    model: Table
    migrated: Table | None
    """None where no revision makes it."""
    environment: Environment
    reason: str = ""
    """Why the two cannot be compared; "" where they can."""


def compared(project: Project) -> Iterator[Pair]:
    """The application's tables, each with the environment that is to make it; none where no environment is."""
    metadata = Metadata(project)
    environments = [each for each in project.migrations if each.revisions]
    keys = {id(each): metadata.of_environment(each) if each.tool == "alembic" else "" for each in environments}
    apps = Apps(project) if any(each.tool == "django" for each in environments) else None
    labels = {id(each): {revision.id.partition(".")[0] for revision in each.revisions} for each in environments}
    for table in project.tables:
        if project.role(table.location.path) != "application" or not table.managed or not table.name:
            continue
        own = [each for each in environments if is_near(project, each, table)]
        if own and table.mapper == "django" and apps is not None:
            # An application without any migration is what `missing-migrations` reports.
            label = apps.of(table.location.path).label
            own = [each for each in own if label in labels[id(each)]]
        if own and table.mapper == "sqlalchemy":
            key = metadata.of_table(table)
            # A `Table` of unknown metadata may serve queries alone.
            own = [each for each in own if (not key and table.of) or not keys[id(each)] or keys[id(each)] == key]
        if own:
            yield _pair(project, table, own)


def is_near(project: Project, environment: Environment, table: Table) -> bool:
    """Whether an environment is of the same application as a table."""
    if (environment.tool == "django") != (table.mapper == "django") or table.mapper == "tortoise":
        return False
    folder = project.sources[environment.revisions[0].path].project
    return related(folder, project.sources[table.location.path].project)


def _pair(project: Project, table: Table, environments: list[Environment]) -> Pair:
    found = [(each, made) for each in environments if (made := each.table(table.name, table.schema)) is not None]
    if found:
        names = {column.name.lower() for column in table.columns}
        best = max(found, key=lambda pair: len(names & {column.name.lower() for column in pair[1].columns}))
        return Pair(table, best[1], best[0], best[1].unknown or next(iter(best[0].unknown), ""))
    reason = next((why for each in environments for why in each.unknown), "")
    if not reason and not all(each.is_complete for each in environments):
        reason = "migrations change tables that none of them makes"
    reason = reason or next((why for each in environments if (why := filtered(project, each))), "")
    reason = reason or _view(project, table)
    return Pair(table, None, environments[0], reason)


def filtered(project: Project, environment: Environment) -> str:
    """Why an environment may leave tables out on purpose; "" where it looks at all."""
    path = environment_file(project, environment)
    is_filtered = path and any(f" {name} " in project.identifiers(path) for name in _FILTERS)
    return f"`{path}` may leave it out" if is_filtered else ""


def _view(project: Project, table: Table) -> str:
    """Why a table may be a view; "" where nothing says so."""
    for place, name in _views(project):
        if name == table.name.lower():
            return f"`{place}` creates a view of that name"
    return ""


_VIEW = re.compile(
    r"\bcreate\s+(?:or\s+replace\s+)?(?:materialized\s+)?view\s+(?:if\s+not\s+exists\s+)?([\w.\"]+)", re.I
)


@lru_cache(maxsize=2)
def _views(project: Project) -> tuple[tuple[str, str], ...]:
    """The views that statements in the tree create: file and name."""
    found = []
    for path in project.mentioning("execute", "text", "DDL", "PGView", "create_view", "ReplaceableObject"):
        for outer, _ in project.values_in(path) if project.role(path) not in ("test", "example") else ():
            for value in walk(outer):
                text = value.value if isinstance(value, Constant) else None
                if isinstance(text, str):
                    found += [(path, each[1].rpartition(".")[2].strip('"').lower()) for each in _VIEW.finditer(text)]
    return tuple(found)


def missing_columns(pair: Pair) -> list[Column]:
    """The columns of a model that no migration makes."""
    made = {column.name.lower() for column in pair.migrated.columns} if pair.migrated is not None else set()
    return [column for column in pair.model.columns if column.name.lower() not in made]


def missing_indexes(pair: Pair) -> Iterator[Index | tuple[str, ...]]:
    """The indexes and unique constraints of a model that the database does not have: none of that name, and none that
    serves the same. A unique constraint is the tuple of its columns."""
    table = pair.migrated
    if table is None:
        return
    names = {index.name for index in table.indexes if index.name}
    keys = [*table.uniques, table.primary_key]
    unique = {frozenset(columns) for columns in keys} | {
        frozenset(index.columns) for index in table.indexes if index.unique and not index.partial
    }
    lists = [*keys, *(index.columns for index in table.indexes)]
    absent = {column.name for column in missing_columns(pair)}
    for index in pair.model.indexes:
        if index.name in names or absent & set(index.columns):
            continue
        if any(not name.isidentifier() for name in index.columns):
            # Expressions are written in more than one way: another one of the table may be this one.
            if any(not name.isidentifier() for made in table.indexes for name in made.columns):
                continue
        if index.unique:
            if frozenset(index.columns) in unique or (index.partial and any(each.partial for each in table.indexes)):
                continue
        elif any(columns[: len(index.columns)] == index.columns for columns in lists):
            continue
        yield index
    for columns in pair.model.uniques:
        if frozenset(columns) not in unique and not absent & set(columns):
            yield columns
