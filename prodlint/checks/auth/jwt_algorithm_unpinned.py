"""Tokens that are read with algorithms that their sender chooses, with none, or with two kinds of key at once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from prodlint.finding import Finding, Location, Severity, Undecided
from prodlint.libraries.tokens import ALGORITHMS_REQUIRED, AUTHLIB_JWT, JOSE, NONE_ACCEPTED, family
from prodlint.project.tokens.algorithms import alternatives, are_from_token, given_algorithms
from prodlint.project.tokens.decoded import Decoded, off
from prodlint.project.tokens.spoken import made_in
from prodlint.project.values.outcomes import Environment, Given, Known, options

if TYPE_CHECKING:
    from prodlint.project import Project

_UNREAD = "names no algorithms"


def check(project: Project) -> Iterator[Finding | Undecided]:
    """One finding for each call."""
    seen: set[Location] = set()
    for decoded in project.decoded_tokens:
        if decoded.location in seen or off(project, decoded, "verify_signature") is not None:
            continue
        subject = made_in(project, decoded.call)
        found = _of(project, decoded)
        if isinstance(found, str) and found:
            seen.add(decoded.location)
            yield Undecided(decoded.location, f"algorithms of the token read in {subject}", found)
        elif isinstance(found, tuple):
            seen.add(decoded.location)
            what, severity = found
            fields = {"call": decoded.call.name, "what": what}
            given = given_algorithms(project, decoded)
            chain = project.values.given(given).steps if given is not None else ()
            yield Finding(decoded.location, subject, fields, (*decoded.way.steps, *chain), severity)


def _of(project: Project, decoded: Decoded) -> tuple[str, Severity | None] | str:
    """What is wrong; why that cannot be told; "" for nothing."""
    library = decoded.decoder.library
    given = given_algorithms(project, decoded)
    if given is None or project.values.given(given).meaning == Known(None):
        if given is None and any(each.star for each in decoded.call.call.arguments):
            return "its arguments are spread with `**`"
        if library == JOSE:
            return f"{_UNREAD}, so the token's own header chooses one", None
        if library in ALGORITHMS_REQUIRED:
            return _required(project, decoded)
        if decoded.call.name == AUTHLIB_JWT and _is_text(project, decoded.key):
            return "allows HMAC and public-key algorithms at once", Severity.WARNING
        return ""
    if are_from_token(project, given):
        return "takes the algorithm from the token itself", None
    for names in alternatives(project, given):
        families = {family(name) for name in names} - {""}
        if "none" in families:
            accepted = library in NONE_ACCEPTED
            return "allows `none`, a token that nobody signed", None if accepted else Severity.WARNING
        if "HMAC" in families and len(families) > 1:
            return "allows HMAC and public-key algorithms at once", None
    return ""


def _required(project: Project, decoded: Decoded) -> tuple[str, Severity | None] | str:
    """PyJWT 2 refuses such a call, unless its key says its algorithm."""
    if decoded.key is None:
        return ""
    if _is_text(project, decoded.key):
        return f"{_UNREAD}: PyJWT 2 refuses every token then, and PyJWT 1 lets its header choose", Severity.WARNING
    return "its key may be one that names its algorithm"


def _is_text(project: Project, given: Given | None) -> bool:
    """Whether a key is a string: a constant or what the environment says."""
    if given is None:
        return False
    meaning = project.values.given(given).meaning
    return isinstance(meaning, Environment) or any(
        isinstance(each, Known) and isinstance(each.value, str) for each in options(meaning)
    )
