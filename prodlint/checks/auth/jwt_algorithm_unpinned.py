"""Tokens that are read with algorithms that their sender chooses, with none, or with two kinds of key at once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from prodlint.facts import Assign, Call, Operation, Reference, Value, walk
from prodlint.finding import Finding, Location, Severity, Undecided
from prodlint.libraries.tokens import (
    ALGORITHMS_REQUIRED,
    AUTHLIB_JWT,
    HEADER_READERS,
    JOSE,
    NONE_ACCEPTED,
    family,
)
from prodlint.project.tokens.decoded import Decoded, off
from prodlint.project.tokens.spoken import made_in
from prodlint.project.values.bindings import Defined
from prodlint.project.values.outcomes import (
    Environment,
    Given,
    Instance,
    Items,
    Known,
    Meaning,
    Site,
    options,
)

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
            given = _given(project, decoded)
            chain = project.values.given(given).steps if given is not None else ()
            yield Finding(decoded.location, subject, fields, (*decoded.way.steps, *chain), severity)


def _of(project: Project, decoded: Decoded) -> tuple[str, Severity | None] | str:
    """What is wrong; why that cannot be told; "" for nothing."""
    library = decoded.decoder.library
    given = _given(project, decoded)
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
    if _from_token(project, given):
        return "takes the algorithm from the token itself", None
    for names in _alternatives(project, given):
        families = {family(name) for name in names} - {""}
        if "none" in families:
            accepted = library in NONE_ACCEPTED
            return "allows `none`, a token that nobody signed", None if accepted else Severity.WARNING
        if "HMAC" in families and len(families) > 1:
            return "allows HMAC and public-key algorithms at once", None
    return ""


def _given(project: Project, decoded: Decoded) -> Given | None:
    """The algorithms: an argument, or for Authlib the list that its object was made with."""
    if decoded.algorithms is not None:
        return decoded.algorithms
    function = decoded.call.call.function
    if not decoded.call.name.endswith("JsonWebToken.decode"):
        return None
    owner = Reference(function.name.rpartition(".")[0], function.place) if isinstance(function, Reference) else None
    meaning = project.values.evaluate(decoded.way.site, owner).meaning if owner is not None else None
    made = meaning.call if isinstance(meaning, Instance) else None
    if made is not None and isinstance(made.value, Call) and made.value.arguments:
        return Given(made.site, made.value.arguments[0].value)
    return None


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


def _from_token(project: Project, given: Given) -> bool:
    """Whether algorithms are computed from the token's header, with nothing that compares them."""
    site = given.site
    names: set[str] = set()
    function = Defined(site.path, site.scope)
    for statement in project.statements_of(function):
        if isinstance(statement, Assign) and statement.value is not None:
            if _reads_header(project, site, statement.value, names):
                names |= {each.name for each in statement.targets if isinstance(each, Reference)}
    if not _reads_header(project, site, given.value, names):
        return False
    compared = {"in", "not in", "==", "!="}
    for value in project.values_of(function):
        for each in walk(value):
            if isinstance(each, Operation) and each.operator in compared and _reads_header(project, site, each, names):
                return False
    return True


def _reads_header(project: Project, site: Site, value: Value, names: set[str]) -> bool:
    for each in walk(value):
        if isinstance(each, Reference) and each.name.partition(".")[0] in names:
            return True
        if isinstance(each, Call) and project.values.external_name(site, each.function) in HEADER_READERS:
            return True
    return False


def _alternatives(project: Project, given: Given) -> Iterator[list[str]]:
    """The lists of algorithms that a value may be."""
    for meaning in options(project.values.given(given).meaning):
        if isinstance(meaning, Items):
            several = [project.values.given(each).meaning for each in meaning.values]
            yield [name for each in several for name in _texts(each)]
        else:
            yield list(_texts(meaning))


def _texts(meaning: Meaning) -> Iterator[str]:
    for each in options(meaning):
        if isinstance(each, Known) and isinstance(each.value, str):
            yield each.value
