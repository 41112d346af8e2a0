"""Tokens that the application reads: which checks are on, and whether what they claim is trusted."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec import Struct

from prodlint.facts import Assign, Attribute, Await, Call, Constant, Operation, Reference, Return, Value, walk
from prodlint.finding import Location
from prodlint.libraries.tokens import CLAIMS_UNCHECKED, DECODERS, UNVERIFIED, Decoder
from prodlint.project.tokens.calls import Way, argument, callers, token_calls, ways
from prodlint.project.tokens.claims import Claims
from prodlint.project.tokens.payload import claims_of
from prodlint.project.values.bindings import Defined
from prodlint.project.values.outcomes import Given, Known, Outcome, Site, options

if TYPE_CHECKING:
    from prodlint.project import CallSite, Project

__all__ = ["Decoded", "find_decoded", "is_only_read", "is_validated", "off", "unverified_readers"]


_HARMLESS = frozenset("cast dict str int len isinstance bool print debug info warning error exception".split())
"""Calls that claims may be given to without being trusted."""


class Decoded(Struct, frozen=True):
    """A call that reads a token, reached in one way."""

    call: CallSite
    decoder: Decoder
    way: Way
    options: Claims
    algorithms: Given | None
    key: Given | None

    @property
    def location(self) -> Location:
        """The call."""
        return Location(self.call.path, self.call.call.place)


def find_decoded(project: Project) -> tuple[Decoded, ...]:
    """All calls that decode a token in the application's own code, once for each way to reach them."""
    found = []
    for call in token_calls(project, DECODERS):
        decoder = DECODERS[call.name]
        for way in ways(project, call.path, call.scope):
            given = argument(project, way.site, call.call, decoder.options)
            switches = claims_of(project, given) if given is not None else Claims()
            algorithms = argument(project, way.site, call.call, decoder.algorithms)
            key = argument(project, way.site, call.call, decoder.key)
            found.append(Decoded(call, decoder, way, switches, algorithms, key))
    return tuple(found)


def unverified_readers(project: Project) -> Iterator[CallSite]:
    """Calls of functions that give the claims of any token."""
    yield from token_calls(project, UNVERIFIED)


def off(project: Project, decoded: Decoded, name: str) -> Outcome | None:
    """What switches an option off, with the chain; None where nothing is known to."""
    for given in decoded.options.values(name):
        outcome = project.values.given(given)
        if any(isinstance(each, Known) and each.value is False for each in options(outcome.meaning)):
            return outcome
    return None


# --- whether what is read is trusted ---


def is_only_read(project: Project, call: CallSite) -> bool | None:
    """Whether the claims of an unverified token are only looked at before a verified decode, or only compared; None
    where they are returned to callers that cannot be seen."""
    function = Defined(call.path, call.scope)
    names = _names_of(project, function, call.call)
    results = [each.value for each in project.statements_of(function) if isinstance(each, Return)]
    passed_on = _passed_on(project, function, call.call, names)
    returned = any(each is not None and _mentions(each, call.call, names) for each in results)
    if _verifies(project, function, call.call) and not (_is_fallback(project, call) and (passed_on or returned)):
        return True
    if project.scope_of(function).kind != "function" or passed_on:
        return False
    if results and all(_is_verdict(each) for each in results):
        return True
    if returned:
        several = list(callers(project, function))
        if not several:
            return False if _is_given(project, function) else None
        return all(_verifies(project, Defined(site.path, site.scope), None) for site, _, _ in several)
    return False


def _is_fallback(project: Project, call: CallSite) -> bool:
    """Whether a token is read in an `except`: after the verified decode has refused it."""
    python = project.python(call.path)
    assert python is not None
    block = call.block
    while block >= 0 and python.blocks[block].kind != "function":
        if python.blocks[block].kind == "except":
            return True
        block = python.blocks[block].parent
    return False


def _is_given(project: Project, function: Defined) -> bool:
    """Whether a function is handed to something that calls it, as `Depends(current_user)` does."""
    name = project.scope_of(function).name
    for path in project.mentioning(name):
        python = project.python(path)
        for call, block in project.calls_in(path) if python is not None else ():
            for each in call.arguments:
                if isinstance(each.value, Reference) and each.value.name.rpartition(".")[2] == name:
                    assert python is not None
                    if project.values.evaluate(Site(path, python.blocks[block].scope), each.value).meaning == function:
                        return True
    return False


def _verifies(project: Project, function: Defined, but: Call | None) -> bool:
    """Whether a function decodes a token with its checks on."""
    site = Site(function.path, function.scope)
    for value in project.values_of(function):
        for each in walk(value):
            if not isinstance(each, Call) or each is but:
                continue
            name = project.values.external_name(site, each.function)
            if name not in DECODERS:
                continue
            given = argument(project, site, each, DECODERS[name].options)
            switches = claims_of(project, given) if given is not None else Claims()
            if all(project.values.given(one).meaning != Known(False) for one in switches.values("verify_signature")):
                return True
    return False


def _last(call: Call) -> str:
    function = call.function
    return function.name.rpartition(".")[2] if isinstance(function, (Reference, Attribute)) else ""


def _names_of(project: Project, function: Defined, target: Value) -> set[str]:
    """The variables that hold what a call gives."""
    names: set[str] = set()
    for statement in project.statements_of(function):
        if isinstance(statement, Assign) and statement.value is not None and _mentions(statement.value, target, names):
            names |= {each.name for each in statement.targets if isinstance(each, Reference)}
    return names


def _mentions(value: Value, target: Value, names: set[str]) -> bool:
    return any(
        each is target or (isinstance(each, Reference) and each.name.partition(".")[0] in names) for each in walk(value)
    )


def _is_verdict(value: Value | None) -> bool:
    """Whether a result tells nothing but yes, no or nothing."""
    match value:
        case None | Constant(None | bool()):
            return True
        case Operation(operator):
            return operator in {"==", "!=", "in", "not in", "is", "is not", "not", "<", ">", "<=", ">="}
        case Call(Reference("bool")):
            return True
    return False


def _passed_on(project: Project, function: Defined, target: Call, names: set[str]) -> bool:
    """Whether claims are given to something else than their own methods."""
    for value in project.values_of(function):
        for each in walk(value):
            if isinstance(each, Call) and each is not target and _last(each) not in _HARMLESS:
                if any(_mentions(argument.value, target, names) for argument in each.arguments):
                    return True
    return False


# --- libraries that check claims in a second step ---


def is_validated(project: Project, decoded: Decoded) -> bool | None:
    """Whether `validate` is called on what Authlib's or joserfc's `decode` gives; None where only callers could."""
    assert decoded.decoder.library in CLAIMS_UNCHECKED
    function = Defined(decoded.call.path, decoded.call.scope)
    names = _names_of(project, function, decoded.call.call)
    for value in project.values_of(function):
        if any(isinstance(each, Call) and _validates(each, decoded.call.call, names) for each in walk(value)):
            return True
    results = [each.value for each in project.statements_of(function) if isinstance(each, Return)]
    if _passed_on(project, function, decoded.call.call, names):
        return False
    returned = any(each is not None and _mentions(each, decoded.call.call, names) for each in results)
    return None if returned else False


def _validates(call: Call, target: Call, names: set[str]) -> bool:
    function = call.function
    if not isinstance(function, (Reference, Attribute)) or not function.name.rpartition(".")[2].startswith("validate"):
        return False
    inner = function.value if isinstance(function, Attribute) else function
    inner = inner.value if isinstance(inner, Await) else inner
    return _mentions(inner, target, names) or any(_mentions(each.value, target, names) for each in call.arguments)
