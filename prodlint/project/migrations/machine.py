"""Runs the functions of a migration on an abstract schema: statements, branches, loops.

It knows three outcomes of a condition. Where a condition cannot be told, both branches run, each on a schema of its
own, and the results are joined: what differs is unknown. A loop over something unknown may run or not.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple

from prodlint.facts import (
    Assign,
    Block,
    Definition,
    Expression,
    Import,
    Jump,
    Python,
    Raise,
    Reference,
    Return,
    Sequence,
    Statement,
    Subscript,
    Value,
)
from prodlint.facts.ddl import Change
from prodlint.finding import Location
from prodlint.project.migrations.meanings import (
    Batch,
    ClassValue,
    FilePath,
    Frame,
    FunctionValue,
    Listing,
    Made,
    Unknown,
    truth,
)
from prodlint.project.migrations.operators import arithmetic
from prodlint.project.migrations.state import Schema, joined
from prodlint.project.migrations.variables import Variables, is_same
from prodlint.project.values.bindings import Defined

if TYPE_CHECKING:
    from prodlint.project import Project

__all__ = ["Machine", "Stopped"]

_MAX_STEPS = 60_000
"""Statements of one run of a revision; a real one has a few hundred."""
_MAX_DEPTH = 24


class _Part(NamedTuple):
    """A block inside another one, with its index in the file."""

    at: int
    fact: Block


class Stopped(Exception):
    """The run ends: a `raise`, or an operation that contradicts the schema."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class _Returned(Exception):
    def __init__(self, value: Any) -> None:
        self.value = value


class _Jumped(Exception):
    def __init__(self, kind: str) -> None:
        self.kind = kind


class Machine(Variables):
    """The interpreter of one project; `run` is the revision at hand."""

    def __init__(self, project: Project) -> None:
        from prodlint.project.migrations.expressions import Evaluator

        super().__init__()
        self.project = project
        self.run: Any = None
        self.schema = Schema()
        self.evaluator = Evaluator(self)
        self.steps = 0
        self.depth = 0
        self.active: list[Defined] = []
        """The functions under way, outermost first."""
        self.attempts = 0
        """How many `try` blocks are around the statement at hand."""
        self.autocommit = 0
        self.doubtful = 0
        """How many conditions that cannot be told are around it."""
        self.pending: list[list[tuple[str, Schema, Any]]] = []
        """For each call under way: schemas of branches that left it by a `return`, or a loop by a jump."""
        self._items: dict[str, dict[int, list[Any]]] = {}

    # --- code ---

    def items(self, path: str, block: int) -> list[Any]:
        """The statements and blocks directly in a block, in source order."""
        found = self._items.get(path)
        if found is None:
            python = self.project.python(path)
            found = self._items[path] = _items(python) if python is not None else {}
        return found.get(block, [])

    def call(self, function: FunctionValue, arguments: list[Any], keywords: dict[str, Any]) -> Any:
        """Run a function of the tree; what it returns."""
        path, scope = function.defined.path, function.defined.scope
        python = self.project.python(path)
        if python is None or self.depth > _MAX_DEPTH:
            return Unknown("the chain of calls is too long")
        fact = python.scopes[scope]
        if self.active.count(function.defined) > (1 if self.doubtful else 6):
            return Unknown(f"`{fact.name}` calls itself")
        frame = Frame(path, scope, self.bound(function, arguments, keywords), function.frame)
        results: list[Any] = []
        if fact.is_generator:
            frame.variables["<yielded>"] = results
        self.depth += 1
        self.active.append(function.defined)
        self.pending.append([])
        value: Any = None
        try:
            self.block(frame, python, fact.block)
        except _Returned as returned:
            value = returned.value
        finally:
            self.depth -= 1
            self.active.pop()
            left = self.pending.pop()
        for _, schema, other in left:
            self.schema.restore(joined(self.schema, schema, "it depends on a condition that cannot be told"))
            value = value if is_same(value, other) else Unknown("it depends on a condition that cannot be told")
        return results if fact.is_generator else value

    def bound(self, function: FunctionValue, arguments: list[Any], keywords: dict[str, Any]) -> dict[str, Any]:
        """The parameters of a function with what is passed for them."""
        python = self.project.python(function.defined.path)
        assert python is not None
        fact = python.scopes[function.defined.scope]
        given = [function.owner, *arguments] if function.owner is not None else list(arguments)
        found: dict[str, Any] = {}
        rest = dict(keywords)
        around = function.frame or Frame(function.defined.path, max(fact.parent, 0), {})
        for parameter in fact.parameters:
            if parameter.kind == "*":
                found[parameter.name] = tuple(given)
                given = []
            elif parameter.kind == "**":
                found[parameter.name] = rest
                rest = {}
            elif parameter.kind != "keyword-only" and given:
                found[parameter.name] = given.pop(0)
            elif parameter.name in rest:
                found[parameter.name] = rest.pop(parameter.name)
            elif parameter.default is not None:
                found[parameter.name] = self.evaluator.value(around, parameter.default)
            else:
                found[parameter.name] = Unknown(f"nothing is seen passed as `{parameter.name}`")
        return found

    # --- statements ---

    def block(self, frame: Frame, python: Python, block: int) -> None:
        """Run the statements of a block."""
        items = self.items(frame.path, block)
        at = 0
        while at < len(items):
            item = items[at]
            at += 1
            self.steps += 1
            if self.steps > _MAX_STEPS:
                raise Stopped("the migration runs too long to be followed")
            if not isinstance(item, _Part):
                self.statement(frame, item)
                continue
            following = []
            while at < len(items) and _belongs(item.fact, items[at]):
                following.append(items[at])
                at += 1
            self.compound(frame, python, item, following)

    def statement(self, frame: Frame, statement: Statement) -> None:
        match statement:
            case Expression(value, _, _, kind):
                if kind == "":
                    self.evaluator.value(frame, value)
            case Assign():
                self.assign(frame, statement)
            case Return(value):
                raise _Returned(self.evaluator.value(frame, value) if value is not None else None)
            case Raise(value):
                raise Stopped("it raises an exception")
            case Jump(kind):
                raise _Jumped(kind)
            case Definition(scope):
                python = self.project.python(frame.path)
                if python is not None and python.scopes[scope].kind == "function":
                    fact = python.scopes[scope]
                    frame.variables[fact.name] = FunctionValue(Defined(frame.path, scope), frame)
                elif python is not None:
                    fact = python.scopes[scope]
                    frame.variables[fact.name] = ClassValue(Defined(frame.path, scope), fact.name)
            case Import():
                frame.variables.pop(statement.bound, None)

    def assign(self, frame: Frame, statement: Assign) -> None:
        if statement.value is None:
            return
        value = self.evaluator.value(frame, statement.value)
        for target in statement.targets:
            if statement.operator:
                held = self.evaluator.value(frame, target)
                value = arithmetic(statement.operator, [held, value])
            self.bind(frame, target, value)

    def bind(self, frame: Frame, target: Value, value: Any) -> None:
        """Bind a name, or the names of a tuple."""
        match target:
            case Reference(name) if "." not in name:
                frame.variables[name] = value
            case Sequence(_, items):
                known = list(value) if isinstance(value, (list, tuple)) and len(value) == len(items) else None
                for at, item in enumerate(items):
                    self.bind(frame, item, known[at] if known is not None else Unknown("it is unpacked"))
            case Subscript(Reference(), index) as whole:
                container = self.evaluator.value(frame, whole.value)
                key = self.evaluator.value(frame, index)
                if isinstance(container, dict) and isinstance(key, (str, int)):
                    container[key] = value

    # --- compound statements ---

    def compound(self, frame: Frame, python: Python, part: _Part, following: list[_Part]) -> None:
        index, block = part
        match block.kind:
            case "if":
                test = truth(self.evaluator.value(frame, block.value)) if block.value is not None else None
                other = following[0].at if following else -1
                if test is not None:
                    if test:
                        self.block(frame, python, index)
                    elif other >= 0:
                        self.block(frame, python, other)
                else:
                    self.either(frame, python, [index, other])
            case "for":
                self.loop(frame, python, index, block, following)
            case "while":
                test = truth(self.evaluator.value(frame, block.value)) if block.value is not None else None
                if test is not False:
                    self.perhaps(frame, python, index)
            case "try":
                self.attempt(frame, python, index, following)
            case "with":
                self.within(frame, python, index, block)
            case "case":
                several = [index, *(each.at for each in following)]
                self.either(frame, python, [*several, -1])

    def either(self, frame: Frame, python: Python, blocks: list[int]) -> None:
        """Run blocks of which one runs, nobody knows which; -1 stands for none."""
        before, variables = self.schema.copy(), frame.variables
        ends: list[tuple[Schema, dict[str, Any]]] = []
        stopped: list[Stopped] = []
        self.doubtful += 1
        try:
            for block in blocks:
                self.schema.restore(before)
                frame.variables = dict(variables)
                try:
                    if block >= 0:
                        self.block(frame, python, block)
                except Stopped as error:
                    stopped.append(error)  # The migration ends there: that is not the way to the head.
                except _Returned as returned:
                    self.pending[-1].append(("return", self.schema.copy(), returned.value))
                except _Jumped as jumped:
                    self.pending[-1].append((jumped.kind, self.schema.copy(), None))
                else:
                    ends.append((self.schema.copy(), frame.variables))
        finally:
            self.doubtful -= 1
        if not ends:
            self.schema.restore(before)
            frame.variables = variables
            if len(stopped) == len(blocks):
                raise stopped[0]
            left = self.pending[-1].pop() if self.pending and self.pending[-1] else None
            if left is None:
                return
            self.schema.restore(left[1])
            if left[0] == "return":
                raise _Returned(left[2])
            raise _Jumped(left[0])
        schema, merged = ends[0]
        for other, names in ends[1:]:
            schema = joined(schema, other, "it depends on a condition that cannot be told")
            merged = {
                name: merged[name] if name in merged and is_same(merged[name], names.get(name)) else _either_of()
                for name in {**merged, **names}
            }
        self.schema.restore(schema)
        frame.variables = merged

    def perhaps(self, frame: Frame, python: Python, block: int) -> None:
        """Run a block that may run or not."""
        with suppress(_Jumped):
            self.either(frame, python, [block, -1])
        self._join_jumps({"break", "continue"})

    def _join_jumps(self, kinds: set[str]) -> None:
        if not self.pending:
            return
        for each in [each for each in self.pending[-1] if each[0] in kinds]:
            self.pending[-1].remove(each)
            self.schema.restore(joined(self.schema, each[1], "it depends on a condition that cannot be told"))

    def loop(self, frame: Frame, python: Python, index: int, block: Block, following: list[_Part]) -> None:
        assert block.value is not None and block.target is not None
        values = self.evaluator.elements(self.evaluator.value(frame, block.value))
        if values is None or (isinstance(values, Listing) and values.reason):
            self.bind(frame, block.target, Unknown("it is an element of something unknown"))
            self.perhaps(frame, python, index)
            if values is None:
                return
        for each in values:
            self.bind(frame, block.target, each)
            try:
                self.block(frame, python, index)
            except _Jumped as jumped:
                self._join_jumps({"continue"})
                if jumped.kind == "break":
                    self._join_jumps({"break"})
                    return
                continue
            self._join_jumps({"continue"})
        self._join_jumps({"break"})
        for each in following:
            self.block(frame, python, each.at)

    def attempt(self, frame: Frame, python: Python, index: int, following: list[_Part]) -> None:
        handlers = [each for each in following if each.fact.kind == "except"]
        try:
            self.attempts += bool(handlers)
            try:
                self.block(frame, python, index)
            finally:
                self.attempts -= bool(handlers)
        except Stopped:
            if not handlers:
                raise
            self.block(frame, python, handlers[0].at)
        else:
            for each in following:
                if each.fact.kind == "try-else":
                    self.block(frame, python, each.at)
        finally:
            for each in following:
                if each.fact.kind == "finally":
                    self.block(frame, python, each.at)

    def within(self, frame: Frame, python: Python, index: int, block: Block) -> None:
        manager = self.evaluator.value(frame, block.value) if block.value is not None else None
        is_autocommit = isinstance(manager, Made) and manager.name == "autocommit_block"
        if block.target is not None:
            if isinstance(manager, (Batch, FilePath, Made, Unknown)):
                self.bind(frame, block.target, manager)
            else:
                yielded = manager[0] if isinstance(manager, list) and manager else Unknown("it is what `with` gives")
                self.bind(frame, block.target, yielded)
        self.autocommit += is_autocommit
        try:
            self.block(frame, python, index)
        finally:
            self.autocommit -= is_autocommit

    def unknown_call(self, function: Any, name: str, arguments: list[Any], is_unresolved: bool) -> Any:
        """What a call gives of which nobody can tell what it calls."""
        if is_unresolved:
            self.doubt(f"`{name or 'a computed function'}` is called, which is not found")
        return Unknown("what is called is not known")

    def record(self, change: Change, location: Location) -> None:
        """Apply a change: nothing here, as a value of a module changes no schema."""

    def doubt(self, reason: str) -> None:
        """Say that any table may be otherwise: nothing here."""

    def with_convention(self, convention: dict[str, str], change: Change, location: Location) -> None:
        """Apply a change under the naming convention of a batch: nothing here."""

    def location(self, frame: Frame, place: int) -> Location:
        """The place of a value in the file that is run."""
        return Location(frame.path, place)


def _belongs(first: Block, item: object) -> bool:
    """Whether a block is a later part of the statement that another one begins."""
    if not isinstance(item, _Part):
        return False
    then = item.fact
    if first.kind == "if":
        return then.kind == "else"
    if first.kind in ("for", "while"):
        return then.kind == "loop-else"
    if first.kind == "try":
        return then.kind in ("except", "try-else", "finally")
    return first.kind == "case" and then.kind == "case" and then.value == first.value


def _items(python: Python) -> dict[int, list[Any]]:
    found: dict[int, list[tuple[int, int, Any]]] = {}
    for statement in python.statements:
        found.setdefault(statement.block, []).append((statement.place >> 28, -1, statement))
    for index, block in enumerate(python.blocks):
        if block.kind not in ("module", "function", "class"):
            found.setdefault(block.parent, []).append((block.place >> 28, index, _Part(index, block)))
    return {
        block: [item for _, _, item in sorted(several, key=lambda each: (each[0], each[1]))]
        for block, several in found.items()
    }


def _either_of() -> Unknown:
    return Unknown("it depends on a condition that cannot be told")
