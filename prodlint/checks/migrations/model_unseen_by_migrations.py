"""Models whose modules the migration environment does not import."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from prodlint.finding import Finding, Step, Undecided
from prodlint.project.drift.comparison import filtered, is_near
from prodlint.project.drift.metadata import Metadata, environment_file
from prodlint.project.drift.reached import reached_from

if TYPE_CHECKING:
    from prodlint.project import Project
    from prodlint.project.migrations.model import Environment


def check(project: Project) -> Iterator[Finding | Undecided]:
    metadata = Metadata(project)
    for environment in project.migrations:
        path = environment_file(project, environment)
        if environment.tool == "alembic" and environment.revisions and path:
            yield from _unseen(project, metadata, environment, path)


def _unseen(project: Project, metadata: Metadata, environment: Environment, path: str) -> Iterator[Finding | Undecided]:
    key = metadata.of_environment(environment)
    reached, doubt = reached_from(project, path)
    for table in project.tables:
        if table.location.path in reached or project.role(table.location.path) != "application" or not table.managed:
            continue
        if table.mapper != "sqlalchemy" or not key or metadata.of_table(table) != key:
            continue
        if not table.name or not is_near(project, environment, table):
            continue
        made = environment.table(table.name, table.schema)
        reason = doubt or filtered(project, environment) or ("" if made is None else made.unknown)
        if not reason and made is None:
            reason = next(iter(environment.unknown), "")
        if reason:
            yield Undecided(table.location, f"model {table.label}", reason)
            continue
        does = "drops its table" if made is not None else "never creates its table"
        steps = [Step("a migration creates the table", made.location)] if made is not None else []
        fields = {"model": table.label, "environment": path, "does": does}
        yield Finding(table.location, table.label, fields, tuple(steps))
