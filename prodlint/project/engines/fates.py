"""What becomes of a session or connection that code opens: whether it is given back, and when."""

from __future__ import annotations

from collections.abc import Sequence as Several
from typing import TYPE_CHECKING

from msgspec import Struct

from prodlint.facts import (
    Argument,
    Assign,
    Attribute,
    Await,
    Call,
    Conditional,
    Operation,
    Python,
    Reference,
    Return,
    Statement,
    Value,
    Yield,
    children,
    walk,
)
from prodlint.finding import Step
from prodlint.libraries.sessions import CLOSERS, HOLDERS
from prodlint.project.values.bindings import Defined, External
from prodlint.project.values.outcomes import Site, options

if TYPE_CHECKING:
    from prodlint.project import Project

__all__ = ["CLOSED", "FRAGILE", "KEPT", "OPEN", "PASSED", "Fates", "Opening"]

CLOSED, OPEN, FRAGILE, PASSED, KEPT = "closed", "open", "fragile", "passed", "kept"
"""Given back always, never, or only where nothing fails; handed to the caller, or to something that is not
followed."""


class Opening(Struct, frozen=True):
    """A call that opens one, before it is known what becomes of it."""

    call: Call
    site: Site
    block: int
    statement: Statement | None
    """None where it stands in the header of a block."""
    outer: Value
    """The whole value of the statement or header."""
    through: tuple[Step, ...] = ()
    is_next: bool = False
    """It is `next(generator())`: what the generator would do afterwards is not done, or done at once."""


class Fates:
    """Answers what becomes of what is opened."""

    def __init__(self, project: Project) -> None:
        self.project = project

    def of(self, opening: Opening, function: Defined) -> tuple[str, str]:
        """The fate, and how it is not given back, or why that cannot be told; completes "the session ..."."""
        chain = _chain(opening.outer, opening.call)
        for parent in chain:
            if isinstance(parent, Call) and _last(parent.function) in HOLDERS:
                return CLOSED, ""
        around = [each for each in chain if not isinstance(each, (Await, Conditional, Operation))]
        if opening.statement is None:
            python = self.project.python(function.path)
            kind = python.blocks[opening.block].kind if python is not None else ""
            if kind == "with" and not around:
                return CLOSED, ""
            return (OPEN, "is never closed") if _is_chained(chain, opening.call) else (KEPT, "is passed on")
        if _is_chained(chain, opening.call):
            return OPEN, "is used once and never closed"
        if isinstance(opening.statement, Return) and not around:
            return PASSED, ""
        if any(isinstance(each, Yield) for each in chain):
            return OPEN, "is given away with `yield` and never closed"
        if around:
            return self._of_argument(opening, around)
        if isinstance(opening.statement, Assign):
            return self._of_target(opening, function, opening.statement)
        return OPEN, "is opened and never used"

    def _of_argument(self, opening: Opening, around: Several[Value]) -> tuple[str, str]:
        parent = around[-1]
        meaning = self.project.values.callee(opening.site, parent.function) if isinstance(parent, Call) else None
        if isinstance(meaning, Defined) and self.project.scope_of(meaning).kind == "function":
            closes = any(_last(each.function) in CLOSERS for each in self.project.calls_of(meaning))
            if not closes and not self.project.scope_of(meaning).is_generator:
                return OPEN, f"is passed to `{self.project.scope_of(meaning).qualname}` and never closed"
        return KEPT, "is passed on"

    def _of_target(self, opening: Opening, function: Defined, statement: Assign) -> tuple[str, str]:
        target = statement.targets[0]
        if not isinstance(target, Reference):
            return KEPT, "is kept in a container"
        if "." in target.name:
            return self._of_attribute(function, target.name)
        python = self.project.python(function.path)
        assert python is not None
        if function.scope == 0 or self._is_global(function, target.name):
            closed = any(_closes(each, target.name) for each, _ in self.project.calls_in(function.path))
            return (KEPT, "is kept by the module") if closed else (OPEN, "is made once for the whole process")
        return self._of_local(function, python, {target.name}, opening)

    def _is_global(self, function: Defined, name: str) -> bool:
        table = self.project.names.table(function.path)
        return table is not None and name not in table.bindings.get(function.scope, {})

    def _of_attribute(self, function: Defined, name: str) -> tuple[str, str]:
        head, _, last = name.rpartition(".")
        python = self.project.python(function.path)
        assert python is not None
        owner = python.scopes[function.scope].parent if head in ("self", "cls") else -1
        for call, block in self.project.calls_in(function.path):
            inside = python.scopes[python.blocks[block].scope].parent
            receiver, _, method = getattr(call.function, "name", "").rpartition(".")
            if method in CLOSERS and receiver.rpartition(".")[2] == last and owner in (-1, inside):
                return CLOSED, ""
        return KEPT, f"is kept as `{name}`"

    def _of_local(self, function: Defined, python: Python, names: set[str], opening: Opening) -> tuple[str, str]:
        if opening.is_next:
            # `generator = get_db(); db = next(generator)`: what closes the generator closes the session.
            names = names | {each.value.name for each in opening.call.arguments if isinstance(each.value, Reference)}
        fragile = kept = False
        for statement in self.project.statements_of(function):
            value = getattr(statement, "value", None)
            if value is None or statement is opening.statement:
                continue
            fate = self._use(python, statement, value, names, opening)
            if fate in (CLOSED, PASSED):
                return fate, ""
            fragile, kept = fragile or fate == FRAGILE, kept or fate == KEPT
        for block in python.blocks:
            if block.scope == function.scope and block.kind == "with" and block.value is not None:
                if any(isinstance(each, Reference) and each.name in names for each in walk(block.value)):
                    return CLOSED, ""
        if self._inner_closes(function, python, names):
            return KEPT, "is closed by an inner function"
        if fragile:
            return FRAGILE, "is closed only where nothing fails before"
        return (KEPT, "is passed on") if kept else (OPEN, "is never closed")

    def _inner_closes(self, function: Defined, python: Python, names: set[str]) -> bool:
        for call, block in self.project.calls_in(function.path):
            scope = python.blocks[block].scope
            if scope != function.scope and python.scopes[scope].parent == function.scope:
                if any(_closes(call, name) for name in names):
                    return True
        return False

    def _use(self, python: Python, statement: Statement, value: Value, names: set[str], opening: Opening) -> str:
        """What a statement does with the session: closes it, hands it on, or nothing that matters here."""
        if isinstance(statement, Return) and isinstance(value, Reference) and value.name in names:
            return PASSED
        fate = ""
        for each in walk(value):
            if isinstance(each, Call) and any(_closes(each, name) for name in names):
                if each.place == opening.call.place:
                    continue
                kinds = _kinds(python, statement.block)
                fate = CLOSED if "finally" in kinds else FRAGILE
                if fate == CLOSED:
                    return fate
            elif isinstance(each, Call) and any(_is_argument(argument, names) for argument in each.arguments):
                if _last(each.function) in HOLDERS:
                    return CLOSED
                if _last(each.function) in CLOSERS and "finally" in _kinds(python, statement.block):
                    return CLOSED
                if not self._only_uses(Site(opening.site.path, opening.site.scope), each):
                    fate = fate or KEPT
        if isinstance(statement, Assign) and isinstance(value, Reference) and value.name in names:
            target = statement.targets[0]
            return KEPT if not isinstance(target, Reference) or "." in target.name else fate
        if isinstance(statement, Return) and any(isinstance(e, Reference) and e.name in names for e in _parts(value)):
            return KEPT
        return fate

    def _only_uses(self, site: Site, call: Call) -> bool:
        """Whether what a call is passed is only used while it runs: a function of the tree, or a builtin."""
        for meaning in options(self.project.values.callee(site, call.function)):
            if isinstance(meaning, Defined) and self.project.scope_of(meaning).kind == "function":
                continue
            if isinstance(meaning, External) and meaning.name.startswith("builtins."):
                continue
            return False
        return True


def _chain(outer: Value, wanted: Call) -> list[Value]:
    """The values around a call inside a value, the outermost first."""
    if outer is wanted:
        return []
    for child in children(outer):
        if child is wanted:
            return [outer]
        inner = _chain(child, wanted)
        if inner:
            return [outer, *inner]
    return []


def _is_chained(chain: list[Value], call: Call) -> bool:
    """Whether a method of what is opened is called at once: `Session().query(...)`."""
    for parent in chain:
        if isinstance(parent, Attribute) and (parent.value is call or isinstance(parent.value, Await)):
            inner = parent.value.value if isinstance(parent.value, Await) else parent.value
            if inner is call:
                return parent.name not in ("execution_options", "begin", "__enter__", "__aenter__")
    return False


def _last(function: Value) -> str:
    name = function.name if isinstance(function, (Reference, Attribute)) else ""
    return name.rpartition(".")[2]


def _closes(call: Call, name: str) -> bool:
    """Whether a call closes a variable: `db.close()`, `next(generator, None)`, `generator.close()`."""
    written = getattr(call.function, "name", "")
    owner, _, method = written.rpartition(".")
    if method in CLOSERS and owner == name:
        return True
    return (
        written in ("next", "anext") and bool(call.arguments) and getattr(call.arguments[0].value, "name", "") == name
    )


def _is_argument(argument: Argument, names: set[str]) -> bool:
    return isinstance(argument.value, Reference) and argument.value.name in names


def _parts(value: Value) -> list[Value]:
    """What a returned display is made of."""
    return [] if isinstance(value, (Call, Await)) else list(children(value))


def _kinds(python: Python, block: int) -> set[str]:
    kinds = set()
    while block > 0 and python.blocks[block].kind not in ("function", "class"):
        kinds.add(python.blocks[block].kind)
        block = python.blocks[block].parent
    return kinds
