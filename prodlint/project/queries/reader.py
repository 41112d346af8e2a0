"""Reads the queries of functions, and follows calls that take a query, give one, or send one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from prodlint.facts import Assign, Call, Operation, Reference, Sequence, Value, method_of, walk
from prodlint.finding import Location
from prodlint.project.queries.frame import Frame
from prodlint.project.queries.naming import table_named
from prodlint.project.queries.query import Execution, Held, Touch, either_of
from prodlint.project.queries.relationships import Relationships
from prodlint.project.queries.repositories import Repositories
from prodlint.project.queries.texts import Texts
from prodlint.project.routes.called import code_of
from prodlint.project.values.bindings import Defined, Variable
from prodlint.project.values.outcomes import Choice, Given, Meaning

if TYPE_CHECKING:
    from prodlint.project import Project

__all__ = ["Reader"]

_MAX_DEPTH = 4
_MAX_FOLLOWED = 400
"""Calls that are followed from one function at most."""


class _Summary(Struct, frozen=True):
    """What a function does with queries, seen from a call."""

    executions: tuple[Execution, ...] = ()
    touches: tuple[Touch, ...] = ()
    returned: Held | None = None


class Reader:
    """Numbers queries; remembers what functions do that are given none."""

    def __init__(self, project: Project, interesting: frozenset[str], texts: Texts, repositories: Repositories) -> None:
        self.project = project
        self.texts = texts
        self.repositories = repositories
        self.entities = project.entities
        self.relationships = Relationships(project)
        self.interesting = interesting
        """Names of the functions that may send or make a query."""
        self._count = 0
        self._summaries: dict[object, _Summary] = {}
        self._active: list[Defined] = []
        self._parts: dict[tuple[Defined, str], list[tuple[Value, int]] | None] = {}
        self.followed = 0
        self.is_generic = False

    def number(self) -> int:
        """A number for a new query."""
        self._count += 1
        return self._count

    def read(self, function: Defined, arguments: tuple[tuple[str, Given], ...] = (), is_generic: bool = False) -> Frame:
        """Walk a function by itself; `is_generic` says that it is one walk of several, each with another model."""
        self.followed = 0
        self.is_generic = is_generic
        return self._run(function, arguments, {}, 0)

    def _run(
        self, function: Defined, arguments: tuple[tuple[str, Given], ...], held: dict[str, Held], depth: int
    ) -> Frame:
        self._active.append(function)
        try:
            return Frame(self, function, arguments, held, depth).run()
        finally:
            self._active.pop()

    # --- calls ---

    def follow(self, frame: Frame, call: Call, given: dict[int, Held | None]) -> Held | None:
        """What a call of a function of the tree holds; what it sends and touches is kept as sent by the call."""
        holds = any(each is not None for each in given.values())
        name = method_of(call.function)[0]
        if not holds and name not in self.interesting:
            return None
        if frame.depth >= _MAX_DEPTH or self.followed > _MAX_FOLLOWED:
            return None
        code, own = self._code(frame, call)
        if code is None or code in self._active or self.project.role(code.path) not in ("application", "script"):
            return None
        summary = self._summary(frame, call, code, own, given)
        if not summary.executions and not summary.touches:
            return summary.returned
        here = Location(frame.path, call.place)
        loops = frame._gathered(frame.around)
        for draft in (draft for held in given.values() if held is not None for draft in held.drafts):
            if summary.executions and held_is_query(given, draft.number):
                frame.used.add(draft.number)
        for execution in summary.executions:
            frame.executions.append(
                replace(execution, loops=(*loops, *execution.loops), calls=(here, *execution.calls))
            )
        for touch in summary.touches:
            frame.touches.append(replace(touch, loops=(*loops, *touch.loops), calls=(here, *touch.calls)))
        return summary.returned

    def _code(self, frame: Frame, call: Call) -> tuple[Defined | None, tuple[tuple[str, Given], ...]]:
        meaning: Meaning = self.project.values.evaluate(frame.plain, call.function).meaning
        code, own = self._of(meaning)
        if code is None and frame.site.arguments:
            code, own = self._of(self.project.values.evaluate(frame.site, call.function).meaning)
        if own == () and code is not None and frame.site.arguments and method_of(call.function)[1] is not None:
            receiver = method_of(call.function)[1]
            if isinstance(receiver, Reference) and receiver.name in ("self", "cls"):
                own = tuple(each for each in frame.site.arguments if each[0] == "self")
        return code, own

    def _of(self, meaning: Meaning) -> tuple[Defined | None, tuple[tuple[str, Given], ...]]:
        if isinstance(meaning, Choice):
            for option in meaning.options[:3]:
                code, own = code_of(self.project, option)
                if code is not None:
                    return code, own
            return None, ()
        return code_of(self.project, meaning)

    def _summary(
        self,
        frame: Frame,
        call: Call,
        code: Defined,
        own: tuple[tuple[str, Given], ...],
        given: dict[int, Held | None],
    ) -> _Summary:
        scope = self.project.scope_of(code)
        parameters = [each for each in scope.parameters if each.kind in ("", "positional-only")]
        if parameters and parameters[0].name in ("self", "cls"):
            parameters = parameters[1:]
        held: dict[str, Held] = {}
        classes: list[tuple[str, Given]] = []
        position = 0
        for index, argument in enumerate(call.arguments):
            name = argument.name
            if not name and not argument.star and position < len(parameters):
                name, position = parameters[position].name, position + 1
            each = given.get(index)
            if not name or argument.star:
                continue
            if each is not None:
                held[name] = each
            elif isinstance(argument.value, Reference) and table_named(frame, argument.value) is not None:
                classes.append((name, Given(frame.site, argument.value)))
        arguments = (*own, *classes)
        key = (code, arguments)
        if not held and key in self._summaries:
            return self._summaries[key]
        self.followed += 1
        inner = self._run(code, arguments, held, frame.depth + 1)
        executions = inner.executions
        summary = _Summary(tuple(executions), tuple(inner.touches), either_of(inner.returned))
        if not held and not self._is_cut():
            self._summaries[key] = summary
        return summary

    def _is_cut(self) -> bool:
        return self.followed > _MAX_FOLLOWED

    # --- conditions that variables hold ---

    def parts(self, function: Defined, name: str, block: int) -> list[tuple[Value, bool]] | None:
        """The values that a variable of a function consists of: what it is assigned, the items of a list, and what is
        appended; each with whether it is always there."""
        key = (function, name)
        if key not in self._parts:
            self._parts[key] = self._find_parts(function, name)
        found = self._parts[key]
        if found is None:
            return None
        python = self.project.python(function.path)
        assert python is not None
        around = set()
        while block >= 0:
            around.add(block)
            block = python.blocks[block].parent
        return [(value, at in around) for value, at in found]

    def _find_parts(self, function: Defined, name: str) -> list[tuple[Value, int]] | None:
        symbol, rest = self.project.names.resolve(function.path, function.scope, name)
        if rest or not isinstance(symbol, Variable) or symbol.scope != function.scope:
            return None
        found: list[tuple[Value, int]] = []
        seen = False
        for statement in self.project.statements_of(function):
            if isinstance(statement, Assign):
                if any(isinstance(each, Reference) and each.name == name for each in statement.targets):
                    if statement.value is None:
                        continue
                    values = _flat(statement.value, name)
                    if values is None or statement.operator == "|":
                        return None
                    seen = True
                    found += [(each, statement.block) for each in values]
            value = getattr(statement, "value", None)
            if isinstance(value, Call) and isinstance(value.function, Reference) and value.arguments:
                if value.function.name in (f"{name}.append", f"{name}.extend"):
                    values = _flat(value.arguments[0].value, name)
                    if values is None:
                        return None
                    found += [(each, statement.block) for each in values]
        return found if seen else None

    def conditions_of(self, frame: Frame, call: Call) -> list[tuple[Frame, Value]] | None:
        """The conditions that a function of the tree returns, with the frame in which its names are resolved."""
        code, own = self._code(frame, call)
        if code is None or frame.depth >= _MAX_DEPTH or code in self._active:
            return None
        from prodlint.facts import Return

        results = [each.value for each in self.project.statements_of(code) if isinstance(each, Return)]
        if len(results) != 1 or results[0] is None:
            return None
        bound = self.project.values.bind(code, Given(frame.site, call), skip_first=bool(own))
        inner = Frame(self, code, (*own, *bound), {}, frame.depth + 1)
        return [(inner, results[0])]


def held_is_query(given: dict[int, Held | None], number: int) -> bool:
    """Whether a query, and not rows of it, is passed."""
    return any(
        held is not None and held.kind == "query" and any(draft.number == number for draft in held.drafts)
        for held in given.values()
    )


def _flat(value: Value, name: str) -> list[Value] | None:
    """The items of what is assigned to a list of conditions; the list itself inside a sum is left out."""
    if isinstance(value, Sequence):
        return list(value.items)
    if isinstance(value, Operation) and value.operator in ("+", "&"):
        parts = []
        for operand in value.operands:
            if isinstance(operand, Reference) and operand.name == name:
                continue
            inner = _flat(operand, name) if value.operator == "+" else [operand]
            if inner is None:
                return None
            parts += inner
        return parts
    if isinstance(value, Call) and isinstance(value.function, Reference):
        last = value.function.name.rpartition(".")[2]
        if last == "and_" and any(getattr(each.value, "name", "") == name for each in value.arguments):
            return [each.value for each in value.arguments if getattr(each.value, "name", "") != name]
    # One of several conditions that are put together in turn is enough: `found = found | (Item.a == 1)`.
    return [value] if not any(isinstance(each, Reference) and each.name == name for each in walk(value)) else None
