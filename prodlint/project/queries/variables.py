"""What the variables of a function hold where they are read: branches that exclude each other do not see each other."""

from __future__ import annotations

from prodlint.facts import Python
from prodlint.project.queries.query import Held, either_of

__all__ = ["Variables"]

_SURE = frozenset({"try", "with", "finally", "try-else", "function", "module"})
"""Blocks whose statements run whenever those around them do."""


class Variables:
    """The bindings of one function, in source order."""

    def __init__(self, python: Python, body: int) -> None:
        self.python = python
        self.body = body
        self.names: dict[str, list[tuple[int, Held | None]]] = {}

    def bind(self, name: str, block: int, held: Held | None) -> None:
        """Keep what a name holds from here on; nothing is kept of names that never hold anything."""
        if held is not None or name in self.names:
            self.names.setdefault(name, []).append((block, held))

    def at(self, name: str, block: int) -> Held | None:
        """What a name holds in a block."""
        found: list[Held] = []
        branches: dict[int, set[str]] = {}
        for bound, held in reversed(self.names.get(name, ())):
            if self._excluded(bound, block):
                continue
            if held is not None:
                found.append(held)
            if self.is_sure(bound, block) or self._is_settled(bound, block, branches):
                break
        return either_of(found)

    def is_sure(self, bound: int, block: int) -> bool:
        """Whether what happens in block `bound` has happened when what follows it in `block` runs."""
        if bound == block:
            return True
        around = self.ancestors(block)
        while bound not in around:
            if bound < 0 or self.python.blocks[bound].kind not in _SURE:
                return False
            bound = self.python.blocks[bound].parent
        return True

    def _is_settled(self, bound: int, block: int, branches: dict[int, set[str]]) -> bool:
        """Whether each branch of an `if` has bound the name, the last in block `bound`."""
        while True:
            while bound >= 0 and self.python.blocks[bound].kind in _SURE:
                bound = self.python.blocks[bound].parent
            fact = self.python.blocks[bound]
            if bound < 0 or fact.kind not in ("if", "else") or fact.value is None:
                return False
            seen = branches.setdefault(fact.value.place, set())
            seen.add(fact.kind)
            if len(seen) < 2:
                return False
            bound = fact.parent
            if self.is_sure(bound, block):
                return True

    def ancestors(self, block: int) -> list[int]:
        """A block and those around it, inside the function."""
        found = []
        while block >= 0:
            found.append(block)
            block = self.python.blocks[block].parent
        return found

    def _excluded(self, one: int, other: int) -> bool:
        """Whether two blocks are in the branches of one `if` that exclude each other."""
        if one == other:
            return False
        first, second = self.ancestors(one), self.ancestors(other)
        shared = next((block for block in first if block in second), -1)
        a = first[first.index(shared) - 1] if shared in first and first.index(shared) else -1
        b = second[second.index(shared) - 1] if shared in second and second.index(shared) else -1
        if a < 0 or b < 0:
            return False
        blocks = self.python.blocks
        kinds = {blocks[a].kind, blocks[b].kind}
        if kinds == {"case"}:
            return True
        tests = {getattr(blocks[each].value, "place", 0) for each in (a, b)}
        return kinds == {"if", "else"} and len(tests) == 1
