"""Checks of credentials that pass whoever knows nothing: compared with themselves, with a literal, or not checked."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec import Struct

from prodlint.facts import Call, Constant, Operation, Python, Raise, Reference, Return, Template, Value, walk
from prodlint.finding import Location, Step
from prodlint.libraries.credentials import (
    HARMLESS_HEADERS,
    PASSWORD_FORMS,
    SCHEME_WORDS,
    TOKEN_MAKERS,
    is_credential_header,
    is_password,
)
from prodlint.libraries.sensitive import is_sensitive, words_of
from prodlint.project.credentials.client import sent
from prodlint.project.credentials.places import Comparison, comparisons, counts, name_of
from prodlint.project.flow.traces import Where, last_name, written
from prodlint.project.values.bindings import Defined
from prodlint.project.values.outcomes import Environment, Site

if TYPE_CHECKING:
    from prodlint.project import Project

__all__ = ["Bypass", "bypasses", "skipped_checks", "unchecked_logins"]

_NAMES = (
    "password passwd pwd token api_key apikey secret headers cookies COOKIES META Header Cookie HTTPBearer "
    "HTTPBasicCredentials HTTPAuthorizationCredentials credentials compare_digest signature "
    "APIKeyHeader APIKeyCookie APIKeyQuery"
).split()
_HEADERS = ("headers", "cookies", "COOKIES", "META", "Header", "Cookie")
_WORTH_FOLLOWING = frozenset({"key", "auth", "header", "credentials", "value", "pass", "code", "session", "sid"})
_CHECKS = ("verify", "check", "authenticate", "compare_digest", "validate", "is_valid", "authorize")


class Bypass(Struct, frozen=True):
    """A check that lets the wrong caller in: `what` says how, as a clause; `subject` what it is about."""

    location: Location
    where: Where
    what: str
    subject: str
    conditional: bool = False
    """Only where the configuration says so."""
    steps: tuple[Step, ...] = ()


def bypasses(project: Project) -> Iterator[Bypass]:
    """Comparisons and conditions of an application's own code, by path and place."""
    for path in project.mentioning(*_NAMES):
        if not counts(project, path):
            continue
        found = [
            each
            for comparison in comparisons(project, path)
            if not comparison.is_query
            for each in (_with_itself(comparison), _with_literal(project, comparison))
            if each is not None
        ]
        found += _conditions(project, path)
        yield from sorted(found, key=lambda each: each.location.place)


# --- comparisons ------------------------------------------------------------------------------------------------------


def _with_itself(comparison: Comparison) -> Bypass | None:
    left, right = comparison.left, comparison.right
    name = last_name(left)
    if not isinstance(left, Reference) or not isinstance(right, Reference) or left.name != right.name:
        return None
    if comparison.operator != "call" and not is_sensitive(name):
        return None
    location = Location(comparison.where.path, comparison.place)
    what = f"`{left.name}` is compared with itself, so that every value passes"
    return Bypass(location, comparison.where, what, left.name)


def _with_literal(project: Project, comparison: Comparison) -> Bypass | None:
    where = comparison.where
    for value, other in comparison.sides:
        if not isinstance(other, Constant) or not _is_literal(other):
            continue
        if isinstance(value, Constant) or not _may_be_credential(name_of(value)):
            continue
        received = sent(project, where, value)
        if received is None or not received.is_credential or _is_about_kind(received.name):
            continue
        location = Location(where.path, comparison.place)
        what = f"`{written(value)}` is compared with a text that stands in the source, so that whoever reads it passes"
        return Bypass(location, where, what, written(value), _by_configuration(project, comparison))
    return None


def _may_be_credential(name: str) -> bool:
    """Whether it is worth while to follow a value of that name; its name proves nothing."""
    return is_sensitive(name) or is_credential_header(name) or name.lower() in _WORTH_FOLLOWING


def _is_literal(value: Value) -> bool:
    """Whether a value is a credential written out: not empty, not a scheme, not a mask that says "unchanged"."""
    if isinstance(value, Template):
        return False
    if not isinstance(value, Constant) or not isinstance(value.value, str):
        return False
    text = value.value.strip().lower()
    if value.form != "redacted" and not text.strip("*x.-"):
        return False
    return len(text) > 1 and text not in SCHEME_WORDS


def _is_about_kind(name: str) -> bool:
    return any(word in name.lower() for word in ("type", "scheme", "kind", "state"))


def _by_configuration(project: Project, comparison: Comparison) -> bool:
    """Whether the comparison counts only where a setting says so: `settings.debug and token == "dev"`."""
    python = project.python(comparison.where.path)
    assert python is not None
    values = [comparison.outer]
    block = comparison.where.block
    while block >= 0 and python.blocks[block].kind in {"if", "else", "try", "with", "for", "while", "except"}:
        fact = python.blocks[block]
        if fact.value is not None and fact.kind == "if":
            values.append(fact.value)
        block = fact.parent
    for value in values:
        for inner in walk(value):
            if isinstance(inner, Reference) and not is_sensitive(last_name(inner)):
                meaning = project.values.evaluate(comparison.where.site, inner).meaning
                if isinstance(meaning, Environment):
                    return True
    return False


# --- conditions -------------------------------------------------------------------------------------------------------


def _conditions(project: Project, path: str) -> Iterator[Bypass]:
    """`if verify(token) or True`, `return check(password) or True`."""
    for where, value in project.scans.of(path).conditions:
        passing = value.operator == "or"
        constants = [each for each in value.operands if isinstance(each, Constant) and each.value is passing]
        if not constants or not any(_is_check(each) for each in value.operands):
            continue
        if not passing and not _is_refusal(value):
            continue
        what = f"`{value.operator} {passing}` stands beside the check, so that it never fails"
        yield Bypass(Location(path, value.place), where, what, f"{value.operator} {passing}")


def _is_check(value: Value) -> bool:
    """Whether a value checks a credential: a function that says so is given one, or one is compared."""
    for each in walk(value):
        if isinstance(each, Call) and last_name(each.function).lstrip("_").startswith(_CHECKS):
            given = [inner for argument in each.arguments for inner in walk(argument.value)]
            called = written(each.function).replace(".", "_")
            if any(isinstance(inner, Reference) and is_sensitive(last_name(inner)) for inner in given):
                return True
            if given and not {"password", "pwd", "bcrypt"}.isdisjoint(words_of(called)):
                return True
        if isinstance(each, Operation) and each.operator in {"==", "!="}:
            if any(is_sensitive(last_name(side)) for side in each.operands if isinstance(side, Reference)):
                return True
    return False


def _is_refusal(value: Operation) -> bool:
    """Whether an `and` asks for a check that failed: `if not verify(token) and False`."""
    return any(isinstance(each, Operation) and each.operator in {"not", "!="} for each in value.operands)


# --- headers that skip the check -------------------------------------------------------------------------------------


def skipped_checks(project: Project) -> Iterator[Bypass]:
    """Guards that let a caller pass for a header of a fixed value, and would refuse him otherwise."""
    codes: dict[Defined, None] = {}
    for route in project.routes:
        closure = (each for top in route.dependencies for each in top.closure())
        codes.update(dict.fromkeys(each.code for each in closure if each.code))
        codes.update(dict.fromkeys(guard.code for guard in route.guards if guard.code))
    for code in codes:
        if counts(project, code.path) and any(f" {name} " in project.identifiers(code.path) for name in _HEADERS):
            yield from _skipped(project, code)


def _skipped(project: Project, code: Defined) -> Iterator[Bypass]:
    python = project.python(code.path)
    assert python is not None
    inside = {code.scope}
    for index in range(code.scope + 1, len(python.scopes)):
        if python.scopes[index].parent in inside and python.scopes[index].kind == "function":
            inside.add(index)
    for comparison in comparisons(project, code.path):
        where = comparison.where
        if where.scope not in inside or comparison.operator != "==":
            continue
        for value, other in comparison.sides:
            if not isinstance(other, Constant) or not isinstance(other.value, str) or not other.value:
                continue
            received = sent(project, where, value)
            if received is None or received.kind not in {"header", "cookie"} or received.is_credential:
                continue
            if received.name.lower() in HARMLESS_HEADERS or not _passes(project, python, comparison):
                continue
            what = f"`{written(value)}` with a fixed value skips the check behind it"
            conditional = _by_configuration(project, comparison)
            yield Bypass(Location(where.path, comparison.place), where, what, received.name, conditional)


def _passes(project: Project, python: Python, comparison: Comparison) -> bool:
    """Whether the branch that a comparison opens returns, and a refusal stands behind it."""
    where = comparison.where
    function = Defined(where.path, where.scope)
    block = next(
        (
            index
            for index, each in enumerate(python.blocks)
            if each.kind == "if" and each.scope == where.scope and each.value == comparison.outer
        ),
        -1,
    )
    statements = [each for each in project.statements_of(function) if each.block == block]
    if block < 0 or not any(isinstance(each, Return) for each in statements):
        return False
    if any(isinstance(each, Raise) for each in statements):
        return False
    refusals = project.routing.refusals.of(function)
    return any(each.status in {401, 403} and each.location.place > comparison.place for each in refusals)


# --- logins -----------------------------------------------------------------------------------------------------------


def unchecked_logins(project: Project) -> Iterator[Bypass]:
    """Handlers that take a password, issue a token, and never look at the password."""
    seen: set[Defined] = set()
    for route in project.routes:
        handler = route.handler
        if handler is None or handler in seen or "POST" not in route.methods or not counts(project, handler.path):
            continue
        seen.add(handler)
        taken = _password_parameter(project, handler)
        if not taken or _is_looked_at(project, handler, taken):
            continue
        if project.authentication(route).status not in {"none", "optional"}:
            continue
        issued = _issues(project, handler)
        if issued is not None:
            where = Where(handler.path, handler.scope, 0)
            what = f"`{route.subject}` takes a password and gives out a token without a look at it"
            steps = (Step("the token is made here", issued),)
            yield Bypass(route.location, where, what, route.subject, False, steps)


def _password_parameter(project: Project, handler: Defined) -> str:
    """The parameter of a handler that carries a password: a form of FastAPI, or a model with a password."""
    scope = project.scope_of(handler)
    site = Site(handler.path, max(scope.parent, 0))
    for parameter in scope.parameters:
        of = project.values.annotated(site, parameter.annotation) if parameter.annotation is not None else None
        if of is None:
            continue
        if getattr(of, "name", "") in PASSWORD_FORMS:
            return str(parameter.name)
        if isinstance(of, Defined) and of not in project.entities.classes:
            if project.names.class_member(of.path, of.scope, "password") is not None:
                return str(parameter.name)
    return ""


def _is_looked_at(project: Project, handler: Defined, name: str) -> bool:
    """Whether a handler uses the password of its parameter, or passes the whole parameter on."""
    for value in project.values_of(handler):
        for each in walk(value):
            if isinstance(each, Reference) and each.name.partition(".")[0] == name:
                rest = each.name.partition(".")[2]
                if not rest or is_password(rest.partition(".")[0]) or rest in {"model_dump", "dict", "json"}:
                    return True
    return False


def _issues(project: Project, handler: Defined, depth: int = 0) -> Location | None:
    """Where a handler makes a token, or a function of the tree that it calls."""
    site = Site(handler.path, handler.scope)
    for value in project.values_of(handler):
        for call in walk(value):
            if not isinstance(call, Call):
                continue
            called = project.values.callee(site, call.function)
            if getattr(called, "name", "") in TOKEN_MAKERS:
                return Location(handler.path, call.place)
            of = getattr(called, "of", called)
            if depth < 2 and isinstance(of, Defined) and project.scope_of(of).kind == "function":
                if _issues(project, of, depth + 1) is not None:
                    return Location(handler.path, call.place)
    return None
