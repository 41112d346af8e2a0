"""What is being evaluated, and what an evaluation that comes back to it may still be remembered for."""

from __future__ import annotations

from prodlint.project.values.bindings import Variable

__all__ = ["NOTHING", "Cycles"]

NOTHING = 1 << 30
"""No level: nothing was met again."""


class Cycles:
    """The names and calls that are being evaluated inside each other."""

    def __init__(self) -> None:
        self.active: dict[object, int] = {}
        """What is being evaluated, outermost first, with how much was before it (see `enter`)."""
        self.met = NOTHING
        """The outermost of it that the evaluation at hand has come back to: what comes of it is true only in there."""
        self.cuts = 0
        """How often an evaluation ended at itself: what came of it then depends on where it began, and is forgotten."""

    def meets(self, key: object) -> bool:
        """Whether something is being evaluated, so that it is not to be begun once more.

        What then comes of the evaluations inside it is forgotten. What comes of itself is kept where no other name lies
        in between; a cycle of several names depends on which was asked for first."""
        own = self.active.get(key)
        if own is None:
            return False
        for other, level in reversed(self.active.items()):
            if level == own:
                self.met = min(self.met, own)
                return True
            if isinstance(other, Variable) or (isinstance(other, tuple) and other[0] in {"local", "attribute"}):
                break
        self.cuts += 1
        return True

    def enter(self, key: object) -> int:
        """Begin to evaluate something; what is given is for `leave`."""
        met, self.met = self.met, NOTHING
        self.active[key] = len(self.active)
        return met

    def leave(self, key: object, met: int) -> bool:
        """End it. Whether what came of it is the same wherever it is asked for (see `cuts` for the other condition)."""
        if self.met >= self.active.pop(key):
            self.met = NOTHING
        is_closed = self.met == NOTHING
        self.met = min(met, self.met)
        return is_closed
