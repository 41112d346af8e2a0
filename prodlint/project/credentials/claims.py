"""What a request claims about its sender by a cookie or header that nothing signs: who it is, and what it may do.

A cookie is kept by the client, who can write anything into it. One that says `admin` or names a user is trusted where
it decides a branch or selects a row by itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec import Struct

from prodlint.facts import Attribute, Await, Call, Constant, Reference, Subscript, Value, walk
from prodlint.finding import Location
from prodlint.libraries.cookies import carries_session
from prodlint.libraries.credentials import HARMLESS_HEADERS, is_credential_header
from prodlint.libraries.identity import is_privilege, names_account, names_privilege
from prodlint.project.credentials.client import Sent, sent
from prodlint.project.credentials.places import Comparison, comparisons, counts
from prodlint.project.flow.traces import Where, last_name, receiver_of
from prodlint.project.values.bindings import Defined

if TYPE_CHECKING:
    from prodlint.project import Project

__all__ = ["Claim", "claimed_identities", "claimed_privileges", "claims", "unsigned_sessions"]

_READS = ("cookies", "COOKIES", "Cookie", "headers", "META", "Header")
_COOKIES = ("cookies", "COOKIES", "Cookie")
_LOOKUPS = frozenset({"filter", "filter_by", "get", "aget", "get_object_or_404", "aget_object_or_404", "get_or_none"})
_DECODERS = frozenset({"b64decode", "urlsafe_b64decode", "standard_b64decode", "decodebytes"})
_VERIFIES = ("hmac", "compare", "verify", "valid", "unsign", "decrypt", "signature", "signer", "check", "fernet", "jwt")
_PARTS = frozenset({"split", "rsplit", "partition", "rpartition"})


class Claim(Struct, frozen=True):
    """A cookie or header that is trusted: `kind` is "privilege", "identity" or "session"."""

    kind: str
    location: Location
    where: Where
    read: Sent
    use: str
    """What it decides, after its name: "selects rows of `Account` by `userid`"."""


def claims(project: Project) -> Iterator[Claim]:
    """All of an application's own code."""
    yield from claimed_privileges(project)
    yield from claimed_identities(project)
    yield from unsigned_sessions(project)


# --- what the sender may do -------------------------------------------------------------------------------------------


def claimed_privileges(project: Project) -> Iterator[Claim]:
    """Comparisons of a cookie that says what its sender may do, or of a cookie or header with a text that says so."""
    for path in project.mentioning(*_READS):
        for comparison in comparisons(project, path) if counts(project, path) else ():
            if comparison.is_query:
                continue
            claim = _privilege(project, comparison)
            if claim is not None:
                yield claim


def _privilege(project: Project, comparison: Comparison) -> Claim | None:
    where = comparison.where
    for value, other in comparison.sides:
        if not isinstance(other, Constant) or not isinstance(other.value, str) or not other.value:
            continue
        read = sent(project, where, _whole(value))
        if read is None or (read.is_credential and read.kind == "header") or not _says_privilege(read, other.value):
            continue
        use = "with a fixed value makes its sender an administrator, and anyone can send it"
        return Claim("privilege", Location(where.path, comparison.place), where, read, use)
    return None


def _says_privilege(read: Sent, text: str) -> bool:
    """Whether a comparison gives rights. Of the headers that say a role only by their name (`X-User-Role`) nothing is
    said: gateways set them. `User-Agent` can be anything; other headers of HTTP choose the site or the form."""
    if read.kind == "cookie":
        return is_privilege(read.name) or names_privilege(text)
    if read.kind != "header" or (read.name in HARMLESS_HEADERS and read.name != "user-agent"):
        return False
    return names_privilege(text) and not is_privilege(read.name.removeprefix("x-").replace("-", "_"))


def _whole(value: Value) -> Value:
    """The value that a part was split off."""
    match value:
        case Subscript(Call(Attribute(inner, name)), _) if name in _PARTS:
            return inner
        case Subscript(Call(Reference(name) as function), _) if name.rpartition(".")[2] in _PARTS:
            return receiver_of(function)
    return value


# --- who the sender is ------------------------------------------------------------------------------------------------


def claimed_identities(project: Project) -> Iterator[Claim]:
    """Queries that a cookie with a user's name or key is the only condition of."""
    for path in project.mentioning(*_COOKIES):
        python = project.python(path)
        if python is None or not counts(project, path):
            continue
        for call, block in project.calls_in(path):
            if last_name(call.function) not in _LOOKUPS or not call.arguments:
                continue
            where = Where(path, python.blocks[block].scope, block)
            claim = _identity(project, where, call)
            if claim is not None:
                yield claim


def _identity(project: Project, where: Where, call: Call) -> Claim | None:
    """What a query is given: nothing else that was sent may be among it, as a password or code is what proves it."""
    found: Claim | None = None
    for argument in call.arguments:
        if not argument.name:
            continue
        read = sent(project, where, argument.value)
        if read is None:
            continue
        if read.kind != "cookie" or found is not None:
            return None
        if names_account(read.name):
            use = f"selects rows by `{argument.name}`"
            found = Claim("identity", Location(where.path, argument.value.place), where, read, use)
    return found


# --- sessions ---------------------------------------------------------------------------------------------------------


def unsigned_sessions(project: Project) -> Iterator[Claim]:
    """Session cookies that are decoded and used in a function that verifies nothing."""
    for path in project.mentioning(*_DECODERS):
        python = project.python(path)
        if python is None or not counts(project, path):
            continue
        for call, block in project.calls_in(path):
            first = call.positional(0)
            if last_name(call.function) not in _DECODERS or first is None:
                continue
            where = Where(path, python.blocks[block].scope, block)
            read = sent(project, where, first)
            if read is None or read.kind != "cookie" or _verifies(project, where):
                continue
            if carries_session(read.name) or is_credential_header(read.name):
                use = "is only encoded: nothing signs it, so that whoever writes one is whom it names"
                yield Claim("session", Location(path, call.place), where, read, use)


def _verifies(project: Project, where: Where) -> bool:
    """Whether the function that decodes a cookie also calls something that may verify it."""
    for value in project.values_of(Defined(where.path, where.scope)):
        for each in walk(value):
            function = each.function if isinstance(each, Call) else each
            while isinstance(function, Await):
                function = function.value
            name = last_name(function).lower() if isinstance(function, Reference | Attribute) else ""
            if isinstance(each, Call) and any(word in name for word in _VERIFIES):
                return True
    return False
