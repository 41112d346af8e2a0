"""The error statuses that functions of the tree answer, those of the functions that they call included.

This is the coarse sister of `refusal`: it does not look at who asks, nor at arguments, and so has to look at each
function only once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from prodlint.facts import Block, Call, Raise, Reference, Value, walk
from prodlint.finding import Location, Step
from prodlint.libraries.responses import ABORTS
from prodlint.project.routes.anonymous import is_swallowed
from prodlint.project.routes.called import code_of
from prodlint.project.values.bindings import Defined, External
from prodlint.project.values.outcomes import Site, options

if TYPE_CHECKING:
    from prodlint.project import Project

_MAX_DEPTH = 6

Errors = dict[int, tuple[Step, ...]]
"""Statuses, each with the way to one place that answers it."""


class RaisedErrors:
    """Finds the statuses of functions; remembers them."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self._of: dict[Defined, Errors] = {}

    def of(self, function: Defined, depth: int = 0) -> Errors:
        """The statuses from 400 on that calling a function may answer."""
        known = self._of.get(function)
        if known is not None:
            return known
        if depth > _MAX_DEPTH or self.project.role(function.path) in {"test", "migration"}:
            return {}
        found = self._of[function] = {}  # A function that calls itself adds nothing.
        python = self.project.python(function.path)
        if python is None or python.scopes[function.scope].kind != "function":
            return found
        for statement in self.project.statements_of(function):
            value = getattr(statement, "value", None)
            if value is None or is_swallowed(python, statement.block, statement):
                continue
            location = Location(function.path, statement.place)
            if isinstance(statement, Raise):
                self._raised(found, function, value, location)
            else:
                self._called(found, function, value, location, depth)
        for _, block in self.project.headers_of(function):
            if block.value is not None and block.kind != "except":
                if not is_swallowed(python, block.parent, None):
                    self._called(found, function, block.value, Location(function.path, block.place), depth)
        return found

    def _raised(self, found: Errors, function: Defined, value: Value, location: Location) -> None:
        if isinstance(value, Reference) and self._is_caught(function, value.name):
            return
        status = self.project.routing.refusals.statuses.status_of(Site(function.path, function.scope), value)
        if status >= 400:
            found.setdefault(status, (Step(f"{status} is raised here", location),))

    def _is_caught(self, function: Defined, name: str) -> bool:
        """Whether a name is what an `except` has caught: its status was counted where it came from."""
        table = self.project.names.table(function.path)
        bindings = table.bindings.get(function.scope, {}).get(name, []) if table is not None else []
        return any(isinstance(each.statement, Block) and each.statement.kind == "except" for each in bindings)

    def _called(self, found: Errors, function: Defined, value: Value, location: Location, depth: int) -> None:
        site = Site(function.path, function.scope)
        for inner in walk(value):
            if not isinstance(inner, Call):
                continue
            for meaning in options(self.project.values.evaluate(site, inner.function).meaning):
                if isinstance(meaning, External) and meaning.name in ABORTS:
                    status = self.project.routing.refusals.statuses.number(site, inner.positional(0))
                    if status >= 400:
                        found.setdefault(status, (Step(f"{status} is answered here", location),))
                code, _ = code_of(self.project, meaning)
                if code is not None:
                    step = Step(f"`{self.project.scope_of(code).qualname}` is called here", location)
                    for status, steps in self.of(code, depth + 1).items():
                        found.setdefault(status, (step, *steps))


__all__ = ["Errors", "RaisedErrors"]
