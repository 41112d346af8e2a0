"""Queries, and lazy relationships, that a request sends once for each row of a loop."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from prodlint.facts import Assign, Attribute, Call, Constant, Operation, Reference, Sequence, Value, span, walk
from prodlint.finding import Location
from prodlint.libraries.database import FEW_VALUES
from prodlint.project.queries.asked import AskedLists
from prodlint.project.queries.query import Answer, Draft, Execution, Held, Loop, Touch, Use
from prodlint.project.queries.reach import Reach
from prodlint.project.queries.relationships import Relationship, Relationships
from prodlint.project.queries.serialised import Member, members, shapes_of
from prodlint.project.routes.responses import Response, response_of
from prodlint.project.tables.schema import Table
from prodlint.project.values.bindings import Defined
from prodlint.project.values.outcomes import Given, Site

if TYPE_CHECKING:
    from prodlint.project import Project
    from prodlint.project.queries.find import Found

__all__ = ["Repeated", "find_repeated"]

_FEW = 10
"""Rows of which a query for each is no burden."""
_LOADED = frozenset({"select", "True", "select_in"})
_SILENCES = ("cache", "memo", "lru")
_MAX_CALLS = 2
"""Calls between the loop and what is sent; further away it is too often conditional."""
_SHARED = frozenset("organization organisation org tenant workspace project account company group household".split())
"""What most rows that one request reads have in common, so that the session has it after the first of them."""


class Repeated(Struct, frozen=True):
    """Something that is sent once for each round of a loop."""

    location: Location
    """Where it stands in the loop."""
    sent: Location
    """Where it is sent, perhaps in a function that is called."""
    loop: Loop
    rows: Draft | None
    """The query of the rows that are looped over; None for a list that the client sends."""
    table: Table
    """The table that is read."""
    function: Defined
    """The function with the loop."""
    routes: tuple[str, ...]
    attribute: str = ""
    """The relationship, for one that is loaded when it is touched: `Item.owner`."""
    calls: tuple[Location, ...] = ()
    number: int = 1
    """Relationships, of which `attribute` is the first."""
    asked: str = ""
    """The list that the client sends, as the code writes it."""
    owner: Table | None = None
    """Whose rows a response takes the relationship from."""


def find_repeated(project: Project) -> Iterator[Repeated]:
    """What a request sends for each row of a loop, by place; each place once."""
    found = project.querying
    if found.relationships is None:
        return
    reach, lists = Reach(project), AskedLists(project)
    seen: dict[object, Repeated] = {}
    at_once: dict[Location, list[object]] = {}
    for execution in found.executions:
        for each in _query(project, execution, reach, lists):
            seen.setdefault(each.loop.location if each.asked else each.location, each)
    loaded = {
        (each.function, table.location)
        for each in found.executions
        if each.how in ("rows", "result") and not each.loops and not each.draft.aggregates
        for table in each.draft.tables[:1]
    }
    for touch in found.touches:
        for each in _touched(project, found.relationships, touch, reach, loaded):
            # Each later touch in the same loop finds it loaded.
            key: object = each.location
            if each.location == each.sent:
                key = (each.loop.location, each.attribute)
            if key not in seen:
                seen[key] = each
                at_once.setdefault(each.location, []).append(key)
    for several in at_once.values():  # A model that is made of a row takes several at one place.
        seen[several[0]] = replace(seen[several[0]], number=len(several))
        for key in several[1:]:
            del seen[key]
    for each in _serialised(project, found):
        seen.setdefault(each.location, each)
    yield from sorted(seen.values(), key=lambda each: (each.location, each.attribute))


# --- queries ----------------------------------------------------------------------------------------------------------


def _query(project: Project, execution: Execution, reach: Reach, lists: AskedLists) -> Iterator[Repeated]:
    draft = execution.draft
    if draft.kind not in ("select", "get") or execution.how == "nothing" or not draft.tables or not execution.loops:
        return
    loop = execution.loops[-1]
    rows = _rows(loop)
    if loop.is_gathered or loop.ends_early or (rows is None and loop.over is not None):
        return
    asked, senders = lists.name(loop) if rows is None else ("", frozenset())
    if not asked and (rows is None or draft.number == rows.number or rows.number in draft.line):
        return
    here = _here(project, execution, loop)
    function = _function(project, loop)
    if here is None or function is None or _is_far(execution, here) or _is_guarded(project, here, loop):
        return
    names = _names(project, function, loop)
    if here == execution.location:
        used = [use for use in draft.uses if use.kind == "equal" and use.value is not None]
        mine = [use for use in used if use.value is not None and _mentions(use.value.value, names)]
        if not mine or any(use.is_several for use in mine) or any(_is_own(use, loop) for use in mine):
            return
    else:
        call = _call_at(project, here)
        given = [each.value for each in call.arguments] if call is not None else []
        if not any(_mentions(each, names) for each in given) or _is_cached(project, execution):
            return
        if not any(use.kind == "equal" and not use.is_several for use in draft.uses) or draft.doubt:
            return
    routes = reach.routes(function)
    if asked:
        routes = tuple(route for route in routes if route in senders)
    if routes:
        table = draft.tables[0]
        calls = _after(execution, here)
        yield Repeated(here, execution.location, loop, rows, table, function, routes, calls=calls, asked=asked)


def _rows(loop: Loop) -> Draft | None:
    """The query whose rows a loop goes through; None for a loop over anything else, or over a few of them."""
    held = loop.over
    if held is None or held.kind not in ("query", "rows", "tuples", "result", "page") or not held.drafts:
        return None
    draft = held.drafts[0]
    if any(each.bound is not None and each.bound <= _FEW for each in held.drafts) and not held.path:
        return None
    return draft


def _here(project: Project, each: Execution | Touch, loop: Loop) -> Location | None:
    """The call, query or attribute in the loop itself: what stands in the loop's function."""
    for place in each.calls:
        if place.path == loop.location.path and place.place >> 28 > loop.location.place >> 28:
            if _scope_at(project, place) == loop.iterable.site.scope:
                return place
        elif loop.kind != "for" and place.path == loop.location.path:
            if _scope_at(project, place) == loop.iterable.site.scope and _is_within(place, loop.location):
                return place
    own = each.function == Defined(loop.iterable.site.path, loop.iterable.site.scope)
    return each.location if own else None


def _after(each: Execution | Touch, here: Location) -> tuple[Location, ...]:
    """The calls between the loop's own and what is sent."""
    return each.calls[each.calls.index(here) + 1 :] if here in each.calls else ()


def _is_far(each: Execution | Touch, here: Location) -> bool:
    return len(_after(each, here)) >= _MAX_CALLS


def _is_shared(relation: Relationship) -> bool:
    """Whether many rows lead to the same few others: kinds, states, a tenant."""
    words = {relation.attribute.rpartition("_")[2], relation.target.label.lower() if relation.target else ""}
    return bool(words & (FEW_VALUES | _SHARED))


def _scope_at(project: Project, place: Location) -> int:
    python = project.python(place.path)
    block = next((block for call, block in project.calls_in(place.path) if call.place == place.place), -1)
    return python.blocks[block].scope if python is not None and block >= 0 else -1


def _is_within(inner: Location, outer: Location) -> bool:
    one, other = span(inner.place), span(outer.place)
    return (other.line, other.column) <= (one.line, one.column) <= (other.end_line, other.end_column)


def _function(project: Project, loop: Loop) -> Defined | None:
    site = loop.iterable.site
    return Defined(site.path, site.scope) if project.role(site.path) == "application" else None


def _names(project: Project, function: Defined, loop: Loop) -> set[str]:
    """The names that differ in each round: the loop's target, and what is made of it."""
    found = {each.name for each in walk(loop.target) if isinstance(each, Reference)}
    for _ in range(2):
        for statement in project.statements_of(function):
            if isinstance(statement, Assign) and statement.value is not None and statement.place > loop.location.place:
                if _mentions(statement.value, found):
                    found |= {each.name for each in statement.targets if isinstance(each, Reference)}
    return found


def _mentions(value: Value, names: set[str]) -> bool:
    return any(isinstance(each, Reference) and each.name.partition(".")[0] in names for each in walk(value))


def _is_own(use: Use, loop: Loop) -> bool:
    """Whether a query asks for the very row that the loop is at, which the session already has."""
    held = loop.over
    if held is None or use.value is None or held.kind in ("tuples", "result"):
        return False
    table = held.table if held.path else next((each for each in held.drafts[0].entities if each is not None), None)
    if table is None or table.location != use.table.location or table.primary_key != (use.column,):
        return False
    own = {f"{each.name}.{use.column}" for each in walk(loop.target) if isinstance(each, Reference)}
    return isinstance(use.value.value, Reference) and use.value.value.name in own


def _is_guarded(project: Project, here: Location, loop: Loop) -> bool:
    """Whether the query runs only for what is not yet in a mapping or set: `if key not in seen`."""
    python = project.python(here.path)
    if python is None:
        return True
    block = next((block for call, block in project.calls_in(here.path) if call.place == here.place), -1)
    while block >= 0 and python.blocks[block].place > loop.location.place:
        fact = python.blocks[block]
        if fact.kind in ("if", "else") and fact.value is not None:
            if any(isinstance(each, Operation) and each.operator in ("in", "not in") for each in walk(fact.value)):
                return True
        if fact.kind == "except":
            return True
        block = fact.parent
    return False


def _call_at(project: Project, here: Location) -> Call | None:
    return next((call for call, _ in project.calls_in(here.path) if call.place == here.place), None)


def _is_cached(project: Project, execution: Execution) -> bool:
    """Whether a function on the way remembers its results."""
    functions = {execution.function}
    for place in execution.calls[1:]:
        python = project.python(place.path)
        block = next((block for call, block in project.calls_in(place.path) if call.place == place.place), -1)
        if python is not None and block >= 0:
            functions.add(Defined(place.path, python.blocks[block].scope))
    for each in functions:
        for decorator in getattr(project.scope_of(each), "decorators", ()):
            name = str(getattr(decorator.function if isinstance(decorator, Call) else decorator, "name", "")).lower()
            if any(word in name for word in _SILENCES):
                return True
    return False


# --- relationships ----------------------------------------------------------------------------------------------------


def _touched(
    project: Project,
    relationships: Relationships,
    touch: Touch,
    reach: Reach,
    loaded: set[tuple[Defined, Location]],
) -> Iterator[Repeated]:
    table = touch.row.table
    relation = relationships.of(table, touch.attribute) if table is not None else None
    if table is None or relation is None or relation.target is None or relation.doubt or relation.lazy not in _LOADED:
        return
    loop = next((each for each in reversed(touch.loops) if _goes_through(each.over, touch.row)), None)
    if loop is None or loop.is_gathered or loop.ends_early:
        return
    rows = _rows(loop)
    here = _here(project, touch, loop)
    function = _function(project, loop)
    if rows is None or here is None or function is None or not touch.row.drafts or _is_far(touch, here):
        return
    remembers = relation.table.mapper != "django"
    if remembers and not relation.many and _is_shared(relation):
        return
    if not remembers and _is_set(project, touch):
        return
    if any(_is_loaded(draft, touch.row.path, relation) for draft in touch.row.drafts):
        return
    if touch.row.path:
        # `user.items` and then `item.owner`: the session has that user.
        through = _relation_of(relationships, touch.row)
        if through is None or relation.attribute == through.back:
            return
        if remembers and through.table.location == relation.target.location:
            return
    if remembers and _is_same_for_all(relationships, touch.row, loop):
        return
    if remembers and not relation.many and (function, relation.target.location) in loaded:
        return
    routes = reach.routes(function)
    if routes:
        name = f"{table.label}.{relation.attribute}"
        yield Repeated(here, touch.location, loop, rows, relation.target, function, routes, name, _after(touch, here))


def _serialised(project: Project, found: Found) -> Iterator[Repeated]:
    """Relationships that a response model takes from each row that a handler returns."""
    assert found.relationships is not None
    for route in project.routes:
        function = route.handler
        if route.framework != "fastapi" or function is None or function not in found.answers:
            continue
        response = response_of(project, route)
        if response.kind != "model" or response.unknown or response.only is not None:
            continue
        for answer in found.answers[function]:
            loop = Loop(answer.location, Sequence("tuple", (), 0), Given(Site(function.path, function.scope),
                        Constant(None, 0)), answer.held, "response")  # fmt: skip
            rows = _rows(loop) if answer.held.kind != "row" else answer.held.drafts[0]
            table = answer.held.table or (rows.entities[0] if rows is not None and rows.entities else None)
            if rows is None or table is None or answer.held.kind not in ("rows", "row", "page"):
                continue
            lazy = _members(project, found.relationships, answer, table, response)
            if lazy:
                first = lazy[0]
                name = f"{first.relation.table.label}.{first.relation.attribute}"
                assert first.relation.target is not None
                yield Repeated(
                    answer.location, first.field.location, loop, rows, first.relation.target, function,
                    (route.subject,), name, number=len(lazy), owner=first.relation.table,
                )  # fmt: skip


def _members(
    project: Project, relationships: Relationships, answer: Answer, table: Table, response: Response
) -> list[Member]:
    """The relationships that are loaded for each of several rows."""
    found: dict[tuple[str, ...], Member] = {}
    for shape in shapes_of(project.schemas, response, answer.within):
        is_several = answer.held.kind != "row"
        for each in members(project.schemas, relationships, shape, table, (), is_several, response.left_out):
            relation = each.relation
            if not each.is_repeated or relation.lazy not in _LOADED or relation.doubt:
                continue
            if relation.table.mapper != "django" and not relation.many and _is_shared(relation):
                continue
            path = (*answer.held.path, *each.path[:-1])
            row = Held("row", answer.held.drafts, path)
            through = _relation_of(relationships, row) if path else None
            if through is not None and relation.attribute == through.back:
                continue
            if any(_is_loaded(draft, path, relation) for draft in answer.held.drafts):
                continue
            found.setdefault(each.path, each)
    return list(found.values())


def _is_set(project: Project, touch: Touch) -> bool:
    """Whether the function gives rows what the attribute leads to by itself: `line.order = order`."""
    for statement in project.statements_of(touch.function):
        for target in statement.targets if isinstance(statement, Assign) else ():
            name = target.name if isinstance(target, (Reference, Attribute)) else ""
            is_attribute = isinstance(target, Attribute) or "." in name
            if is_attribute and name.rpartition(".")[2] == touch.attribute:
                return True
    return False


def _is_same_for_all(relationships: Relationships, row: Held, loop: Loop) -> bool:
    """Whether the way from a row of the loop to what is touched leads to the same few rows: `case.case_type`."""
    over = loop.over.path if loop.over is not None else ()
    for count in range(len(over), len(row.path)):
        relation = _relation_of(relationships, Held("row", row.drafts, row.path[: count + 1]))
        if relation is None or relation.many:
            continue
        equal = (use for draft in row.drafts for use in draft.uses if use.kind == "equal" and not use.is_several)
        fixed = {use.column for use in equal}
        if _is_shared(relation) or (count == 0 and fixed.intersection(relation.columns)):
            return True
    return False


def _goes_through(over: Held | None, row: Held) -> bool:
    """Whether a row is one of those that a loop goes through, or of what belongs to one."""
    if over is None or not over.drafts or not row.drafts:
        return False
    same = {draft.number for draft in over.drafts} & {draft.number for draft in row.drafts}
    return bool(same) and row.path[: len(over.path)] == over.path


def _relation_of(relationships: Relationships, row: Held) -> Relationship | None:
    """The relationship through which a row was reached."""
    table = next((each for draft in row.drafts for each in draft.entities if each is not None), None)
    relation = None
    for attribute in row.path:
        relation = relationships.of(table, attribute) if table is not None else None
        table = relation.target if relation is not None else None
    return relation


def _is_loaded(draft: Draft, path: tuple[str, ...], relation: Relationship) -> bool:
    """Whether a query loads the relationship with its rows, or all its rows have the same one."""
    wanted = (*path, relation.attribute)
    if any(load.path in (wanted, ("*",)) for load in draft.loads):
        return True
    if any(load.path[-1:] == (relation.attribute,) for load in draft.loads):
        return True
    if draft.style == "django":
        return False
    own = [use for use in draft.uses if use.kind == "equal" and not use.is_several and not use.conditional]
    return not relation.many and any(use.column in relation.columns for use in own)
