"""One walk through the body of a function: what its variables hold of queries, and what it sends."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from msgspec.structs import replace

from prodlint.facts import (
    Assign,
    Attribute,
    Await,
    Block,
    Call,
    Comprehension,
    Conditional,
    Constant,
    Expression,
    Lambda,
    Mapping,
    Operation,
    Raise,
    Reference,
    Return,
    Sequence,
    Statement,
    Subscript,
    Value,
    Yield,
    children,
)
from prodlint.finding import Location
from prodlint.project.queries.calls import held_of_call
from prodlint.project.queries.django import manager_of
from prodlint.project.queries.elements import attribute_of, item_of, iterated, subscripted
from prodlint.project.queries.loops import ends_early
from prodlint.project.queries.naming import table_named
from prodlint.project.queries.query import Answer, Draft, Execution, Held, Loop, Touch, either_of
from prodlint.project.queries.sql import added_text, held_of_name, held_of_text
from prodlint.project.queries.variables import Variables
from prodlint.project.values.bindings import Defined
from prodlint.project.values.outcomes import Given, Site

if TYPE_CHECKING:
    from prodlint.project.queries.reader import Reader

__all__ = ["Frame"]


class Frame:
    """The cursor over one function; `arguments` are what is known of its parameters, `held` what they hold."""

    def __init__(
        self,
        reader: Reader,
        function: Defined,
        arguments: tuple[tuple[str, Given], ...] = (),
        held: dict[str, Held] | None = None,
        depth: int = 0,
    ) -> None:
        self.reader = reader
        self.function = function
        self.path = function.path
        self.plain = Site(function.path, function.scope)
        self.site = Site(function.path, function.scope, arguments or None)
        self.depth = depth
        python = reader.project.python(function.path)
        assert python is not None
        self.python = python
        self.variables = Variables(python, python.scopes[function.scope].block)
        for name, each in (held or {}).items():
            self.variables.bind(name, python.scopes[function.scope].block, each)
        self.block = python.scopes[function.scope].block
        self.place = 0
        self.texts = reader.texts.of(function.path)
        """The strings of the file that are queries in SQL."""
        self.loops: list[Loop] = []
        self.by_block: dict[int, Loop] = {}
        self.gathered = 0
        self.drafts: dict[int, Draft] = {}
        self.used: set[int] = set()
        """Numbers of the queries that were sent, extended, or made a part of another."""
        self.executions: list[Execution] = []
        self.touches: list[Touch] = []
        self.returned: list[Held] = []
        self.answers: list[Answer] = []

    # --- the walk ---

    def run(self) -> Frame:
        """Walk the body."""
        for index, part in self.reader.project.parts_of(self.function):
            if not isinstance(part, Block):
                self._statement(part)
            elif part.kind != "except":
                self._header(index, part)
        return self

    def _header(self, index: int, block: Block) -> None:
        assert block.value is not None
        self.block, self.place = max(block.parent, 0), block.place
        held = self.of(block.value)
        if block.kind == "for" and block.target is not None:
            element = iterated(self, held, block.value)
            place = Location(self.path, block.place)
            given = Given(self.site, block.value)
            self.by_block[index] = Loop(
                place, block.target, given, held, "for", ends_early=ends_early(self, index)
            )
            self.block = index
            self.bind(block.target, element)
        elif block.kind == "with" and block.target is not None and held is not None:
            self.block = index
            self.bind(block.target, held)

    def _statement(self, statement: Statement) -> None:
        self.block, self.place = statement.block, statement.place
        match statement:
            case Assign(targets, value) if value is not None:
                held = self.of(value)
                for target in targets:
                    if statement.operator:
                        self._added(target, held, value)
                    elif isinstance(target, Sequence) and isinstance(value, Sequence):
                        for inner, item in zip(target.items, value.items, strict=False):
                            self.bind(inner, self._again(item))
                    else:
                        self.bind(target, held)
            case Return(value) if value is not None:
                held = self.of(value)
                if held is not None:
                    self.returned.append(held)
                self._answer(value, held)
            case Expression(value, kind=kind) if kind != "global":
                self.of(value)
            case Raise(value) if value is not None:
                self.of(value)

    def _answer(self, value: Value, held: Held | None) -> None:
        """Keep which rows are returned, by themselves or as a part of an object: `Page(items=rows)`."""
        place = Location(self.path, value.place)
        value = value.value if isinstance(value, Await) else value
        parts: list[tuple[str, Value]] = []
        if held is not None:
            self.answers.append(Answer(held, place))
        elif isinstance(value, Call):
            parts = [(argument.name, argument.value) for argument in value.arguments if argument.name]
        elif isinstance(value, Mapping):
            parts = [(str(key.value), item) for key, item in value.items if isinstance(key, Constant)]
        for name, each in parts:
            part = self._again(each)
            if part is not None:
                self.answers.append(Answer(part, place, name))

    def _again(self, value: Value) -> Held | None:
        """What a value holds that has been walked already."""
        if isinstance(value, Reference):
            return self.variables.at(value.name, self.block) if "." not in value.name else None
        return None

    def _added(self, target: Value, held: Held | None, value: Value) -> None:
        if held is not None and isinstance(target, Reference):
            self.bind(target, held)
        elif isinstance(target, Reference) and self.texts:
            before = self.variables.at(target.name, self.block)
            if before is not None and before.kind == "query" and before.drafts[0].style == "sql":
                self.bind(target, added_text(self, before, value))

    def bind(self, target: Value, held: Held | None) -> None:
        """Give the target of an assignment or loop what it holds."""
        match target:
            case Reference(name):
                self.variables.bind(name, self.block, held)
            case Sequence(_, items):
                for position, item in enumerate(items):
                    self.bind(item, item_of(held, position))
            case Subscript() | Attribute():
                return

    @property
    def around(self) -> tuple[Loop, ...]:
        """The loops around the place at hand, the outermost first."""
        found = []
        block = self.block
        while block >= 0 and self.python.blocks[block].scope == self.function.scope:
            if block in self.by_block and not self._is_own_header(block):
                found.append(self.by_block[block])
            block = self.python.blocks[block].parent
        return (*reversed(found), *self.loops)

    def _is_own_header(self, block: int) -> bool:
        return self.python.blocks[block].place == self.place

    # --- what is found ---

    def draft(self, **facts: object) -> Draft:
        """A new query."""
        facts = {"is_generic": self.reader.is_generic and not self.depth, **facts}
        draft = Draft(number=self.reader.number(), line=(), function=self.function, **facts)  # type: ignore[arg-type]
        self.drafts[draft.number] = draft
        return draft

    def extended(self, draft: Draft, **facts: object) -> Draft:
        """A query that is made from another one."""
        self.used.add(draft.number)
        made = replace(draft, number=self.reader.number(), line=(*draft.line, draft.number), **facts)
        self.drafts[made.number] = made
        return made

    def send(self, held: Held, value: Value, how: str) -> None:
        """Keep that queries are sent."""
        for draft in held.drafts:
            self.used.add(draft.number)
            self.executions.append(
                Execution(draft, Location(self.path, value.place), how, self.function, self._gathered(self.around))
            )

    def touch(self, row: Held, attribute: str, value: Value) -> None:
        """Keep that an attribute of a row is read."""
        place = Location(self.path, value.place)
        self.touches.append(Touch(row, attribute, place, self.function, self._gathered(self.around)))

    def _gathered(self, loops: tuple[Loop, ...]) -> tuple[Loop, ...]:
        return tuple(replace(each, is_gathered=True) for each in loops) if self.gathered else loops

    # --- expressions ---

    def of(self, value: Value) -> Held | None:
        """What an expression holds; what it sends and touches is kept."""
        if self.texts and value.place in self.texts:
            held = held_of_text(self, value)
            if held is not None:
                return held
        if isinstance(value, Constant):
            return None
        match value:
            case Reference():
                return self.name(value)
            case Call():
                return held_of_call(self, value)
            case Attribute(inner, name):
                return attribute_of(self, self.of(inner), name, value)
            case Await(inner):
                return self.of(inner)
            case Subscript(inner, index):
                held = self.of(inner)
                self.of(index)
                return subscripted(self, held, index, value)
            case Conditional(test, then, otherwise):
                self.of(test)
                found = [each for each in (self.of(then), self.of(otherwise)) if each is not None]
                return either_of(found)
            case Operation("or" | "and" | ":=", operands):
                found = [each for each in map(self.of, operands) if each is not None]
                if value.operator == ":=" and found:
                    self.bind(operands[0], found[-1])
                return found[0] if found else None
            case Operation("%", (inner, filled)):
                self.of(filled)
                return self.of(inner)
            case Comprehension():
                return self._comprehension(value)
            case Operation("*", (inner,)):
                return self.of(inner)
            case Yield(inner) if inner is not None:
                return self.of(inner)
            case Lambda():
                return None
        for inner in children(value):
            self.of(inner)
        return None

    def arguments(self, call: Call) -> dict[int, Held | None]:
        """What the arguments of a call hold, by position."""
        return {index: self.of(argument.value) for index, argument in enumerate(call.arguments)}

    def _comprehension(self, value: Comprehension) -> Held | None:
        count = len(self.loops)
        for clause in value.clauses:
            held = self.of(clause.iterable)
            element = iterated(self, held, clause.iterable)
            place = Location(self.path, value.place)
            given = Given(self.site, clause.iterable)
            self.loops.append(Loop(place, clause.target, given, held, "comprehension"))
            self.bind(clause.target, element)
            for condition in clause.conditions:
                self.of(condition)
        held = self.of(value.element)
        del self.loops[count:]
        if held is not None and held.kind == "row":
            return replace(held, kind="rows")
        return None

    def name(self, value: Reference) -> Held | None:
        """What a dotted name holds."""
        names = self.variables.names
        if value.name in names:
            return self.variables.at(value.name, self.block)
        head, _, rest = value.name.partition(".")
        if head in names:
            held = self.variables.at(head, self.block)
            for attribute in rest.split(".") if rest else ():
                held = attribute_of(self, held, attribute, value)
            if held is not None or not rest:
                return held
        if value.name.endswith(".query"):
            table = table_named(self, Reference(value.name.removesuffix(".query"), value.place))
            if table is not None and table.of:
                draft = self.draft(
                    kind="select", style="sqlalchemy", location=Location(self.path, value.place), tables=(table,),
                    entities=(table,),
                )  # fmt: skip
                return Held("query", (draft,))
        if value.name.rpartition(".")[2] in self.reader.texts.variables:
            return held_of_name(self, value.name)
        return manager_of(self, value)

    # --- names ---

    def parts_of(self, value: Value) -> list[tuple[Value, bool]] | None:
        """The conditions that a variable holds, alone or as a list, and whether each is always among them; None where
        that is not seen."""
        if not isinstance(value, Reference) or "." in value.name:
            return None
        return self.reader.parts(self.function, value.name, self.block)

    def returned_parts(self, call: Call) -> list[tuple[Frame, Value]] | None:
        """The conditions that a function of the tree returns, each with the frame that it is to be read in."""
        return self.reader.conditions_of(self, call)

    @contextmanager
    def seen_from(self, other: Frame) -> Iterator[None]:
        """For a while, resolve names as another function does."""
        kept = (self.function, self.path, self.plain, self.site, self.python)
        self.function, self.path, self.plain = other.function, other.path, other.plain
        self.site, self.python = other.site, other.python
        try:
            yield
        finally:
            self.function, self.path, self.plain, self.site, self.python = kept
