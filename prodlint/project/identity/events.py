"""What the walk through a handler leaves behind: rows that are loaded, conditions, comparisons, writes and refusals.

A *label* says where a value comes from. Labels are tuples:

- `("P",)`: the authenticated caller, or something made of its credential;
- `("I", name, key ...)`: a value that the client chose: the parameter `name`, or a field of a body;
- `("R", number)`: a row, or the query for it (`Access.number`);
- `("O", number)`: an object of the tree whose attributes are known by themselves (`Labels.Objects`);
- `("Q",)`: the request;
- `("?",)`: something that could not be followed and that may depend on the caller.
"""

from __future__ import annotations

from typing import Union

from msgspec import Struct

from prodlint.finding import Location
from prodlint.project.tables.schema import Table
from prodlint.project.values.bindings import Defined

Label = tuple[object, ...]
Labels = frozenset[Label]

NOTHING: Labels = frozenset()
CALLER: Label = ("P",)
UNKNOWN: Label = ("?",)
REQUEST: Label = ("Q",)


class Access(Struct, frozen=True):
    """A query for rows of a table, or a row that is made."""

    number: int
    table: Table | None
    kind: str
    """"read", "update", "delete" or "insert"."""
    location: Location


class Constraint(Struct, frozen=True):
    """A condition of the queries in `rows`: `column` (an attribute of `table`; "" for none) against values with these
    labels."""

    rows: Labels
    table: Table | None
    column: str
    labels: Labels
    location: Location


class Compared(Struct, frozen=True):
    """A comparison: labels of both sides with the attributes that are read there (`row.owner_id`: "owner_id")."""

    left: Labels
    left_attribute: str
    right: Labels
    right_attribute: str
    location: Location
    is_equality: bool = True
    """`==`, `!=`, `in`, `is`: not `<`."""


class Written(Struct, frozen=True):
    """A value that is written to a column: of a new row (`table`), or of loaded ones (`rows`)."""

    table: Table | None
    rows: Labels
    column: str
    labels: Labels
    location: Location


class Modified(Struct, frozen=True):
    """Rows that are changed or deleted."""

    labels: Labels
    location: Location
    deletes: bool = False


class Handed(Struct, frozen=True):
    """Values that are handed to code that cannot be followed."""

    labels: Labels
    location: Location
    name: str


class Refused(Struct, frozen=True):
    """An exception or response that turns the caller away, and what it depends on."""

    status: int
    labels: Labels
    attributes: tuple[tuple[str, Labels], ...]
    """The attributes that the tests around it read, with the labels of what they are read from."""
    allowed: frozenset[object]
    """The constants with which those attributes are compared."""
    compares: bool
    """Whether the tests compare at all, and do not only ask whether something is there."""
    location: Location


Event = Union[Constraint, Compared, Written, Modified, Handed, Refused]


class Summary(Struct):
    """What one function does for certain labels of its parameters."""

    function: Defined
    events: list[Event] = []
    children: list[tuple[int, Summary]] = []
    """The calls that were followed: place of the call, and what came of it."""
    returns: Labels = NOTHING
    attributes: dict[str, Labels] = {}
    """Labels of what is assigned to attributes of `self`."""
    tested: bool = False
    """Whether it tests the caller in an `if`."""
    is_cut: bool = False
    """Whether a call was not followed because it lies too deep."""


__all__ = [
    "CALLER",
    "NOTHING",
    "REQUEST",
    "UNKNOWN",
    "Access",
    "Compared",
    "Constraint",
    "Event",
    "Handed",
    "Label",
    "Labels",
    "Modified",
    "Refused",
    "Summary",
    "Written",
]
