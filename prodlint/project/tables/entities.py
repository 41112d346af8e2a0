"""Which table and column an expression of a query or an index names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from prodlint.facts import Call, Reference, Value, walk
from prodlint.libraries.database import construct
from prodlint.project.tables.schema import Column, Table
from prodlint.project.values.bindings import Defined, Symbol, Variable
from prodlint.project.values.outcomes import Instance, Site

if TYPE_CHECKING:
    from prodlint.project import Project

__all__ = ["Entities"]


class Entities:
    """An index of the tables by the classes and variables that stand for them."""

    def __init__(self, project: Project, tables: tuple[Table, ...], variables: Mapping[Variable, Table]) -> None:
        self.project = project
        self.tables = tables
        self.variables = variables
        self.classes: dict[Defined, Table] = {each: table for table in tables for each in table.of}

    def table(self, site: Site, name: str) -> Table | None:
        """The table that a dotted name stands for: a mapped class, an alias of one, or a `Table(...)`."""
        symbol, rest = self.project.names.resolve(site.path, site.scope, name)
        return self._of(symbol) if not rest else None

    def _of(self, symbol: Symbol) -> Table | None:
        if isinstance(symbol, Defined):
            return self.classes.get(symbol)
        if not isinstance(symbol, Variable):
            return None
        if symbol in self.variables:
            return self.variables[symbol]
        meaning = self.project.values.variable(symbol).meaning
        if isinstance(meaning, Defined):
            return self.classes.get(meaning)
        if isinstance(meaning, Instance) and meaning.call is not None and isinstance(meaning.call.value, Call):
            first = meaning.call.value.positional(0)
            is_alias = construct(getattr(meaning.of, "name", "")) == "aliased"
            if is_alias and isinstance(first, Reference):
                return self.table(meaning.call.site, first.name)
        return None

    def column(self, site: Site, name: str) -> tuple[Table, Column, str] | None:
        """The table and column of a dotted name, and what stands behind it: `User.email.desc`, `users.c.email`."""
        parts = name.split(".")
        for cut in range(1, len(parts)):
            table = self.table(site, ".".join(parts[:cut]))
            if table is None:
                continue
            rest = parts[cut:]
            if rest[0] == "__table__":
                rest = rest[1:]
            if len(rest) > 1 and rest[0] in ("c", "columns"):
                rest = rest[1:]
            column = table.of_attribute(rest[0]) if rest else None
            return (table, column, ".".join(rest[1:])) if column is not None else None
        return None

    def references(self, site: Site, value: Value) -> Iterator[tuple[Table, Column, str, Reference]]:
        """All columns that an expression names, in source order."""
        for inner in walk(value):
            if isinstance(inner, Reference) and "." in inner.name:
                found = self.column(site, inner.name)
                if found is not None:
                    yield (*found, inner)
