"""Tokens that are read with a check switched off, or before the second step that checks their claims, and trusted."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from prodlint.facts import Attribute, Reference, Subscript, walk
from prodlint.facts import Constant as Literal
from prodlint.finding import Finding, Location, Step, Undecided
from prodlint.libraries.tokens import ALL_CHECKS_FOLLOW, CLAIMS_UNCHECKED, SIMPLEJWT, UNVERIFIED_CLASSES
from prodlint.project.deployment.surroundings import surroundings
from prodlint.project.tokens.calls import argument, token_calls
from prodlint.project.tokens.decoded import Decoded, is_only_read, is_validated, off, unverified_readers
from prodlint.project.tokens.spoken import made_in
from prodlint.project.values.outcomes import Known

if TYPE_CHECKING:
    from prodlint.project import CallSite, Project

_FORGED = "the signature is not checked: whoever writes a token is whom it names"
_ENDLESS = "`exp` is not checked: a token never expires"
_NOTHING = "neither signature nor expiry nor audience is checked: whoever writes a token is whom it names"


def check(project: Project) -> Iterator[Finding | Undecided]:
    """One finding for each call."""
    seen: set[Location] = set()
    for decoded in project.decoded_tokens:
        if decoded.location not in seen:
            found = next(_of(project, decoded), None)
            if found is not None:
                seen.add(decoded.location)
                yield found
    for call in unverified_readers(project):
        yield from _trusted(project, call, call.name.rpartition(".")[2], _FORGED, ())
    for call in token_calls(project, UNVERIFIED_CLASSES):
        given = argument(project, call.site, call.call, ("verify", 1))
        if given is not None and project.values.given(given).meaning == Known(False):
            yield from _trusted(project, call, f"{SIMPLEJWT} {call.name.rpartition('.')[2]}", _NOTHING, ())


def _of(project: Project, decoded: Decoded) -> Iterator[Finding | Undecided]:
    library = decoded.decoder.library
    switch = off(project, decoded, "verify_signature")
    if switch is not None:
        what = _NOTHING if library in ALL_CHECKS_FOLLOW else _FORGED
        yield from _trusted(project, decoded.call, decoded.call.name, what, (*decoded.way.steps, *switch.steps))
        return
    switch = off(project, decoded, "verify_exp")
    if switch is not None:
        steps = (*decoded.way.steps, *switch.steps)
        yield from _trusted(
            project, decoded.call, decoded.call.name, "`exp` is not checked: a token never expires", steps
        )
        return
    switch = off(project, decoded, "verify_aud")
    if switch is not None:
        yield from _of_audience(project, decoded, switch.steps)
        return
    if library in CLAIMS_UNCHECKED:
        if is_validated(project, decoded) is False:
            what = "`validate` is not called on the claims: an expired token is accepted"
            yield _finding(project, decoded.call, decoded.call.name, what, decoded.way.steps)


def _of_audience(project: Project, decoded: Decoded, steps: tuple[Step, ...]) -> Iterator[Finding]:
    """The audience matters where tokens with one are signed with the same key."""
    mine = project.values.given(decoded.key).steps[-1:] if decoded.key is not None else ()
    for issued in project.tokens:
        if mine and issued.key is not None and issued.claims.is_certain("aud"):
            if project.values.given(issued.key).steps[-1:] == mine:
                made = Step("a token with `aud` is signed with the same key here", issued.location)
                what = "the audience is not checked: a token made for another use is accepted"
                yield _finding(project, decoded.call, decoded.call.name, what, (*steps, made))
                return


def _trusted(
    project: Project, call: CallSite, name: str, what: str, steps: tuple[Step, ...]
) -> Iterator[Finding | Undecided]:
    only_read = is_only_read(project, call)
    if only_read or not surroundings(project, call.site, call.block).runs:
        return
    location = Location(call.path, call.call.place)
    subject = f"token read in {made_in(project, call)}"
    if _is_identity_token(call):
        yield Undecided(location, subject, "an ID token may come straight from its issuer")
    elif only_read is None:
        yield Undecided(location, subject, "what is done with its claims cannot be seen")
    else:
        yield _finding(project, call, name, what, steps)


def _is_identity_token(call: CallSite) -> bool:
    """Whether the token is the `id_token` of an answer, which the issuer's token endpoint gave over TLS."""
    first = call.call.arguments[0].value if call.call.arguments else None
    for each in walk(first) if first is not None else ():
        match each:
            case Subscript(_, Literal("id_token")) | Attribute(_, "id_token"):
                return True
            case Reference(name) if name.rpartition(".")[2] == "id_token":
                return True
            case Literal("id_token"):
                return True
    return False


def _finding(project: Project, call: CallSite, name: str, what: str, steps: tuple[Step, ...]) -> Finding:
    location = Location(call.path, call.call.place)
    return Finding(location, made_in(project, call), {"call": name, "what": what}, steps)
