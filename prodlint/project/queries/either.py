"""Conditions of which one is enough: an index helps only where each side of the `or` has one of the same table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Union

from msgspec.structs import replace

from prodlint.project.queries.indexes import has_many_values
from prodlint.project.queries.query import Use

__all__ = ["Said", "disjunction"]

Said = Union[Use, str]
"""What a condition says of a column, or why it may say more."""
_KEPT = frozenset({"few", "search", "join"})


def disjunction(branches: Sequence[Sequence[Said]]) -> Iterator[Said]:
    """What the sides of an `or` say together. Where each has a column that is compared for equality and has many
    values, all in one table, an index for each serves it; else it is read through, and no index is of use."""
    strong = [[use for use in branch if isinstance(use, Use) and _is_strong(use)] for branch in branches]
    shared = set.intersection(*({use.table.location for use in uses} for uses in strong)) if strong else set()
    for branch, uses in zip(branches, strong):
        chosen: list[Use] = []
        own = [use for use in uses if use.table.location in shared]
        for use in own:
            # A side that is an `or` itself needs all of its own.
            if use.kind != "equal" or not any(each.kind == "equal" for each in chosen):
                chosen.append(use)
        for each in branch:
            if isinstance(each, str):
                yield each
            elif any(each is use for use in chosen):
                yield replace(each, kind="either") if each.kind == "equal" else each
            elif each.kind in _KEPT:
                yield each
            else:
                yield replace(each, kind="few" if each.is_few else "other")


def _is_strong(use: Use) -> bool:
    if use.is_few or use.conditional:
        return False
    return use.kind in ("equal", "either", "join") and has_many_values(use.table, use.column)
