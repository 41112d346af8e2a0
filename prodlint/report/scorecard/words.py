"""What all formats of the scorecard say in the same words: marks, counts, and the formula of the one percentage."""

from __future__ import annotations

from collections.abc import Iterable

from prodlint.checklist import State
from prodlint.facts import span
from prodlint.finding import Location
from prodlint.report.scorecard.model import Judged, tally

__all__ = ["MARKS", "counts", "headline", "place", "share"]

MARKS = {
    State.MET: "\N{CHECK MARK}",
    State.NOT_MET: "\N{MULTIPLICATION X}",
    State.UNKNOWN: "?",
    State.NEEDS_ATTESTING: "\N{WHITE CIRCLE}",
    State.NOT_APPLICABLE: "\N{EN DASH}",
}
"""A sign for each state, in the order in which states are counted."""


def counts(judged: Iterable[Judged]) -> str:
    """`11 met, 3 not met, 2 unknown`: what is zero is left out."""
    numbers = tally(judged)
    return ", ".join(f"{numbers[state]} {state.words}" for state in MARKS if numbers[state])


def share(judged: Iterable[Judged]) -> tuple[int, int, int]:
    """The items that are met, those that apply, and the one as a percentage of the other, rounded down: 100 is all."""
    numbers = tally(judged)
    applying = sum(numbers.values()) - numbers[State.NOT_APPLICABLE]
    return numbers[State.MET], applying, 100 * numbers[State.MET] // applying if applying else 0


def headline(judged: Iterable[Judged]) -> str:
    """The sentence about the whole, its formula included."""
    several = list(judged)
    met, applying, percent = share(several)
    attested = sum(each.settled and each.state is State.MET for each in several)
    vouched = f", {attested} of them by attestation" if attested else ""
    formula = f"{met} / ({len(several)} items - {len(several) - applying} not applicable)"
    return f"{met} of {applying} items that apply are met{vouched} ({percent} % = {formula})."


def place(location: Location | None) -> str:
    """`path:line`, "" for no place."""
    if location is None:
        return ""
    return f"{location.path}:{max(span(location.place).line, 1)}"
