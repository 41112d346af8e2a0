"""An item of the production checklist, what decides it, and the states that it can be in."""

from __future__ import annotations

import enum

from msgspec import Struct

from prodlint.finding import Answer, Location

__all__ = ["Evidence", "Group", "Item", "Section", "State"]


class State(str, enum.Enum):
    """What holds for an item. `NEEDS_ATTESTING` is for what no source tells; `UNKNOWN` for what this one did not."""

    MET = "met"
    NOT_MET = "not-met"
    NOT_APPLICABLE = "not-applicable"
    UNKNOWN = "unknown"
    NEEDS_ATTESTING = "needs-attesting"

    @property
    def words(self) -> str:
        """As a person reads it: "not met"."""
        return self.value.replace("-", " ")


class Evidence(Struct, frozen=True, array_like=True):
    """Something in the source that speaks for an item (`YES`), against it (`NO`), or leaves it open (`UNKNOWN`)."""

    answer: Answer
    text: str
    """A clause; of an `UNKNOWN` one that completes "unknown because ..."."""
    location: Location | None = None
    proof: bool = False
    """Whether it shows even what an item otherwise needs somebody to attest."""


class Item(Struct, frozen=True, kw_only=True):
    """One item. The evidence that it is met is collected by the function of the same name in `scorecard/evidence`."""

    name: str
    """What attestations and links call it; unique over all sections."""
    title: str
    rules: tuple[str, ...] = ()
    """Rules of which a finding says that it is not met."""
    either: bool = False
    """Whether one of the rules that ran and found nothing is enough."""
    related: tuple[str, ...] = ()
    """Rules of which a finding is a risk to it that is worth showing, and decides nothing."""
    needs: tuple[str, ...] = ()
    """What the application must have for the item to apply: names of functions in `scorecard/applicable.py`."""
    running: str = ""
    """Why somebody has to attest it: what only a running system or a team shows; "" where the source decides."""
    sums: tuple[str, ...] = ()
    """The sections and items that it sums up."""
    verify: str
    """How a person makes sure."""


class Group(Struct, frozen=True):
    """Items under one heading; the heading is "" where the section has only one group."""

    title: str
    items: tuple[Item, ...]


class Section(Struct, frozen=True):
    """A section of the checklist. `name` is the word that rule pages use in `checklist:`."""

    name: str
    title: str
    groups: tuple[Group, ...]

    @property
    def items(self) -> tuple[Item, ...]:
        """Those of all groups."""
        return tuple(item for group in self.groups for item in group.items)
