"""How often, and with what, the code that registers something is run: loops around it, callers of its function, and
functions that it is a decorator of."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from prodlint.facts import Assign, Call, Reference, Return, Value, walk
from prodlint.finding import Location
from prodlint.project.routes.conditions import tests_around
from prodlint.project.routes.fastapi.registration import Registration
from prodlint.project.values.bindings import Defined
from prodlint.project.values.loops import looped, mentioned_in
from prodlint.project.values.outcomes import Function, Given, Instance, Meaning, Site, options
from prodlint.project.values.partials import applied_partial

if TYPE_CHECKING:
    from prodlint.project.routes.fastapi.routers import Routers

_MAX_DEPTH = 3


class Run(Struct, frozen=True):
    """One run of code that registers something: what its names are, and where it is the code of a decorator of an
    application's own, the function that is decorated, where, and under which tests."""

    site: Site
    handler: Defined | None = None
    placed: Location | None = None
    tests: tuple[Given, ...] = ()


class Runs:
    """Answers how registrations are run."""

    def __init__(self, routers: Routers) -> None:
        self.routers = routers
        self.project = routers.project
        self._decorating: dict[Defined, tuple[Run, ...]] = {}

    def of(self, receiver: Value, registration: Registration) -> list[Run]:
        """The runs of a registration: one for each turn of its loops, and for each call or decorated function where a
        parameter of the function around it decides what is registered, or where."""
        site = registration.applied.site if registration.applied is not None else registration.call.site
        values = [registration.call.value, receiver]
        values += [registration.applied.value] if registration.applied is not None else []
        mentioned = mentioned_in(*values)
        found = [Run(site)]
        if self._is_decided_by_caller(site, mentioned, receiver):
            function = Defined(site.path, site.scope)
            found = [*map(Run, self._calls_of(function, 0)), *self.decorating(function)] or found
        return self._looped(found, mentioned, site.path, registration.block)

    def applied(self, function: Defined) -> Iterator[Run]:
        """The runs of a function whose result is a decorator: `@function("/path") def handler()`, and the same by hand,
        `function("/path")(handler)`."""
        project = self.project
        name = project.scope_of(function).name
        for path in project.mentioning(name):
            python = project.python(path)
            if python is None or project.role(path) in {"test", "migration"}:
                continue
            for index, scope in enumerate(python.scopes):
                for decorator in scope.decorators:
                    block = max(python.blocks[scope.block].parent, 0)
                    if isinstance(decorator, Call):
                        site = Site(path, max(scope.parent, 0))
                        yield from self._of_factory(function, Given(site, decorator), Defined(path, index), block)
            for call, block in project.calls_in(path):
                handler = call.positional(0) if isinstance(call.function, Call) else None
                if handler is not None and isinstance(call.function, Call):
                    site = Site(path, python.blocks[block].scope)
                    meaning = project.values.evaluate(site, handler).meaning
                    code = meaning.of if isinstance(meaning, Function) else meaning
                    defined = code if isinstance(code, Defined) else None
                    yield from self._of_factory(function, Given(site, call.function), defined, block)

    def decorating(self, function: Defined) -> tuple[Run, ...]:
        """The runs of a function that takes what it decorates: `@function def handler()`; or that another function
        returns, which is called to decorate: `def register(path): def function(handler): ...; return function`."""
        found = self._decorating.get(function)
        if found is None:
            self._decorating[function] = ()
            found = self._decorating[function] = tuple(self._find_decorating(function))
        return found

    def _find_decorating(self, function: Defined) -> Iterator[Run]:
        project = self.project
        scope = project.scope_of(function)
        around = Defined(function.path, max(scope.parent, 0))
        first = next((each.name for each in scope.parameters if each.kind != "keyword-only"), "")
        if not first:
            return
        if project.scope_of(around).kind == "function":
            results = [each.value for each in project.statements_of(around) if isinstance(each, Return)]
            if any(isinstance(each, Reference) and each.name == scope.name for each in results):
                for run in self.applied(around):
                    yield self._handed(function, run, first, run.site.arguments or ())
        for path in project.mentioning(scope.name):
            python = project.python(path)
            if python is None or project.role(path) in {"test", "migration"}:
                continue
            for index, other in enumerate(python.scopes):
                for decorator in other.decorators:
                    site = Site(path, max(other.parent, 0))
                    if isinstance(decorator, Call) or not _ends(decorator, scope.name):
                        continue
                    meaning = project.values.evaluate(site, decorator).meaning
                    if function not in {_code(each) for each in options(meaning)}:
                        continue
                    block = max(python.blocks[other.block].parent, 0)
                    tests = tests_around(python, path, block)
                    run = Run(site, Defined(path, index), Location(path, decorator.place), tests)
                    own = _self(project.scope_of(function).parameters[0].name, meaning)
                    named = first if not own else project.scope_of(function).parameters[1].name
                    yield self._handed(function, run, named, own)

    def _handed(self, function: Defined, run: Run, parameter: str, arguments: tuple[tuple[str, Given], ...]) -> Run:
        """A run of `function` with what it decorates as the argument `parameter`."""
        assert run.placed is not None
        handler = run.handler
        if handler is not None:
            scope = self.project.scope_of(handler)
            where = Site(handler.path, max(scope.parent, 0))
            arguments = (*arguments, (parameter, Given(where, Reference(scope.name, scope.place))))
        return replace(run, site=Site(function.path, function.scope, arguments))

    def _of_factory(self, function: Defined, decorator: Given, handler: Defined | None, block: int) -> Iterator[Run]:
        """The runs of `function` where `decorator` is a call of it, through `partial` too."""
        project, call = self.project, decorator.value
        assert isinstance(call, Call)
        name = project.scope_of(function).name
        python = project.python(decorator.site.path)
        assert python is not None
        meaning = project.values.evaluate(decorator.site, call.function).meaning
        if isinstance(meaning, Instance) and getattr(meaning.of, "name", "") == "functools.partial" and meaning.call:
            whole = applied_partial(meaning.call, decorator)
            if whole is None or not isinstance(whole.value, Call):
                return
            decorator, meaning = whole, project.values.evaluate(whole.site, whole.value.function).meaning
        elif not _ends(call.function, name):
            return
        chosen = next((each for each in options(meaning) if _code(each) == function), None)
        if chosen is None:
            return
        own = _self(next((each.name for each in project.scope_of(function).parameters), ""), chosen)
        mentioned = mentioned_in(call)
        placed = Location(decorator.site.path, call.place)
        tests = tests_around(python, decorator.site.path, block)
        for run in self._looped([Run(decorator.site)], mentioned, decorator.site.path, block):
            given = Given(run.site, decorator.value)
            arguments = (*own, *project.values.bind(function, given, skip_first=bool(own)))
            yield Run(Site(function.path, function.scope, arguments), handler, placed, tests)

    def _looped(self, runs: list[Run], mentioned: set[str], path: str, block: int) -> list[Run]:
        """The runs, once for each turn of the loops around a block that bind one of the names."""
        python = self.project.python(path)
        assert python is not None
        values = self.project.values
        return [replace(run, site=each) for run in runs for each in looped(values, python, run.site, mentioned, block)]

    def _is_decided_by_caller(self, site: Site, mentioned: set[str], receiver: Value) -> bool:
        """Whether what a function registers depends on its parameters; not where it makes the router itself, which is
        then known by how it was made."""
        function = Defined(site.path, site.scope)
        scope = self.project.scope_of(function)
        if scope.kind != "function":
            return False
        decisive = {each.name for each in scope.parameters} - {"self", "cls"}
        if decisive:  # What a decorator puts around a function is made of that function.
            python = self.project.python(site.path)
            inner = python.scopes[site.scope + 1 :] if python is not None else ()
            decisive |= {each.name for each in inner if each.parent == site.scope and each.kind == "function"}
        for statement in self.project.statements_of(function):
            if isinstance(statement, Assign) and statement.value is not None:
                used = {each.name.partition(".")[0] for each in walk(statement.value) if isinstance(each, Reference)}
                if not used.isdisjoint(decisive):
                    decisive |= {each.name for each in statement.targets if isinstance(each, Reference)}
        if decisive.isdisjoint(mentioned):
            return False
        own = [each for each, _ in self.routers.followed(site, receiver) if each is not None]
        return not own or any((each.made.site.path, each.made.site.scope) != (site.path, site.scope) for each in own)

    def _calls_of(self, function: Defined, depth: int) -> Iterator[Site]:
        """The site of a function's body for each of its calls, with the arguments of the call."""
        for call in self.routers.callers.of(function):
            outer = Defined(call.site.path, call.site.scope)
            sites = [call.site]
            if depth < _MAX_DEPTH and self.project.scope_of(outer).kind == "function" and outer != function:
                sites = list(self._calls_of(outer, depth + 1)) or sites
            for site in sites:
                yield Site(function.path, function.scope, self.routers.callers.bind(function, Given(site, call.value)))


def _ends(value: Value, name: str) -> bool:
    return getattr(value, "name", "").rpartition(".")[2] == name


def _code(meaning: Meaning) -> Meaning:
    return meaning.of if isinstance(meaning, Function) else meaning


def _self(name: str, meaning: Meaning) -> tuple[tuple[str, Given], ...]:
    """The object of a method that was taken from one, by the name of its first parameter."""
    owner = meaning.owner if isinstance(meaning, Function) else None
    return ((name, owner.call),) if owner is not None and owner.call is not None else ()


__all__ = ["Run", "Runs"]
