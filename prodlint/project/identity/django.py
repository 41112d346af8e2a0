"""Django's managers and querysets as the walk sees them: `Item.objects.filter(owner=request.user)`,
`get_object_or_404(Item, code=code)`, `Item.objects.create(owner=request.user)`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prodlint.facts import Call, Operation, Reference, Value
from prodlint.libraries.identity import DJANGO_CREATES, DJANGO_LOOKUPS, DJANGO_SHORTCUTS
from prodlint.project.identity.events import NOTHING, Labels, Modified, Written
from prodlint.project.tables.schema import Table

if TYPE_CHECKING:
    from prodlint.project.identity.queries import Queries
    from prodlint.project.identity.walker import Walker

MANAGERS = frozenset({"objects", "_default_manager", "_base_manager"})


def django_call(queries: Queries, walker: Walker, call: Call, last: str, receiver: Value | None) -> Labels | None:
    """The labels of a call that Django's ORM answers with rows; None for any other."""
    if last in DJANGO_SHORTCUTS:
        return _shortcut(queries, walker, call)
    if receiver is None or last not in DJANGO_LOOKUPS | DJANGO_CREATES | {"update", "aupdate"}:
        return None
    if not any(argument.name or _is_object(argument.value) for argument in call.arguments):
        return None
    owner = walker.of(receiver)
    rows = frozenset(each for each in walker.flat(owner) if each[0] == "R")
    if not rows:
        return None
    table = queries.accesses[int(str(min(rows, key=str)[1]))].table
    if table is None:
        return None
    if last in {"update", "aupdate"}:
        _written(walker, call, table, rows)
        walker.record(call.place, Modified(rows, walker.location(call)))
        return NOTHING
    if last in DJANGO_LOOKUPS:
        _lookups(queries, walker, call, table, rows)
    if last in DJANGO_CREATES:
        made = queries.access(walker, table, "insert", call)
        _written(walker, call, table, made)
        return made if last in {"create", "acreate"} else owner | made
    return owner


def column_of(table: Table, name: str) -> str:
    """The attribute of a model that a keyword names: `owner`, `owner_id`, `pk`, `project__owner`."""
    first = name.partition("__")[0]
    if first == "pk":
        column = table.column(table.primary_key[0]) if table.primary_key else None
        return column.attribute if column is not None else "id"
    if table.of_attribute(first) is None and table.of_attribute(first.removesuffix("_id")) is not None:
        return first.removesuffix("_id")
    return first


def _shortcut(queries: Queries, walker: Walker, call: Call) -> Labels | None:
    """`get_object_or_404(Item, code=code)`, with a model, a manager or a queryset."""
    first = call.positional(0)
    if first is None:
        return None
    table = queries.table(walker, first) if isinstance(first, Reference) else None
    if table is not None:
        rows = queries.access(walker, table, "read", call)
    else:
        rows = frozenset(each for each in walker.flat(walker.of(first)) if each[0] == "R")
        table = queries.accesses[int(str(min(rows, key=str)[1]))].table if rows else None
    if table is None:
        return None
    _lookups(queries, walker, call, table, rows)
    return rows


def _lookups(queries: Queries, walker: Walker, call: Call, table: Table, rows: Labels) -> None:
    for argument in call.arguments:
        if argument.name and argument.name != "defaults":
            queries.constrain(walker, rows, table, column_of(table, argument.name), argument.value, call)
        elif argument.star:
            queries.constrain(walker, rows, None, "", argument.value, call)
        elif not argument.name:
            _of_object(queries, walker, argument.value, table, rows, call)


def _of_object(queries: Queries, walker: Walker, value: Value, table: Table, rows: Labels, call: Call) -> None:
    """The conditions of `Q(owner=user) | Q(members=user)`."""
    match value:
        case Operation("&" | "|" | "~", operands):
            for each in operands:
                _of_object(queries, walker, each, table, rows, call)
        case Call(function, arguments) if str(getattr(function, "name", "")).rpartition(".")[2] == "Q":
            for argument in arguments:
                if argument.name:
                    queries.constrain(walker, rows, table, column_of(table, argument.name), argument.value, call)
                else:
                    _of_object(queries, walker, argument.value, table, rows, call)
        case Reference() | Call():
            queries.constrain(walker, rows, None, "", value, call)


def _is_object(value: Value) -> bool:
    match value:
        case Operation("&" | "|" | "~", operands):
            return any(_is_object(each) for each in operands)
        case Call(function):
            return str(getattr(function, "name", "")).rpartition(".")[2] == "Q"
    return False


def _written(walker: Walker, call: Call, table: Table, rows: Labels) -> None:
    for argument in call.arguments:
        labels = walker.flat(walker.of(argument.value))
        if argument.name and argument.name != "defaults" and labels:
            place = walker.location(argument.value)
            column = column_of(table, argument.name)
            walker.record((argument.value.place, argument.name), Written(table, rows, column, labels, place))


__all__ = ["MANAGERS", "column_of", "django_call"]
