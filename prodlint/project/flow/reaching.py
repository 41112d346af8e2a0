"""Which assignments of a local variable can be the last before a use, by the blocks that they stand in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from prodlint.facts import (
    Assign,
    Block,
    Call,
    Constant,
    Expression,
    Python,
    Raise,
    Reference,
    Return,
    Statement,
    Subscript,
)
from prodlint.facts import Value as _Value
from prodlint.libraries.sensitive import is_sensitive
from prodlint.project.values.bindings import Binding


def start(place: int) -> int:
    """Line and column of a place as one number, for comparisons."""
    return place >> 28


def contains(outer: int, inner: int) -> bool:
    """Whether a place stands inside another."""
    line = outer >> 42
    end = (line + (outer >> 14 & 0x3FFF)) << 14 | outer & 0x3FFF
    return start(outer) <= start(inner) < end


def reaching(
    python: Python, bindings: Sequence[Binding], statements: Sequence[Statement], block: int, place: int
) -> list[Binding]:
    """The bindings of a variable that may be in force at a place of its own scope, the nearest first.

    Without one before the place, as in a loop, all count."""
    ends = {each.block for each in statements if isinstance(each, (Return, Raise)) and start(each.place) < start(place)}
    around = set(_ancestors(python, block))
    found: list[Binding] = []
    alternatives: set[tuple[int, object]] = set()
    for binding in reversed(bindings):
        statement = binding.statement
        where = statement.place
        if isinstance(statement, Block):
            if _is_inside(python, statement, around):
                return [*found, binding]
            if start(where) < start(place):
                found.append(binding)
            continue
        if start(where) >= start(place) or contains(where, place):
            continue
        own = statement.block
        if own in around:
            found.append(binding)
            if isinstance(statement, Assign) and statement.operator:
                continue
            return found
        if own in ends or _excludes(python, own, around):
            continue
        found.append(binding)
        fact = python.blocks[own]
        if fact.kind == "else" and fact.value is not None:
            alternatives.add((fact.parent, fact.value.place))
        elif fact.kind == "if" and fact.value is not None and (fact.parent, fact.value.place) in alternatives:
            if fact.parent in around:
                return found
    return found or list(bindings)


def _ancestors(python: Python, block: int) -> Iterator[int]:
    while block >= 0:
        yield block
        block = python.blocks[block].parent


def _is_inside(python: Python, header: Block, around: set[int]) -> bool:
    """Whether the use stands in the block that binds the name."""
    return any(python.blocks[each] == header for each in around)


def _excludes(python: Python, block: int, around: set[int]) -> bool:
    """Whether the binding's block and the use's are two branches of one `if`, or two handlers of one `try`."""
    inner = block
    while inner >= 0 and inner not in around:
        fact = python.blocks[inner]
        for each in around:
            other = python.blocks[each]
            if other.parent != fact.parent or each == inner:
                continue
            kinds = {fact.kind, other.kind}
            if kinds == {"if", "else"} and fact.value is not None and other.value is not None:
                if fact.value.place == other.value.place:
                    return True
            if kinds == {"case"} or kinds == {"except"}:
                return True
        inner = fact.parent
    return False


def is_stripped(statements: Sequence[Statement], name: str, before: int) -> bool:
    """Whether a secret item or attribute of the variable `name` is taken out or overwritten before a place:
    `data.pop("password")`, `del data["token"]`, `data["token"] = "***"`, `user.password = None`."""
    for statement in statements:
        if start(statement.place) >= start(before):
            break
        match statement:
            case Expression(Call() as call) | Assign(_, Call() as call):
                if (
                    isinstance(call.function, Reference)
                    and call.function.name == f"{name}.pop"
                    and _is_secret_key(call.positional(0))
                ):
                    return True
            case Expression(Subscript(Reference(owner), key)) if statement.kind == "del":
                if owner == name and _is_secret_key(key):
                    return True
        if isinstance(statement, Assign) and isinstance(statement.value, Constant):
            for target in statement.targets:
                match target:
                    case Subscript(Reference(owner), key) if owner == name and _is_secret_key(key):
                        return True
                    case Reference(dotted) if dotted.rpartition(".")[0] == name and is_sensitive(
                        dotted.rpartition(".")[2]
                    ):
                        return True
    return False


def _is_secret_key(key: _Value | None) -> bool:
    return (
        isinstance(key, Constant)
        and isinstance(key.value, str)
        and (is_sensitive(key.value) or "password" in key.value)
    )
