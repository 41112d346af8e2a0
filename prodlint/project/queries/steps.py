"""The methods of a query: what each adds to it, and which of them send it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from prodlint.facts import Attribute, Call, Reference, Value, span, walk
from prodlint.finding import Location
from prodlint.libraries.queries import AGGREGATES, BY_NAME, FILTERS, JOINS, KEEPERS, LIMITS, SORTS, TERMINALS
from prodlint.project.queries.conditions import column_of, conditions, is_few, last_name, ordering
from prodlint.project.queries.loads import loads_of
from prodlint.project.queries.naming import table_named
from prodlint.project.queries.query import Draft, Held, Load, Use
from prodlint.project.queries.results import entity_of, executed
from prodlint.project.tables.schema import Table
from prodlint.project.values.outcomes import Given, Known

if TYPE_CHECKING:
    from prodlint.project.queries.frame import Frame

__all__ = ["changed", "key", "narrowed", "selected", "step"]


def step(frame: Frame, call: Call, held: Held, last: str) -> Held | None:
    """What a method of a query gives."""
    if last in TERMINALS and not (last in ("delete", "update") and call.arguments and last == "delete"):
        frame.arguments(call)
        how = TERMINALS[last]
        if last in ("get", "get_or_404") and call.arguments:
            place = Location(frame.path, call.place)
            table = entity_of(held)
            more = key(frame, table, call.arguments[0].value, place) if table is not None else ()
            held = changed(frame, held, kind="get", limit="one", bound=1, more=more)
        elif how == "row":
            held = changed(frame, held, limit="one", bound=1) if last != "one" else held
        elif how == "page":
            held = changed(frame, held, limit="some")
        elif last == "count":
            held = changed(frame, held, aggregates=True)
        elif how == "nothing":
            held = changed(frame, held, kind=last)
        frame.send(held, call, how)
        return executed(held, how, last)
    if last in FILTERS or last in BY_NAME:
        return narrowed(frame, held, call, last)
    if last in JOINS:
        return _joined(frame, held, call)
    if last in SORTS:
        frame.arguments(call)
        found = [ordering(frame, argument.value) for argument in call.arguments]
        if any(each is None for each in found):
            found = found[: found.index(None)]
        return changed(frame, held, more=tuple(each for each in found if each is not None))
    if last in LIMITS:
        frame.arguments(call)
        meaning = frame.reader.project.values.evaluate(frame.site, call.arguments[0].value).meaning if (
            call.arguments and last == "limit") else None  # fmt: skip
        bound = meaning.value if isinstance(meaning, Known) and isinstance(meaning.value, int) else None
        kind = LIMITS[last]
        return changed(frame, held, limit="one" if bound == 1 else kind, bound=bound) if kind else held
    if last == "options":
        loads = tuple(load for argument in call.arguments for load in loads_of(frame, argument.value))
        return changed(frame, held, loads=loads)
    if last == "group_by":
        groups = []
        for argument in call.arguments:
            column = column_of(frame, argument.value)
            if column is not None:
                table, fact, reference = column
                groups.append(Use(table, fact.name, "group", Location(frame.path, reference.place)))
        return changed(frame, held, aggregates=True, more=tuple(groups))
    if last in KEEPERS:
        return _kept(frame, held, call, last)
    given = frame.arguments(call)
    if last.startswith("scalar"):
        return held
    followed = frame.reader.follow(frame, call, given)
    return followed if followed is not None else held


def _kept(frame: Frame, held: Held, call: Call, last: str) -> Held:
    more: list[Use] = []
    tables: list[Table] = []
    entities: list[Table | None] = []
    for argument in call.arguments:
        inner = frame.of(argument.value)
        if inner is not None and inner.kind == "query":
            # What is counted or united is a part of the query.
            for draft in inner.drafts:
                frame.used.add(draft.number)
                more += draft.uses
                tables += draft.tables
        elif last in ("select_from", "add_columns", "add_entity", "with_entities", "with_only_columns"):
            entity, table, _ = selected(frame, argument.value)
            tables += [table] if table is not None else []
            entities.append(entity)
    replaces = last in ("with_entities", "with_only_columns")
    keeps = replaces or last in ("add_columns", "add_entity")
    return changed(frame, held, more=tuple(more), tables=tuple(tables), entities=tuple(entities) if keeps else
                   (), replaces=replaces)  # fmt: skip


def changed(
    frame: Frame,
    held: Held,
    *,
    more: tuple[Use, ...] = (),
    tables: tuple[Table, ...] = (),
    loads: tuple[Load, ...] = (),
    entities: tuple[Table | None, ...] = (),
    replaces: bool = False,
    doubt: str = "",
    **facts: object,
) -> Held:
    """The same for each query that is held, with something added."""
    made: list[Draft] = []
    for draft in held.drafts:
        own = tuple(dict.fromkeys((*draft.tables, *tables)))
        rows = entities if replaces else (*draft.entities, *entities)
        changes = {"uses": (*draft.uses, *more), "tables": own, "loads": (*draft.loads, *loads), "entities": rows,
                   "doubt": draft.doubt or doubt, **facts}  # fmt: skip
        made.append(frame.extended(draft, **changes))
    return replace(held, drafts=tuple(made))


def narrowed(frame: Frame, held: Held, call: Call, last: str) -> Held:
    """`where`, `filter`, `filter_by`: the columns that are compared."""
    uses: list[Use] = []
    doubt = ""
    tables: list[Table] = []
    for argument in call.arguments:
        inner = frame.of(argument.value)
        nested = [inner] if inner is not None and inner.kind == "query" else []
        for each in nested:
            for draft in each.drafts:
                frame.used.add(draft.number)
                uses += draft.uses
        if last in BY_NAME:
            table = held.drafts[0].tables[-1] if held.drafts and held.drafts[0].tables else None
            if argument.star or not argument.name:
                doubt = doubt or "its conditions are spread with `**`"
                continue
            column = table.of_attribute(argument.name) if table is not None else None
            if table is None or column is None:
                doubt = doubt or "a condition names a column that is not known"
                continue
            few = is_few(frame, argument.value)
            place = Location(frame.path, argument.value.place)
            uses.append(Use(table, column.name, "equal", place, is_few=few, value=Given(frame.site, argument.value)))
            continue
        if nested and isinstance(argument.value, Reference):
            continue
        for found in conditions(frame, argument.value):
            if isinstance(found, str):
                doubt = doubt or found
            else:
                uses.append(found)
    _parts_of_conditions(frame, call, uses)
    return changed(frame, held, more=tuple(uses), tables=tuple(tables), doubt=doubt)


def _parts_of_conditions(frame: Frame, call: Call, uses: list[Use]) -> None:
    """The conditions of queries inside conditions: `Item.owner_id.in_(select(...))`."""
    known = {draft.number for draft in frame.drafts.values()} - frame.used
    for number in known:
        draft = frame.drafts[number]
        begins, ends = call.place >> 28, _end(call.place)
        if draft.location.path == frame.path and begins <= draft.location.place >> 28 and _end(
            draft.location.place
        ) <= ends and not draft.line:  # fmt: skip
            frame.used.add(number)
            uses += draft.uses
            continue
        first = draft.line[0] if draft.line else None
        start = frame.drafts.get(first) if first is not None else None
        if start is not None and begins <= start.location.place >> 28 and _end(start.location.place) <= ends:
            frame.used.add(number)
            uses += draft.uses


def _end(place: int) -> tuple[int, int]:
    found = span(place)
    return found.end_line, found.end_column


def _joined(frame: Frame, held: Held, call: Call) -> Held:
    """`join(Item)`, `join(Item, Item.owner_id == User.id)`, `join(User.items)`."""
    tables: list[Table] = []
    uses: list[Use] = []
    for position, argument in enumerate(call.arguments):
        value = argument.value
        inner = frame.of(value)
        if inner is not None and inner.kind == "query":
            for draft in inner.drafts:
                frame.used.add(draft.number)
                uses += draft.uses
            continue
        table = table_named(frame, value) if isinstance(value, Reference) else None
        if table is not None:
            tables.append(table)
            continue
        if isinstance(value, Reference) and "." in value.name:
            head, _, attribute = value.name.rpartition(".")
            owner = table_named(frame, Reference(head, value.place))
            relation = frame.reader.relationships.of(owner, attribute) if owner is not None else None
            if relation is not None and relation.target is not None:
                tables.append(relation.target)
                continue
        if argument.name in ("isouter", "full") or (position == 0 and not isinstance(value, Call)):
            continue
        uses += [each for each in conditions(frame, value) if not isinstance(each, str)]
    # What a row is joined with narrows it only through the columns that are compared.
    uses = [each if each.kind == "join" else replace(each, conditional=True) for each in uses]
    return changed(frame, held, more=tuple(uses), tables=tuple(tables))


def selected(frame: Frame, value: Value) -> tuple[Table | None, Table | None, bool]:
    """Of what a query selects: the entity whose rows it gives, the table that it reads, whether it aggregates."""
    if isinstance(value, Reference):
        table = table_named(frame, value)
        if table is not None:
            return (table if table.of else None), table, False
        column = column_of(frame, value)
        return None, column[0] if column is not None else None, False
    if isinstance(value, (Call, Attribute)):
        name = last_name(value.function) if isinstance(value, Call) else ""
        for inner in walk(value):
            found = column_of(frame, inner) if isinstance(inner, Reference) else None
            table = found[0] if found is not None else table_named(frame, inner)
            if table is not None:
                return None, table, name in AGGREGATES or _has_aggregate(value)
        return None, None, _has_aggregate(value)
    return None, None, False


def _has_aggregate(value: Value) -> bool:
    return any(isinstance(each, Call) and last_name(each.function) in AGGREGATES for each in walk(value))


def key(frame: Frame, table: Table, value: Value | None, place: Location) -> tuple[Use, ...]:
    """The comparison of a table's key with a value."""
    if value is None or len(table.primary_key) != 1:
        return ()
    return (Use(table, table.primary_key[0], "equal", place, value=Given(frame.site, value)),)
