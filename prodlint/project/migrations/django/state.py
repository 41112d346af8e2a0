"""The models as the migrations so far describe them, and the names that Django gives to what it makes of them."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct
from msgspec.structs import replace

from prodlint.facts.ddl import Change, Declared
from prodlint.finding import Location
from prodlint.libraries.django_models import LIBRARY_TABLES, cut, foreign_key_name
from prodlint.project.migrations.django.fields import column_name, declared
from prodlint.project.tables.django.fields import Field

__all__ = ["ModelState", "Pairs", "State"]


class ModelState(Struct, frozen=True):
    """A model in the middle of a replay."""

    app: str
    name: str
    location: Location
    fields: dict[str, Field] = {}
    table: str = ""
    """The name that it is given; "" for Django's."""
    bases: tuple[str, ...] = ()
    """The labels of models that it inherits the rows of."""
    managed: bool = True
    proxy: bool = False
    unique_together: frozenset[tuple[str, ...]] = frozenset()
    index_together: frozenset[tuple[str, ...]] = frozenset()
    extras: tuple[Change, ...] = ()
    """Its named indexes and constraints, as they were made."""
    order: str = ""
    """The field of `order_with_respect_to`."""

    @property
    def label(self) -> tuple[str, str]:
        return self.app, self.name.lower()

    @property
    def has_table(self) -> bool:
        """Whether migrations make and change its table."""
        return self.managed and not self.proxy


class Pairs(Struct, frozen=True):
    """The table behind a many-to-many field."""

    table: str
    columns: tuple[str, str]
    """The one that points to the field's own model first."""
    targets: tuple[str, str]


class State:
    """Models by the label of their application and their name in lower case."""

    def __init__(self, models: dict[tuple[str, str], ModelState] | None = None) -> None:
        self.models = models or {}

    def copy(self) -> State:
        """The same models, to go on from."""
        return State(dict(self.models))

    def put(self, model: ModelState) -> None:
        self.models[model.label] = model

    def get(self, label: str) -> ModelState | None:
        """The model of a label such as `shop.item`."""
        app, _, name = label.rpartition(".")
        return self.models.get((app, name.lower()))

    # --- names ---

    def table(self, model: ModelState) -> str:
        """The table of a model; a proxy has that of its parent."""
        if model.proxy:
            parent = next((found for base in model.bases if (found := self.get(base)) is not None), None)
            if parent is not None and parent is not model:
                return self.table(parent)
        return model.table or cut(f"{model.app}_{model.name.lower()}")

    def key(self, model: ModelState) -> str:
        """The column of a model's primary key."""
        for field in model.fields.values():
            if field.primary_key:
                return column_name(field)
        for field in model.fields.values():
            if field.parent_link:
                return column_name(field)
        for base in model.bases:
            return f"{base.rpartition('.')[2].lower()}_ptr_id"
        return "id"

    def target(self, model: ModelState, field: Field) -> str:
        """`table.column` that a field references; "?" where that is not known."""
        label = str(field.to)
        found = self.get(label)
        if found is None:
            known = LIBRARY_TABLES.get(label.lower())
            return f"{known[0]}.{field.to_field or known[1]}" if known is not None else "?"
        other = found.fields.get(field.to_field)
        return f"{self.table(found)}.{column_name(other) if other is not None else self.key(found)}"

    def columns(self, model: ModelState) -> dict[str, str]:
        """Columns by field, `pk` included."""
        found = {
            name: column_name(field) for name, field in model.fields.items() if field.kind in ("column", "foreign")
        }
        return {**found, "pk": self.key(model)}

    # --- what is made ---

    def declared(self, model: ModelState, field: Field) -> Declared:
        """The column of a field."""
        column = declared(field, self.target(model, field) if field.kind == "foreign" else "")
        if field.parent_link and not any(each.primary_key for each in model.fields.values()):
            column = replace(column, primary_key=True, unique=False, nullable=False)
        return replace(column, key=foreign_key_name(self.table(model), column.name, column.references))

    def all_declared(self, model: ModelState) -> Iterator[Declared]:
        """The columns of a model's table, those included that Django adds to what is written."""
        fields = [field for field in model.fields.values() if field.kind in ("column", "foreign")]
        has_key = any(field.primary_key or field.parent_link for field in fields)
        if not has_key and not model.bases:
            yield Declared("id", "AutoField", False, primary_key=True)
        for base in () if any(field.parent_link for field in fields) else model.bases:
            parent = self.get(base)
            target = f"{self.table(parent)}.{self.key(parent)}" if parent is not None else "?"
            name = f"{base.rpartition('.')[2].lower()}_ptr_id"
            key = foreign_key_name(self.table(model), name, target)
            yield Declared(name, "OneToOneField", False, "", not has_key, has_key, references=target, key=key)
            has_key = True
        for field in fields:
            yield self.declared(model, field)
        if model.order and "_order" not in model.fields:
            yield Declared("_order", "OrderWrt", False)

    def pairs(self, model: ModelState, field: Field) -> Pairs | None:
        """The table of a many-to-many field; None for a field that has none of its own."""
        if field.kind != "many" or field.through:
            return None
        own, other = model.name.lower(), str(field.to).rpartition(".")[2].lower()
        names = (f"from_{own}", f"to_{other}") if own == other else (own, other)
        table = field.column or cut(f"{self.table(model)}_{field.name}")
        targets = (f"{self.table(model)}.{self.key(model)}", self.target(model, field))
        if not field.constrained:
            targets = ("", "")
        return Pairs(table, (f"{names[0]}_id", f"{names[1]}_id"), targets)

    def all_pairs(self, model: ModelState) -> Iterator[Pairs]:
        """The tables of all many-to-many fields of a model."""
        for field in model.fields.values():
            pairs = self.pairs(model, field)
            if pairs is not None:
                yield pairs
