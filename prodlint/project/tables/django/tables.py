"""The tables of Django models: those of the models themselves and of the pairs of many-to-many fields."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec.structs import replace

from prodlint.facts import Reference
from prodlint.finding import Location
from prodlint.libraries.django_models import LIBRARY_TABLES, MAX_INDEX_NAME, cut, index_name_of_columns
from prodlint.project.tables.django.classes import Classes
from prodlint.project.tables.django.fields import Field, fields_of
from prodlint.project.tables.django.indexes import Extra, extras_of
from prodlint.project.tables.schema import Column, Index, Table
from prodlint.project.values.bindings import Defined, External
from prodlint.project.values.outcomes import Instance, Known

if TYPE_CHECKING:
    from prodlint.project import Project

__all__ = ["Reader", "read_tables"]

_USER = ("django.conf.settings.AUTH_USER_MODEL", "django.contrib.auth.get_user_model")


def read_tables(project: Project) -> list[Table]:
    """The tables of all Django models of the tree; none where nothing of it mentions Django."""
    if next(iter(project.mentioning("django")), None) is None:
        return []
    reader = Reader(project)
    return list(reader.tables())


class Reader:
    """Builds tables; remembers the fields of each model."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.classes = Classes(project)
        self.key_type = self.classes.apps.setting("DEFAULT_AUTO_FIELD").rpartition(".")[2]
        self._fields: dict[Defined, list[Field]] = {}
        self._user = ""

    def tables(self) -> Iterator[Table]:
        proxies: dict[Defined, list[Defined]] = {}
        for model in self.classes.models:
            if self.classes.is_proxy(model) and not self.classes.is_abstract(model):
                proxies.setdefault(self.classes.concrete(model), []).append(model)
        for model in self.classes.models:
            if self.classes.is_abstract(model) or self.classes.is_proxy(model):
                continue
            table = self._table(model)
            yield replace(table, of=(model, *proxies.get(model, ())))
            for field in self.fields(model):
                if field.kind == "many" and not field.through:
                    yield self._pairs(model, field, table)

    def fields(self, model: Defined) -> list[Field]:
        """The fields of a model's own table."""
        found = self._fields.get(model)
        if found is None:
            self._fields[model] = []
            found = self._fields[model] = fields_of(self.project, self.classes, model)
        return found

    def _table(self, model: Defined) -> Table:
        name = self.classes.table_name(model)
        location = Location(model.path, self.project.scope_of(model).place)
        columns = [*self._own_keys(model, location)]
        columns += [self._column(model, field) for field in self.fields(model) if field.kind != "many"]
        by_field = {column.attribute: column.name for column in columns}
        extra = extras_of(self.project, self.classes, model, name, self._columns_of(model, by_field))
        doubt = self.classes.doubt(model) or extra.doubt or ("" if name else "its name is computed")
        return Table(
            name=name,
            schema="",
            model=self.project.qualified(model),
            label=self.classes.name(model),
            location=location,
            columns=tuple(columns),
            primary_key=tuple(column.name for column in columns if column.primary_key),
            indexes=(*self._implicit(name, columns, location, model), *extra.indexes),
            uniques=tuple(self._uniques(columns, extra)),
            of=(model,),
            unknown=doubt,
            mapper="django",
            managed=self.classes.flag(model, "managed") is not False,
        )

    def _columns_of(self, model: Defined, own: dict[str, str]) -> dict[str, str]:
        """Columns by field, `pk` included."""
        found = dict(own)
        for _name, column in own.items():
            found.setdefault(column, column)
        key = self.key_of(model)
        return {**found, "pk": key}

    def _implicit(self, table: str, columns: list[Column], location: Location, model: Defined) -> Iterator[Index]:
        """The indexes of fields, and those that a library's base adds."""
        for column in columns:
            if column.index:
                yield Index(index_name_of_columns(table, (column.name,)), (column.name,), column.location)
        names = {each.name for each in self.classes.order(model) if isinstance(each, External)}
        if "mptt.models.MPTTModel" in names:
            title = f"{self.classes.label(model)}_{self.classes.name(model).lower()}_tree_id_lft_idx"
            yield Index(cut(title, MAX_INDEX_NAME), ("tree_id", "lft"), location)

    def _uniques(self, columns: list[Column], extra: Extra) -> Iterator[tuple[str, ...]]:
        for column in columns:
            if column.unique and not column.primary_key:
                yield (column.name,)
        yield from extra.uniques

    def _own_keys(self, model: Defined, location: Location) -> Iterator[Column]:
        """The primary key that Django adds: links to the parents' rows, or an automatic number."""
        fields = self.fields(model)
        has_key = any(field.primary_key or field.parent_link for field in fields) or not self.classes.is_known(model)
        for parent in self.classes.parents(model):
            if any(field.parent_link for field in fields):
                continue
            name = f"{self.classes.name(parent).lower()}_ptr"
            if any(field.name == name for field in fields):
                continue
            target = f"{self.classes.table_name(parent)}.{self.key_of(parent)}"
            yield Column(
                f"{name}_id", name, location, "OneToOneField", False, not has_key, has_key,
                foreign_key=target, ondelete="CASCADE", owner=self.classes.name(model),
            )  # fmt: skip
            has_key = True
        if not has_key:
            key = self.classes.app(model).key or self.key_type or "AutoField"
            yield Column("id", "id", location, key, False, True, owner=self.classes.name(model))

    def key_of(self, model: Defined) -> str:
        """The column of a model's primary key."""
        for field in self.fields(model):
            if field.primary_key:
                return self._name(field)
        for field in self.fields(model):
            if field.parent_link:
                return self._name(field)
        for parent in self.classes.parents(model):
            return f"{self.classes.name(parent).lower()}_ptr_id"
        return "id"

    def _name(self, field: Field) -> str:
        return field.column or (f"{field.name}_id" if field.kind == "foreign" else field.name)

    def _column(self, model: Defined, field: Field) -> Column:
        target = self._target(model, field) if field.kind == "foreign" else ""
        # A link to the parent's row is the primary key where no other field is.
        is_key = field.primary_key or (field.parent_link and not any(each.primary_key for each in self.fields(model)))
        return Column(
            name=self._name(field),
            attribute=field.name,
            location=field.location,
            type=field.type,
            nullable=field.nullable,
            primary_key=is_key,
            unique=field.unique and not is_key,
            index=field.index and not field.unique and not is_key,
            foreign_key=target if field.constrained else "",
            ondelete=field.ondelete,
            family=field.family,
            doubt=field.doubt,
            inherited=field.inherited,
            owner=field.owner,
        )

    # --- what fields reference ---

    def _target(self, model: Defined, field: Field) -> str:
        """`table.column` that a field references; "?" where that is not known."""
        target = self.model_of(model, field)
        if isinstance(target, Defined):
            target = self.classes.concrete(target)
            table = self.classes.table_name(target)
            return f"{table}.{self._referenced(target, field.to_field)}" if table else "?"
        known = LIBRARY_TABLES.get(target)
        return f"{known[0]}.{field.to_field or known[1]}" if known is not None else "?"

    def _referenced(self, target: Defined, name: str) -> str:
        for field in self.fields(target) if name else ():
            if field.name == name:
                return self._name(field)
        return self.key_of(target)

    def model_of(self, model: Defined, field: Field) -> Defined | str:
        """The model that a field references, or the label of one that is not in the tree ("" if unknown)."""
        if isinstance(field.to, str):
            return self.classes.by_label.get(field.to.lower(), field.to.lower())
        meaning = self.project.values.given(field.to).meaning
        if isinstance(meaning, Instance):
            meaning = meaning.of
        match meaning:
            case Known(str() as label):
                return self._labelled(model, label)
            case Defined() if self.classes.is_model(meaning):
                return meaning
            case External(name) if name in _USER:
                return self._labelled(model, self._user_model())
            case External(name):
                parts = name.split(".")
                label = f"{parts[-3]}.{parts[-1]}" if len(parts) > 2 and parts[-2] == "models" else ""
                return label.lower()
        if isinstance(field.to.value, Reference) and field.to.value.name.rpartition(".")[2] == "AUTH_USER_MODEL":
            return self._labelled(model, self._user_model())
        return ""

    def _labelled(self, model: Defined, label: str) -> Defined | str:
        if label in ("self", self.classes.name(model)):
            return model
        whole = label if "." in label else f"{self.classes.label(model)}.{label}"
        return self.classes.by_label.get(whole.lower(), whole.lower())

    def _user_model(self) -> str:
        self._user = self._user or self.classes.apps.setting("AUTH_USER_MODEL") or "auth.User"
        return self._user

    # --- pairs ---

    def _pairs(self, model: Defined, field: Field, table: Table) -> Table:
        """The table behind a many-to-many field."""
        own = self.classes.name(model).lower()
        target = self.model_of(model, field)
        other = self.classes.name(target).lower() if isinstance(target, Defined) else target.rpartition(".")[2]
        names = (f"from_{own}", f"to_{other}") if own == other else (own, other)
        name = field.column or cut(f"{table.name}_{field.name}")
        targets = (f"{table.name}.{self.key_of(model)}", self._target(model, field))
        label = f"{self.classes.name(model)}_{field.name}"
        key = self.classes.app(model).key or self.key_type or "AutoField"
        columns = [Column("id", "id", field.location, key, False, True, owner=label)]
        for each, foreign_key in zip(names, targets):
            kept = foreign_key if field.constrained else ""
            columns.append(
                Column(
                    f"{each}_id",
                    each,
                    field.location,
                    "ForeignKey",
                    False,
                    index=True,
                    foreign_key=kept,
                    ondelete="CASCADE",
                    owner=label,
                )
            )
        doubt = field.doubt or ("" if other else "the model at its other end is not known")
        return Table(
            name=name,
            schema="",
            model=f"{self.project.modules.name(model.path)}.{label}",
            label=label,
            location=field.location,
            columns=tuple(columns),
            primary_key=("id",),
            indexes=tuple(self._implicit_pairs(name, columns)),
            uniques=((columns[1].name, columns[2].name),),
            unknown=doubt,
            mapper="django",
            managed=table.managed,
        )

    def _implicit_pairs(self, table: str, columns: list[Column]) -> Iterator[Index]:
        for column in columns[1:]:
            yield Index(index_name_of_columns(table, (column.name,)), (column.name,), column.location)
