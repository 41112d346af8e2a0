"""Queries, and lazy relationships, that a request sends once for each row of a loop."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec.structs import replace

from prodlint.facts import Assign, Call, Operation, Reference, Value, walk
from prodlint.finding import Location
from prodlint.project.queries.asked import AskedLists
from prodlint.project.queries.lazy import serialised, touched
from prodlint.project.queries.query import Execution, Loop, Use
from prodlint.project.queries.reach import Reach
from prodlint.project.queries.rounds import Repeated, calls_after, function_of, is_far, place_in, rows_of
from prodlint.project.values.bindings import Defined

if TYPE_CHECKING:
    from prodlint.project import Project

__all__ = ["Repeated", "find_repeated"]

_SILENCES = ("cache", "memo", "lru")


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
        for each in touched(project, found.relationships, touch, reach, loaded):
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
    for each in serialised(project, found):
        seen.setdefault(each.location, each)
    yield from sorted(seen.values(), key=lambda each: (each.location, each.attribute))


# --- queries ----------------------------------------------------------------------------------------------------------


def _query(project: Project, execution: Execution, reach: Reach, lists: AskedLists) -> Iterator[Repeated]:
    draft = execution.draft
    if draft.kind not in ("select", "get") or execution.how == "nothing" or not draft.tables or not execution.loops:
        return
    loop = execution.loops[-1]
    rows = rows_of(loop)
    if loop.is_gathered or loop.ends_early or (rows is None and loop.over is not None):
        return
    asked, senders = lists.name(loop) if rows is None else ("", frozenset())
    if not asked and (rows is None or draft.number == rows.number or rows.number in draft.line):
        return
    here = place_in(project, execution, loop)
    function = function_of(project, loop)
    if here is None or function is None or is_far(execution, here) or _is_guarded(project, here, loop):
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
        calls = calls_after(execution, here)
        yield Repeated(here, execution.location, loop, rows, table, function, routes, calls=calls, asked=asked)


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
