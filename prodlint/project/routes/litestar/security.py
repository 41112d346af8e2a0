"""Litestar's security backends and authentication middleware, and the routes that they let pass."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from msgspec import Struct

from prodlint.facts import Call
from prodlint.finding import Location
from prodlint.libraries.litestar import FREE_METHODS
from prodlint.project.routes.route import Guard
from prodlint.project.values.bindings import Defined, External
from prodlint.project.values.outcomes import Given, Items, Known

if TYPE_CHECKING:
    from prodlint.project import Project

_PARAMETER = re.compile(r"\{[^{}]*\}")
_SAMPLES = ("1", "zqxv", "7f3a0c1e-5a1b-4a7e-9a55-0f2d6a1c3b4d")
"""What stands for a parameter of a path where an expression is tried on it."""


class Security(Struct, frozen=True):
    """Something that refuses whoever shows no credential, but for some routes."""

    name: str
    location: Location
    key: str
    """The option that lets a handler pass."""
    free: frozenset[str]
    """The methods that pass."""
    excluded: tuple[str, ...] = ()
    """Regular expressions of the paths that pass."""
    unknown: str = ""
    """Why it is not known which pass."""
    code: Defined | None = None
    """What runs, where it is code of the tree."""
    call: Given | None = None


def security_of(
    project: Project, made: Given, name: str, location: Location, key: str, code: Defined | None
) -> Security:
    """The security that a call makes: `JWTAuth(exclude=[...])`, `DefineMiddleware(Middleware, exclude=...)`."""
    call = made.value
    assert isinstance(call, Call)
    excluded, unknown = _expressions(project, made)
    given = call.keyword("exclude_opt_key") or call.keyword("exclude_from_auth_key")
    if given is not None:
        known = project.values.evaluate(made.site, given).meaning
        key = str(known.value) if isinstance(known, Known) else ""
        unknown = unknown or ("" if key else "the key of the option that lets handlers pass is computed")
    free = FREE_METHODS
    given = call.keyword("exclude_http_methods")
    if given is not None:
        meaning = project.values.evaluate(made.site, given).meaning
        named = [project.values.given(each).meaning for each in meaning.values] if isinstance(meaning, Items) else []
        free = frozenset(_method(each) for each in named)
    if any(argument.star == "**" for argument in call.arguments):
        unknown = unknown or "its options are computed"
    return Security(name, location, key, free, excluded, unknown, code, made)


def _expressions(project: Project, made: Given) -> tuple[tuple[str, ...], str]:
    assert isinstance(made.value, Call)
    given = made.value.keyword("exclude")
    if given is None:
        return (), ""
    meaning = project.values.evaluate(made.site, given).meaning
    several = (
        [project.values.given(each).meaning for each in meaning.values] if isinstance(meaning, Items) else [meaning]
    )
    found = [each.value for each in several if isinstance(each, Known)]
    if len(found) < len(several):
        return (), "`exclude` is computed"
    return tuple(each for each in found if isinstance(each, str)), ""


def _method(meaning: object) -> str:
    if isinstance(meaning, External):
        return meaning.name.rpartition(".")[2]
    return str(meaning.value).upper() if isinstance(meaning, Known) else ""


def guard_of(
    security: Security, methods: Iterable[str], path: str, opt: tuple[tuple[str, bool | None], ...]
) -> Guard | None:
    """What a security does to one route; None where it lets the route pass."""
    if security.unknown:
        return Guard("middleware", security.name, security.location, unknown=security.unknown, call=security.call)
    passes = dict(opt).get(security.key, False)
    if passes or set(methods) <= security.free:
        return None
    excluded = is_excluded(security.excluded, path)
    if excluded:
        return None
    if passes is None or excluded is None:
        reason = "whether the route is excluded from it is computed"
        return Guard("middleware", security.name, security.location, unknown=reason, call=security.call)
    if security.code is not None:
        own = (("self", security.call),) if security.call is not None else ()
        return Guard("scheme", security.name, security.location, security.code, own, call=security.call)
    reason = "refuses a request without its credential"
    return Guard(
        "middleware", security.name, security.location, answer="required", reason=reason, call=security.call
    )  # fmt: skip


def is_excluded(expressions: tuple[str, ...], path: str) -> bool | None:
    """Whether one of the expressions is found anywhere in a path; None where that depends on its parameters, or an
    expression cannot be read."""
    if not expressions:
        return False
    try:
        pattern = re.compile("|".join(expressions))
    except re.error:
        return None
    if "\0" in path:
        return None
    found = {pattern.search(_PARAMETER.sub(sample, path)) is not None for sample in _SAMPLES}
    return found.pop() if len(found) == 1 else None


__all__ = ["Security", "guard_of", "is_excluded", "security_of"]
