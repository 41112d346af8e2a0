"""Walks through one function with labels for its parameters: what its expressions come from, and what is done to them.

The walk does not follow the order of branches: a variable has the labels of all its assignments. That leans towards
silence, because a value that may come from the caller counts as the caller's.
"""

from __future__ import annotations

from collections.abc import Mapping as Dictionary
from typing import TYPE_CHECKING

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
    Subscript,
    Template,
    Value,
    Yield,
)
from prodlint.finding import Location
from prodlint.libraries.identity import GLOBAL_REQUESTS, IDENTITY_OBJECTS, IMPLICIT
from prodlint.project.identity.attributes import first_attribute, request_attribute
from prodlint.project.identity.calls import labels_of_call
from prodlint.project.identity.django import MANAGERS
from prodlint.project.identity.events import (
    CALLER,
    NOTHING,
    REQUEST,
    UNKNOWN,
    Compared,
    Event,
    Label,
    Labels,
    Modified,
    Summary,
    Written,
)
from prodlint.project.identity.refused import refused
from prodlint.project.values.bindings import Bound, Defined, External
from prodlint.project.values.outcomes import Given, Meaning, Opaque, Site

if TYPE_CHECKING:
    from prodlint.project.identity.model import Model

_COMPARISONS = frozenset({"==", "!=", "in", "not in", "<", ">", "<=", ">=", "is", "is not"})
_ORDERS = frozenset({"<", ">", "<=", ">="})
_LOOPS = frozenset({"for", "while"})
"""A body with loops is walked twice, so that what they assign late is seen early."""
_MAX_KEYS = 4


class Walker:
    """One walk: `environment` has the labels of parameters and variables, by name (`self.user` too)."""

    def __init__(
        self,
        model: Model,
        function: Defined,
        environment: Dictionary[str, Labels],
        arguments: tuple[tuple[str, Given], ...],
        depth: int,
    ) -> None:
        self.model = model
        self.project = model.project
        self.function = function
        self.plain = Site(function.path, function.scope)
        self.site = Site(function.path, function.scope, arguments or None)
        self.arguments = arguments
        self.depth = depth
        self.key: object = None
        """What the walk is given; the model's memory of it."""
        self.environment = dict(environment)
        self.events: dict[object, Event] = {}
        self.children: dict[tuple[int, int], tuple[int, Summary]] = {}
        self.attributes: dict[str, Labels] = {}
        self.returns: Labels = NOTHING
        self.tested = False
        self.is_cut = False

    def run(self) -> Summary:
        """Walk the body and say what was found."""
        python = self.project.python(self.function.path)
        assert python is not None
        parts = self.project.parts_of(self.function)
        loops = any(isinstance(part, Block) and part.kind in _LOOPS for _, part in parts)
        for _ in range(2 if loops else 1):
            self.events.clear()
            self.children.clear()
            for _, part in parts:
                if isinstance(part, Block):
                    self._block(part)
                else:
                    self._statement(part)
        for event in refused(self, python):
            self.record(event.location.place, event)
        return Summary(
            self.function, list(self.events.values()), list(self.children.values()), self.returns, self.attributes,
            self.tested,
            any(each.is_cut for _, each in self.children.values()) or self.is_cut,
        )  # fmt: skip

    def record(self, key: object, event: Event) -> None:
        """Keep what was found at a place, once."""
        self.events[type(event), key] = event

    def location(self, value: Value) -> Location:
        """Where a value stands."""
        return Location(self.function.path, value.place)

    def meaning(self, value: Value) -> Meaning:
        """What an expression is: without what the call passes where that is enough, since only that is remembered."""
        found = self.project.values.evaluate(self.plain, value).meaning
        if self.arguments and isinstance(found, Opaque | Bound):
            head: Value = value
            while isinstance(head, Attribute):
                head = head.value
            name = getattr(head, "name", "").partition(".")[0]
            if not isinstance(head, Reference) or any(each == name for each, _ in self.arguments):
                return self.project.values.evaluate(self.site, value).meaning
        return found

    def flat(self, labels: Labels) -> Labels:
        """Labels with objects opened up into what their attributes hold."""
        return self.model.flat(labels)

    # --- statements ---

    def _block(self, block: Block) -> None:
        if block.value is None or block.kind == "except":
            return
        labels = self.of(block.value)
        if block.kind == "if" and CALLER in self.flat(labels):
            self.tested = True
        if block.target is not None:
            self.bind(block.target, labels)

    def _statement(self, statement: object) -> None:
        match statement:
            case Assign(targets, value) if value is not None:
                labels = self.of(value)
                for target in targets:
                    # A counter that goes up (`post.likes += 1`) is no change that only the owner may make.
                    if not statement.operator or (isinstance(target, Reference) and "." not in target.name):
                        self.bind(target, labels, value)
            case Return(value) if value is not None:
                self.returns |= self.of(value)
            case Expression(value, kind=kind) if kind != "global":
                labels = self.of(value)
                if isinstance(value, Yield):
                    self.returns |= labels
            case Raise(value) if value is not None:
                self.of(value)

    def bind(self, target: Value, labels: Labels, value: Value | None = None) -> None:
        """Give a target of an assignment, loop or `with` its labels."""
        match target:
            case Reference(name) if "." not in name:
                self.environment[name] = self.environment.get(name, NOTHING) | labels
            case Reference(name):
                head, _, attribute = name.rpartition(".")
                if head == "self":
                    self.attributes[attribute] = self.attributes.get(attribute, NOTHING) | labels
                    self.environment[name] = self.environment.get(name, NOTHING) | labels
                else:
                    self._change(self.name(Reference(head, target.place)), attribute, labels, target)
            case Attribute(inner, attribute):
                self._change(self.of(inner), attribute, labels, target)
            case Subscript(inner, index):
                self.of(index)
                owner = getattr(inner, "name", "")
                if isinstance(index, Constant) and isinstance(index.value, str):
                    labels = frozenset({self.model.object_of({index.value: labels})}) if labels else labels
                for name in {owner, owner.partition(".")[0]} - {"", "self"}:
                    self.environment[name] = self.environment.get(name, NOTHING) | labels
            case Sequence(_, items):
                several = value.items if isinstance(value, Sequence) and len(value.items) == len(items) else None
                for position, item in enumerate(items):
                    self.bind(item, self.of(several[position]) if several is not None else labels)
            case Operation("*", (inner,)):
                self.bind(inner, labels)

    def _change(self, owner: Labels, attribute: str, labels: Labels, target: Value) -> None:
        """An attribute of an object is set: of a row, a column is written."""
        rows = frozenset(each for each in self.flat(owner) if each[0] == "R" or each == CALLER)
        if rows:
            place = self.location(target)
            self.record(target.place, Written(None, rows, attribute, self.flat(labels), place))
            self.record(("change", target.place), Modified(rows, place))
            return
        # A session that is told who calls (`session.tenant = user.tenant_id`) may narrow what it loads.
        name = getattr(target, "name", "").partition(".")[0]
        if isinstance(target, Reference) and name in self.environment:
            self.environment[name] |= labels

    # --- expressions ---

    def of(self, value: Value) -> Labels:
        """The labels of an expression."""
        match value:
            case Constant():
                return NOTHING
            case Reference():
                return self.name(value)
            case Call():
                return labels_of_call(self, value)
            case Attribute(inner, name):
                return self.attribute(self.of(inner), name)
            case Await(inner):
                return self.of(inner)
            case Subscript(inner, index):
                labels = self.of(inner)
                if isinstance(index, Constant):
                    return self.attribute(labels, str(index.value))
                return labels | self.of(index)
            case Operation(operator, operands):
                return self._operation(value, operator, operands)
            case Conditional(test, then, otherwise):
                self.of(test)
                return self.of(then) | self.of(otherwise)
            case Template(items) | Sequence(_, items):
                return self.union(items)
            case Mapping(pairs) if pairs and all(isinstance(key, Constant) for key, _ in pairs):
                found = {str(key.value): self.of(each) for key, each in pairs if isinstance(key, Constant)}
                return frozenset({self.model.object_of(found)}) if any(found.values()) else NOTHING
            case Mapping(pairs):
                keys = self.union(tuple(key for key, _ in pairs if key is not None))
                return keys | self.union(tuple(each for _, each in pairs))
            case Comprehension(_, element, clauses):
                for clause in clauses:
                    self.bind(clause.target, self.of(clause.iterable))
                    self.union(clause.conditions)
                return self.of(element)
            case Lambda(_, body):
                return self.of(body)
            case Yield(inner):
                return self.of(inner) if inner is not None else NOTHING
        return NOTHING

    def union(self, values: tuple[Value, ...]) -> Labels:
        """The labels of several expressions together."""
        found: set[Label] = set()
        for each in values:
            found |= self.of(each)
        return frozenset(found)

    def _operation(self, value: Operation, operator: str, operands: tuple[Value, ...]) -> Labels:
        if operator == ":=" and len(operands) == 2:
            labels = self.of(operands[1])
            self.bind(operands[0], labels)
            return labels
        if operator in _COMPARISONS and len(operands) == 2:
            left, right = self.flat(self.of(operands[0])), self.flat(self.of(operands[1]))
            if left and right:
                names = (first_attribute(operands[0]), first_attribute(operands[1]))
                equality = operator not in _ORDERS
                self.record(value.place, Compared(left, names[0], right, names[1], self.location(value), equality))
            return left | right
        return self.union(operands)

    def name(self, value: Reference) -> Labels:
        """The labels of a dotted name."""
        environment = self.environment
        parts = value.name.split(".")
        for count in range(len(parts), 0, -1):
            known = environment.get(".".join(parts[:count]) if count > 1 else parts[0])
            if known is None:
                continue
            if count == 1 and len(parts) > 1 and parts[0] == "self":
                member = self.model.property_of(self, parts[1], value)
                if member is not None:
                    known, count = member, 2
            for each in parts[count:]:
                known = self.attribute(known, each)
            return known
        if (parts[-1] == "query" or parts[-1] in MANAGERS) and len(parts) > 1:
            access = self.model.queries.of_attribute(self, value)
            if access:
                return access
        return self._from_outside(value, parts)

    def _from_outside(self, value: Reference, parts: list[str]) -> Labels:
        """The labels of a name that no parameter or variable of this function binds."""
        symbol, _ = self.project.names.resolve(self.site.path, self.site.scope, parts[0])
        if not isinstance(symbol, External):
            return NOTHING
        if symbol.name in GLOBAL_REQUESTS:
            known: Labels = frozenset({REQUEST})
            for each in parts[1:]:
                known = self.attribute(known, each)
            return known
        if symbol.name in IDENTITY_OBJECTS:
            return frozenset({CALLER})
        return frozenset({UNKNOWN}) if symbol.name.partition(".")[0] in IMPLICIT else NOTHING

    def attribute(self, labels: Labels, name: str) -> Labels:
        """The labels of an attribute or item of something with labels."""
        if not labels:
            return labels
        found: set[Label] = set()
        for label in labels:
            kind = label[0]
            if kind == "I":
                found.add((*label, name) if len(label) < _MAX_KEYS and name != "*" else label)
            elif kind == "O":
                found |= self.model.attribute_of(label, name)
            elif kind == "Q":
                found.add(request_attribute(name))
            else:
                found.add(label)
        return frozenset(found)


__all__ = ["Walker"]
