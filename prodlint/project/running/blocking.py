"""Blocking calls on the event loop: in `async` functions that requests reach, or in what these call."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec import Struct

from prodlint.finding import Location, Step
from prodlint.libraries.blocking import FILE, ON_THE_LOOP, waits_for
from prodlint.project.running.calls import Arguments, Made
from prodlint.project.running.entries import Entry, entries, runs_on_the_loop
from prodlint.project.values.bindings import Defined
from prodlint.project.values.outcomes import Site

if TYPE_CHECKING:
    from prodlint.project import Project

__all__ = ["Blocked", "Wait", "find_blocked", "short_name"]

_MAX_DEPTH = 5
_MAX_REACHED = 7
_SILENT = frozenset({"test", "migration", "documentation"})


class Wait(Struct, frozen=True):
    """A blocking call that a function makes, itself or through others."""

    name: str
    kind: str
    steps: tuple[Step, ...]
    """From the call in the function to the blocking call itself."""


class Blocked(Struct, frozen=True):
    """A function on the event loop with the blocking calls of one kind that it makes."""

    function: Defined
    kind: str
    waits: tuple[Wait, ...]
    """In source order, each with where it stands in the function as its first step."""
    entry: Entry
    way: tuple[Step, ...]
    """From the entry to the function; empty where it is the entry."""


def find_blocked(project: Project) -> Iterator[Blocked]:
    """Each function on the event loop that requests reach, by place, for each kind of blocking call that it makes."""
    model = _Model(project)
    found: list[Blocked] = []
    for function, arguments, entry, way in model.reached():
        by_kind: dict[str, list[Wait]] = {}
        for wait in model.waits(function, arguments, 0):
            by_kind.setdefault(wait.kind, []).append(wait)
        found += [Blocked(function, kind, tuple(waits), entry, way) for kind, waits in by_kind.items()]
    yield from sorted(found, key=lambda each: each.waits[0].steps[0].location)


class _Model:
    """Finds blocking calls; remembers those of synchronous functions."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.running = project.running
        self._waits: dict[tuple[Defined, object], tuple[Wait, ...]] = {}
        self._active: set[Defined] = set()

    def reached(self) -> Iterator[tuple[Defined, Arguments, Entry, tuple[Step, ...]]]:
        """The functions that the event loop runs for requests, each once with the shortest way to it."""
        todo: deque[tuple[Defined, Arguments, Entry, tuple[Step, ...]]] = deque()
        seen: set[Defined] = set()
        for entry in entries(self.project):
            if entry.route.framework in ON_THE_LOOP and runs_on_the_loop(self.project, entry):
                seen.add(entry.code)
                todo.append((entry.code, entry.arguments, entry, ()))
        while todo:
            function, arguments, entry, way = todo.popleft()
            yield function, arguments, entry, way
            if len(way) >= _MAX_REACHED:
                continue
            for made in self.running.made(function, arguments):
                for code, own in (*made.codes, *self._scheduled(function, arguments, made)):
                    scope = self.project.scope_of(code)
                    if code in seen or not scope.is_async or self.project.role(code.path) in _SILENT:
                        continue
                    seen.add(code)
                    here = Step(f"it calls `{scope.qualname}`", Location(function.path, made.call.place))
                    todo.append((code, own, entry, (*way, here)))

    def _scheduled(self, function: Defined, arguments: Arguments, made: Made) -> Iterator[tuple[Defined, Arguments]]:
        """An `async` function that is left to run after the response: on the same loop."""
        if getattr(made.call.function, "name", "").rpartition(".")[2] == "add_task" and made.call.arguments:
            given = made.call.positional(0)
            site = Site(function.path, function.scope, arguments or None)
            meaning = self.project.values.evaluate(site, given).meaning if given is not None else None
            if isinstance(meaning, Defined) and self.project.scope_of(meaning).kind == "function":
                yield meaning, ()

    def waits(self, function: Defined, arguments: Arguments, depth: int) -> tuple[Wait, ...]:
        """The blocking calls of a function and of the synchronous ones that it calls, one for each call."""
        found: list[Wait] = []
        inside: set[int] = set()
        for made in self.running.made(function, arguments):
            location = Location(function.path, made.call.place)
            wait = None
            if not made.awaited:
                wait = next((Wait(name, kind, (Step(f"`{short_name(name)}` blocks", location),))
                             for name in made.names if (kind := waits_for(name))), None)  # fmt: skip
            for code, own in made.codes:
                wait = wait or self._through(code, own, location, depth)
            # Of a chain such as `db.query(...).filter(...).first()` the outermost call stands for all.
            if wait is not None and made.call.place >> 28 not in inside:
                inside.add(made.call.place >> 28)
                found.append(wait)
        return tuple(found)

    def _through(self, code: Defined, own: Arguments, location: Location, depth: int) -> Wait | None:
        """The first blocking call that a synchronous function of the tree makes; opening a file counts for nothing
        there, as most that are opened so are small."""
        project = self.project
        scope = project.scope_of(code)
        if depth >= _MAX_DEPTH or scope.is_async or scope.is_generator or code in self._active:
            return None
        if project.role(code.path) in _SILENT or not self.running.stays(code):
            return None
        key = (code, self.running.key(own))
        if key not in self._waits:
            self._active.add(code)
            try:
                self._waits[key] = self.waits(code, own, depth + 1)
            finally:
                self._active.discard(code)
        first = next((each for each in self._waits[key] if each.kind != FILE), None)
        if first is None:
            return None
        return Wait(first.name, first.kind, (Step(f"it calls `{scope.qualname}`", location), *first.steps))


def short_name(name: str) -> str:
    """A dotted name as one would write it: `requests.get`, `Session.execute`."""
    parts = name.removeprefix("builtins.").split(".")
    for index, part in enumerate(parts):
        if part[:1].isupper():
            return ".".join(parts[index : index + 2])
    return ".".join(parts[-2:])
