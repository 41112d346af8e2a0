"""Which routes lead to a function: backwards through the calls of the tree, by name first."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING

from prodlint.facts import Attribute, Call, Reference
from prodlint.project.routes.called import code_of
from prodlint.project.values.bindings import Defined, External
from prodlint.project.values.outcomes import Opaque, Site, options

if TYPE_CHECKING:
    from prodlint.project import Project
    from prodlint.project.routes.route import Route

__all__ = ["Reach"]

_MAX_DEPTH = 6
_MAX_FUNCTIONS = 120
_MAX_SITES = 60
"""Calls of one name that are evaluated; of a name that is called more often, only those that its import decides."""


class Reach:
    """Answers which routes run a function; remembers what it has found."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self._handlers: dict[Defined, list[Route]] | None = None
        self._callers: dict[Defined, tuple[Defined, ...]] = {}
        self._sites: dict[str, list[tuple[str, int, Call]]] | None = None
        self._found: dict[Defined, tuple[str, ...]] = {}

    def routes(self, function: Defined) -> tuple[str, ...]:
        """The subjects of the routes that lead to a function (`GET /items`), sorted."""
        if function not in self._found:
            self._found[function] = tuple(sorted({route.subject for route in self._routes(function)}))
        return self._found[function]

    def _routes(self, function: Defined) -> Iterator[Route]:
        seen = {function}
        level = [function]
        for _ in range(_MAX_DEPTH):
            following: list[Defined] = []
            for each in level:
                yield from self.handlers.get(each, ())
                for caller in self.callers(each):
                    if caller not in seen and len(seen) < _MAX_FUNCTIONS:
                        seen.add(caller)
                        following.append(caller)
            level = following
        for each in level:
            yield from self.handlers.get(each, ())

    def is_of_scripts(self, function: Defined, depth: int = 0) -> bool:
        """Whether only scripts and management commands are seen to call a function, as one that makes sample data."""
        scope = self.project.scope_of(function)
        if scope.kind != "function" or function in self.handlers or depth > _MAX_DEPTH:
            return False
        callers = [each for each in self.callers(function) if each != function]
        if not callers:
            # A name that the application calls, too, may be this function's: `save`.
            return scope.name in self._script_names and scope.name not in self.sites
        return all(self.is_of_scripts(each, depth + 1) for each in callers)

    @cached_property
    def _script_names(self) -> frozenset[str]:
        """The last names of what scripts call."""
        found = set()
        for path in self.project.python_paths:
            for call, _ in self.project.calls_in(path) if self.project.role(path) == "script" else ():
                if isinstance(call.function, (Reference, Attribute)):
                    found.add(call.function.name.rpartition(".")[2])
        return frozenset(found)

    @property
    def handlers(self) -> dict[Defined, list[Route]]:
        """The routes by what they run: handlers and dependencies."""
        if self._handlers is None:
            found: dict[Defined, list[Route]] = {}
            for route in self.project.routes:
                if route.handler is not None:
                    found.setdefault(route.handler, []).append(route)
                for top in route.dependencies:
                    for each in top.closure():
                        if each.code is not None:
                            found.setdefault(each.code, []).append(route)
            self._handlers = found
        return self._handlers

    def callers(self, function: Defined) -> tuple[Defined, ...]:
        """The functions of the application that call a function."""
        if function not in self._callers:
            found = self._find(function) if self.project.scope_of(function).kind == "function" else ()
            self._callers[function] = tuple(dict.fromkeys(found))
        return self._callers[function]

    def _find(self, function: Defined) -> Iterator[Defined]:
        scope = self.project.scope_of(function)
        inner = scope.parent
        if inner >= 0 and self.project.scope_of(Defined(function.path, inner)).kind == "function":
            yield Defined(function.path, inner)  # What is defined inside runs with what is around it.
        sites = self.sites.get(scope.name, [])
        is_common = len(sites) > _MAX_SITES
        for path, caller, call in sites:
            if isinstance(call.function, Reference):
                symbol, rest = self.project.names.resolve(path, caller, call.function.name)
                if not rest and isinstance(symbol, (Defined, External)):
                    if symbol == function:
                        yield Defined(path, caller)
                    continue
            if is_common and path != function.path:
                continue
            meaning = self.project.values.evaluate(Site(path, caller), call.function).meaning
            for option in options(meaning):
                code, _ = code_of(self.project, option)
                if code == function or (code is not None and self._is_overridden(code, function)):
                    yield Defined(path, caller)
                    break
                if isinstance(option, Opaque):
                    continue

    def _is_overridden(self, called: Defined, function: Defined) -> bool:
        """Whether a call of a base class's method may run an override."""
        one, other = self.project.scope_of(called), self.project.scope_of(function)
        if one.name != other.name or one.parent < 0 or other.parent < 0:
            return False
        own = Defined(function.path, other.parent)
        if self.project.scope_of(own).kind != "class":
            return False
        return Defined(called.path, one.parent) in list(self.project.names.ancestors(own.path, own.scope))

    @property
    def sites(self) -> dict[str, list[tuple[str, int, Call]]]:
        """The calls of the application by the last name of what they call."""
        if self._sites is None:
            found: dict[str, list[tuple[str, int, Call]]] = {}
            for path in self.project.python_paths:
                python = self.project.python(path) if self.project.role(path) == "application" else None
                if python is None:
                    continue
                for call, block in self.project.calls_in(path):
                    if isinstance(call.function, (Reference, Attribute)):
                        name = call.function.name.rpartition(".")[2]
                        found.setdefault(name, []).append((path, python.blocks[block].scope, call))
            self._sites = found
        return self._sites
