"""The contract of `inspect tables`: one object a table; those of `inspect migrations` have the same shape."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prodlint.facts import span

if TYPE_CHECKING:
    from prodlint.project import Project
    from prodlint.project.tables.schema import Table

__all__ = ["row", "rows"]


def rows(project: Project) -> list[dict[str, object]]:
    """All tables of the models, sorted by schema, name, file and line."""
    return [row(table) for table in sorted(project.tables, key=lambda each: (each.schema, each.name, each.location))]


def row(table: Table) -> dict[str, object]:
    """One table; `model` is None for one that only a migration knows."""
    return {
        "name": table.name,
        "schema": table.schema or None,
        "model": table.model or None,
        "file": table.location.path,
        "line": span(table.location.place).line,
        "columns": [
            {
                "name": column.name,
                "type": column.type,
                "nullable": column.nullable,
                "primary_key": column.primary_key,
                "unique": column.unique,
                "foreign_key": column.foreign_key or None,
            }
            for column in table.columns
        ],
        "indexes": [
            {"name": index.name, "columns": list(index.columns), "unique": index.unique} for index in table.indexes
        ],
        "uniques": [list(columns) for columns in table.uniques],
        **({"unknown": table.unknown} if table.unknown else {}),
    }
