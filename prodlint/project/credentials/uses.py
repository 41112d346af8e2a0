"""What becomes of a value: followed through variables, what functions return, and the text that is made of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec import Struct

from prodlint.facts import (
    Assign,
    Attribute,
    Await,
    Call,
    Conditional,
    Constant,
    Mapping,
    Operation,
    Reference,
    Return,
    Sequence,
    Subscript,
    Template,
    Value,
    walk,
)
from prodlint.finding import Location
from prodlint.libraries.credentials import COMPARERS, is_password
from prodlint.project.credentials.places import callers, trail
from prodlint.project.flow.traces import Where, last_name
from prodlint.project.values.bindings import Defined, Variable

if TYPE_CHECKING:
    from prodlint.project import Project

__all__ = ["Use", "uses"]

_KEPT_BY_METHODS = frozenset(
    "hexdigest digest upper lower encode decode strip hex rjust zfill replace casefold format join".split()
)
_KEPT_BY_CALLS = frozenset(
    "str bytes b64encode b64decode urlsafe_b64encode hexlify force_str force_bytes text_type reversed format".split()
)
_SQL_PASSWORD = re.compile(r"pass(word|wd)?|pwd", re.IGNORECASE)
_COMPARERS = frozenset(name.rpartition(".")[2] for name in COMPARERS)
_ROW_CALLS = frozenset(
    "create acreate filter filter_by get exclude values update insert insert_one update_one find find_one save replace "
    "get_or_create update_or_create".split()
)
_MAX_DEPTH = 6


class Use(Struct, frozen=True):
    """One thing that happens to a value: `kind` is "compared", "kept" (`name` says under what), "passed" (`name` is the
    parameter, "" where it is not known), "returned" (`name` is the number of the scope) or "shortened"."""

    kind: str
    location: Location
    name: str = ""


def uses(project: Project, where: Where, target: Value, depth: int = 0) -> Iterator[Use]:
    """All uses of a value, the nearest first."""
    if depth > _MAX_DEPTH:
        return
    holder, around = trail(project, where, target)
    current = target
    for parent in around:
        verdict = _inside(project, where, current, parent)
        if isinstance(verdict, Use):
            yield verdict
            return
        if not verdict:
            return
        current = parent
    match holder:
        case Assign(targets):
            for each in targets:
                yield from _assigned(project, where, each, depth)
        case Return():
            yield Use("returned", Location(where.path, holder.place), str(where.scope))
            yield from _returned(project, where, depth)


def _inside(project: Project, where: Where, current: Value, parent: Value) -> Use | bool:
    """What an expression makes of a part: a use that ends the way, True where it still shows the part."""
    location = Location(where.path, parent.place)
    match parent:
        case Attribute(_, name):
            return name in _KEPT_BY_METHODS
        case Call(function) if function == current:
            return True
        case Call(function):
            name = last_name(function)
            if name in _COMPARERS:
                return Use("compared", location)
            if name in _KEPT_BY_CALLS or (isinstance(function, Attribute) and name in _KEPT_BY_METHODS):
                return True
            return Use("passed", location, _parameter(project, where, parent, current))
        case Operation("==" | "!="):
            return Use("compared", location)
        case Operation("+" | "%" | "or" | "and" | ":=" | "*"):
            return True
        case Subscript(inner, index) if inner == current:
            return True if _keeps_all(index) else Use("shortened", location)
        case Mapping(pairs):
            for key, value in pairs:
                if value == current and isinstance(key, Constant) and isinstance(key.value, str):
                    return Use("kept", location, key.value)
            return False
        case Template() | Conditional() | Await() | Sequence():
            return True
    return False


def _keeps_all(index: Value) -> bool:
    """Whether a subscript gives back the whole text: `[::-1]`, or an element of a tuple."""
    if isinstance(index, Operation):
        numbers = [each.value for each in index.operands if isinstance(each, Constant)]
        return numbers in ([], [-1], [None, None, -1])
    return False


def _parameter(project: Project, where: Where, call: Call, current: Value) -> str:
    """What an argument is kept under: a column of a model or a query, a parameter that takes a hash, or a column that a
    statement of SQL names; "" for what is passed on for anything else, such as to be hashed again."""
    index = next((index for index, each in enumerate(call.arguments) if each.value == current), -1)
    if index < 0:
        return ""
    name = last_name(call.function)
    keyword = call.arguments[index].name
    called = project.values.callee(where.site, call.function)
    of = getattr(called, "of", called)
    scope = project.scope_of(of) if isinstance(of, Defined) else None
    if keyword and (name[:1].isupper() or name in _ROW_CALLS or (scope is not None and scope.kind == "class")):
        return keyword
    if isinstance(of, Defined) and scope is not None:
        member = project.names.class_member(of.path, of.scope, "__init__") if scope.kind == "class" else of
        taken = project.scope_of(member).parameters if isinstance(member, Defined) else ()
        names = [each.name for each in taken if each.kind in {"", "positional-only"}]
        names = names[1:] if names[:1] in (["self"], ["cls"]) else names
        parameter = keyword or (names[index] if index < len(names) else "")
        return parameter if scope.kind == "class" or not is_password(parameter) else ""
    if keyword and not is_password(keyword):
        return keyword
    texts = [each.value for other in call.arguments for each in walk(other.value) if isinstance(each, Constant)]
    if any(isinstance(text, str) and " " in text and _SQL_PASSWORD.search(text) for text in texts):
        return "password"
    if name == "setattr" and isinstance(call.positional(1), Constant):
        return str(getattr(call.positional(1), "value", ""))
    return ""


def _assigned(project: Project, where: Where, target: Value, depth: int) -> Iterator[Use]:
    match target:
        case Reference(name) if "." in name:
            yield Use("kept", Location(where.path, target.place), name.rpartition(".")[2])
        case Attribute(_, name):
            yield Use("kept", Location(where.path, target.place), name)
        case Subscript(_, Constant(str() as key)):
            yield Use("kept", Location(where.path, target.place), key)
        case Reference(name):
            yield from _of_variable(project, where, target, depth)


def _of_variable(project: Project, where: Where, target: Reference, depth: int) -> Iterator[Use]:
    symbol, _ = project.names.resolve(where.path, where.scope, target.name)
    if not isinstance(symbol, Variable) or symbol.scope == 0:
        return
    defined = Defined(where.path, symbol.scope)
    for value in project.values_of(defined):
        for inner in walk(value):
            if not isinstance(inner, Reference) or inner.place <= target.place:
                continue
            head, _, rest = inner.name.partition(".")
            if head == target.name and (not rest or rest in _KEPT_BY_METHODS):
                yield from uses(project, where, inner, depth + 1)


def _returned(project: Project, where: Where, depth: int) -> Iterator[Use]:
    function = Defined(where.path, where.scope)
    if project.scope_of(function).kind == "function":
        for at, call in callers(project, function):
            yield from uses(project, at, call, depth + 1)
