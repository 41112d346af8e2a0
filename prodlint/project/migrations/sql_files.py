"""The schema that files of SQL make, run in the order of their names: of applications without a migration tool."""

from __future__ import annotations

import re
from collections import defaultdict
from posixpath import basename, dirname
from typing import TYPE_CHECKING

from prodlint.finding import Location
from prodlint.project.migrations.apply import Applier
from prodlint.project.migrations.state import Schema, table_of
from prodlint.project.tables.schema import Table

if TYPE_CHECKING:
    from prodlint.project import Project

__all__ = ["tables_of_files"]

_ROLES = frozenset({"application", "migration", "script"})
_BACK = re.compile(r"(?:^|[._-])(?:down|rollback|revert|undo)(?:[._-]|$)", re.IGNORECASE)
"""Files that take a change back (`2_users.down.sql`)."""


def tables_of_files(project: Project) -> tuple[Table, ...]:
    """The tables that the files of each folder make, by folder, schema and name; those of a folder whose files do
    anything that is not understood are unknown."""
    folders: dict[str, list[str]] = defaultdict(list)
    for path, source in project.sources.items():
        if source.kind == "sql" and source.role in _ROLES and not _BACK.search(basename(path)):
            folders[dirname(path)].append(path)
    found: list[Table] = []
    for _, paths in sorted(folders.items()):
        schema = Schema()
        applier = Applier()
        for path in sorted(paths, key=_order):
            for sql in project.facts(path).changes:
                for change in sql.changes:
                    problem = applier.apply(schema, change, Location(path, sql.place))
                    if problem:
                        schema.doubt(f"`{path}` {problem}")
        if not schema.unknown:
            tables = (table_of(state, "") for state in schema.tables.values())
            found += sorted(tables, key=lambda table: (table.schema, table.name))
    return tuple(found)


def _order(path: str) -> tuple[int, str]:
    """By the number that a name begins with, as such files are run, then by the name."""
    number = re.match(r"[vV]?(\d+)", basename(path))
    return (int(number[1]) if number is not None else -1), path
