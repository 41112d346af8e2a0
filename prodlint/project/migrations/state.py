"""The abstract schema that migrations are replayed on: tables as values that are replaced, never changed."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from msgspec import Struct
from msgspec.structs import replace

from prodlint.facts.ddl import Declared
from prodlint.finding import Location
from prodlint.project.tables.schema import Column, Index, Table

__all__ = ["IndexState", "Key", "Schema", "TableState", "joined", "table_of"]


class Key(Struct, frozen=True):
    """A primary key, unique, foreign key, check or exclusion constraint."""

    kind: str
    columns: tuple[str, ...]
    location: Location
    name: str = ""
    """As given, or as the naming convention or PostgreSQL makes it; "" for none."""
    given: bool = True
    """Whether the name was given, and not made by the database."""
    target: str = ""
    targets: tuple[str, ...] = ()
    ondelete: str = ""
    text: str = ""
    validated: bool = True


class IndexState(Struct, frozen=True):
    """An index; `text` is the condition of a partial one."""

    name: str
    columns: tuple[str, ...]
    location: Location
    unique: bool = False
    text: str = ""
    method: str = ""


class TableState(Struct, frozen=True):
    """A table in the middle of a replay."""

    schema: str
    name: str
    location: Location
    columns: tuple[Declared, ...] = ()
    places: tuple[Location, ...] = ()
    """Where each column is made."""
    keys: tuple[Key, ...] = ()
    indexes: tuple[IndexState, ...] = ()
    unknown: str = ""
    """Why it may be otherwise; "" where it is certain."""

    def column(self, name: str) -> Declared | None:
        """The column of that name; names compare as databases do, in any case."""
        for column in self.columns:
            if column.name == name:
                return column
        folded = name.lower()
        return next((column for column in self.columns if column.name.lower() == folded), None)

    def keys_of(self, kind: str) -> Iterator[Key]:
        """The constraints of a kind."""
        return (key for key in self.keys if key.kind == kind)


class Schema:
    """Tables by schema and name. Copies share what they do not change."""

    def __init__(self, default: str = "") -> None:
        self.default = default
        """The schema that a name without one is in, as far as it is known."""
        self.tables: dict[tuple[str, str], TableState] = {}
        self.unknown: tuple[str, ...] = ()
        """Why tables may exist, or be otherwise, that no revision is seen to make."""

    def copy(self) -> Schema:
        """The same schema, to go on from."""
        other = Schema(self.default)
        other.tables = dict(self.tables)
        other.unknown = self.unknown
        return other

    def restore(self, other: Schema) -> None:
        """Become what another schema is."""
        self.tables = dict(other.tables)
        self.unknown = other.unknown

    def key(self, schema: str, name: str) -> tuple[str, str]:
        """Where a table stands: without a schema where it is the default one."""
        return ("" if schema in ("public", self.default) else schema), name

    def get(self, schema: str, name: str) -> TableState | None:
        """A table by schema and name, names in any case."""
        key = self.key(schema, name)
        found = self.tables.get(key)
        if found is None and key[1] != key[1].lower():
            found = self.tables.get((key[0], key[1].lower()))
        return found

    def put(self, table: TableState) -> None:
        self.tables[self.key(table.schema, table.name)] = table

    def drop(self, table: TableState) -> None:
        self.tables.pop(self.key(table.schema, table.name), None)

    def doubt(self, reason: str) -> None:
        """Say that any table may be otherwise."""
        if reason not in self.unknown:
            self.unknown = (*self.unknown, reason)

    def change(self, table: TableState, change: Callable[[TableState], TableState]) -> None:
        self.put(change(table))


def joined(one: Schema, other: Schema, reason: str) -> Schema:
    """What holds after either of two runs: tables that differ are unknown, with all that they may have."""
    result = one.copy()
    for why in other.unknown:
        result.doubt(why)
    for key in {**one.tables, **other.tables}:
        left, right = one.tables.get(key), other.tables.get(key)
        if left == right:
            continue
        if left is None or right is None:
            only = left or right
            assert only is not None
            result.tables[key] = replace(only, unknown=only.unknown or reason)
            continue
        names = {column.name for column in left.columns}
        more = [at for at, column in enumerate(right.columns) if column.name not in names]
        result.tables[key] = replace(
            left,
            columns=(*left.columns, *(right.columns[at] for at in more)),
            places=(*left.places, *(right.places[at] for at in more)),
            keys=tuple(dict.fromkeys((*left.keys, *right.keys))),
            indexes=tuple(dict.fromkeys((*left.indexes, *right.indexes))),
            unknown=left.unknown or right.unknown or reason,
        )
    return result


def table_of(state: TableState, default: str) -> Table:
    """A replayed table as the models' tables are described."""
    primary = next(state.keys_of("primary key"), None)
    key = primary.columns if primary is not None else ()
    foreign: dict[str, tuple[str, str]] = {}
    several: list[tuple[str, ...]] = []
    for each in state.keys_of("foreign key"):
        if len(each.columns) > 1:
            several.append(each.columns)
        for at, name in enumerate(each.columns):
            target = each.targets[at] if at < len(each.targets) else ""
            foreign[name] = (f"{each.target}.{target}" if target else each.target, each.ondelete)
    uniques = tuple(each.columns for each in state.keys_of("unique"))
    single = {columns[0] for columns in uniques if len(columns) == 1}
    columns = []
    for column, place in zip(state.columns, state.places):
        target, ondelete = foreign.get(column.name, ("", ""))
        columns.append(
            Column(
                column.name, column.name, place, column.type, column.nullable and column.name not in key,
                column.name in key, column.name in single, False, foreign_key=target, ondelete=ondelete,
                family=column.family, doubt=column.doubt,
            )
        )  # fmt: skip
    indexes = tuple(
        Index(index.name, index.columns, index.location, index.unique, bool(index.text), index.method)
        for index in state.indexes
    )
    return Table(
        name=state.name,
        schema=state.schema or default,
        model="",
        label=state.name,
        location=state.location,
        columns=tuple(columns),
        primary_key=key,
        indexes=indexes,
        uniques=uniques,
        foreign_keys=tuple(several),
        unknown=state.unknown,
    )
