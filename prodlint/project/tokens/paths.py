"""Which blocks of a function are run on every path to a place, and under which conditions the others are."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from prodlint.facts import Python
from prodlint.project.values.outcomes import Given, Site, truth

if TYPE_CHECKING:
    from prodlint.project import Project

__all__ = ["ancestors", "conditions", "covers"]

_TRANSPARENT = frozenset({"with", "try", "try-else", "finally"})
"""Blocks that are run whenever what surrounds them is."""


def conditions(python: Python, site: Site, block: int, around: set[int]) -> Iterable[Given]:
    """The conditions around a block that the use does not share."""
    while block >= 0 and block not in around:
        value = python.blocks[block].value
        if python.blocks[block].kind in {"if", "else"} and value is not None:
            yield Given(site, value)
        block = python.blocks[block].parent


def covers(project: Project, site: Site, python: Python, blocks: set[int], around: set[int], ends: set[int]) -> bool:
    """Whether one of some blocks is run on every path to the use."""
    reached = set(blocks)
    pending = list(blocks)
    while pending:
        block = pending.pop()
        if block in around:
            return True
        fact, parent = python.blocks[block], -1
        if fact.kind in _TRANSPARENT:
            parent = fact.parent
        elif fact.kind in {"if", "else"} and fact.value is not None:
            holds = truth(project.values.evaluate(site, fact.value).meaning)
            if holds is not None and holds == (fact.kind == "if"):
                parent = fact.parent
            else:
                wanted = "else" if fact.kind == "if" else "if"
                for other, each in enumerate(python.blocks):
                    if each.parent == fact.parent and each.kind == wanted and each.value is not None:
                        if each.value.place == fact.value.place and (other in reached or other in ends):
                            parent = fact.parent
        if parent >= 0 and parent not in reached:
            reached.add(parent)
            pending.append(parent)
    return False


def ancestors(python: Python, block: int) -> Iterable[int]:
    while block >= 0:
        yield block
        block = python.blocks[block].parent
