"""What a query is, while it is put together and when it is sent."""

from __future__ import annotations

from msgspec import Struct
from msgspec.structs import replace

from prodlint.facts import Value
from prodlint.finding import Location
from prodlint.project.tables.schema import Table
from prodlint.project.values.bindings import Defined
from prodlint.project.values.outcomes import Given

__all__ = ["Answer", "Draft", "Execution", "Held", "Load", "Loop", "Query", "Touch", "Use", "either_of"]


class Use(Struct, frozen=True):
    """One place where a query uses a column."""

    table: Table
    column: str
    """Its name in the database."""
    kind: str
    """"equal", "either" (the same, as one side of an `or_`), "range", "join" (compared with another column), "order",
    "group", "search" (`ilike`, `contains`), "few" (compared with nothing or truth) or "other" (in an expression)."""
    location: Location
    descending: bool = False
    is_few: bool = False
    """It is compared with truth, with nothing or with a member of an enumeration."""
    is_several: bool = False
    """It is compared with a list (`in_`)."""
    conditional: bool = False
    """The query is also sent without it."""
    value: Given | None = None
    """What it is compared with."""


class Load(Struct, frozen=True):
    """How a query loads a relationship: `selectinload(User.items)`."""

    path: tuple[str, ...]
    """The attributes from the query's entity; `("*",)` for all."""
    how: str


class Draft(Struct, frozen=True):
    """A query while it is put together; each method gives a new one."""

    number: int
    line: tuple[int, ...]
    """The numbers of those that it was made from."""
    kind: str
    """"select", "get", "update", "delete" or "insert"."""
    style: str
    """"sqlalchemy", "django" or "sql"."""
    location: Location
    """Where it begins."""
    function: Defined
    """Where that is; the module for one outside of functions."""
    tables: tuple[Table, ...] = ()
    """The table of its rows, then those that it joins."""
    entities: tuple[Table | None, ...] = ()
    """What stands in a row, in order: a row of a table, or None for a value."""
    uses: tuple[Use, ...] = ()
    loads: tuple[Load, ...] = ()
    limit: str = ""
    """"one", "some", or "" where nothing limits its rows."""
    bound: int | None = None
    """The limit, where it is a constant."""
    aggregates: bool = False
    """It gives counts or sums, or groups."""
    doubt: str = ""
    """Why it may have conditions that are not seen; "" where it has none."""
    is_generic: bool = False
    """Its function works on several models, of which this is one."""


class Held(Struct, frozen=True):
    """What a variable or expression holds: a query, its result, or rows of it."""

    kind: str
    """"query", "result", "rows" or "row" (of `entities[0]`), "tuples" or "tuple", "pair" (of Django's
    `get_or_create`), "related" (Django's manager of the rows that belong to a row)."""
    drafts: tuple[Draft, ...]
    path: tuple[str, ...] = ()
    """Of rows that a relationship gave: its attributes, from the query's entity."""
    table: Table | None = None


class Loop(Struct, frozen=True):
    """A loop or a clause of a comprehension."""

    location: Location
    target: Value
    iterable: Given
    over: Held | None
    kind: str
    """"for", or "comprehension"."""
    is_gathered: bool = False
    """Its rounds run side by side (`asyncio.gather`)."""
    ends_early: bool = False
    """A `break` or `return` may end it before the last row."""


class Execution(Struct, frozen=True):
    """Where a query is sent."""

    draft: Draft
    location: Location
    how: str
    """What it gives: "rows", "row", "value", "result", "page", "nothing"."""
    function: Defined
    loops: tuple[Loop, ...] = ()
    """Those around it, the outermost first; where it stands in a function that is called, those around the call."""
    calls: tuple[Location, ...] = ()
    """The calls that lead to it, the outermost first."""


class Touch(Struct, frozen=True):
    """Where an attribute of a row is read."""

    row: Held
    attribute: str
    location: Location
    function: Defined
    loops: tuple[Loop, ...] = ()
    calls: tuple[Location, ...] = ()


class Answer(Struct, frozen=True):
    """What a function returns of a query."""

    held: Held
    location: Location
    within: str = ""
    """The field, or key, of the object around it; "" for none."""


class Query(Struct, frozen=True):
    """A query as it is sent."""

    draft: Draft
    location: Location
    """Where it begins."""
    sent: Location | None
    """Where it is sent; None where that is not seen."""
    how: str
    function: Defined
    loops: tuple[Loop, ...] = ()

    @property
    def tables(self) -> tuple[Table, ...]:
        """The table of its rows, then those that it joins."""
        return self.draft.tables

    @property
    def uses(self) -> tuple[Use, ...]:
        """The columns that it uses, in the order of the code."""
        return self.draft.uses


def either_of(several: list[Held]) -> Held | None:
    """One of several that a variable or an expression may hold: the first, with the queries of those that are reached
    in the same way."""
    if len(several) < 2:
        return several[0] if several else None
    first = several[0]
    same = (held for held in several if (held.kind, held.path, held.table) == (first.kind, first.path, first.table))
    return replace(first, drafts=_merged([draft for held in same for draft in held.drafts]))


def _merged(drafts: list[Draft]) -> tuple[Draft, ...]:
    """The queries that a variable may hold: of one and what was made from it, the latter, whose additions are then
    conditional."""
    found: list[Draft] = []
    for draft in sorted(drafts, key=lambda each: -len(each.line)):
        later = [index for index, each in enumerate(found) if draft.number in (*each.line, each.number)]
        for index in later:
            each = found[index]
            if each.number != draft.number:
                uses = tuple(use if use in draft.uses else _perhaps(use) for use in each.uses)
                found[index] = _with_uses(each, uses)
        if not later:
            found.append(draft)
    return tuple(found)


def _perhaps(use: Use) -> Use:
    return replace(use, conditional=True)


def _with_uses(draft: Draft, uses: tuple[Use, ...]) -> Draft:
    return replace(draft, uses=uses)
