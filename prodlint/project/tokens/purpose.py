"""What a token is for: by what it claims, by the words around it, and by where it goes. No one of these decides alone.

A token that a login returns as `access_token` is an access token; one that a mail carries serves one purpose. Where the
evidence is thin or contradicts itself, nothing is said.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec import Struct

from prodlint.facts import (
    Assign,
    Attribute,
    Call,
    Constant,
    Mapping,
    Operation,
    Reference,
    Return,
    Sequence,
    Subscript,
    Template,
    Value,
    children,
)
from prodlint.finding import Location, Step
from prodlint.libraries.values import PROPERTIES
from prodlint.project.tokens.calls import callers
from prodlint.project.tokens.issued import Issued
from prodlint.project.values.bindings import Defined
from prodlint.project.values.outcomes import Known, Site, options

if TYPE_CHECKING:
    from prodlint.project import Project

__all__ = ["Purpose", "purpose_of"]

ACCESS, REFRESH, PURPOSE = "access", "refresh", "purpose"

_CLAIMS = ("type", "token_type", "typ", "token_use", "use", "purpose", "kind", "scope", "action", "aud")
_WORDS: dict[str, str] = {
    **dict.fromkeys(("access", "bearer"), ACCESS),
    **dict.fromkeys(("refresh",), REFRESH),
    **dict.fromkeys(
        (
            "reset verify verification confirm confirmation activate activation invite invitation mail unsubscribe "
            "magic otp mfa state download file forgot recovery recover challenge oauth csrf share"
        ).split(),
        PURPOSE,
    ),
}
_MAILS = frozenset({"mail", "email", "mailer", "sms", "message"})
_ENTRANCES = frozenset({"login", "signup", "token endpoint", "OAuth callback"})
_MAX_DEPTH = 5


class Purpose(Struct, frozen=True):
    """What a token is for: `kind` is "access", "refresh", "purpose" or "" where that is not decided."""

    kind: str
    steps: tuple[Step, ...] = ()


class Use(Struct, frozen=True):
    """A place that a token goes to: the keys, keywords and calls around it, from the outside in."""

    keys: tuple[str, ...]
    calls: tuple[str, ...]
    texts: tuple[str, ...]
    returned: bool
    location: Location
    function: Defined


def purpose_of(project: Project, issued: Issued) -> Purpose:
    """What a token is for."""
    if issued.kind:
        return Purpose(issued.kind)
    votes: dict[str, set[str]] = {}
    steps: list[Step] = []
    for kind in _claimed(project, issued):
        votes.setdefault(kind, set()).add("claim")
    for kind in _named(project, issued):
        votes.setdefault(kind, set()).add("word")
    for use in _uses(project, issued):
        for kind, weight, text in _used(project, use):
            votes.setdefault(kind, set()).update({"use", weight} - {""})
            steps.append(Step(text, use.location))
    if len(votes) != 1:
        return Purpose("")
    kind, sources = votes.popitem()
    return Purpose(kind if len(sources) > 1 else "", tuple(dict.fromkeys(steps))[:2])


def _kinds(text: str) -> set[str]:
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", text).lower()
    return {_WORDS[word] for word in re.split(r"[^a-z0-9]+", spaced) if word in _WORDS}


def _claimed(project: Project, issued: Issued) -> Iterator[str]:
    for name in _CLAIMS:
        for given in issued.claims.values(name):
            for meaning in options(project.values.given(given).meaning):
                if isinstance(meaning, Known) and isinstance(meaning.value, str):
                    yield from _kinds(meaning.value)
    for name in issued.claims.found:
        if _kinds(name) == {PURPOSE}:
            yield PURPOSE


def _named(project: Project, issued: Issued) -> Iterator[str]:
    """What the names of the functions say that the token is made in."""
    handlers = {route.handler for route in project.routes}
    for site in (issued.way.site, *(site for site, _ in issued.way.calls)):
        python = project.python(site.path)
        assert python is not None
        name = python.scopes[site.scope].name
        kinds = _kinds(name)
        if Defined(site.path, site.scope) not in handlers and re.search(r"token|jwt", name, re.I) and len(kinds) == 1:
            yield from kinds


# --- where it goes ---


def _uses(project: Project, issued: Issued) -> Iterator[Use]:
    """The places that a token goes to, through the functions that return it."""
    pending: list[tuple[Site, Value, int]] = [(issued.way.site, issued.call.call, 0)]
    calls = list(issued.way.calls)
    seen: set[tuple[str, int]] = set()
    while pending:
        site, target, depth = pending.pop()
        if (site.path, target.place) in seen or len(seen) > 24:
            continue
        seen.add((site.path, target.place))
        function = Defined(site.path, site.scope)
        python = project.python(site.path)
        assert python is not None
        returned = False
        for use in _in_scope(project, site, target):
            returned = returned or (use.returned and not use.keys)
            yield use
        if returned and depth < _MAX_DEPTH and python.scopes[site.scope].kind == "function":
            decorators = project.scope_of(function).decorators
            if any(project.values.decorator_name(function, each) in PROPERTIES for each in decorators):
                continue
            if calls:
                pending.append((*calls.pop(0), depth + 1))
            else:
                pending += [(outer, call, depth + 1) for outer, call, _ in callers(project, function)]


def _in_scope(project: Project, site: Site, target: Value) -> Iterator[Use]:
    """The uses of a value, and of the variables that it is assigned to, in one scope."""
    names: set[str] = set()
    function = Defined(site.path, site.scope)
    for statement in project.statements_of(function):
        value: Value | None = getattr(statement, "value", None)
        if value is None:
            continue
        for keys, calls, texts in _found(value, target, names):
            if isinstance(statement, Assign):
                assigned = list(_assigned(statement))
                if not keys and not calls:
                    names |= {name for name in assigned if "." not in name}
                keys = (*(name.rpartition(".")[2] for name in assigned if "." in name or '"' in name), *keys)
                keys = tuple(key.strip('"') for key in keys)
            location = Location(site.path, statement.place)
            yield Use(keys, calls, texts, isinstance(statement, Return), location, function)


def _assigned(statement: Assign) -> Iterator[str]:
    for target in statement.targets:
        match target:
            case Reference(name):
                yield name
            case Sequence(_, items):
                yield from (each.name for each in items if isinstance(each, Reference))
            case Subscript(_, Constant(str() as key)):
                yield f'"{key}"'


Found = tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]


def _found(value: Value, target: Value, names: set[str]) -> Iterator[Found]:
    """How a value stands inside another: the keys, calls and texts around it."""
    if value is target or (isinstance(value, Reference) and value.name in names):
        yield (), (), ()
        return
    match value:
        case Call(function, arguments):
            called = function.name if isinstance(function, (Reference, Attribute)) else ""
            yield from _found(function, target, names) if not isinstance(function, Reference) else ()
            if isinstance(function, Reference) and function.name.partition(".")[0] in names:
                yield (), (), ()  # `token.decode()`
            named = value.keyword("key") or value.positional(0) if called.endswith("set_cookie") else None
            cookie = str(named.value) if isinstance(named, Constant) else ""
            for argument in arguments:
                for keys, calls, texts in _found(argument.value, target, names):
                    added = tuple(each for each in (cookie, argument.name) if each and each != "value")
                    yield (*added, *keys), (called, *calls), texts
        case Mapping(pairs):
            for key, each in pairs:
                for keys, calls, texts in _found(each, target, names):
                    name = key.value if isinstance(key, Constant) and isinstance(key.value, str) else ""
                    yield (*((name,) if name else ()), *keys), calls, texts
        case Template() | Operation():
            written = "".join(str(each.value) for each in children(value) if isinstance(each, Constant))
            for each in children(value):
                for keys, calls, texts in _found(each, target, names):
                    yield keys, calls, (written, *texts)
        case _:
            for each in children(value):
                yield from _found(each, target, names)


def _used(project: Project, use: Use) -> Iterator[tuple[str, str, str]]:
    """The kinds that a use speaks for, each with another source that bears it out ("" for none) and why."""
    for key in use.keys:
        kinds = _kinds(key)
        if kinds and re.search(r"token|jwt", key, re.IGNORECASE):
            for kind in kinds:
                yield kind, "", f"it goes out as `{key}` here"
    words = {word for called in use.calls for word in re.split(r"[^a-z0-9]+", called.lower())}
    if words & _MAILS:
        yield PURPOSE, "", "it is mailed here"
    if any(re.search(r"/.*=|[?&]\w*=|/$", text) for text in use.texts) and not use.calls:
        yield PURPOSE, "", "it becomes part of a link here"
    entrance = _entrance(project, use.function) if use.returned else ""
    if entrance and not any(_kinds(key) - {ACCESS} for key in use.keys):
        named = any(re.search(r"token|jwt", key, re.IGNORECASE) for key in use.keys)
        yield ACCESS, "word" if named else "", f"the {entrance} route returns it here"


def _entrance(project: Project, function: Defined) -> str:
    """The kind of route that a function handles, where it lets a caller in: "login"; "" for all else."""
    for route in project.routes:
        if route.handler == function:
            reason = project.public_reason(route)
            if reason in _ENTRANCES:
                return reason
    return ""
