"""Queries: which tables they load rows of, under which conditions, and what they write."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from prodlint.facts import Attribute, Call, Constant, Mapping, Operation, Reference, Value, method_of
from prodlint.libraries.identity import BY_NAME, CONDITIONS, GETS, REPOSITORY_METHODS, SELECTS
from prodlint.project.identity.django import column_of, django_call
from prodlint.project.identity.dumped import dumped_fields
from prodlint.project.identity.events import NOTHING, Access, Constraint, Label, Labels, Modified, Written
from prodlint.project.tables.schema import Table
from prodlint.project.values.bindings import Defined

if TYPE_CHECKING:
    from prodlint.project.identity.model import Model
    from prodlint.project.identity.walker import Walker

_COMPARISONS = frozenset({"==", "!=", "<", ">", "<=", ">=", "in", "not in", "is", "is not"})
_VALIDATORS = frozenset({"model_validate", "parse_obj", "from_orm", "validate", "from_dict", "construct"})
_CLASSES = ("model", "table", "entity", "class", "cls", "schema", "kind", "type")
_FUNCTIONS = frozenset("count distinct max min sum avg lower upper coalesce cast label col exists array_agg".split())
_KINDS = {"update": "update", "delete": "delete"}


class Queries:
    """Recognises queries of SQLAlchemy, SQLModel, Flask-SQLAlchemy, Django and FastCRUD; numbers them."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self.entities = model.project.entities
        self.accesses: list[Access] = []
        self._numbers: dict[object, Label] = {}

    # --- what a name stands for ---

    def is_class(self, walker: Walker, value: Value) -> bool:
        """Whether an argument is a class with a table, so that it decides what the function called does."""
        return isinstance(value, Reference) and self.table(walker, value) is not None

    def table(self, walker: Walker, value: Value) -> Table | None:
        """The table that an expression names: `Item`, `models.Item`, `self.model` of a generic class."""
        if not isinstance(value, Reference) or not _may_be_class(value.name.rpartition(".")[2]):
            return None
        known = self.entities.table(walker.plain, value.name)
        if known is not None:
            return known
        head = value.name.partition(".")[0]
        if head in walker.environment and head not in {"self", "cls"} and not walker.arguments:
            return None
        meaning = walker.meaning(value)
        return self.entities.classes.get(meaning) if isinstance(meaning, Defined) else None

    def _column(self, walker: Walker, value: Value) -> tuple[Table, str] | None:
        """The table and attribute that one side of a condition names."""
        if isinstance(value, Call) and len(value.arguments) == 1 and getattr(value.function, "name", "") in {
            "col", "sqlmodel.col", "func.lower", "sa.func.lower",
        }:  # fmt: skip
            value = value.arguments[0].value
        if not isinstance(value, Reference) or "." not in value.name:
            return None
        named = self.entities.column(walker.plain, value.name)
        if named is not None:
            return named[0], named[1].attribute
        head, _, attribute = value.name.rpartition(".")
        table = self.table(walker, Reference(head, value.place)) if "." in head or walker.arguments else None
        return (table, attribute) if table is not None and table.of_attribute(attribute) is not None else None

    def access(self, walker: Walker, table: Table | None, kind: str, value: Value) -> Labels:
        """The label of the query that begins at a place, for what this walk is given."""
        key = (walker.model.key_of(walker), value.place, kind, table.model if table is not None else "")
        label = self._numbers.get(key)
        if label is None:
            label = self._numbers[key] = ("R", len(self.accesses))
            self.accesses.append(Access(len(self.accesses), table, kind, walker.location(value)))
        return frozenset({label})

    def of_attribute(self, walker: Walker, value: Reference) -> Labels:
        """`Item.query`, `Item.objects`."""
        table = self.table(walker, Reference(value.name.rpartition(".")[0], value.place))
        return self.access(walker, table, "read", value) if table is not None else NOTHING

    # --- calls ---

    def labels(self, walker: Walker, call: Call, last: str, receiver: Value | None) -> Labels | None:
        """The labels of a call that is a part of a query, or makes a row; None for any other."""
        found = django_call(self, walker, call, last, receiver)
        if found is not None:
            return found
        if last in SELECTS:
            selected = self._select(walker, call, last, receiver)
            return selected if selected is not None else self._repository(walker, call, last, receiver)
        if last in GETS:
            return self._get(walker, call, last, receiver)
        if last in CONDITIONS or last in BY_NAME:
            return self._narrowed(walker, call, last, receiver)
        if last == "values" and receiver is not None:
            return self._values(walker, call, receiver)
        table = self.table(walker, call.function) if isinstance(call.function, Reference) else None
        if table is not None:
            return self._made(walker, call, table)
        if last in _VALIDATORS and isinstance(receiver, Reference):
            table = self.table(walker, receiver)
            return self._made(walker, call, table) if table is not None else None
        return self._repository(walker, call, last, receiver)

    def _select(self, walker: Walker, call: Call, last: str, receiver: Value | None) -> Labels | None:
        tables = [table for each in call.arguments if (table := self._entity(walker, each.value)) is not None]
        owner = walker.of(receiver) if receiver is not None else NOTHING
        if any(each[0] == "R" for each in owner) and last in {"select_from", "exists", "delete", "update"}:
            # `select(func.count()).select_from(Item)`, `query.delete()`.
            if last in _KINDS:
                walker.record(call.place, Modified(walker.flat(owner), walker.location(call), last == "delete"))
            self._arguments(walker, call)
            if tables and last == "select_from":
                return owner | self.access(walker, tables[0], "read", call)
            return owner
        if not tables:
            return None
        found = self.access(walker, tables[0], _KINDS.get(last, "read"), call)
        extra = self._arguments(walker, call) | walker.flat(owner)
        if extra:
            walker.record(("select", call.place), Constraint(found, None, "", extra, walker.location(call)))
        if last in _KINDS:
            walker.record(call.place, Modified(found, walker.location(call), last == "delete"))
        return found

    def _entity(self, walker: Walker, value: Value) -> Table | None:
        """The table of an argument of `select`: a class, one of its columns, or a function of them."""
        table = self.table(walker, value)
        if table is not None:
            return table
        column = self._column(walker, value)
        if column is not None:
            return column[0]
        if isinstance(value, Call) and method_of(value.function)[0] in _FUNCTIONS:
            for each in value.arguments:
                inner = self._entity(walker, each.value)
                if inner is not None:
                    return inner
        return None

    def _get(self, walker: Walker, call: Call, last: str, receiver: Value | None) -> Labels | None:
        first = call.positional(0)
        first = first if first is not None else call.keyword("entity")
        table = self.table(walker, first) if isinstance(first, Reference) else None
        if table is not None and first is not None:
            found = self.access(walker, table, "read", call)
            ident = call.positional(1) or call.keyword("ident") or call.keyword("id")
            if ident is not None:
                self.constrain(walker, found, table, self._key(table), ident, call)
            if receiver is not None:
                session = walker.flat(walker.of(receiver))
                if session:
                    walker.record(("session", call.place), Constraint(found, None, "", session, walker.location(call)))
            return found
        owner = walker.of(receiver) if receiver is not None else NOTHING
        rows = frozenset(each for each in owner if each[0] == "R")
        if rows and last in {"get", "get_or_404"} and isinstance(receiver, Reference | Call | Attribute):
            if first is not None and not isinstance(first, Constant) and self._is_query(owner):
                access = self.accesses[int(str(next(iter(rows))[1]))]
                if access.table is not None:
                    self.constrain(walker, rows, access.table, self._key(access.table), first, call)
                    return owner
        return self._repository(walker, call, last, receiver)

    def _is_query(self, labels: Labels) -> bool:
        return all(each[0] == "R" and self.accesses[int(str(each[1]))].kind == "read" for each in labels)

    def _key(self, table: Table) -> str:
        column = table.column(table.primary_key[0]) if table.primary_key else None
        return column.attribute if column is not None else "id"

    def _narrowed(self, walker: Walker, call: Call, last: str, receiver: Value | None) -> Labels | None:
        """`query.where(...)`, `query.filter_by(...)`, `query.join(...)`."""
        owner = walker.of(receiver) if receiver is not None else NOTHING
        rows = frozenset(each for each in walker.flat(owner) if each[0] == "R")
        if not rows:
            return None
        access = self.accesses[int(str(min(rows, key=str)[1]))]
        for argument in call.arguments:
            if last in BY_NAME:
                self.constrain(walker, rows, access.table, argument.name, argument.value, call)
            else:
                for table, column, value in self._conditions(walker, argument.value):
                    self.constrain(walker, rows, table, column, value, call)
        return owner

    def _conditions(self, walker: Walker, value: Value) -> Iterator[tuple[Table | None, str, Value]]:
        """The conditions that an expression consists of: a column, and what it is compared with."""
        match value:
            case Operation("and" | "or" | "&" | "|" | "not" | "~", operands):
                for operand in operands:
                    yield from self._conditions(walker, operand)
            case Operation(operator, (left, right)) if operator in _COMPARISONS:
                one, other = self._column(walker, left), self._column(walker, right)
                if one is not None and other is None:
                    yield (*one, right)
                elif other is not None and one is None:
                    yield (*other, left)
                elif one is None:
                    yield None, "", left
                    yield None, "", right
            case Call(function, arguments):
                name = getattr(function, "name", "")
                last = name.rpartition(".")[2]
                if last in {"and_", "or_", "not_"}:
                    for argument in arguments:
                        yield from self._conditions(walker, argument.value)
                    return
                subject = Reference(name.rpartition(".")[0], value.place) if isinstance(function, Reference) else None
                column = self._column(walker, subject) if subject is not None else None
                for argument in arguments:
                    if column is not None:
                        yield (*column, argument.value)
                    else:
                        yield from self._conditions(walker, argument.value)
                if column is None:
                    yield None, "", value
            case _:
                yield None, "", value

    def constrain(
        self, walker: Walker, rows: Labels, table: Table | None, column: str, value: Value, call: Call
    ) -> None:
        labels = walker.flat(walker.of(value))
        if labels:
            place = (value.place, column, call.place)
            walker.record(place, Constraint(rows, table, column, labels, walker.location(call)))

    def _arguments(self, walker: Walker, call: Call) -> Labels:
        return walker.flat(walker.union(tuple(each.value for each in call.arguments)))

    # --- rows that are made and written ---

    def _made(self, walker: Walker, call: Call, table: Table) -> Labels:
        found = self.access(walker, table, "insert", call)
        others: Labels = NOTHING
        for argument in call.arguments:
            labels = walker.flat(walker.of(argument.value))
            column = column_of(table, argument.name) if "__" not in argument.name else argument.name
            if argument.name and argument.name != "update" and table.of_attribute(column) is not None:
                place = (argument.value.place, argument.name)
                written = Written(table, found, column, labels, walker.location(argument.value))
                walker.record(place, written)
            elif argument.name == "update" and isinstance(argument.value, Mapping):
                self._pairs(walker, argument.value, table, found)
            else:
                self._entries(walker, walker.of(argument.value), table, found, argument.value)
                others |= labels
        for name, model, value in dumped_fields(walker, call):
            if table.of_attribute(name) is not None:
                labels = walker.flat(walker.attribute(walker.of(model), name))
                if labels:
                    walker.record((value.place, name), Written(table, found, name, labels, walker.location(value)))
        if others:
            walker.record(("made", call.place), Constraint(found, None, "", others, walker.location(call)))
        return found

    def _entries(self, walker: Walker, labels: Labels, table: Table, rows: Labels, value: Value) -> None:
        """The columns that the entries of a mapping write: `Item(**fields)` after `fields["owner_id"] = user.id`."""
        for label in labels:
            for name, inner in self.model.entries_of(label):
                if inner and table.of_attribute(name) is not None:
                    walker.record((value.place, name), Written(table, rows, name, inner, walker.location(value)))

    def _pairs(self, walker: Walker, value: Mapping, table: Table, rows: Labels) -> None:
        for key, item in value.items:
            if isinstance(key, Constant) and isinstance(key.value, str):
                labels = walker.flat(walker.of(item))
                walker.record((item.place, key.value), Written(table, rows, key.value, labels, walker.location(item)))

    def _values(self, walker: Walker, call: Call, receiver: Value) -> Labels | None:
        """`update(Item).values(owner_id=...)`."""
        owner = walker.of(receiver)
        rows = frozenset(each for each in owner if each[0] == "R")
        if not rows or not call.arguments:
            return None
        access = self.accesses[int(str(next(iter(rows))[1]))]
        for argument in call.arguments:
            labels = walker.flat(walker.of(argument.value))
            if argument.name:
                place = walker.location(argument.value)
                walker.record((argument.value.place, argument.name),
                              Written(access.table, rows, argument.name, labels, place))  # fmt: skip
        return owner

    # --- repositories of libraries ---

    def _repository(self, walker: Walker, call: Call, last: str, receiver: Value | None) -> Labels | None:
        if not isinstance(receiver, Reference) or not any(last in each for each in REPOSITORY_METHODS.values()):
            return None
        known = self.model.repository_of(walker, receiver)
        if known is None or last not in REPOSITORY_METHODS[known[0]]:
            return None
        kind, table = REPOSITORY_METHODS[known[0]][last], known[1]
        found = self.access(walker, table, kind, call)
        for argument in call.arguments:
            column = table.of_attribute(argument.name) if argument.name and kind != "insert" else None
            if column is not None:
                self.constrain(walker, found, table, column.attribute, argument.value, call)
            elif argument.name in {"object", "db", ""} or argument.star:
                labels = walker.flat(walker.of(argument.value))
                self._entries(walker, walker.of(argument.value), table, found, argument.value)
                if kind == "insert" and labels:
                    walker.record((argument.value.place, "made"),
                                  Constraint(found, None, "", labels, walker.location(argument.value)))  # fmt: skip
        if kind in {"update", "delete"}:
            walker.record(("modified", call.place), Modified(found, walker.location(call), kind == "delete"))
        return found


def _may_be_class(name: str) -> bool:
    """Whether a name can be that of a class, as nearly all code spells it; saves the evaluation of all others."""
    return name[:1].isupper() or name.lstrip("_")[:1].isupper() or any(each in name for each in _CLASSES)


__all__ = ["Queries"]
