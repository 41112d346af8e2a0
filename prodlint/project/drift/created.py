"""Where an application creates the tables of its models by itself, without migrations, and how that comes to run."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec import Struct

from prodlint.facts import Call, Constant, Reference, walk
from prodlint.finding import Location, Step
from prodlint.libraries.database import APPLICATION_CLASSES, CREATORS, MAPPER_PACKAGES, STARTUP_HOOKS, STARTUP_KEYWORDS
from prodlint.project.deployment.surroundings import surroundings
from prodlint.project.engines.programs import is_script
from prodlint.project.values.bindings import Defined
from prodlint.project.values.outcomes import Function, Site, options, truth

if TYPE_CHECKING:
    from prodlint.project import Project

__all__ = ["Creation", "creations", "is_stamped"]

_MAX_DEPTH = 6
_SERVERS = frozenset({"uvicorn.run", "hypercorn.run", "granian.Granian"})


class Creation(Struct, frozen=True):
    """A call that creates tables."""

    location: Location
    call: str
    """As one would write it: `create_all`."""
    path: str
    block: int
    scope: int
    runs: bool
    """Whether the application is seen to run it."""
    reason: str = ""
    """Why it cannot be told whether it runs; "" where it can."""
    steps: tuple[Step, ...] = ()


def creations(project: Project) -> Iterator[Creation]:
    """All calls that create tables in the application's own files, by path and place."""
    for path in project.mentioning("create_all", "generate_schemas", "register_tortoise", "RegisterTortoise"):
        if project.role(path) != "application" or is_script(project, path):
            continue
        python = project.python(path)
        assert python is not None
        seen: set[int] = set()
        for outer, block in project.values_in(path):
            for value in walk(outer):
                site = Site(path, python.blocks[block].scope)
                name = _creates(project, site, value)
                if name and value.place not in seen:
                    seen.add(value.place)
                    runs, reason, steps = _Reached(project).of(site.scope, path, block, ())
                    yield Creation(Location(path, value.place), name, path, block, site.scope, runs, reason, steps)


def is_stamped(project: Project, creation: Creation) -> bool:
    """Whether the function that creates the tables, or one that it calls, tells Alembic that they are up to date."""
    stamping = {(site.path, site.scope) for site in project.calls(("alembic.command.stamp", "flask_migrate.stamp"))}
    if not stamping or creation.scope == 0:
        return False
    reached = {(creation.path, creation.scope)}
    for call in project.calls_of(Defined(creation.path, creation.scope)):
        if isinstance(call.function, Reference):
            symbol, rest = project.names.resolve(creation.path, creation.scope, call.function.name)
            if isinstance(symbol, Defined) and not rest:
                reached.add((symbol.path, symbol.scope))
    return bool(reached & stamping)


def _creates(project: Project, site: Site, value: object) -> str:
    """What an expression creates tables with; "" for all else. A mere reference is handed over to be called."""
    if isinstance(value, Call):
        given = value.keyword("generate_schemas")
        if given is not None:
            name = project.values.external_name(site, value.function)
            answer = truth(project.values.evaluate(site, given).meaning)
            return "generate_schemas" if name.startswith("tortoise.") and answer else ""
        return ""
    if not isinstance(value, Reference):
        return ""
    head, _, last = value.name.rpartition(".")
    if last not in CREATORS or not head:
        return ""
    name = project.values.external_name(site, value)
    if name:
        return last if name.partition(".")[0] in (*MAPPER_PACKAGES, "tortoise") else ""
    if last == "create_all" and head.rpartition(".")[2] in ("metadata", "meta"):
        return last
    return ""


class _Reached:
    """Follows the references to a function back to what runs it."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.seen: set[tuple[str, int]] = set()
        self.reason = ""

    def of(self, scope: int, path: str, block: int, steps: tuple[Step, ...]) -> tuple[bool, str, tuple[Step, ...]]:
        """Whether the application runs a block, why that cannot be told, and the way there."""
        found = self._runs(scope, path, block, steps)
        return (True, "", found) if found is not None else (False, self.reason, ())

    def _runs(self, scope: int, path: str, block: int, steps: tuple[Step, ...]) -> tuple[Step, ...] | None:
        python = self.project.python(path)
        if python is None or len(steps) > _MAX_DEPTH or self.project.role(path) != "application":
            return None
        around = surroundings(self.project, Site(path, scope), block)
        if not around.runs or self._is_off(scope, path, block):
            return None
        if scope == 0:
            if is_script(self.project, path) or (around.main and not self._serves(path, block)):
                return None
            return steps
        if around.reason and not self._is_on(scope, path, block):
            self.reason = self.reason or around.reason
            return None
        if (path, scope) in self.seen:
            return None
        self.seen.add((path, scope))
        function = Defined(path, scope)
        fact = python.scopes[scope]
        if fact.kind == "class":
            return self._runs(fact.parent, path, max(python.blocks[fact.block].parent, 0), steps)
        where = Location(path, fact.place)
        for decorator in fact.decorators:
            name = (getattr(decorator.function, "name", "") if isinstance(decorator, Call) else "").rpartition(".")[2]
            name = name or getattr(decorator, "name", "").rpartition(".")[2]
            if name in STARTUP_HOOKS or any(route.handler == function for route in self.project.routes):
                return (*steps, Step(f"`{fact.name}` runs when the application starts", where))
            if name in ("command", "group", "callback"):
                return None
        for call in self.project.calls_of(function):
            made = self.project.values.external_name(Site(path, scope), call.function)
            if made.rpartition(".")[2] in APPLICATION_CLASSES:
                return (*steps, Step(f"`{fact.name}` makes the application", where))
        return self._referenced(function, fact.name, steps)

    def _referenced(self, function: Defined, name: str, steps: tuple[Step, ...]) -> tuple[Step, ...] | None:
        for path in self.project.mentioning(name):
            python = self.project.python(path)
            if python is None or self.project.role(path) not in ("application", "script"):
                continue
            for outer, block in self.project.values_in(path):
                scope = python.blocks[block].scope
                for value in walk(outer):
                    keywords = value.arguments if isinstance(value, Call) else ()
                    for argument in keywords:
                        if argument.name in STARTUP_KEYWORDS and self._names(path, scope, argument.value, function):
                            step = Step(
                                f"`{name}` runs when the application starts", Location(path, argument.value.place)
                            )
                            return (*steps, step)
                    if not self._names(path, scope, value, function):
                        continue
                    step = Step(f"`{name}` is called here", Location(path, value.place))
                    found = self._runs(scope, path, block, (*steps, step))
                    if found is not None:
                        return found
        return None

    def _names(self, path: str, scope: int, value: object, function: Defined) -> bool:
        if not isinstance(value, Reference):
            return False
        if value.name.rpartition(".")[2] != self.project.scope_of(function).name:
            return False
        for meaning in options(self.project.values.evaluate(Site(path, scope), value).meaning):
            if meaning == function or (isinstance(meaning, Function) and meaning.of == function):
                return True
        return False

    def _serves(self, path: str, block: int) -> bool:
        """Whether the same run of statements starts a server."""
        return any(
            own == block
            and (
                self.project.values.external_name(Site(path), call.function) in _SERVERS
                or getattr(call.function, "name", "").endswith(("app.run", "application.run"))
            )
            for call, own in self.project.calls_in(path)
        )

    def _tests(self, scope: int, path: str, block: int) -> Iterator[tuple[bool | None, bool]]:
        """The conditions around a block whose parameters have defaults: what they are then, and what they must be."""
        python = self.project.python(path)
        assert python is not None
        while block >= 0 and python.blocks[block].scope == scope:
            fact = python.blocks[block]
            if fact.kind in ("if", "else") and fact.value is not None:
                yield self._default(scope, path, fact.value), fact.kind == "if"
            block = fact.parent

    def _default(self, scope: int, path: str, test: object) -> bool | None:
        python = self.project.python(path)
        assert python is not None
        while isinstance(test, Reference) and scope > 0:
            for parameter in python.scopes[scope].parameters:
                if parameter.name == test.name:
                    default = parameter.default
                    return bool(default.value) if isinstance(default, Constant) else None
            scope = python.scopes[scope].parent
        return None

    def _is_on(self, scope: int, path: str, block: int) -> bool:
        answers = list(self._tests(scope, path, block))
        return bool(answers) and all(answer is wanted for answer, wanted in answers)

    def _is_off(self, scope: int, path: str, block: int) -> bool:
        return any(answer is not None and answer is not wanted for answer, wanted in self._tests(scope, path, block))
