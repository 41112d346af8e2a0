"""What is sent again in each round of a loop, where that stands, and what the loop goes through."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from prodlint.facts import span
from prodlint.finding import Location
from prodlint.project.queries.query import Draft, Execution, Loop, Touch
from prodlint.project.tables.schema import Table
from prodlint.project.values.bindings import Defined

if TYPE_CHECKING:
    from prodlint.project import Project

__all__ = ["Repeated", "calls_after", "function_of", "is_far", "place_in", "rows_of"]

_FEW = 10
"""Rows of which a query for each is no burden."""
_MAX_CALLS = 2
"""Calls between the loop and what is sent; further away it is too often conditional."""


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


def rows_of(loop: Loop) -> Draft | None:
    """The query whose rows a loop goes through; None for a loop over anything else, or over a few of them."""
    held = loop.over
    if held is None or held.kind not in ("query", "rows", "tuples", "result", "page") or not held.drafts:
        return None
    draft = held.drafts[0]
    if any(each.bound is not None and each.bound <= _FEW for each in held.drafts) and not held.path:
        return None
    return draft


def place_in(project: Project, each: Execution | Touch, loop: Loop) -> Location | None:
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


def calls_after(each: Execution | Touch, here: Location) -> tuple[Location, ...]:
    """The calls between the loop's own and what is sent."""
    return each.calls[each.calls.index(here) + 1 :] if here in each.calls else ()


def is_far(each: Execution | Touch, here: Location) -> bool:
    return len(calls_after(each, here)) >= _MAX_CALLS


def _scope_at(project: Project, place: Location) -> int:
    python = project.python(place.path)
    block = next((block for call, block in project.calls_in(place.path) if call.place == place.place), -1)
    return python.blocks[block].scope if python is not None and block >= 0 else -1


def _is_within(inner: Location, outer: Location) -> bool:
    one, other = span(inner.place), span(outer.place)
    return (other.line, other.column) <= (one.line, one.column) <= (other.end_line, other.end_column)


def function_of(project: Project, loop: Loop) -> Defined | None:
    site = loop.iterable.site
    return Defined(site.path, site.scope) if project.role(site.path) == "application" else None
