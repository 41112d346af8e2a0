"""Applies changes of indexes and constraints to an abstract schema."""

from __future__ import annotations

from msgspec.structs import replace

from prodlint.facts.ddl import Change
from prodlint.finding import Location
from prodlint.project.migrations.naming import conventional, made_by_postgresql, truncated
from prodlint.project.migrations.state import IndexState, Key, Schema, TableState

__all__ = ["UNSEEN", "Keys"]

UNSEEN = "no revision is seen to create it"
_KINDS = ("primary key", "unique", "foreign key", "check", "exclude")
_METHOD_NAMES = frozenset({"gin", "gist", "brin", "hash", "spgist", "bloom", "hnsw", "ivfflat"})


class Keys:
    """Applies changes of what stands on columns, with the naming convention and the kind of database of an environment.
    Each method gives "", or why the change contradicts the schema."""

    def __init__(self, convention: dict[str, str] | None = None, dialect: str = "") -> None:
        self.convention = convention or {}
        self.dialect = dialect

    def conventional(self, kind: str, table: str, columns: tuple[str, ...], target: str = "") -> str:
        """The name that the convention makes; "" for none."""
        name = conventional(self.convention, kind, table, columns, target, "")
        return truncated(name) if self.dialect == "postgresql" else name

    def key(
        self, table: TableState, kind: str, columns: tuple[str, ...], location: Location, name: str, target: str
    ) -> Key:
        """A constraint with its name: the given one, the convention's, or PostgreSQL's."""
        given = name or self.conventional(kind, table.name, columns, target)
        made = given or made_by_postgresql(kind, table.name, columns)
        return Key(kind, columns, location, made, bool(given), target)

    def table(self, schema: Schema, change: Change, location: Location) -> TableState | None:
        """The table that a change is about, made up where no revision makes it; None with `IF EXISTS`."""
        table = schema.get(change.schema, change.table)
        if_exists = "if exists" in change.flags and change.kind not in ("drop column", "drop constraint")
        if table is None and not if_exists:
            table = TableState(change.schema, change.table, location, unknown=UNSEEN)
            schema.put(table)
        return table

    def create_index(self, schema: Schema, change: Change, location: Location) -> str:
        table = self.table(schema, change, location)
        if table is None:
            return ""
        name = change.name or self.conventional("index", change.table, change.columns)
        if any(index.name == name for index in table.indexes):
            known = "if not exists" in change.flags or table.unknown
            return "" if known else f"creates the index `{name}` a second time"
        missing = [each for each in change.columns if not each.startswith("(") and table.column(each) is None]
        if missing and not table.unknown:
            return f"indexes the column `{table.name}.{missing[0]}`, which does not exist"
        columns = tuple(getattr(table.column(each), "name", each) for each in change.columns)
        method = next((each for each in change.flags if each in _METHOD_NAMES), "")
        index = IndexState(name, columns, location, change.unique, change.text, method)
        schema.put(replace(table, indexes=(*table.indexes, index)))
        return ""

    def drop_index(self, schema: Schema, change: Change, location: Location) -> str:
        named = schema.get(change.schema, change.table) if change.table else None
        tables = [named] if named is not None else list(schema.tables.values()) if not change.table else []
        for table in tables:
            for index in table.indexes:
                if index.name == change.name or index.name.lower() == change.name.lower():
                    schema.put(replace(table, indexes=tuple(each for each in table.indexes if each is not index)))
                    return ""
            for key in table.keys_of("unique"):  # MySQL and SQLite keep a unique constraint as an index.
                if key.name == change.name or (not key.given and key.columns == (change.name,)):
                    schema.put(replace(table, keys=tuple(each for each in table.keys if each is not key)))
                    return ""
        if "if exists" in change.flags or schema.unknown:
            return ""
        if change.table and named is None:
            self.table(schema, change, location)
            return ""
        if any(table.unknown for table in tables):
            return ""
        return f"drops the index `{change.name}`, which does not exist"

    def rename_index(self, schema: Schema, change: Change, location: Location) -> str:
        for table in list(schema.tables.values()):
            for index in table.indexes:
                if index.name == change.name:
                    indexes = tuple(replace(each, name=change.to) if each is index else each for each in table.indexes)
                    schema.put(replace(table, indexes=indexes))
                    return ""
        return ""

    def add_constraint(self, schema: Schema, change: Change, location: Location) -> str:
        table = self.table(schema, change, location)
        if table is None:
            return ""
        missing = [each for each in change.columns if table.column(each) is None]
        if missing and not table.unknown:
            return f"constrains the column `{table.name}.{missing[0]}`, which does not exist"
        columns = tuple(getattr(table.column(each), "name", each) for each in change.columns)
        name = change.name
        if "using index" in change.flags:
            index = next((each for each in table.indexes if each.name == change.text), None)
            if index is not None:
                columns, name = index.columns, name or index.name
                table = replace(table, indexes=tuple(each for each in table.indexes if each is not index))
        if "or replace" in change.flags:
            table = replace(table, keys=tuple(key for key in table.keys if key.name != name or not key.given))
        if name and any(key.name == name and key.given for key in table.keys) and not table.unknown:
            return f"creates the constraint `{name}` a second time"
        made = self.key(table, change.constraint, columns, location, name, change.target)
        made = replace(
            made,
            targets=change.targets,
            ondelete=change.ondelete,
            text=change.text if change.constraint == "check" else "",
            validated="not valid" not in change.flags,
        )
        keys = table.keys
        if change.constraint == "primary key":
            keys = tuple(key for key in keys if key.kind != "primary key")
            columns_now = tuple(
                replace(each, nullable=False) if each.name in columns else each for each in table.columns
            )
            table = replace(table, columns=columns_now)
        schema.put(replace(table, keys=(*keys, made)))
        return ""

    def drop_constraint(self, schema: Schema, change: Change, location: Location) -> str:
        table = self.table(schema, change, location)
        if table is None:
            return ""
        if not change.name and change.constraint != "primary key":
            return "drops a constraint without saying its name, which Alembic refuses"
        found = self.constraint(table, change)
        if found is None:
            index = next((each for each in table.indexes if each.unique and each.name == change.name), None)
            if index is not None:
                return f"drops the constraint `{change.name}`, which is an index"
            if "if exists" in change.flags or table.unknown:
                return ""
            return f"drops the constraint `{change.name}` of `{table.name}`, which does not exist"
        schema.put(replace(table, keys=tuple(key for key in table.keys if key is not found)))
        return ""

    def constraint(self, table: TableState, change: Change) -> Key | None:
        """The constraint that a change names."""
        kinds = {change.constraint} if change.constraint else set(_KINDS)
        if change.constraint == "primary key" and not change.name:
            return next(table.keys_of("primary key"), None)
        for key in table.keys:
            if key.name == change.name and key.kind in kinds:
                return key
        for key in table.keys:  # Names in SQL are folded; MySQL numbers foreign keys.
            if key.name.lower() == change.name.lower():
                return key
        unnamed = [key for key in table.keys if not key.given and key.kind in kinds]
        numbered = change.name.startswith(f"{table.name}_ibfk_") or change.name == (
            unnamed[0].columns[0] if len(unnamed) == 1 and unnamed[0].columns else None
        )
        return unnamed[0] if len(unnamed) == 1 and numbered else None

    def rename_constraint(self, schema: Schema, change: Change, location: Location) -> str:
        table = self.table(schema, change, location)
        found = self.constraint(table, change) if table is not None else None
        if table is not None and found is not None:
            keys = tuple(replace(key, name=change.to, given=True) if key is found else key for key in table.keys)
            schema.put(replace(table, keys=keys))
        return ""

    def validate_constraint(self, schema: Schema, change: Change, location: Location) -> str:
        table = self.table(schema, change, location)
        if table is not None:
            keys = tuple(replace(key, validated=True) if key.name == change.name else key for key in table.keys)
            schema.put(replace(table, keys=keys))
        return ""
