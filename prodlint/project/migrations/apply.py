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
from prodlint.project.migrations.apply_keys import UNSEEN, Keys
from prodlint.project.migrations.naming import cut_by_postgresql
from prodlint.project.migrations.state import IndexState, Schema, TableState

__all__ = ["UNSEEN", "Applier"]


class Applier(Keys):
    """Applies changes, those of tables and columns by itself."""

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

    def drop_table(self, schema: Schema, change: Change, location: Location) -> str:
        table = schema.get(change.schema, change.table)
        if table is None:
            is_doubtful = schema.unknown or any(each.unknown == UNSEEN for each in schema.tables.values())
            return "" if "if exists" in change.flags or is_doubtful else _absent(change)
        schema.drop(table)
        for key, other in list(schema.tables.items()) if "cascade" in change.flags else ():
            kept = tuple(each for each in other.keys if each.kind != "foreign key" or not _names(each.target, table))
            if kept != other.keys:
                schema.tables[key] = replace(other, keys=kept)
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

    def column(
        self, schema: Schema, change: Change, location: Location, does: str
    ) -> tuple[TableState | None, Declared | None, str]:
        """The table and the column that a change names; where one is not there, why that contradicts the schema."""
        table = self.table(schema, change, location)
        column = table.column(change.name) if table is not None else None
        if table is None or column is not None or table.unknown or "if exists" in change.flags:
            return table, column, ""
        return table, None, f"{does} the column `{table.name}.{change.name}`, which does not exist"

    def drop_column(self, schema: Schema, change: Change, location: Location) -> str:
        table, column, problem = self.column(schema, change, location, "drops")
        if table is None or column is None:
            return problem
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
        table, column, problem = self.column(schema, change, location, "renames")
        if table is None or column is None:
            return problem
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
        table, column, problem = self.column(schema, change, location, "alters")
        if table is None or column is None:
            return problem
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


_NAMING = frozenset(
    {"create index", "drop index", "rename index", "add constraint", "drop constraint", "rename constraint",
     "validate constraint"}
)  # fmt: skip
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
