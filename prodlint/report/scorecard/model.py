"""The scorecard: what holds for each item of the checklist, and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping

from msgspec import Struct

from prodlint.checklist import SECTIONS, Evidence, Item, State
from prodlint.report.model import Report, Reported

__all__ = ["Attestation", "Judged", "Scorecard", "tally"]


class Attestation(Struct, frozen=True, array_like=True):
    """What somebody vouches for: who, when, where it is shown, and until when it holds. Days are written ISO 8601."""

    item: str
    state: str
    """ "met" or "not-applicable"."""
    by: str
    on: str
    until: str
    link: str
    note: str = ""


class Judged(Struct, frozen=True):
    """One item with its state and what led to it."""

    item: Item
    state: State
    reason: str
    """A clause that says why; of `MET` what the evidence comes to."""
    evidence: tuple[Evidence, ...] = ()
    findings: tuple[Reported, ...] = ()
    """Those that make it not met."""
    risks: tuple[Reported, ...] = ()
    """Findings that decide nothing: of related rules, milder cases, and those that somebody accepted."""
    open: tuple[str, ...] = ()
    """Clauses that say what was not evaluated, and why."""
    attestation: Attestation | None = None
    expired: bool = False
    """Whether the attestation no longer holds."""
    settled: bool = False
    """Whether the state is what is attested."""


class Scorecard(Struct, frozen=True):
    """The checklist with the state of each item, in the order of the list."""

    report: Report
    judged: tuple[Judged, ...]
    on: str
    """The day, ISO 8601, for which attestations were looked at."""
    routes: tuple[Mapping[str, object], ...] = ()
    """The rows of `inspect routes`, for who refuses where."""
    notices: tuple[str, ...] = ()
    """Sentences about attestations that are contradicted, not needed, ended, or that end soon."""

    def exit_status(self, states: Collection[State]) -> int:
        """2 if anything could not run, 1 for an item in one of the states, else 0."""
        if self.report.errors:
            return 2
        return int(any(each.state in states for each in self.judged))

    def of(self, names: Iterable[str]) -> tuple[Judged, ...]:
        """The items of some names."""
        wanted = set(names)
        return tuple(each for each in self.judged if each.item.name in wanted)

    @property
    def by_section(self) -> dict[str, tuple[Judged, ...]]:
        """The items of each section, by its name."""
        return {section.name: self.of(item.name for item in section.items) for section in SECTIONS}


def tally(judged: Iterable[Judged]) -> dict[State, int]:
    """How many items are in each state; every state is there."""
    counted = Counter(each.state for each in judged)
    return {state: counted[state] for state in State}
