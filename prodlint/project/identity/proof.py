"""What is proven to belong to the caller while a route is answered.

Proven is what comes from the caller, what is compared with something proven, a row that a query with a proven condition
finds, and then whatever else selected that row. What was handed to code that cannot be followed together with the
caller is perhaps proven.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from msgspec import Struct

from prodlint.project.identity.callers import Found, Walked, is_restriction
from prodlint.project.identity.events import (
    CALLER,
    REQUEST,
    UNKNOWN,
    Access,
    Compared,
    Constraint,
    Handed,
    Label,
    Labels,
    Refused,
)


class Proof(Struct, frozen=True):
    """The labels of one route by what is known of them."""

    caller: Labels
    """The caller and rows that were found by nothing but the caller."""
    equal: Labels
    """Those, and what is compared with them directly."""
    proven: Labels
    """Those, and all that follows."""
    perhaps: Labels
    """Labels that may be proven by code that was not followed; those that are proven are among them."""
    conditions: dict[Label, tuple[Found, ...]]
    """The conditions of each query, by its label."""
    restrictions: tuple[Refused, ...]
    """Refusals that depend on what the caller may do."""
    compares: bool
    """Whether anything of the client's or a row is compared with the caller."""

    def labels_of(self, row: Label) -> Labels:
        """All labels in the conditions of a query."""
        found: set[Label] = set()
        for each in self.conditions.get(row, ()):
            assert isinstance(each.event, Constraint)
            found |= each.event.labels
        return frozenset(found)


def prove(walked: Walked, accesses: list[Access], excludes: Callable[[Label, Label], bool]) -> Proof:
    """Work out what is proven while a route is answered; `excludes` says of two rows that never both are loaded."""
    conditions: dict[Label, list[Found]] = {}
    for found in walked.found:
        if isinstance(found.event, Constraint):
            for row in found.event.rows:
                conditions.setdefault(row, []).append(found)
    selected: dict[Label, Labels] = {}
    for row, several in conditions.items():
        labels: set[Label] = set()
        for each in several:
            assert isinstance(each.event, Constraint)
            labels |= each.event.labels
        selected[row] = frozenset(labels)
    caller = {CALLER}
    while True:
        more = {row for row, labels in selected.items() if labels and labels <= caller} - caller
        if not more:
            break
        caller |= more
    compared = [each.event for each in walked.found if isinstance(each.event, Compared)]
    inserted: set[Label] = {row for row in selected if row[0] == "R" and accesses[int(str(row[1]))].kind == "insert"}
    through: dict[Label, set[Label]] = {}
    proven = _closure(set(caller), compared, selected, inserted, through, excludes)
    perhaps = _closure(_handed(walked, proven), compared, selected, inserted, dict(through), excludes)
    known = frozenset(caller)
    equal = set(caller)
    for pair in compared:
        for one, other in ((pair.left, pair.right), (pair.right, pair.left)):
            if one & known and pair.is_equality:
                equal |= {each for each in other if each[0] in {"I", "R"}}
    restrictions = [
        each.event for each in walked.found
        if isinstance(each.event, Refused) and is_restriction(each.event, known, each.is_root)
    ]  # fmt: skip
    pairs = [*((each.left, each.right) for each in compared), *((each.right, each.left) for each in compared)]
    compares = any(one & known and other - known for one, other in pairs)
    return Proof(
        known,
        frozenset(equal),
        frozenset(proven),
        frozenset(perhaps),
        {row: tuple(each) for row, each in conditions.items()},
        tuple(restrictions),
        compares,
    )


def _closure(
    known: set[Label],
    compared: Iterable[Compared],
    selected: dict[Label, Labels],
    inserted: set[Label],
    through: dict[Label, set[Label]],
    excludes: Callable[[Label, Label], bool],
) -> set[Label]:
    """What follows from what is known; `through` gets the labels that nothing but rows has proven, with these rows:
    they prove no row of a branch in which those are never loaded."""
    compared = list(compared)
    while True:
        before = len(known), sum(len(rows) for rows in through.values())
        for each in compared:
            for one, other in ((each.left, each.right), (each.right, each.left)):
                if one & known:
                    known |= other
                    for label in other & through.keys():
                        del through[label]
        for row, labels in selected.items():
            if row in known and row not in inserted:
                for label in labels:
                    if label not in known or label in through:
                        known.add(label)
                        through.setdefault(label, set()).add(row)
            elif any(
                label not in through or not all(excludes(row, each) for each in through[label])
                for label in labels & known
            ):
                known.add(row)
        if before == (len(known), sum(len(rows) for rows in through.values())):
            return known


def _handed(walked: Walked, proven: set[Label]) -> set[Label]:
    """What is proven, and what may be: labels that were handed on together with the caller or the request."""
    found = {*proven, UNKNOWN}
    for each in walked.found:
        if isinstance(each.event, Handed) and each.event.labels & {*proven, REQUEST, UNKNOWN}:
            found |= each.event.labels
    return found


__all__ = ["Proof", "prove"]
