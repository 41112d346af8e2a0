"""Sessions and connections that code opens, and whether it gives them back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec import Struct

from prodlint.facts import Assign, Attribute, Call, Python, Reference, Statement, Value, Yield, walk
from prodlint.finding import Location, Step
from prodlint.libraries.sessions import FACTORIES, OPENERS
from prodlint.project.engines.fates import OPEN, PASSED, Fates, Opening
from prodlint.project.engines.programs import is_script
from prodlint.project.values.bindings import Defined, External
from prodlint.project.values.outcomes import Instance, Site, options

if TYPE_CHECKING:
    from prodlint.project import Project

__all__ = ["Opened", "find_opened"]


class Opened(Struct, frozen=True):
    """A place that opens a session or connection."""

    location: Location
    function: Defined
    written: str
    """As one would write it: `SessionLocal()`."""
    fate: str
    reason: str
    """How it is not given back, or why that cannot be told; completes "the session ..."."""
    steps: tuple[Step, ...] = ()


def find_opened(project: Project) -> Iterator[Opened]:
    """What the application's own code opens, by path and place, with what becomes of it. Functions that hand what they
    open to their caller count as openers themselves; what FastAPI gets from such a dependency stays open."""
    model = _Model(project)
    found = list(model.opened())
    yield from sorted(found, key=lambda each: each.location)


class _Model:
    def __init__(self, project: Project) -> None:
        self.project = project
        self.fates = Fates(project)
        self.openers: dict[Defined, Step] = {}
        """Functions of the tree that return what they open."""
        self.generators: dict[Defined, Step] = {}
        """Generators of the tree that yield what they open."""

    def opened(self) -> Iterator[Opened]:
        seen: set[Location] = set()
        todo = list(self._library_openings())
        while todo:
            following: list[Opening] = []
            before = set(self.openers) | set(self.generators)
            for opening in todo:
                location = Location(opening.site.path, opening.call.place)
                if location in seen:
                    continue
                seen.add(location)
                yield self._judged(opening, location)
            new = (set(self.openers) | set(self.generators)) - before
            for function in sorted(new, key=lambda each: (each.path, each.scope)):
                following += self._calls_of(function)
            todo = following
        yield from self._dependencies()

    # --- what opens ---

    def _library_openings(self) -> Iterator[Opening]:
        names = {each.rpartition(".")[2] for each in (*OPENERS, *FACTORIES)} | {"connect", "raw_connection"}
        for path in self.project.mentioning(*names):
            if not self._counts(path):
                continue
            for opening in self._in_file(path):
                if self._opens(opening):
                    yield opening

    def _counts(self, path: str) -> bool:
        if is_script(self.project, path):
            return False
        # A command line ends with its command, and all that it opened.
        return not any(f" {each} " in self.project.identifiers(path) for each in ("click", "typer", "argparse"))

    def _in_file(self, path: str) -> Iterator[Opening]:
        python = self.project.python(path)
        if python is None:
            return
        for statement in python.statements:
            value = getattr(statement, "value", None)
            if value is not None:
                yield from self._in_value(path, python, statement.block, statement, value)
        for index, block in enumerate(python.blocks):
            if block.value is not None and block.kind != "else":
                yield from self._in_value(path, python, index, None, block.value)

    def _in_value(
        self, path: str, python: Python, block: int, statement: Statement | None, outer: Value
    ) -> Iterator[Opening]:
        scope = python.blocks[block].scope
        for value in walk(outer):
            if isinstance(value, Call):
                yield Opening(value, Site(path, scope), block, statement, outer)

    def _opens(self, opening: Opening) -> bool:
        function = opening.call.function
        if not isinstance(function, (Reference, Attribute, Call)):
            return False
        for meaning in options(self.project.values.callee(opening.site, function)):
            if isinstance(meaning, External) and meaning.name in OPENERS:
                return not self._is_borrowed(opening)
            if isinstance(meaning, Instance) and isinstance(meaning.of, External) and meaning.of.name in FACTORIES:
                return True
        return False

    def _is_borrowed(self, opening: Opening) -> bool:
        """Whether a session uses a connection that is somebody else's: `Session(bind=connection)`."""
        bind = opening.call.keyword("bind") or opening.call.positional(0)
        made = self.project.values.evaluate(opening.site, bind).meaning if bind is not None else None
        name = made.of.name if isinstance(made, Instance) and isinstance(made.of, External) else ""
        written = getattr(bind.function if isinstance(bind, Call) else bind, "name", "").rpartition(".")[2]
        return "Connection" in name or "conn" in written.lower() or written in ("bind", "get_bind")

    def _calls_of(self, function: Defined) -> Iterator[Opening]:
        """The calls of a function of the tree that opens for its caller; of a generator, those inside `next(...)`."""
        name = self.project.scope_of(function).name
        step = self.openers.get(function) or self.generators[function]
        for path in self.project.mentioning(name):
            if not self._counts(path):
                continue
            for opening in self._in_file(path):
                call = opening.call
                is_next = getattr(call.function, "name", "") in ("next", "anext") and bool(call.arguments)
                inner = call.arguments[0].value if is_next else call
                if isinstance(inner, Reference) and is_next:
                    inner = self._assigned(opening, inner.name) or inner
                if not isinstance(inner, Call) or getattr(inner.function, "name", "").rpartition(".")[2] != name:
                    continue
                if self.project.values.callee(opening.site, inner.function) != function:
                    continue
                if is_next == (function in self.generators):
                    yield Opening(call, opening.site, opening.block, opening.statement, opening.outer, (step,), is_next)

    def _assigned(self, opening: Opening, name: str) -> Value | None:
        for statement in self.project.statements_of(Defined(opening.site.path, opening.site.scope)):
            if isinstance(statement, Assign) and any(getattr(each, "name", "") == name for each in statement.targets):
                return statement.value
        return None

    # --- what becomes of it ---

    def _judged(self, opening: Opening, location: Location) -> Opened:
        function = Defined(opening.site.path, opening.site.scope)
        written = _written(opening)
        fate, reason = self.fates.of(opening, function)
        python = self.project.python(function.path)
        assert python is not None
        scope = python.scopes[function.scope]
        step = Step(f"`{scope.qualname}` opens it with `{written}`", location)
        decorated = any("contextmanager" in getattr(each, "name", "") for each in scope.decorators)
        if fate == PASSED and scope.kind == "function":
            (self.generators if scope.is_generator else self.openers)[function] = step
        elif scope.is_generator and not decorated and self._yields(function, opening):
            self.generators[function] = step
        return Opened(location, function, written, fate, reason, opening.through)

    def _yields(self, function: Defined, opening: Opening) -> bool:
        names = self._names(function, opening)
        for value in self.project.values_of(function):
            for each in walk(value):
                if isinstance(each, Yield) and each.value is not None:
                    if any(isinstance(part, Reference) and part.name in names for part in walk(each.value)):
                        return True
        return False

    def _names(self, function: Defined, opening: Opening) -> set[str]:
        if isinstance(opening.statement, Assign):
            return {each.name for each in opening.statement.targets if isinstance(each, Reference)}
        python = self.project.python(function.path)
        target = python.blocks[opening.block].target if python is not None and opening.statement is None else None
        return {target.name} if isinstance(target, Reference) else set()

    # --- dependencies that give away what they open ---

    def _dependencies(self) -> Iterator[Opened]:
        seen: set[Defined] = set()
        for route in self.project.routes:
            for top in route.dependencies:
                for each in top.closure():
                    if each.code is None or each.code not in self.openers or each.code in seen or each.of is not None:
                        continue
                    seen.add(each.code)
                    step = self.openers[each.code]
                    name = self.project.scope_of(each.code).qualname
                    asked = Step(f"`{name}` is asked for as a dependency here", each.location)
                    reason = "is returned by a dependency, after which nothing closes it"
                    yield Opened(step.location, each.code, f"{name}()", OPEN, reason, (asked,))


def _written(opening: Opening) -> str:
    """The call as a person would name it: `SessionLocal()`, `next(get_db())`."""
    call = opening.call
    name = getattr(call.function, "name", "...")
    inner = call.arguments[0].value if opening.is_next else None
    if isinstance(inner, Call):
        return f"{name}({getattr(inner.function, 'name', '...')}())"
    return f"{name}(...)" if call.arguments else f"{name}()"
