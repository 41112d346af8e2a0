"""Where a function turns its caller away, and which tests decide it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from prodlint.facts import (
    Attribute,
    Call,
    Constant,
    Operation,
    Python,
    Raise,
    Reference,
    Return,
    Sequence,
    Subscript,
    Value,
    walk,
)
from prodlint.finding import Location
from prodlint.libraries.responses import ABORTS
from prodlint.project.identity.events import Labels, Refused
from prodlint.project.values.outcomes import Items, Known, options

if TYPE_CHECKING:
    from prodlint.project.identity.walker import Walker

_TURNED_AWAY = frozenset({401, 403, 404, 400})
_AROUND = frozenset({"if", "else", "while", "case"})


def refused(walker: Walker, python: Python) -> Iterator[Refused]:
    """The refusals of the function that is walked through."""
    statements = walker.project.statements_of(walker.function)
    statuses = walker.project.routing.refusals.statuses
    left: list[Value] = []
    for statement in sorted(statements, key=lambda each: each.place):
        status = 0
        match statement:
            case Raise(value) if value is not None:
                status = statuses.status_of(walker.plain, value)
            case Return(value) if isinstance(value, Call | Sequence):
                status = next(iter(statuses.responses(walker.plain, value)), 0)
        value = getattr(statement, "value", None)
        if isinstance(value, Call) and _is_abort(walker, value):
            status = statuses.number(walker.site, value.positional(0))
        tests = list(_tests(python, statement.block))
        if isinstance(statement, Return) and status not in _TURNED_AWAY:
            left += tests
        if status in _TURNED_AWAY:
            yield _refused(walker, status, tests or left, Location(walker.function.path, statement.place))


def _is_abort(walker: Walker, call: Call) -> bool:
    if getattr(call.function, "name", "").rpartition(".")[2] != "abort":
        return False
    return walker.project.values.external_name(walker.plain, call.function) in ABORTS


def _tests(python: Python, block: int) -> Iterator[Value]:
    """The tests around a block, the innermost first."""
    while block >= 0 and python.blocks[block].kind not in {"function", "module", "class"}:
        fact = python.blocks[block]
        if fact.kind in _AROUND and fact.value is not None:
            yield fact.value
        block = fact.parent


def _refused(walker: Walker, status: int, tests: list[Value], location: Location) -> Refused:
    labels: set[tuple[object, ...]] = set()
    attributes: list[tuple[str, Labels]] = []
    allowed: set[object] = set()
    compares = False
    for test in tests:
        labels |= walker.flat(walker.of(test))
        for inner in walk(test):
            found = _attribute(walker, inner)
            if found is not None and found[1]:
                attributes.append(found)
            if isinstance(inner, Operation) and inner.operator in {"==", "!=", "in", "not in", "<", ">", "<=", ">="}:
                compares = True
                for operand in inner.operands:
                    allowed |= _constants(walker, operand)
            if isinstance(inner, Call):
                compares = True
    return Refused(
        status, frozenset(labels), tuple(attributes), frozenset(allowed), compares, location
    )  # fmt: skip


def _attribute(walker: Walker, value: Value) -> tuple[str, Labels] | None:
    """The attribute or item that an expression reads, and the labels of what it reads it from."""
    match value:
        case Reference(name) if "." in name:
            head, _, last = name.rpartition(".")
            return last, walker.flat(walker.of(Reference(head, value.place)))
        case Attribute(inner, name):
            return name, walker.flat(walker.of(inner))
        case Subscript(inner, Constant(str() as name)):
            return name, walker.flat(walker.of(inner))
        case Call(Reference(name), arguments) if name.endswith(".get") and arguments:
            key = arguments[0].value
            if isinstance(key, Constant) and isinstance(key.value, str):
                return key.value, walker.flat(walker.of(Reference(name.removesuffix(".get"), value.place)))
    return None


def _constants(walker: Walker, value: Value) -> set[object]:
    """The constants that one side of a comparison is, or lists."""
    found: set[object] = set()
    for meaning in options(walker.meaning(value)):
        if isinstance(meaning, Known):
            found.add(meaning.value)
        elif isinstance(meaning, Items):
            for each in meaning.values[:20]:
                item = walker.project.values.given(each).meaning
                if isinstance(item, Known):
                    found.add(item.value)
    return found


__all__ = ["refused"]
