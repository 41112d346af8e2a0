"""Django's managers and querysets: `Item.objects.filter(owner=user).order_by("-created")`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec.structs import replace

from prodlint.facts import Call, Constant, Operation, Reference, Value
from prodlint.finding import Location
from prodlint.libraries.queries import DJANGO_EXECUTIONS, DJANGO_LOOKUPS, DJANGO_STEPS
from prodlint.project.queries.either import Said, disjunction
from prodlint.project.queries.naming import table_named
from prodlint.project.queries.query import Held, Load, Use
from prodlint.project.tables.schema import Column, Table
from prodlint.project.values.bindings import Defined
from prodlint.project.values.outcomes import Given, Instance, Site

if TYPE_CHECKING:
    from prodlint.project.queries.frame import Frame
    from prodlint.project.queries.relationships import Relationship

__all__ = ["django_call", "manager_of", "related_call"]

_MANAGERS = (".objects", "._default_manager", "._base_manager")
_CREATIONS = frozenset({"create", "acreate", "bulk_create", "abulk_create", "bulk_update", "abulk_update"})
_RELATED = frozenset({"all", "count", "exists", "iterator"})
"""Methods of a manager of related rows that use those which were loaded before."""


def manager_of(frame: Frame, value: Reference) -> Held | None:
    """The query that a manager of a model begins."""
    if not value.name.endswith(_MANAGERS):
        return None
    ending = next(each for each in _MANAGERS if value.name.endswith(each))
    table = table_named(frame, Reference(value.name.removesuffix(ending), value.place))
    if table is None:
        return None
    loads = (Load(("*",), "unknown"),) if _has_own_rows(frame, table, ending) else ()
    draft = frame.draft(
        kind="select", style="django", location=Location(frame.path, value.place), tables=(table,), entities=(table,),
        loads=loads,
    )  # fmt: skip
    return Held("query", (draft,))


def _has_own_rows(frame: Frame, table: Table, ending: str) -> bool:
    """Whether a model's manager is a class of the tree that says itself what it loads (`get_queryset`)."""
    name = ending.removeprefix(".")
    names = frame.reader.project.names
    for of in table.of[:1]:
        value = frame.reader.project.values.evaluate(Site(of.path, of.scope), Reference(name, 0)).meaning
        if isinstance(value, Instance) and isinstance(value.of, Defined):
            return isinstance(names.class_member(value.of.path, value.of.scope, "get_queryset"), Defined)
    return False


def related_call(frame: Frame, call: Call, held: Held, last: str, receiver: Value) -> Held | None:
    """A method of the manager of the rows that belong to a row: `order.lines.all()` takes those that were loaded
    before, `order.lines.filter(...)` always asks."""
    frame.arguments(call)
    before, table = replace(held, kind="row", path=held.path[:-1]), held.table
    relation = _through(frame, held)
    if relation is None or table is None:
        return None
    if last in _RELATED:
        frame.touch(replace(before, table=relation.table), relation.attribute, call)
        return replace(held, kind="rows") if last in ("all", "iterator") else None
    if last not in DJANGO_STEPS and last not in DJANGO_EXECUTIONS:
        return None
    back = field(table, relation.back) or field(table, "pk")
    place = Location(frame.path, call.place)
    uses = (Use(table, back.name, "equal", place, value=Given(frame.site, receiver)),) if back is not None else ()
    draft = frame.draft(
        kind="select", style="django", location=place, tables=(table,), entities=(table,), uses=uses
    )  # fmt: skip
    return django_call(frame, call, Held("query", (draft,)), last)


def _through(frame: Frame, held: Held) -> Relationship | None:
    """The relationship that rows were reached through."""
    table = next((each for draft in held.drafts for each in draft.entities if each is not None), None)
    relation = None
    for attribute in held.path:
        relation = frame.reader.relationships.of(table, attribute) if table is not None else None
        table = relation.target if relation is not None else None
    return relation


def django_call(frame: Frame, call: Call, held: Held, last: str) -> Held | None:
    """A method of a manager or queryset."""
    for argument in call.arguments:
        inner = frame.of(argument.value)
        if inner is not None and inner.kind == "query":
            frame.used.update(draft.number for draft in inner.drafts)
    table = held.drafts[0].tables[0] if held.drafts and held.drafts[0].tables else None
    if last in _CREATIONS or table is None:
        frame.used.update(draft.number for draft in held.drafts)
        return None
    if last in DJANGO_EXECUTIONS:
        how = DJANGO_EXECUTIONS[last]
        uses, doubt, tables = _conditions(frame, call, table) if last in ("get", "aget", "get_or_create",
            "aget_or_create", "update_or_create", "aupdate_or_create") else ((), "", ())  # fmt: skip
        held = _with(frame, held, uses, doubt, tables)
        if how in ("row", "pair"):
            held = _changed(frame, held, limit="one", bound=1)
        if last in ("count", "exists", "aggregate", "acount", "aexists"):
            held = _changed(frame, held, aggregates=True)
        if how == "nothing":
            held = _changed(frame, held, kind="delete" if "delete" in last else "update")
        frame.send(held, call, "row" if how == "pair" else how)
        if how in ("nothing", "value"):
            return None
        entity = held.drafts[0].entities[0] if held.drafts[0].entities else None
        return Held(how, held.drafts, (), entity)
    if last == "filter":
        return _with(frame, held, *_conditions(frame, call, table))
    if last == "exclude":
        uses, doubt, tables = _conditions(frame, call, table)
        return _with(frame, held, tuple(replace(use, kind="other") for use in uses), doubt, tables)
    if last == "order_by":
        return _with(frame, held, tuple(_ordered(frame, call, table)), "", ())
    if last in ("select_related", "prefetch_related"):
        return _changed(frame, held, loads=(*held.drafts[0].loads, *_loads(call, last)))
    if last in ("values", "values_list"):
        return _changed(frame, held, entities=(None,))
    if last == "annotate":
        return _changed(frame, held, aggregates=False)
    if last in DJANGO_STEPS:
        return held
    # A method of the application's own manager or queryset may narrow it.
    return _with(frame, held, (), f"`{last}` may narrow it", ())


def _with(
    frame: Frame, held: Held, uses: tuple[Use, ...], doubt: str, tables: tuple[Table, ...]
) -> Held:
    made = []
    for draft in held.drafts:
        made.append(
            frame.extended(
                draft,
                uses=(*draft.uses, *uses),
                doubt=draft.doubt or doubt,
                tables=tuple(dict.fromkeys((*draft.tables, *tables))),
            )
        )
    return replace(held, drafts=tuple(made))


def _changed(frame: Frame, held: Held, **facts: object) -> Held:
    return replace(held, drafts=tuple(frame.extended(draft, **facts) for draft in held.drafts))


def _conditions(frame: Frame, call: Call, table: Table) -> tuple[tuple[Use, ...], str, tuple[Table, ...]]:
    uses: list[Use] = []
    doubt = ""
    tables: list[Table] = []
    for argument in call.arguments:
        if argument.star:
            doubt = "its conditions are spread"
        elif argument.name and argument.name != "defaults":
            found = _looked_up(frame, table, argument.name, argument.value, tables)
            uses += [found] if found is not None else []
        elif not argument.name:
            for each in _object(frame, table, argument.value, tables):
                if isinstance(each, str):
                    doubt = doubt or each
                else:
                    uses.append(each)
    return tuple(uses), doubt, tuple(tables)


def _object(frame: Frame, table: Table, value: Value, tables: list[Table]) -> Iterator[Said]:
    """The conditions of a `Q(...)`."""
    match value:
        case Operation("&", operands):
            for each in operands:
                yield from _object(frame, table, each, tables)
        case Operation("|", operands):
            yield from disjunction([list(_object(frame, table, each, tables)) for each in operands])
        case Call(Reference(name), arguments) if name.rpartition(".")[2] == "Q":
            for argument in arguments:
                if argument.star or not argument.name:
                    yield "a condition is computed"
                else:
                    found = _looked_up(frame, table, argument.name, argument.value, tables)
                    yield found if found is not None else "a condition names a column that is not known"
        case _:
            yield "a condition is computed"


def _looked_up(frame: Frame, table: Table, name: str, value: Value, tables: list[Table]) -> Use | None:
    """The column that a keyword of `filter` names: `owner`, `owner_id`, `created__gte`, `owner__email`."""
    from prodlint.project.queries.conditions import is_few

    parts = name.split("__")
    kind = "equal"
    if len(parts) > 1 and parts[-1] in DJANGO_LOOKUPS:
        kind = DJANGO_LOOKUPS[parts.pop()]
    column = field(table, parts[0])
    current = table
    while len(parts) > 1:
        relation = frame.reader.relationships.of(current, parts[0])
        target = relation.target if relation is not None else _referenced(frame, column)
        if target is None:
            return None
        tables.append(target)
        parts.pop(0)
        current, column = target, field(target, parts[0])
    if column is None:
        return None
    few = kind == "few" or is_few(frame, value)
    return Use(
        current, column.name, kind, Location(frame.path, value.place), is_few=few, is_several=name.endswith("__in"),
        conditional=current is not table, value=Given(frame.site, value),
    )  # fmt: skip


def _referenced(frame: Frame, column: Column | None) -> Table | None:
    if column is None or not column.foreign_key:
        return None
    name = column.foreign_key.rpartition(".")[0].rpartition(".")[2]
    return next((each for each in frame.reader.entities.tables if each.name == name), None)


def field(table: Table, name: str) -> Column | None:
    """A field by its name, its column's, or as `pk`."""
    if name == "pk":
        return table.column(table.primary_key[0]) if table.primary_key else None
    return table.of_attribute(name) or table.column(name)


def _ordered(frame: Frame, call: Call, table: Table) -> list[Use]:
    found: list[Use] = []
    for argument in call.arguments:
        if not isinstance(argument.value, Constant) or not isinstance(argument.value.value, str):
            break
        text = argument.value.value
        column = field(table, text.lstrip("-"))
        if column is None:
            break
        place = Location(frame.path, argument.value.place)
        found.append(Use(table, column.name, "order", place, text.startswith("-")))
    return found


def _loads(call: Call, how: str) -> tuple[Load, ...]:
    if not call.arguments:
        return (Load(("*",), how),)
    found = []
    for argument in call.arguments:
        value = argument.value
        if isinstance(value, Call) and value.arguments:  # `Prefetch("items", queryset=...)`
            value = value.arguments[0].value
        if isinstance(value, Constant):
            parts = str(value.value).split("__")
            found += [Load(tuple(parts[:count]), how) for count in range(1, len(parts) + 1)]
        else:
            found.append(Load(("*",), "unknown"))
    return tuple(found)
