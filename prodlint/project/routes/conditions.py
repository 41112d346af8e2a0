"""The tests around a registration, and whether they hold in an application whose environment sets nothing."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from prodlint.facts import Operation, Python
from prodlint.project.values.outcomes import Environment, Given, Known, Site

if TYPE_CHECKING:
    from prodlint.project import Project


def tests_around(python: Python, path: str, block: int) -> tuple[Given, ...]:
    """The tests of the `if`s around a block, up to the function or module."""
    found = []
    while block >= 0 and python.blocks[block].kind not in {"function", "module", "class"}:
        fact = python.blocks[block]
        if fact.kind in {"if", "else"} and fact.value is not None:
            value = fact.value
            # What stands in an `else` runs where the test fails; a made-up value stands at a place that no other has.
            test = value if fact.kind == "if" else Operation("not", (value,), ~value.place)
            found.append(Given(Site(path, fact.scope), test))
        block = fact.parent
    return tuple(found)


def holds(project: Project, tests: Iterable[Given]) -> bool:
    """Whether all tests are true by default."""
    for test in tests:
        meaning = project.values.given(test).meaning
        default = meaning.fallback if isinstance(meaning, Environment) else meaning
        if not (isinstance(default, Known) and default.value):
            return False
    return True


__all__ = ["holds", "tests_around"]
