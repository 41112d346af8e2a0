"""Applies one change to an abstract schema.

A change that contradicts what is known (a column is dropped that no revision makes) is not applied; the answer says
why. Of a table that no revision is seen to make, as in projects that began with `create_all`, nothing is known for
certain: it is made up with what the changes tell, and is unknown.
"""

from __future__ import annotations

from collections.abc import Callable

from msgspec.structs import replace

from prodlint.facts.ddl import Change, Declared
from prodlint.finding import Location
from prodlint.project.migrations.naming import conventional, cut_by_postgresql, made_by_postgresql, truncated
from prodlint.project.migrations.state import IndexState, Key, Schema, TableState

__all__ = ["Applier"]

UNSEEN = "no revision is seen to create it"


class Applier:
    """Applies changes, with the naming convention and the kind of database of an environment."""

    def __init__(self, convention: dict[str, str] | None = None, dialect: str = "") -> None:
        self.convention = convention or {}
        self.dialect = dialect

    def apply(self, schema: Schema, change: Change, location: Location) -> str:
        """Apply a change; "" where it could be, else why it contradicts the schema: completes "it ..."."""
        method = _METHODS.get(change.kind)
        if self.dialect == "postgresql" and change.kind in _NAMING:
            change = replace(change, name=cut_by_postgresql(change.name), to=cut_by_postgresql(change.to))
        if change.kind == "unknown":
            table = schema.get(change.schema, change.table) if change.table else None
            if table is not None:
                schema.put(replace(table, unknown=table.unknown or change.text))
            elif change.table:
                schema.put(TableState(change.schema, change.table, location, unknown=change.text))
            else:
                schema.doubt(change.text)
            return ""
        return method(self, schema, change, location) if method is not None else ""

    def conventional(self, kind: str, table: str, columns: tuple[str, ...], target: str = "") -> str:
        """The name that the convention makes; "" for none."""
        name = conventional(self.convention, kind, table, columns, target, "")
        return truncated(name) if self.dialect == "postgresql" else name

    # --- tables ---

    def create_table(self, schema: Schema, change: Change, location: Location) -> str:
        before = schema.get(change.schema, change.table)
        if before is not None:
            if "if not exists" in change.flags:
                return ""
            if not before.unknown:
                return f"creates the table `{change.table}` a second time"
        table = TableState(change.schema, change.table, location, unknown=change.text)
        for column in change.declared:
            table = self.with_column(table, column, location)
        schema.put(table)
        for each in change.constraints:
            self.apply(schema, each, location)
        for column in change.declared:
            self.with_flags(schema, change.schema, change.table, column, location)
        return ""

    def with_column(self, table: TableState, column: Declared, location: Location) -> TableState:
        """A table with one more column; what stands with it is added by `with_flags`."""
        return replace(table, columns=(*table.columns, column), places=(*table.places, location))

    def with_flags(self, schema: Schema, name: str, table: str, column: Declared, location: Location) -> None:
        """Add the keys and indexes that a column brings."""
        state = schema.get(name, table)
        assert state is not None
        if column.primary_key:
            held = next(state.keys_of("primary key"), None)
            columns = (*held.columns, column.name) if held is not None else (column.name,)
            if held is None or column.name not in held.columns:
                keys = tuple(key for key in state.keys if key.kind != "primary key")
                made = self.key(state, "primary key", columns, location, held.name if held else "", "")
                state = replace(state, keys=(*keys, made))
        if column.references:
            target, _, last = column.references.rpartition(".")
            target, targets = (target, (last,)) if target else (column.references, ())
            made = self.key(state, "foreign key", (column.name,), location, column.key, target)
            state = replace(state, keys=(*state.keys, replace(made, targets=targets, ondelete=column.ondelete)))
        if column.index:
            made_name = self.conventional("index", table, (column.name,))
            index = IndexState(made_name, (column.name,), location, column.unique)
            state = replace(state, indexes=(*state.indexes, index))
        elif column.unique:
            made = self.key(state, "unique", (column.name,), location, "", "")
            state = replace(state, keys=(*state.keys, made))
        schema.put(state)

    def key(
        self, table: TableState, kind: str, columns: tuple[str, ...], location: Location, name: str, target: str
    ) -> Key:
        """A constraint with its name: the given one, the convention's, or PostgreSQL's."""
        given = name or self.conventional(kind, table.name, columns, target)
        made = given or made_by_postgresql(kind, table.name, columns)
        return Key(kind, columns, location, made, bool(given), target)

    def drop_table(self, schema: Schema, change: Change, location: Location) -> str:
        table = schema.get(change.schema, change.table)
        if table is None:
            is_doubtful = schema.unknown or any(each.unknown == UNSEEN for each in schema.tables.values())
            return "" if "if exists" in change.flags or is_doubtful else _absent(change)
        schema.drop(table)
        return ""

    def rename_table(self, schema: Schema, change: Change, location: Location) -> str:
        table = self.table(schema, change, location)
        if table is None:
            return ""
        if schema.get(change.schema, change.to) is not None:
            return f"renames a table to `{change.to}`, which exists"
        schema.drop(table)
        schema.put(replace(table, name=change.to))
        for key, other in list(schema.tables.items()):
            keys = tuple(
                replace(each, target=_renamed(each.target, table, change.to))
                if each.kind == "foreign key" and _names(each.target, table)
                else each
                for each in other.keys
            )
            if keys != other.keys:
                schema.tables[key] = replace(other, keys=keys)
        return ""

    def move_table(self, schema: Schema, change: Change, location: Location) -> str:
        table = self.table(schema, change, location)
        if table is not None:
            schema.drop(table)
            schema.put(replace(table, schema=change.to))
        return ""

    def table(self, schema: Schema, change: Change, location: Location) -> TableState | None:
        """The table that a change is about, made up where no revision makes it; None with `IF EXISTS`."""
        table = schema.get(change.schema, change.table)
        if_exists = "if exists" in change.flags and change.kind not in ("drop column", "drop constraint")
        if table is None and not if_exists:
            table = TableState(change.schema, change.table, location, unknown=UNSEEN)
            schema.put(table)
        return table

    # --- columns ---

    def add_column(self, schema: Schema, change: Change, location: Location) -> str:
        table = self.table(schema, change, location)
        column = change.declared[0]
        if table is None:
            return ""
        if table.column(column.name) is not None:
            known = "if not exists" in change.flags or table.unknown
            return "" if known else f"adds the column `{table.name}.{column.name}` a second time"
        schema.put(self.with_column(table, column, location))
        self.with_flags(schema, change.schema, change.table, column, location)
        for each in change.constraints:
            self.apply(schema, each, location)
        return ""

    def drop_column(self, schema: Schema, change: Change, location: Location) -> str:
        table = self.table(schema, change, location)
        if table is None:
            return ""
        column = table.column(change.name)
        if column is None:
            known = "if exists" in change.flags or table.unknown
            return "" if known else f"drops the column `{table.name}.{change.name}`, which does not exist"
        name = column.name
        left = [at for at, each in enumerate(table.columns) if each.name != name]
        # A database drops the indexes and constraints that a column is part of with it.
        schema.put(
            replace(
                table,
                columns=tuple(table.columns[at] for at in left),
                places=tuple(table.places[at] for at in left),
                keys=tuple(key for key in table.keys if name not in key.columns),
                indexes=tuple(
                    index
                    for index in table.indexes
                    if name not in index.columns and not any(_mentions(each, name) for each in index.columns)
                ),
            )
        )
        return ""

    def rename_column(self, schema: Schema, change: Change, location: Location) -> str:
        table = self.table(schema, change, location)
        if table is None:
            return ""
        column = table.column(change.name)
        if column is None:
            if table.unknown:
                return ""
            return f"renames the column `{table.name}.{change.name}`, which does not exist"
        old, new = column.name, change.to

        def fresh(names: tuple[str, ...]) -> tuple[str, ...]:
            return tuple(new if each == old else each for each in names)

        schema.put(
            replace(
                table,
                columns=tuple(replace(each, name=new) if each.name == old else each for each in table.columns),
                keys=tuple(replace(key, columns=fresh(key.columns)) for key in table.keys),
                indexes=tuple(replace(index, columns=fresh(index.columns)) for index in table.indexes),
            )
        )
        for key, other in list(schema.tables.items()):
            keys = tuple(
                replace(each, targets=fresh(each.targets)) if _names(each.target, table) else each
                for each in other.keys
            )
            if keys != other.keys:
                schema.tables[key] = replace(other, keys=keys)
        return ""

    def alter_column(self, schema: Schema, change: Change, location: Location) -> str:
        table = self.table(schema, change, location)
        if table is None:
            return ""
        column = table.column(change.name)
        if column is None:
            if table.unknown:
                return ""
            return f"alters the column `{table.name}.{change.name}`, which does not exist"
        altered = column
        for what, value in change.set:
            if what == "type":
                altered = replace(altered, type=value, family=dict(change.set).get("family", ""))
            elif what == "nullable":
                altered = replace(altered, nullable=value == "yes")
            elif what == "default":
                altered = replace(altered, default=value)
            elif what == "doubt":
                altered = replace(altered, doubt=value)
        columns = tuple(altered if each is column else each for each in table.columns)
        schema.put(replace(table, columns=columns))
        return ""

    # --- indexes and constraints ---

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


_NAMING = frozenset(
    {"create index", "drop index", "rename index", "add constraint", "drop constraint", "rename constraint",
     "validate constraint"}
)  # fmt: skip
_KINDS = ("primary key", "unique", "foreign key", "check", "exclude")
_METHOD_NAMES = frozenset({"gin", "gist", "brin", "hash", "spgist", "hnsw", "ivfflat"})
_METHODS: dict[str, Callable[[Applier, Schema, Change, Location], str]] = {
    "create table": Applier.create_table,
    "drop table": Applier.drop_table,
    "rename table": Applier.rename_table,
    "move table": Applier.move_table,
    "add column": Applier.add_column,
    "drop column": Applier.drop_column,
    "rename column": Applier.rename_column,
    "alter column": Applier.alter_column,
    "create index": Applier.create_index,
    "drop index": Applier.drop_index,
    "rename index": Applier.rename_index,
    "add constraint": Applier.add_constraint,
    "drop constraint": Applier.drop_constraint,
    "rename constraint": Applier.rename_constraint,
    "validate constraint": Applier.validate_constraint,
}


def _absent(change: Change) -> str:
    return f"drops the table `{change.table}`, which no revision creates"


def _names(target: str, table: TableState) -> bool:
    """Whether the target of a foreign key is a table."""
    schema, _, name = target.rpartition(".")
    return name == table.name and (not schema or schema == table.schema)


def _renamed(target: str, table: TableState, name: str) -> str:
    schema = target.rpartition(".")[0]
    return f"{schema}.{name}" if schema else name


def _mentions(expression: str, name: str) -> bool:
    return expression.startswith("(") and f" {name} " in f" {expression.translate(_SIGNS)} "


_SIGNS = str.maketrans(dict.fromkeys("(),.:'\"+-*/", " "))
