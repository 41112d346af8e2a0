"""How a loop may end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prodlint.facts import Jump, Return

if TYPE_CHECKING:
    from prodlint.project.queries.frame import Frame

__all__ = ["ends_early"]


def ends_early(frame: Frame, index: int) -> bool:
    """Whether a loop may end before its last element: at a `break`, or with the function."""
    for statement in frame.reader.project.statements_of(frame.function):
        if isinstance(statement, (Return, Jump)) and getattr(statement, "kind", "break") == "break":
            if _inside(frame, statement.block, index):
                return True
    return False


def _inside(frame: Frame, block: int, loop: int) -> bool:
    while block >= 0:
        if block == loop:
            return True
        if frame.python.blocks[block].scope != frame.function.scope:
            return False
        block = frame.python.blocks[block].parent
    return False
