"""Where the tree has queries in SQL, and which table a name in one stands for."""

from __future__ import annotations

from collections import defaultdict
from functools import cached_property
from typing import TYPE_CHECKING

from msgspec.structs import replace

from prodlint.facts import Assign, Reference, SqlText, walk
from prodlint.libraries.queries import NAMED_QUERIES
from prodlint.project.migrations.sql_files import tables_of_files
from prodlint.project.tables.schema import Table
from prodlint.project.values.bindings import Defined

if TYPE_CHECKING:
    from prodlint.project import Project

__all__ = ["Texts"]


class Texts:
    """An index of the queries in SQL of the application's files."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self._by_path: dict[str, dict[int, SqlText]] = {}

    def of(self, path: str) -> dict[int, SqlText]:
        """The queries in the strings of a Python file, by the place of the string."""
        found = self._by_path.get(path)
        if found is None:
            facts = self.project.facts(path) if path in self.project.sources else None
            found = self._by_path[path] = {text.place: text for text in facts.queries} if facts is not None else {}
        return found

    @cached_property
    def functions(self) -> set[Defined]:
        """The functions, and modules, whose code holds a query or names one that stands elsewhere."""
        project, found = self.project, set()
        names = {name.rpartition(".")[2] for name in self.variables} | set(self.named)
        for path in project.python_paths:
            if project.role(path) != "application":
                continue
            places = self.of(path)
            if not places and not any(f" {name} " in project.identifiers(path) for name in names):
                continue
            python = project.python(path)
            for outer, block in project.values_in(path) if python is not None else ():
                for value in walk(outer):
                    last = value.name.rpartition(".")[2] if isinstance(value, Reference) else ""
                    if value.place in places or last in names:
                        assert python is not None
                        found.add(Defined(path, python.blocks[block].scope))
        return found

    @cached_property
    def variables(self) -> dict[str, tuple[str, SqlText] | None]:
        """The variables of modules and classes that hold a query, by name: file and query; None where several have that
        name."""
        found: dict[str, tuple[str, SqlText] | None] = {}
        for path in self.project.python_paths:
            places = self.of(path)
            python = self.project.python(path) if places and self.project.role(path) == "application" else None
            for statement in python.statements if python is not None else ():
                if not isinstance(statement, Assign) or python is None or statement.value is None:
                    continue
                if python.scopes[python.blocks[statement.block].scope].kind == "function":
                    continue
                text = next((places[each.place] for each in walk(statement.value) if each.place in places), None)
                for target in statement.targets if text is not None else ():
                    if isinstance(target, Reference) and text is not None:
                        found[target.name] = None if target.name in found else (path, text)
        return found

    @cached_property
    def named(self) -> dict[str, tuple[str, SqlText] | None]:
        """The queries of files of SQL that code calls by name; None where several have that name."""
        found: dict[str, tuple[str, SqlText] | None] = {}
        if next(iter(self.project.mentioning(*NAMED_QUERIES)), None) is None:
            return found
        for path, source in sorted(self.project.sources.items()):
            if source.kind == "sql" and source.role not in ("test", "example", "documentation"):
                for text in self.project.facts(path).queries:
                    name = text.statements[0].name
                    found[name] = None if name in found else (path, text)
        return found

    # --- tables ---

    def table(self, name: str) -> Table | None:
        """The table of that name, with its schema if one is given: a model's, or one that only migrations or files of
        SQL make; None for none, and for several."""
        schema, _, last = name.rpartition(".")
        schema = schema.rpartition(".")[2]
        several = [each for each in self._tables.get(last.lower(), ()) if not schema or each.schema in ("", schema)]
        return several[0] if len(several) == 1 else None

    @cached_property
    def _tables(self) -> dict[str, list[Table]]:
        project = self.project
        found: dict[str, list[Table]] = defaultdict(list)
        for table in project.tables:
            if project.role(table.location.path) in ("application", "script"):
                found[table.name.lower()].append(table)
        made = [
            replace(table, unknown=table.unknown or next(iter(environment.unknown), ""))
            for environment in project.migrations for table in environment.tables
        ]  # fmt: skip
        for table in (*made, *tables_of_files(project)):
            if table.name.lower() not in found or found[table.name.lower()][0].model == "":
                found[table.name.lower()].append(table)
        return found
