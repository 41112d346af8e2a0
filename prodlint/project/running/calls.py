"""The calls that a function makes in its own thread when it runs, and the code of the tree that they run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from prodlint.facts import Await, Call, Lambda, Reference, Value, children
from prodlint.libraries.blocking import CACHES, TO_THREAD, TRANSPARENT
from prodlint.project.routes.called import code_of
from prodlint.project.values.bindings import Defined, External
from prodlint.project.values.outcomes import Given, Instance, Meaning, Site, options

if TYPE_CHECKING:
    from prodlint.project import Project

__all__ = ["Made", "Running"]

Arguments = tuple[tuple[str, Given], ...]


class Made(Struct, frozen=True):
    """A call that a function makes."""

    call: Call
    awaited: bool
    """Whether its result is awaited at once, or entered with `async with`, or iterated with `async for`."""
    names: tuple[str, ...] = ()
    """The dotted names outside the tree that it may call."""
    codes: tuple[tuple[Defined, Arguments], ...] = ()
    """The functions of the tree that it may run, with what is known of `self`."""


class Running:
    """Finds the calls of functions; remembers them."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self._made: dict[tuple[Defined, object], tuple[Made, ...]] = {}
        self._kept: dict[Defined, bool] = {}

    def made(self, function: Defined, arguments: Arguments | None = None) -> tuple[Made, ...]:
        """The calls that run with a function, in source order; those of lambdas and inner functions do not.

        `arguments` is what is known of its parameters."""
        key = (function, self.key(arguments or ()))
        found = self._made.get(key)
        if found is None:
            found = self._made[key] = tuple(self._of(function, arguments or None))
        return found

    def key(self, arguments: Arguments) -> object:
        """What arguments are remembered by: the class of each where it is a library's, else itself."""
        return tuple((name, self._class_of(given) or given) for name, given in arguments)

    def _class_of(self, given: Given) -> str:
        meaning = self.project.values.given(given).meaning
        return meaning.of.name if isinstance(meaning, Instance) and isinstance(meaning.of, External) else ""

    def _of(self, function: Defined, arguments: Arguments | None) -> list[Made]:
        project = self.project
        python = project.python(function.path)
        if python is None or python.scopes[function.scope].kind != "function":
            return []
        calls: list[tuple[Call, bool]] = []
        for statement in project.statements_of(function):
            value = getattr(statement, "value", None)
            if value is not None:
                _collect(value, False, calls)
        for _, block in project.headers_of(function):
            if block.value is not None:
                _collect(block.value, block.is_async, calls)
        site = Site(function.path, function.scope, arguments)
        return [self._resolved(site, call, awaited) for call, awaited in sorted(calls, key=lambda each: each[0].place)]

    def _resolved(self, site: Site, call: Call, awaited: bool) -> Made:
        names: list[str] = []
        codes: list[tuple[Defined, Arguments]] = []
        for meaning in list(options(self.project.values.callee(site, call.function)))[:4]:
            if isinstance(meaning, External):
                names.append(meaning.name)
                continue
            code, own = code_of(self.project, meaning)
            if code is not None:
                codes.append((code, (*own, *self._passed(site, call, meaning, code))))
        return Made(call, awaited, tuple(names), tuple(codes))

    def _passed(self, site: Site, call: Call, meaning: Meaning, code: Defined) -> Arguments:
        """The objects of libraries that a call passes for parameters which no annotation describes: a session."""
        scope = self.project.scope_of(code)
        plain = {each.name for each in scope.parameters if each.annotation is None} - {"self", "cls"}
        if not plain or not call.arguments:
            return ()
        is_bound = not (isinstance(meaning, Defined) and self.project.scope_of(meaning).kind == "function")
        found = []
        for name, given in self.project.values.bind(code, Given(site, call), skip_first=is_bound):
            if name in plain and given.site == site and isinstance(given.value, (Reference, Call)):
                made = self.project.values.given(given).meaning
                if isinstance(made, Instance) and isinstance(made.of, External):
                    found.append((name, given))
        return tuple(found)

    def stays(self, function: Defined) -> bool:
        """Whether a function that is called runs in its caller's thread, each time: no decorator keeps its result or
        sends it elsewhere."""
        known = self._kept.get(function)
        if known is None:
            known = self._kept[function] = all(
                self._is_transparent(function, each) for each in self.project.scope_of(function).decorators
            )
        return known

    def _is_transparent(self, function: Defined, decorator: Value) -> bool:
        values = self.project.values
        name = values.decorator_name(function, decorator)
        if name:
            return name in TRANSPARENT and name not in CACHES
        scope = self.project.scope_of(function)
        written = decorator.function if isinstance(decorator, Call) else decorator
        meaning = values.callee(Site(function.path, max(scope.parent, 0)), written)
        code, _ = code_of(self.project, meaning)
        if code is None:
            return False
        # A decorator of the tree wraps: it is looked through unless its file knows of threads.
        return not any(f" {each} " in self.project.identifiers(code.path) for each in TO_THREAD)


def _collect(value: Value, awaited: bool, found: list[tuple[Call, bool]]) -> None:
    stack = [(value, awaited)]
    while stack:
        current, is_awaited = stack.pop()
        if isinstance(current, Lambda):
            continue
        if isinstance(current, Call):
            found.append((current, is_awaited))
        inner = isinstance(current, Await)
        stack.extend((each, inner) for each in children(current))
