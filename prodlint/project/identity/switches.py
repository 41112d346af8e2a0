"""Branches of which a setting chooses one for every request: what one of them checks says nothing of the other.

A branch that the caller decides (`if user.is_superuser: ... else: ...`) is another matter: there the two belong
together.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from prodlint.facts import Reference, Value
from prodlint.project.flow.reaching import contains
from prodlint.project.identity.events import Access
from prodlint.project.values.bindings import Bound
from prodlint.project.values.outcomes import Environment, Known, Meaning, Site

if TYPE_CHECKING:
    from prodlint.project import Project


class Switches:
    """Tells whether two queries stand in the two branches of such a test; remembers it."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self._branches: dict[tuple[str, int], dict[int, tuple[str, Value]]] = {}
        self._defaults: dict[tuple[str, int], Meaning | None] = {}

    def between(self, one: Access, other: Access) -> Value | None:
        """The test that decides which of two queries is made; None where both may be, or the caller decides."""
        if one.location.path != other.location.path:
            return None
        left, right = self._around(one), self._around(other)
        for place, (kind, test) in left.items():
            if place in right and right[place][0] != kind and self._is_setting(one.location.path, place, test):
                return test
        return None

    def _around(self, access: Access) -> dict[int, tuple[str, Value]]:
        """The branches around a query by the place of their test: "if" or "else", and the test."""
        path, place = access.location.path, access.location.place
        known = self._branches.get((path, place))
        if known is not None:
            return known
        found = self._branches[path, place] = {}
        python = self.project.python(path)
        holders = [each for each in python.statements if contains(each.place, place)] if python is not None else []
        block = holders[-1].block if holders else -1
        while python is not None and block >= 0 and python.blocks[block].kind not in {"function", "class", "module"}:
            fact = python.blocks[block]
            if fact.kind in {"if", "else"} and fact.value is not None:
                found[fact.value.place] = (fact.kind, fact.value)
            block = fact.parent
        return found

    def is_open(self, access: Access, test: Value) -> bool:
        """Whether a query stands in the branch that is taken unless the setting says something else."""
        kind, _ = self._around(access).get(test.place, ("", test))
        default = self._default(access.location.path, test)
        return isinstance(default, Known) and bool(default.value) == (kind == "if")

    def _is_setting(self, path: str, place: int, test: Value) -> bool:
        if (path, place) not in self._defaults:
            self._defaults[path, place] = self._of(path, test)
        return self._defaults[path, place] is not None

    def _default(self, path: str, test: Value) -> Meaning | None:
        """What a setting is unless somebody sets it."""
        meaning = self._defaults.get((path, test.place))
        return meaning.fallback if isinstance(meaning, Environment) else meaning

    def _of(self, path: str, test: Value) -> Meaning | None:
        """What a test is that nothing of a request decides; None for any other."""
        python = self.project.python(path)
        if not isinstance(test, Reference) or python is None:
            return None
        scope = next((block.scope for block in python.blocks if block.value == test), 0)
        symbol, _ = self.project.names.resolve(path, scope, test.name)
        meaning = self.project.values.evaluate(Site(path, scope), test).meaning
        return meaning if isinstance(meaning, Environment | Known) and not isinstance(symbol, Bound) else None


__all__ = ["Switches"]
