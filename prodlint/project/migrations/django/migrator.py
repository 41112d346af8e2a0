"""What Django's schema editor makes of a change of the models: tables, columns, indexes and constraints.

The order of the steps, and which names are worked out anew, follow `django/db/backends/base/schema.py`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from prodlint.facts.ddl import Change, Declared
from prodlint.finding import Location
from prodlint.libraries.django_models import foreign_key_name, index_name_of_columns
from prodlint.project.migrations.django.fields import NOTHING, column_name
from prodlint.project.migrations.django.indexes import foreign_index
from prodlint.project.migrations.django.state import ModelState, Pairs, State
from prodlint.project.migrations.model import Environment
from prodlint.project.migrations.recorder import Recorder
from prodlint.project.migrations.state import Schema, TableState
from prodlint.project.tables.django.fields import Field

if TYPE_CHECKING:
    from prodlint.project import Project

__all__ = ["Migrator"]


_TAKING = frozenset({"drop table", "rename table", "drop column", "rename column"})


class Migrator(Recorder):
    """Changes tables as the schema editor does; `state` is what the models are like."""

    def __init__(self, project: Project, environment: Environment) -> None:
        super().__init__(project, environment)
        self.state = State()
        self.silent = 0
        """How many lists of operations are around that leave the database alone."""
        self.deferred: list[Change] = []
        """The indexes that the migration at hand creates at its end, by names that only then are worked out."""
        self.app = ""
        """The label of the application whose migration is run."""
        self._began = self.state
        self._known: dict[str, set[str]] | None = None
        """The columns that the models had when the migration began, by table; None where nobody asked yet."""

    def emit(self, change: Change, location: Location) -> None:
        """Change the database."""
        if not self.silent:
            self.record(change, location)

    def start(self, app: str, schema: Schema) -> None:
        """Begin a migration of an application on a schema."""
        self.begin()
        self.app, self.schema, self.deferred = app, schema, []
        self._known = None
        self._began = self.state.copy()

    def record(self, change: Change, location: Location) -> None:
        """Apply a change and remember it, with whether the models still had what it takes away."""
        super().record(change, location)
        if change.kind in _TAKING and self.run.operations:
            self.run.operations[-1] = replace(self.run.operations[-1], unused=not self._is_known(change))

    def _is_known(self, change: Change) -> bool:
        """Whether the models had a table or column when the migration began."""
        if self._known is None:
            began = self._began
            self._known = {
                began.table(model): {*began.columns(model).values(), began.key(model), "_order"}
                for model in began.models.values()
            }
            for model in began.models.values():
                self._known.update({pairs.table: set(pairs.columns) for pairs in began.all_pairs(model)})
        columns = self._known.get(change.table)
        return columns is not None and (change.kind.endswith("table") or change.name in columns)

    def table(self, name: str) -> TableState | None:
        """A table as it is now."""
        return self.schema.get("", name)

    def unknown(self, table: str, reason: str, location: Location) -> None:
        """Say that a table, or with "" any table, may be otherwise."""
        if not self.silent:
            self.record(Change("unknown", table, text=reason), location)

    # --- tables ---

    def create(self, model: ModelState, location: Location) -> None:
        """Create the table of a model, and those of its many-to-many fields."""
        if not model.has_table:
            return
        table = self.state.table(model)
        columns = tuple(self.state.all_declared(model))
        constraints = [
            Change("add constraint", table, columns=self.columns_of(model, names), constraint="unique", unique=True,
                   name=index_name_of_columns(table, self.columns_of(model, names), "_uniq"))
            for names in sorted(model.unique_together)
        ]  # fmt: skip
        indexes = [foreign_index(table, (column_name(field),)) for field in model.fields.values() if _indexed(field)]
        indexes += [
            foreign_index(table, self.columns_of(model, names), "_idx") for names in sorted(model.index_together)
        ]
        self.deferred += indexes
        parts = (*constraints, *indexes, *model.extras)
        doubt = next((field.doubt for field in model.fields.values() if field.kind == NOTHING and field.doubt), "")
        self.emit(Change("create table", table, declared=columns, constraints=parts, text=doubt), location)
        for pairs in self.state.all_pairs(model):
            self.create_pairs(pairs, location)

    def create_pairs(self, pairs: Pairs, location: Location) -> None:
        """Create the table of a many-to-many field."""
        columns = [Declared("id", "AutoField", False, primary_key=True)]
        for name, target in zip(pairs.columns, pairs.targets):
            key = foreign_key_name(pairs.table, name, target)
            columns.append(Declared(name, "ForeignKey", False, references=target, key=key, ondelete="CASCADE"))
        indexes = [foreign_index(pairs.table, (name,)) for name in pairs.columns]
        unique = Change("add constraint", pairs.table, columns=pairs.columns, constraint="unique", unique=True,
                        name=index_name_of_columns(pairs.table, pairs.columns, "_uniq"))  # fmt: skip
        self.deferred += indexes
        parts = (unique, *indexes)
        self.emit(Change("create table", pairs.table, declared=tuple(columns), constraints=parts), location)

    def delete(self, model: ModelState, location: Location) -> None:
        """Drop the table of a model, and those of its many-to-many fields."""
        if model.has_table:
            for pairs in self.state.all_pairs(model):
                self.emit(Change("drop table", pairs.table, flags=("cascade",)), location)
            self.emit(Change("drop table", self.state.table(model), flags=("cascade",)), location)

    def rename(self, old: str, new: str, location: Location) -> None:
        """Rename a table."""
        if old == new:
            return
        self.emit(Change("rename table", old, to=new), location)
        self.deferred = [replace(each, table=new) if each.table == old else each for each in self.deferred]
        self._rename_deferred(new, {}, location)

    def move_pairs(self, old: Pairs, new: Pairs, location: Location) -> None:
        """Make the table of a many-to-many field that of another one."""
        self.rename(old.table, new.table, location)
        for one, other in zip(old.columns, new.columns):
            self.rename_column(new.table, one, other, location)
        for at, (one, other) in enumerate(zip(old.targets, new.targets)):
            self.repoint(new.table, new.columns[at], one, other, location)

    # --- columns ---

    def add(self, model: ModelState, field: Field, location: Location) -> None:
        """Add a field to the table of a model."""
        pairs = self.state.pairs(model, field)
        if not model.has_table:
            return
        if pairs is not None:
            self.create_pairs(pairs, location)
        elif field.kind in ("column", "foreign"):
            column = self.state.declared(model, field)
            table = self.state.table(model)
            self.emit(Change("add column", table, name=column.name, declared=(column,)), location)
            if _indexed(field):
                index = foreign_index(table, (column.name,))
                self.deferred.append(index)
                self.emit(index, location)
        elif field.doubt:
            self.unknown(self.state.table(model), field.doubt, location)

    def remove(self, model: ModelState, field: Field, location: Location) -> None:
        """Take a field from the table of a model."""
        pairs = self.state.pairs(model, field)
        if not model.has_table:
            return
        if pairs is not None:
            self.emit(Change("drop table", pairs.table, flags=("cascade",)), location)
        elif field.kind in ("column", "foreign"):
            self.drop_column(self.state.table(model), column_name(field), location)

    def drop_column(self, table: str, column: str, location: Location) -> None:
        """Drop a column."""
        self.emit(Change("drop column", table, name=column), location)
        self.deferred = [each for each in self.deferred if each.table != table or column not in each.columns]

    def rename_column(self, table: str, old: str, new: str, location: Location) -> None:
        """Rename a column."""
        if old != new:
            self.emit(Change("rename column", table, name=old, to=new), location)
            self._rename_deferred(table, {old: new}, location)

    def alter(self, model: ModelState, old: Field, new: Field, location: Location) -> None:
        """Make a field another one; `model` has the new one."""
        if not model.has_table:
            return
        before, after = self.state.pairs(model, old), self.state.pairs(model, new)
        table = self.state.table(model)
        if before is not None and after is not None:
            self.move_pairs(before, after, location)
            return
        kinds = {old.kind, new.kind}
        if "many" in kinds:
            if kinds != {"many"} or before is not after:
                self.unknown(table, f"`{new.name}` is altered in a way that Django refuses", location)
            return
        if NOTHING in kinds:
            if old.kind != NOTHING:
                self.remove(model, old, location)
            elif new.kind != NOTHING:
                self.add(model, new, location)
            return
        self._alter_column(model, table, old, new, location)

    def _alter_column(self, model: ModelState, table: str, old: Field, new: Field, location: Location) -> None:
        had, has = self.state.declared(model, old), self.state.declared(model, new)
        becomes_key = has.primary_key and not had.primary_key
        if old.unique and (not new.unique or becomes_key) and not had.primary_key:
            self.drop_unique(table, (had.name,), location)
        if old.index and not old.unique and (not new.index or new.unique):
            self.drop_indexes(model, table, (had.name,), location)
        self.rename_column(table, had.name, has.name, location)
        self.repoint(table, has.name, had.references, has.references, location)
        altered = []
        if has.type != had.type and "foreign" not in (old.kind, new.kind):
            altered += [("type", has.type), ("family", has.family), ("existing", had.type)]
        if has.nullable != had.nullable:
            altered.append(("nullable", "yes" if has.nullable else "no"))
            if old.filled:
                altered.append(("filled", "yes"))
        if has.default != had.default:
            altered.append(("default", has.default))
        if has.doubt:
            altered.append(("doubt", has.doubt))
        if altered:
            self.emit(Change("alter column", table, name=has.name, set=tuple(altered)), location)
        if had.primary_key != has.primary_key:
            self._rekey(table, has, location)
        if new.unique and not has.primary_key and (not old.unique or had.primary_key):
            name = index_name_of_columns(table, (has.name,), "_uniq")
            change = Change("add constraint", table, name=name, columns=(has.name,), constraint="unique", unique=True)
            self.emit(change, location)
        if (not old.index or old.unique) and new.index and not new.unique:
            self.emit(foreign_index(table, (has.name,)), location)

    def _rekey(self, table: str, column: Declared, location: Location) -> None:
        """Make a column the primary key, or no longer."""
        if column.primary_key:
            change = Change("add constraint", table, columns=(column.name,), constraint="primary key")
            self.emit(change, location)
        else:
            state = self.table(table)
            held = next(state.keys_of("primary key"), None) if state is not None else None
            if held is not None and held.columns == (column.name,):
                self.emit(Change("drop constraint", table, constraint="primary key"), location)

    def repoint(self, table: str, column: str, old: str, new: str, location: Location) -> None:
        """Make the foreign key of a column point elsewhere; "" for none."""
        if old == new:
            return
        state = self.table(table)
        for key in state.keys_of("foreign key") if state is not None else ():
            if key.columns == (column,):
                current = f"{key.target}.{key.targets[0]}" if key.targets else key.target
                if current == new:
                    return
                self.emit(Change("drop constraint", table, name=key.name, constraint="foreign key"), location)
        if new:
            target, _, last = new.rpartition(".")
            targets = (last,) if target else ()
            name = foreign_key_name(table, column, new)
            change = Change("add constraint", table, name=name, columns=(column,), constraint="foreign key")
            self.emit(replace(change, target=target or new, targets=targets), location)

    # --- indexes and constraints ---

    def drop_unique(self, table: str, columns: tuple[str, ...], location: Location) -> None:
        """Drop the unique constraints of columns."""
        state = self.table(table)
        for key in state.keys_of("unique") if state is not None else ():
            if key.columns == columns:
                self.emit(Change("drop constraint", table, name=key.name, constraint="unique"), location)

    def drop_indexes(self, model: ModelState, table: str, columns: tuple[str, ...], location: Location) -> None:
        """Drop the ordinary indexes of columns, except those that the model names."""
        state = self.table(table)
        named = {each.name for each in model.extras}
        for index in state.indexes if state is not None else ():
            if index.columns == columns and not index.unique and not index.method and index.name not in named:
                self.emit(Change("drop index", table, name=index.name), location)

    def _rename_deferred(self, table: str, columns: dict[str, str], location: Location) -> None:
        """Give the indexes that wait for the end of the migration the names that they will get there."""
        for at, each in enumerate(self.deferred):
            if each.table != table:
                continue
            suffix = "_idx" if each.name.endswith("_idx") else ""
            fresh = foreign_index(table, tuple(columns.get(name, name) for name in each.columns), suffix)
            self.deferred[at] = fresh
            if fresh.name != each.name and not self.silent:
                self.run.applier.apply(
                    self.schema, Change("rename index", table, name=each.name, to=fresh.name), location
                )

    def columns_of(self, model: ModelState, names: tuple[str, ...]) -> tuple[str, ...]:
        """The columns of fields."""
        columns = self.state.columns(model)
        return tuple(columns.get(name, name) for name in names)


def _indexed(field: Field) -> bool:
    """Whether a field brings an index of its own; a unique column has one already."""
    return field.kind in ("column", "foreign") and field.index and not field.unique
