"""Relationships that are loaded when they are touched: in loops, and while a response is made of rows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from prodlint.facts import Assign, Attribute, Constant, Reference, Sequence
from prodlint.finding import Location
from prodlint.project.queries.query import Answer, Draft, Held, Loop, Touch
from prodlint.project.queries.reach import Reach
from prodlint.project.queries.relationships import Relationship, Relationships
from prodlint.project.queries.rounds import Repeated, calls_after, function_of, is_far, place_in, rows_of
from prodlint.project.queries.serialised import Member, is_shared, members, shapes_of
from prodlint.project.routes.responses import Response, response_of
from prodlint.project.tables.schema import Table
from prodlint.project.values.bindings import Defined
from prodlint.project.values.outcomes import Given, Site

if TYPE_CHECKING:
    from prodlint.project import Project
    from prodlint.project.queries.find import Found

__all__ = ["serialised", "touched"]

_LOADED = frozenset({"select", "True", "select_in"})


def touched(
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
    rows = rows_of(loop)
    here = place_in(project, touch, loop)
    function = function_of(project, loop)
    if rows is None or here is None or function is None or not touch.row.drafts or is_far(touch, here):
        return
    remembers = relation.table.mapper != "django"
    if is_shared(relation):
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
        later = calls_after(touch, here)
        yield Repeated(here, touch.location, loop, rows, relation.target, function, routes, name, later)


def serialised(project: Project, found: Found) -> Iterator[Repeated]:
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
            rows = rows_of(loop) if answer.held.kind != "row" else answer.held.drafts[0]
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
            if is_shared(relation):
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
        if is_shared(relation) or (count == 0 and fixed.intersection(relation.columns)):
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
