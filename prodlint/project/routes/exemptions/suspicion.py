"""Whether running middleware in thought is worth its while: whether it, or what it calls, turns anyone away."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from prodlint.facts import (
    Assign,
    Attribute,
    Call,
    Constant,
    Mapping,
    Reference,
    Return,
    Sequence,
    Subscript,
    Value,
    walk,
)
from prodlint.libraries.middleware import REFUSING_CALLS
from prodlint.libraries.responses import ABORTS, REDIRECTS, RESPONSE_STATUS, STATUS_POSITIONS
from prodlint.project.routes.statuses import DENYING
from prodlint.project.values.bindings import Defined
from prodlint.project.values.outcomes import Function, Site

if TYPE_CHECKING:
    from prodlint.project import Project

_MAX_DEPTH = 3
_HIDING = DENYING | {400, 404}
"""What those are answered who show no credential: 422 and 429 have other causes."""
_KEYED = frozenset({"headers", "cookies", "COOKIES", "session", "META", "environ"})


def may_refuse(project: Project, code: Defined) -> bool:
    """Whether a function may turn a caller away by what it answers, raises or looks up; false only where neither it
    nor what it calls has anything for that."""
    known = project.authenticator.suspected
    if code not in known:
        known[code] = _may_refuse(project, code, 0, set())
    return known[code]


def _may_refuse(project: Project, code: Defined, depth: int, seen: set[Defined]) -> bool:
    seen.add(code)
    if project.scope_of(code).name == "authenticate":
        return True
    if depth == 0 and any(each.status in DENYING or not each.status for each in project.routing.refusals.of(code)):
        return True
    for scope in _inside(project, code):
        site = Site(code.path, scope)
        for statement in project.statements_of(Defined(code.path, scope)):
            if isinstance(statement, Assign) and any(_is_status(each) for each in statement.targets):
                return True
            value = statement.value if isinstance(statement, Return) else None
            if isinstance(value, Sequence) and len(value.items) > 1 and _is_refusal(project, site, value.items[1]):
                return True
        for outer in project.values_of(Defined(code.path, scope)):
            if depth == 0 and any(_is_of_parent(project, site, each) for each in walk(outer)):
                return True
            if any(
                _refuses(project, site, each) or _leads_on(project, site, each, depth, seen) for each in walk(outer)
            ):
                return True
    return False


def _inside(project: Project, code: Defined) -> Iterator[int]:
    """The scopes of a function and of those that it defines."""
    python = project.python(code.path)
    assert python is not None
    inside = {code.scope}
    yield code.scope
    for index in range(code.scope + 1, len(python.scopes)):
        if python.scopes[index].parent in inside and python.scopes[index].kind == "function":
            inside.add(index)
            yield index


def _is_status(target: Value) -> bool:
    return isinstance(target, Reference | Attribute) and target.name.rpartition(".")[2] in {"status_code", "status"}


def _is_refusal(project: Project, site: Site, given: Value) -> bool:
    """Whether a status may be for lack of a credential, or cannot be told."""
    number = project.routing.refusals.statuses.number(site, given)
    return not number or number in _HIDING or number // 100 == 3


def _refuses(project: Project, site: Site, value: Value) -> bool:
    match value:
        case Subscript(Reference(name), Constant()):
            return name.rpartition(".")[2] in _KEYED
        case Mapping():
            status = value.get("status")
            kind = value.get("type")
            return status is not None or getattr(kind, "value", "") == "websocket.close"
        case Call(function):
            name = project.values.external_name(site, function)
            if name in ABORTS or name in REDIRECTS or name in REFUSING_CALLS:
                return True
            if RESPONSE_STATUS.get(name, 0) in _HIDING:
                return True
            given = value.keyword("status_code") or value.keyword("status")
            given = given or value.positional(STATUS_POSITIONS.get(name, 99))
            return given is not None and _is_refusal(project, site, given)
    return False


def _is_of_parent(project: Project, site: Site, value: Value) -> bool:
    """`super().dispatch(request, call_next)` in the method of the same name."""
    match value:
        case Call(Attribute(Call(Reference("super")), name)):
            own: str = project.scope_of(Defined(site.path, site.scope)).name
            return name == own
    return False


def _leads_on(project: Project, site: Site, value: Value, depth: int, seen: set[Defined]) -> bool:
    """Whether a call runs code of the tree that may refuse, or makes an object that is itself a refusal."""
    if not isinstance(value, Call) or depth >= _MAX_DEPTH:
        return False
    meaning = project.values.callee(site, value.function)
    code = meaning.of if isinstance(meaning, Function) else meaning
    if not isinstance(code, Defined) or code in seen:
        return False
    if project.scope_of(code).kind == "class":
        return project.routing.refusals.statuses.status_of(site, value) in DENYING
    return _may_refuse(project, code, depth + 1, seen)
