"""Calls that begin a query, add to it, send it, or take rows from what it gave."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from prodlint.facts import Attribute, Call, Reference, Value, method_of
from prodlint.finding import Location
from prodlint.libraries.queries import (
    BEGINNINGS,
    CONTAINERS,
    EXECUTIONS,
    GETS,
    MODEL_CALLS,
    QUERY_PACKAGES,
    RESULTS,
    SQL_EXECUTIONS,
    SQL_WRAPPERS,
)
from prodlint.project.queries.conditions import last_name
from prodlint.project.queries.django import django_call, related_call
from prodlint.project.queries.loads import loads_of
from prodlint.project.queries.naming import table_named
from prodlint.project.queries.query import Held
from prodlint.project.queries.repositories import repository_call
from prodlint.project.queries.results import entity_of, executed, of_result
from prodlint.project.queries.serialised import members
from prodlint.project.queries.sql import named_call, sent
from prodlint.project.queries.steps import changed, key, narrowed, selected, step
from prodlint.project.routes.schemas import Shape
from prodlint.project.values.bindings import Defined

if TYPE_CHECKING:
    from prodlint.project.queries.frame import Frame

__all__ = ["held_of_call"]

def held_of_call(frame: Frame, call: Call) -> Held | None:
    """What a call holds."""
    last, receiver = method_of(call.function)
    if last == "gather":
        frame.gathered += 1
        for argument in call.arguments:
            frame.of(argument.value)
        frame.gathered -= 1
        return None
    held = frame.of(receiver) if receiver is not None else None
    if held is not None and last == "raw" and call.arguments:
        return _raw(frame, call, held)
    if held is not None and held.kind == "related" and receiver is not None:
        return related_call(frame, call, held, last, receiver)
    if held is not None and held.kind in ("query", "manager"):
        if any(draft.style == "django" for draft in held.drafts):
            return django_call(frame, call, held, last)
        return step(frame, call, held, last)
    if held is None and receiver is not None and last in frame.reader.repositories.names:
        of = frame.reader.repositories.of(frame, receiver, last)
        if of is not None:
            return repository_call(frame, call, *of)
    begun = _begun(frame, call, last, receiver)
    if begun is not None:
        return begun
    if held is not None and last in RESULTS:
        frame.arguments(call)
        return of_result(held, RESULTS[last])
    if held is not None and held.kind == "row" and isinstance(call.function, (Reference, Attribute)):
        frame.touch(held, last, call.function)
    given = frame.arguments(call)
    first = next((each for each in given.values() if each is not None and each.kind == "query"), None)
    if first is not None and all(draft.style == "sql" for draft in first.drafts):
        if last in SQL_WRAPPERS:
            return first
        if last in SQL_EXECUTIONS:
            return sent(frame, first, call, SQL_EXECUTIONS[last])
    if receiver is not None and last in frame.reader.texts.named:
        asked = named_call(frame, call, last)
        if asked is not None:
            return asked
    if first is not None and EXECUTIONS.get(last) == "page":
        first = changed(frame, first, limit="some")
    if first is not None and last in EXECUTIONS and receiver is not None:
        frame.send(first, call, EXECUTIONS[last])
        return executed(first, EXECUTIONS[last], last)
    if last in CONTAINERS and receiver is None:
        inner = next((each for each in given.values() if each is not None), None)
        if inner is not None and inner.kind == "query":
            frame.send(inner, call, "rows")
            return Held("rows", inner.drafts, (), entity_of(inner))
        if inner is not None and inner.kind == "result":
            return replace(inner, kind="tuples")
        return inner
    if last == "paginate" and first is not None:
        frame.send(first, call, "page")
        return Held("page", first.drafts, (), entity_of(first))
    if first is None and last in MODEL_CALLS and receiver is not None:
        _taken(frame, call, receiver, given.get(0))
    return frame.reader.follow(frame, call, given)


def _taken(frame: Frame, call: Call, receiver: Value, row: Held | None) -> None:
    """`UserRead.model_validate(user)`, which reads the relationships that the model has as fields."""
    if row is None or row.kind != "row" or row.table is None:
        return
    project = frame.reader.project
    meaning = project.values.evaluate(frame.site, receiver).meaning
    if isinstance(meaning, Defined) and project.scope_of(meaning).kind == "class":
        for member in members(project.schemas, frame.reader.relationships, Shape(meaning), row.table):
            if not member.is_repeated:
                path = (*row.path, *member.path[:-1])
                frame.touch(Held("row", row.drafts, path, member.relation.table), member.path[-1], call)


def _raw(frame: Frame, call: Call, held: Held) -> Held | None:
    """`Item.objects.raw("SELECT ...")` of Django, which gives rows of the model."""
    frame.used.update(draft.number for draft in held.drafts)
    first = frame.arguments(call).get(0)
    if first is None or first.kind != "query":
        return None
    sent(frame, first, call, "rows")
    return Held("rows", first.drafts, (), entity_of(held))


# --- beginnings -------------------------------------------------------------------------------------------------------


def _begun(frame: Frame, call: Call, last: str, receiver: Value | None) -> Held | None:
    """A call that begins a query; None for any other."""
    place = Location(frame.path, call.place)
    if last in GETS and receiver is not None:
        return _got(frame, call, place)
    if last in ("exists", "select") and receiver is None and not call.arguments:
        draft = frame.draft(kind="select", style="sqlalchemy", location=place, aggregates=True)
        return Held("query", (draft,))
    if last not in BEGINNINGS and last != "exists":
        return None
    kind = BEGINNINGS.get(last, "select")
    own = table_named(frame, receiver) if receiver is not None else None
    if own is not None and not own.of and last != "query":  # `users.select()` of a `Table(...)`.
        draft = frame.draft(kind=kind, style="sqlalchemy", location=place, tables=(own,), entities=(None,))
        return narrowed(frame, Held("query", (draft,)), call, "where")
    entities, tables, aggregates = [], [], False
    for argument in call.arguments:
        if argument.name and argument.name not in ("entities", "entity"):
            continue
        entity, table, is_aggregate = selected(frame, argument.value)
        entities.append(entity)
        aggregates = aggregates or is_aggregate
        if table is not None and table not in tables:
            tables.append(table)
    if not tables and not _is_library(frame, call, last, receiver):
        return None
    nested = [each for each in frame.arguments(call).values() if each is not None and each.kind == "query"]
    if last == "exists" and nested and not tables:
        return nested[0]
    uses = tuple(use for each in nested for draft in each.drafts for use in draft.uses)
    for each in nested:
        frame.used.update(draft.number for draft in each.drafts)
    draft = frame.draft(
        kind=kind, style="sqlalchemy", location=place, tables=tuple(tables), entities=tuple(entities),
        aggregates=aggregates or last == "exists", uses=uses,
    )  # fmt: skip
    return Held("query", (draft,))


def _is_library(frame: Frame, call: Call, last: str, receiver: Value | None) -> bool:
    """Whether a call without an entity is one of SQLAlchemy's: `select(func.count())`, `session.query(func.now())`."""
    if not call.arguments:
        return False
    if last == "query":
        name = last_name(receiver) if receiver is not None else ""
        return name in ("session", "db", "db_session")
    name = frame.reader.project.values.external_name(frame.plain, call.function)
    return name.partition(".")[0] in QUERY_PACKAGES


def _got(frame: Frame, call: Call, place: Location) -> Held | None:
    """`session.get(User, 1)`."""
    first = call.positional(0) or call.keyword("entity")
    table = table_named(frame, first) if isinstance(first, Reference) else None
    if table is None or not table.of:
        return None
    ident = call.positional(1) or call.keyword("ident")
    frame.arguments(call)
    uses = key(frame, table, ident, place)
    draft = frame.draft(
        kind="get", style="sqlalchemy", location=place, tables=(table,), entities=(table,), uses=uses, limit="one",
        loads=loads_of(frame, call.keyword("options")), bound=1,
    )  # fmt: skip
    held = Held("query", (draft,))
    frame.send(held, call, "row")
    return Held("row", (draft,), (), table)
