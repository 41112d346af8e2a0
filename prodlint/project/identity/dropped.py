"""Functions that check a token, catch what that raises, and make nothing of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec import Struct

from prodlint.facts import (
    Assign,
    Attribute,
    Await,
    Call,
    Constant,
    Expression,
    Python,
    Reference,
    Return,
    Subscript,
    Value,
    walk,
)
from prodlint.finding import Location
from prodlint.libraries.identity import TOKEN_CHECKS
from prodlint.project.routes.anonymous import is_swallowed
from prodlint.project.routes.statuses import DENYING
from prodlint.project.values.bindings import Defined
from prodlint.project.values.outcomes import Function, Site

if TYPE_CHECKING:
    from prodlint.project import Project

_MAX_DEPTH = 2


class Fault(Struct, frozen=True):
    """Why a function refuses nobody. `needs_dropped` says that it is a fault only where what it gives is dropped."""

    reason: str
    location: Location
    needs_dropped: bool = False


def dropped(project: Project, code: Defined, is_dependency: bool) -> Fault | None:
    """A function that checks a token, catches what that raises, and keeps nothing of it."""
    python = project.python(code.path)
    assert python is not None
    statements = project.statements_of(code)
    if any(keeps(statement) for statement in statements):
        return None
    for statement in statements:
        value = getattr(statement, "value", None)
        if value is None or not any(isinstance(each, Call) and _checks(project, code, each, 0) for each in walk(value)):
            continue
        place = Location(code.path, statement.place)
        for failed in _after_failure(project, code, python):
            return Fault(f"whoever shows no valid token becomes a new `{failed}`", place)
        caught = is_swallowed(python, statement.block, statement) or _ends_in_return(python, statement.block)
        if not caught:
            continue
        if not isinstance(statement, Return) and not _gives(project, code):
            return Fault("the result of the check is dropped, and its exception is caught", place, True)
        if isinstance(statement, Assign | Expression) and not _is_used(project, code, statement):
            return Fault("nothing is made of the check, and its exception is caught", place)
        if is_dependency:
            return Fault("what it gives for a wrong token is dropped", place, True)
    return None


def _is_used(project: Project, code: Defined, check: Assign | Expression) -> bool:
    """Whether what a statement assigns is read again; of one that assigns nothing, whether what the function gives is
    made of something else than what was checked."""
    others = [each for each in project.values_of(code) if each is not check.value]
    if isinstance(check, Assign):
        names = {getattr(each, "name", "") for each in check.targets}
    else:
        given = [
            each.value for each in project.statements_of(code) if isinstance(each, Return) and each.value is not None
        ]
        checked = {each.name for each in walk(check.value) if isinstance(each, Reference)}
        used = {each.name for value in given for each in walk(value) if isinstance(each, Reference)}
        return not checked & used
    mentioned = {each.name.partition(".")[0] for value in others for each in walk(value) if isinstance(each, Reference)}
    return not names or "" in names or bool(names & mentioned)


def _after_failure(project: Project, code: Defined, python: Python) -> Iterator[str]:
    """The class of which an `except` returns a new object, where that is what the function gives for a valid token too:
    not an `AnonymousUser`."""
    mentioned: dict[str, int] = {}
    for value in project.values_of(code):
        for each in walk(value):
            if isinstance(each, Reference):
                mentioned[each.name] = mentioned.get(each.name, 0) + 1
    for statement in project.statements_of(code):
        made = statement.value if isinstance(statement, Return) else None
        if python.blocks[statement.block].kind != "except" or not isinstance(made, Call):
            continue
        name = getattr(made.function, "name", "")
        meaning = project.values.evaluate(Site(code.path, code.scope), made.function).meaning
        is_class = isinstance(meaning, Defined) and project.scope_of(meaning).kind == "class"
        returns = project.scope_of(code).returns
        declared = isinstance(returns, Reference) and returns.name == name
        if is_class and (mentioned.get(name, 0) > 1 or declared):
            yield name


def _ends_in_return(python: Python, block: int) -> bool:
    """Whether a `finally` around a block returns, which drops every exception."""
    while block >= 0 and python.blocks[block].kind not in {"function", "module", "class"}:
        if python.blocks[block].kind == "try":
            after = range(block + 1, len(python.blocks))
            ends = {
                each for each in after
                if python.blocks[each].kind == "finally" and python.blocks[each].parent == python.blocks[block].parent
            }  # fmt: skip
            if any(isinstance(each, Return) and each.block in ends for each in python.statements):
                return True
        block = python.blocks[block].parent
    return False


def keeps(statement: object) -> bool:
    """Whether a statement leaves something behind: an attribute, an item, a context variable."""
    if isinstance(statement, Assign):
        return any(isinstance(each, Attribute | Subscript) or "." in getattr(each, "name", "")
                   for each in statement.targets)  # fmt: skip
    value: Value | None = getattr(statement, "value", None)
    if isinstance(statement, Expression) and isinstance(value, Call):
        return getattr(value.function, "name", "").rpartition(".")[2] in {"set", "update", "append", "setattr", "add"}
    return False


def _gives(project: Project, code: Defined) -> bool:
    """Whether a function returns something that a caller could look at."""
    for statement in project.statements_of(code):
        if isinstance(statement, Return) and statement.value is not None and not isinstance(statement.value, Constant):
            if not _is_wrapped(project, code, statement.value):
                return True
    return False


def _is_wrapped(project: Project, code: Defined, value: Value) -> bool:
    """Whether a decorator's inner function only goes on to the function that it wraps."""
    while isinstance(value, Await):
        value = value.value
    if not isinstance(value, Call) or not isinstance(value.function, Reference):
        return False
    symbol, _ = project.names.resolve(code.path, code.scope, value.function.name)
    spread = all(each.star or isinstance(each.value, Reference) for each in value.arguments)
    return type(symbol).__name__ == "Bound" and spread


def _checks(project: Project, code: Defined, call: Call, depth: int) -> bool:
    """Whether a call decodes or verifies a credential, by itself or in a function of the tree."""
    meaning = project.values.evaluate(Site(code.path, code.scope), call.function).meaning
    if getattr(meaning, "name", "") in TOKEN_CHECKS:
        return True
    inner = meaning.of if isinstance(meaning, Function) else meaning
    if isinstance(inner, Defined) and inner != code and refuses(project, inner):
        return True
    if depth >= _MAX_DEPTH or not isinstance(inner, Defined) or project.scope_of(inner).kind != "function":
        return False
    return any(
        isinstance(each, Call) and _checks(project, inner, each, depth + 1)
        for value in project.values_of(inner)
        for each in walk(value)
    )


def refuses(project: Project, code: Defined) -> bool:
    if project.scope_of(code).kind != "function":
        return False
    return any(each.status in DENYING for each in project.routing.refusals.of(code))


__all__ = ["Fault", "dropped", "keeps", "refuses"]
