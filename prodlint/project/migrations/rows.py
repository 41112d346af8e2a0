"""The contract of `inspect migrations`: one object for each environment."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prodlint.project.migrations.model import Environment, Revision
from prodlint.project.tables.rows import row

if TYPE_CHECKING:
    from prodlint.project import Project
    from prodlint.project.tables.schema import Table

__all__ = ["rows"]


def rows(project: Project) -> list[dict[str, object]]:
    """Environments by folder, their revisions in the order in which they run, and the tables at head. `down` is what
    the file says: nothing, one id or several."""
    return [_row(environment) for environment in project.migrations]


def _row(environment: Environment) -> dict[str, object]:
    return {
        "tool": environment.tool,
        "folder": environment.folder,
        "dialect": environment.dialect or None,
        "heads": list(environment.heads),
        "revisions": [
            {"id": revision.id, "down": _down(revision), "file": revision.path} for revision in environment.revisions
        ],
        "tables": [row(table) for table in environment.tables],
        "unknown": [
            *environment.unknown,
            *(f"table {_name(table)}: {table.unknown}" for table in environment.tables if table.unknown),
        ],
    }


def _down(revision: Revision) -> object:
    if len(revision.down) < 2:
        return revision.down[0] if revision.down else None
    return list(revision.down)


def _name(table: Table) -> str:
    return f"{table.schema}.{table.name}" if table.schema else table.name
