"""Functions that look like authentication and can turn nobody away.

What makes a function look like authentication is what it does: it builds a refusal that is never raised or that its own
`except` catches, or it checks a token and drops the result.
"""

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
    Raise,
    Reference,
    Return,
    Subscript,
    Value,
    walk,
)
from prodlint.finding import Location, Step
from prodlint.libraries.identity import TOKEN_CHECKS
from prodlint.libraries.responses import HTTP_EXCEPTIONS
from prodlint.project.routes.anonymous import is_swallowed
from prodlint.project.routes.decorators import wrapped_by
from prodlint.project.routes.statuses import DENYING
from prodlint.project.values.bindings import Defined
from prodlint.project.values.outcomes import Function, Instance, Site

if TYPE_CHECKING:
    from prodlint.project import Project
    from prodlint.project.routes.route import Route

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_UNSEEN = frozenset({"test", "example", "documentation"})
_MAX_DEPTH = 2


class Fault(Struct, frozen=True):
    """Why a function refuses nobody."""

    reason: str
    location: Location


class Unenforced(Struct, frozen=True):
    """A function that refuses nobody, with the routes that rely on it."""

    code: Defined
    name: str
    fault: Fault
    routes: tuple[Route, ...]

    @property
    def steps(self) -> tuple[Step, ...]:
        """The fault, and the routes."""
        routes = tuple(Step(f"`{each.subject}` relies on it", each.location) for each in self.routes[:10])
        return (Step(self.fault.reason, self.fault.location), *routes)


def unenforced(project: Project) -> Iterator[Unenforced]:
    """The dependencies and decorators of open routes that look like authentication, by place."""
    found: dict[Defined, tuple[Fault, list[Route]]] = {}
    faults: dict[Defined, Fault | None] = {}
    for route in project.routes:
        if project.role(route.location.path) in _UNSEEN:
            continue
        if project.authentication(route).status not in {"none", "optional"} or project.public_reason(route):
            continue
        for code, is_dropped in _relied_upon(project, route):
            if code not in faults:
                faults[code] = _fault(project, code)
            fault = faults[code]
            if fault is not None and (is_dropped or not fault.reason.startswith("the result")):
                found.setdefault(code, (fault, []))[1].append(route)
    for code, (fault, routes) in sorted(found.items(), key=lambda each: (each[0].path, each[0].scope)):
        yield Unenforced(code, project.qualified(code), fault, tuple(routes))


def _relied_upon(project: Project, route: Route) -> Iterator[tuple[Defined, bool]]:
    """The functions that run before a handler, and whether what they give is dropped."""
    for top in route.dependencies:
        for each in top.closure():
            if each.code is not None and not each.external and each.of is None:
                is_dropped = each is top and not (each.parameter and _is_mentioned(project, route, each.parameter))
                yield each.code, is_dropped
    for guard in route.guards:
        if guard.kind == "decorator" and guard.code is not None:
            for inner in wrapped_by(project, guard.code)[0]:
                yield inner, True
        elif guard.code is not None and guard.kind in {"guard", "permission"}:
            yield guard.code, True


def _is_mentioned(project: Project, route: Route, name: str) -> bool:
    if route.handler is None:
        return True
    return any(
        isinstance(each, Reference) and each.name.partition(".")[0] == name
        for value in project.values_of(route.handler)
        for each in walk(value)
    )


def _fault(project: Project, code: Defined) -> Fault | None:
    """Why a function refuses nobody; None where it may refuse, or where nothing says that it should."""
    python = project.python(code.path)
    scope = project.scope_of(code)
    if python is None or scope.kind != "function":
        return None
    refusals = project.routing.refusals.of(code)
    if any(each.status in DENYING or each.status == 0 for each in refusals):
        return None
    site = Site(code.path, code.scope)
    statuses = project.routing.refusals.statuses
    for statement in project.statements_of(code):
        place = Location(code.path, statement.place)
        value = getattr(statement, "value", None)
        if isinstance(statement, Raise) and value is not None and statuses.status_of(site, value) in DENYING:
            if is_swallowed(python, statement.block, statement):
                return Fault("the refusal is caught by the function's own `except`", place)
        if isinstance(statement, Expression | Return) and isinstance(value, Call):
            if _is_refusal(project, site, value):
                verb = "returned" if isinstance(statement, Return) else "made"
                return Fault(f"the exception is {verb} and never raised", place)
    return _dropped(project, code) if not refusals else None


def _is_refusal(project: Project, site: Site, call: Call) -> bool:
    """Whether a call makes an exception that would answer 401 or 403."""
    meaning = project.values.evaluate(site, call).meaning
    of = getattr(meaning, "of", None)
    if not isinstance(meaning, Instance) or getattr(of, "name", "") not in HTTP_EXCEPTIONS:
        return False
    return project.routing.refusals.statuses.status_of(site, call) in DENYING


def _dropped(project: Project, code: Defined) -> Fault | None:
    """A function that checks a token, catches what that raises, and keeps nothing of it."""
    python = project.python(code.path)
    assert python is not None
    if any(_keeps(statement) for statement in project.statements_of(code)):
        return None
    for statement in project.statements_of(code):
        value = getattr(statement, "value", None)
        if value is None or isinstance(statement, Return):
            continue
        if any(isinstance(each, Call) and _checks(project, code, each, 0) for each in walk(value)):
            if is_swallowed(python, statement.block, statement) and not _gives(project, code):
                return Fault("the result of the check is dropped, and its exception is caught",
                             Location(code.path, statement.place))  # fmt: skip
    return None


def _keeps(statement: object) -> bool:
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
    if depth >= _MAX_DEPTH or not isinstance(inner, Defined) or project.scope_of(inner).kind != "function":
        return False
    return any(
        isinstance(each, Call) and _checks(project, inner, each, depth + 1)
        for value in project.values_of(inner)
        for each in walk(value)
    )


__all__ = ["SAFE", "Fault", "Unenforced", "unenforced"]
