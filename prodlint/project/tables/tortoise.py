"""The tables of Tortoise's models.

Source of the rules: Tortoise 0.20 and 1.1 (`tortoise/models.py`, `apps.py`, `backends/base/schema_generator.py`);
pinned by tests/test_tortoise_tables.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from typing import TYPE_CHECKING

from msgspec.structs import replace

from prodlint.facts import Assign, Call, Constant, Definition, Reference
from prodlint.finding import Location
from prodlint.project.routes.django.classes import order_of
from prodlint.project.tables.columns import items_of, keywords_of, known
from prodlint.project.tables.schema import Column, Index, Table
from prodlint.project.values.bindings import Defined, External, Symbol
from prodlint.project.values.outcomes import Given, Instance, Items, Known, Site

if TYPE_CHECKING:
    from prodlint.project import Project

__all__ = ["read_tables"]

_MODELS = frozenset({"tortoise.models.Model", "tortoise.Model"})
_ROLES = frozenset({"application", "script"})
_FOREIGN = frozenset({"ForeignKeyField", "OneToOneField"})
_DOCUMENTS = frozenset({"JSONField", "BinaryField", "ArrayField", "TSVectorField"})
_ENUMS = frozenset({"CharEnumField", "IntEnumField"})


def read_tables(project: Project) -> list[Table]:
    """The tables of all Tortoise models of the tree; none where nothing of it mentions Tortoise."""
    if next(iter(project.mentioning("tortoise")), None) is None:
        return []
    return list(_Reader(project).tables())


class _Reader:
    """Builds tables; remembers the fields of each model."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.models = [each for each in project.classes() if self._is_model(each)] if _mentions(project) else []
        self.by_name = {self._name(each): each for each in reversed(self.models) if not self._is_abstract(each)}
        self._calls: dict[Defined, dict[str, tuple[str, Given, Defined]]] = {}

    def _is_model(self, defined: Defined) -> bool:
        if self.project.role(defined.path) not in _ROLES or not self.project.scope_of(defined).bases:
            return False
        return any(isinstance(each, External) and each.name in _MODELS for each in self._order(defined))

    def _order(self, defined: Defined) -> tuple[Symbol, ...]:
        return order_of(self.project, defined)

    def _name(self, defined: Defined) -> str:
        return str(self.project.scope_of(defined).name)

    def tables(self) -> Iterator[Table]:
        made = []
        for model in self.models:
            if not self._is_abstract(model):
                made.append(self._table(model))
        yield from made
        names = {table.name for table in made}
        for table, model in zip(made, [each for each in self.models if not self._is_abstract(each)]):
            for pairs in self._pairs(model, table):
                if pairs.name not in names:
                    names.add(pairs.name)
                    yield pairs

    # --- Meta ---

    def _option(self, defined: Defined, name: str) -> Given | None:
        """What the class `Meta` of a model sets an option to; Tortoise inherits none of it."""
        for statement in self.project.statements_of(defined):
            inner = Defined(defined.path, statement.scope) if isinstance(statement, Definition) else None
            if inner is None or self._name(inner) != "Meta":
                continue
            for each in order_of(self.project, inner):
                for assigned in self.project.statements_of(each) if isinstance(each, Defined) else ():
                    targets = assigned.targets if isinstance(assigned, Assign) else ()
                    value = assigned.value if isinstance(assigned, Assign) else None
                    if value is not None and any(getattr(target, "name", "") == name for target in targets):
                        return Given(Site(inner.path, inner.scope), value)
        return None

    def _is_abstract(self, defined: Defined) -> bool:
        return bool(known(self.project, self._option(defined, "abstract")))

    # --- fields ---

    def _fields(self, model: Defined) -> dict[str, tuple[str, Given, Defined]]:
        """The fields of a model by name: the class of the field, its call, and the class that declares it. Plain
        mixins count as well."""
        found = self._calls.get(model)
        if found is not None:
            return found
        found = self._calls[model] = {}
        for symbol in reversed(self._order(model)):
            for statement in self.project.statements_of(symbol) if isinstance(symbol, Defined) else ():
                if not isinstance(statement, Assign) or not isinstance(symbol, Defined):
                    continue
                target = statement.targets[0]
                if not isinstance(target, Reference) or "." in target.name or statement.value is None:
                    continue
                given = Given(Site(symbol.path, symbol.scope), statement.value)
                kind, call = self._constructed(given)
                if call is not None:
                    found[target.name] = (kind, call, symbol)
                elif isinstance(statement.value, Constant):
                    found.pop(target.name, None)
        return found

    def _constructed(self, given: Given) -> tuple[str, Given | None]:
        """The class of the field that an expression makes, and the call."""
        if not isinstance(given.value, Call):
            return "", None
        meaning = self.project.values.given(given).meaning
        if not isinstance(meaning, Instance) or meaning.call is None or not isinstance(meaning.call.value, Call):
            return "", None
        names = [meaning.of.name] if isinstance(meaning.of, External) else []
        if isinstance(meaning.of, Defined):
            ancestors = self.project.names.ancestors(meaning.of.path, meaning.of.scope)
            names = [each.name for each in ancestors if isinstance(each, External)]
        for name in names:
            last = name.rpartition(".")[2]
            if name.startswith("tortoise.") and last.endswith("Field"):
                return last, meaning.call
        return "", None

    def _column(self, model: Defined, name: str, kind: str, call: Given, owner: Defined) -> Column:
        keywords, doubt = keywords_of(self.project, call)

        def flag(*names: str) -> bool:
            return any(bool(known(self.project, keywords.get(each))) for each in names)

        primary = flag("pk", "primary_key")
        source = known(self.project, keywords.get("source_field"))
        target = self._target(call, keywords) if kind in _FOREIGN else ""
        written = known(self.project, keywords.get("max_length"))
        own = str(source or (f"{name}_id" if kind in _FOREIGN else name))
        unique = (flag("unique") or kind == "OneToOneField") and not primary
        rule = getattr(keywords["on_delete"].value, "name", "") if "on_delete" in keywords else "CASCADE"
        constrained = known(self.project, keywords.get("db_constraint")) is not False
        return Column(
            name=own,
            attribute=name,
            location=Location(call.site.path, call.value.place),
            type=kind + (f"({written})" if written else ""),
            nullable=flag("null") and not primary,
            primary_key=primary,
            unique=unique,
            index=flag("index", "db_index") and not primary and not unique,
            foreign_key=target if constrained else "",
            ondelete=rule.rpartition(".")[2].replace("_", " ") if kind in _FOREIGN else "",
            family="boolean"
            if kind == "BooleanField"
            else "document"
            if kind in _DOCUMENTS
            else "enum"
            if kind in _ENUMS
            else "",
            doubt=doubt,
            inherited=owner != model,
            owner=self._name(owner),
        )

    def _target(self, call: Given, keywords: dict[str, Given]) -> str:
        """`table.column` that a field references."""
        assert isinstance(call.value, Call)
        model = self._referenced(call, keywords)
        if model is None:
            return "?"
        wanted = known(self.project, keywords.get("to_field"))
        return f"{self._table_name(model)}.{self._key(model, str(wanted or ''))}"

    def _referenced(self, call: Given, keywords: dict[str, Given]) -> Defined | None:
        assert isinstance(call.value, Call)
        first = call.value.positional(0)
        given = keywords.get("model_name") or (Given(call.site, first) if first is not None else None)
        meaning = self.project.values.given(given).meaning if given is not None else None
        if isinstance(meaning, Defined):
            return meaning
        label = meaning.value if isinstance(meaning, Known) else None
        return self.by_name.get(str(label).rpartition(".")[2])

    def _key(self, model: Defined, wanted: str = "") -> str:
        """The column of a model's primary key, or of the field `wanted`."""
        for name, (kind, call, _) in self._fields(model).items():
            keywords, _ = keywords_of(self.project, call)
            is_key = any(known(self.project, keywords.get(each)) for each in ("pk", "primary_key"))
            if name == wanted or (is_key and not wanted):
                source = known(self.project, keywords.get("source_field"))
                return str(source or (f"{name}_id" if kind in _FOREIGN else name))
        return wanted or "id"

    # --- tables ---

    def _table_name(self, model: Defined) -> str:
        given = self._option(model, "table")
        return self._name(model).lower() if given is None else str(known(self.project, given) or "")

    def _table(self, model: Defined) -> Table:
        name = self._table_name(model)
        location = Location(model.path, self.project.scope_of(model).place)
        columns = [
            self._column(model, field, kind, call, owner)
            for field, (kind, call, owner) in self._fields(model).items()
            if kind != "ManyToManyField"
        ]
        if not any(column.primary_key for column in columns):
            columns.insert(0, Column("id", "id", location, "IntField", False, True, owner=self._name(model)))
        by_field = {column.attribute: column.name for column in columns}
        indexes = [
            Index(index_name("idx", name, (column.name,)), (column.name,), column.location)
            for column in columns
            if column.index
        ]
        groups, doubt = self._groups(self._option(model, "indexes"), by_field)
        for each, title in groups:
            indexes.append(Index(title or index_name("idx", name, each), each, location))
        uniques = [(column.name,) for column in columns if column.unique]
        together, unclear = self._groups(self._option(model, "unique_together"), by_field)
        doubt = doubt or unclear or next((each for each in map(self._unknown, self._order(model)) if each), "")
        return Table(
            name=name,
            schema=str(known(self.project, self._option(model, "schema")) or ""),
            model=self.project.qualified(model),
            label=self._name(model),
            location=location,
            columns=tuple(columns),
            primary_key=tuple(column.name for column in columns if column.primary_key),
            indexes=tuple(indexes),
            uniques=(*uniques, *(each for each, _ in together)),
            of=(model,),
            unknown=doubt or ("" if name else "its name is computed"),
            mapper="tortoise",
        )

    def _unknown(self, symbol: Symbol) -> str:
        if isinstance(symbol, Defined) or (isinstance(symbol, External) and symbol.name in _MODELS):
            return ""
        if isinstance(symbol, External):
            root = symbol.name.partition(".")[0]
            return "" if root in ("builtins", "typing", "abc") else f"its base class `{symbol.name}` is not in the tree"
        return f"a base class is unknown: {getattr(symbol, 'reason', '')}"

    def _groups(self, given: Given | None, columns: dict[str, str]) -> tuple[list[tuple[tuple[str, ...], str]], str]:
        """Groups of fields as columns, each with the name it is given, and why there may be more."""
        if given is None:
            return [], ""
        items, doubt = items_of(self.project, given)
        meanings = [self.project.values.given(each).meaning for each in items]
        if meanings and all(isinstance(each, Known) for each in meanings):
            return [(self._columns(items, columns), "")], doubt
        found: list[tuple[tuple[str, ...], str]] = []
        for each, meaning in zip(items, meanings):
            title, names = "", each
            if isinstance(meaning, Instance) and meaning.call is not None and isinstance(meaning.call.value, Call):
                keywords, _ = keywords_of(self.project, meaning.call)
                title = str(known(self.project, keywords.get("name")) or "")
                if "fields" not in keywords:
                    doubt = doubt or "an index of an expression"
                    continue
                names = keywords["fields"]
            inner = items_of(self.project, names)[0] if isinstance(meaning, (Items, Instance)) else []
            if inner:
                found.append((self._columns(inner, columns), title))
            else:
                doubt = doubt or "a group of fields is computed"
        return found, doubt

    def _columns(self, items: list[Given], columns: dict[str, str]) -> tuple[str, ...]:
        names = [str(known(self.project, each) or "?") for each in items]
        return tuple(columns.get(name, name) for name in names)

    def _pairs(self, model: Defined, table: Table) -> Iterator[Table]:
        """The tables behind a model's many-to-many fields."""
        for field, (kind, call, _) in self._fields(model).items():
            if kind != "ManyToManyField":
                continue
            keywords, doubt = keywords_of(self.project, call)
            other = self._referenced(call, keywords)
            target = self._table_name(other) if other is not None else "?"
            name = str(known(self.project, keywords.get("through")) or f"{table.name}_{target}")
            label = f"{table.label}_{field}"
            forward = str(known(self.project, keywords.get("forward_key")) or "")
            forward = forward or f"{self._name(other).lower() if other is not None else '?'}_id"
            backward = str(known(self.project, keywords.get("backward_key")) or f"{table.name}_id")
            backward = f"{table.name}_rel_id" if backward == forward else backward
            location = Location(call.site.path, call.value.place)
            key = self._key(other) if other is not None else "?"
            ends = ((backward, f"{table.name}.{self._key(model)}"), (forward, f"{target}.{key}"))
            columns = [
                Column(each, each, location, "ForeignKeyField", False, foreign_key=to, ondelete="CASCADE", owner=label)
                for each, to in ends
            ]
            made = Table(
                name="" if "?" in name else name,
                schema=table.schema,
                model=f"{self.project.modules.name(model.path)}.{label}",
                label=label,
                location=location,
                columns=tuple(columns),
                unknown=doubt or ("" if other is not None else "the model at its other end is not known"),
                mapper="tortoise",
            )
            unique = [known(self.project, keywords.get(each)) for each in ("unique", "create_unique_index")]
            if False not in unique:
                index = Index(index_name("uidx", name, (backward, forward)), (backward, forward), location, True)
                made = replace(made, indexes=(index,))
            yield made


def index_name(prefix: str, table: str, columns: tuple[str, ...]) -> str:
    """The name that Tortoise works out for an index."""
    digest = sha256(";".join([table, *columns]).encode()).hexdigest()[:6]
    return f"{prefix}_{table[:11]}_{columns[0][:7]}_{digest}"


def _mentions(project: Project) -> bool:
    return next(iter(project.mentioning("Model", "models")), None) is not None
