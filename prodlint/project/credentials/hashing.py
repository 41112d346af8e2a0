"""How an application hashes passwords: digests of them, schemes of password libraries, and settings of frameworks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec import Struct

from prodlint.facts import (
    Attribute,
    Call,
    Constant,
    Operation,
    Reference,
    Subscript,
    Template,
    Value,
    walk,
)
from prodlint.finding import Location, Step
from prodlint.libraries.credentials import (
    CRYPT_CONTEXTS,
    DERIVATIONS,
    DIGESTS,
    FEW_ITERATIONS,
    KEYED_DIGESTS,
    WEAK_DJANGO_HASHERS,
    WEAK_SCHEMES,
    WEAK_WERKZEUG_METHODS,
    WERKZEUG_HASHERS,
    is_password,
    is_stored_password,
)
from prodlint.project.credentials.client import sent
from prodlint.project.credentials.django import production_settings
from prodlint.project.credentials.places import callers, counts
from prodlint.project.credentials.uses import Use, uses
from prodlint.project.flow.traces import Where, last_name
from prodlint.project.values.bindings import Defined, Variable
from prodlint.project.values.outcomes import Items, Known, options

if TYPE_CHECKING:
    from prodlint.project import CallSite, Project

__all__ = ["Hash", "digests", "schemes"]


class Hash(Struct, frozen=True):
    """A way in which passwords are hashed that does not hold an attacker up."""

    location: Location
    where: Where
    what: str
    """As a person would name it: `md5(...)`, `CryptContext`."""
    why: str
    """What is wrong with it; completes "it ..."."""
    steps: tuple[Step, ...] = ()


# --- digests ----------------------------------------------------------------------------------------------------------


def digests(project: Project) -> Iterator[Hash]:
    """Fast digests of passwords that are kept, or compared with what is kept."""
    for site in project.calls({*DIGESTS, *KEYED_DIGESTS, *DERIVATIONS}):
        if not counts(project, site.path) or _is_not_for_security(site.call):
            continue
        why = _iterations(project, site) if site.name in DERIVATIONS else _digest(project, site)
        if not why or _is_repeated(project, site):
            continue
        where = Where(site.path, site.scope, site.block)
        location = Location(site.path, site.call.place)
        for at, start, step in _of_passwords(project, where, site):
            if site.name in KEYED_DIGESTS and _is_of_stored(project, at, start):
                continue
            evidence = _evidence(uses(project, at, start))
            if evidence is not None:
                kept = f"`{evidence.name}` keeps it here" if evidence.name else "it is compared here"
                steps = (Step("the password is hashed here", location), *step, Step(kept, evidence.location))
                yield Hash(location, where, f"`{last_name(site.call.function)}`", why, steps)
                break


def _is_of_stored(project: Project, where: Where, call: Value) -> bool:
    """Whether a keyed digest is made of the password that a row keeps: it says whether that has changed since, in a
    session or a link, and no password is checked by it."""
    given = [argument.value for argument in call.arguments] if isinstance(call, Call) else []
    passwords = [each for each in given if _is_password(each)]
    return bool(passwords) and all(
        isinstance(each, Reference) and "." in each.name and sent(project, where, each) is None for each in passwords
    )


def _is_not_for_security(call: Call) -> bool:
    flag = call.keyword("usedforsecurity")
    return isinstance(flag, Constant) and flag.value is False


def _digest(project: Project, site: CallSite) -> str:
    name = KEYED_DIGESTS.get(site.name) or DIGESTS[site.name]
    first = site.call.positional(0)
    if site.name == "hashlib.new" and first is not None:
        meaning = project.values.evaluate(site.site, first).meaning
        name = str(meaning.value).upper() if isinstance(meaning, Known) else name
    return f"{name} is fast to compute"


def _iterations(project: Project, site: CallSite) -> str:
    given = site.call.keyword("iterations") or site.call.positional(3)
    meaning = project.values.evaluate(site.site, given).meaning if given is not None else None
    if isinstance(meaning, Known) and isinstance(meaning.value, int) and meaning.value < FEW_ITERATIONS:
        return f"PBKDF2 with {meaning.value} iterations is fast to compute"
    return ""


def _is_repeated(project: Project, site: CallSite) -> bool:
    """Whether a digest stands in a loop over itself: the work is then what the loop makes it."""
    python = project.python(site.path)
    assert python is not None
    block = site.block
    while block >= 0 and python.blocks[block].scope == site.scope:
        if python.blocks[block].kind in {"for", "while"} and _is_counted(python.blocks[block].value):
            return True
        block = python.blocks[block].parent
    return False


def _is_counted(value: Value | None) -> bool:
    return isinstance(value, Call) and last_name(value) == "range"


def _of_passwords(project: Project, where: Where, site: CallSite) -> Iterator[tuple[Where, Value, tuple[Step, ...]]]:
    """The values to follow where a digest is one of a password: the call itself, or the calls that give one to a
    function of the tree which hashes whatever it is given."""
    given = list(_inputs(project, where, site))
    if any(_is_password(each) for each in given):
        yield where, site.call, ()
        return
    parameters = {each.name.partition(".")[0] for value in given for each in walk(value) if isinstance(each, Reference)}
    function = Defined(where.path, where.scope)
    if project.scope_of(function).kind != "function":
        return
    names = [each.name for each in project.scope_of(function).parameters]
    if parameters.isdisjoint(names):
        return
    own = [each for each in uses(project, where, site.call) if each.kind == "returned"]
    if not any(each.location.path == where.path and each.name == str(where.scope) for each in own):
        return
    for at, call in callers(project, function):
        passwords = [argument.value for argument in call.arguments if _is_password(argument.value)]
        if passwords and counts(project, at.path):
            yield at, call, (Step("the password is passed here", Location(at.path, call.place)),)


def _inputs(project: Project, where: Where, site: CallSite) -> Iterator[Value]:
    """What a digest is made of: its arguments, and what `update` adds to it."""
    yield from (argument.value for argument in site.call.arguments)
    for value in project.values_of(Defined(where.path, where.scope)):
        if isinstance(value, Call) and last_name(value) == "update" and len(value.arguments) == 1:
            owner = value.function.name.rpartition(".")[0] if isinstance(value.function, Reference) else ""
            if owner and _holds(project, where, owner, site.call):
                yield value.arguments[0].value


def _holds(project: Project, where: Where, name: str, call: Call) -> bool:
    symbol, rest = project.names.resolve(where.path, where.scope, name)
    assigned = project.values.single_assignment(symbol) if isinstance(symbol, Variable) and not rest else None
    return assigned == call


def _is_password(value: Value) -> bool:
    """Whether a password goes into an expression, and not only into the arguments of a call that hides it."""
    match value:
        case Reference(name):
            parts = name.split(".")
            plain = [part for part in parts if part not in {"encode", "data", "get_secret_value", "strip", "value"}]
            return bool(plain) and is_password(plain[-1])
        case Attribute(inner):
            return _is_password(inner)
        case Subscript(_, index):
            return _is_key(index)
        case Operation(_, parts) | Template(parts):
            return any(_is_password(each) for each in parts)
        case Call(function, arguments):
            name = last_name(function)
            if name in {"encode", "strip", "get_secret_value"}:
                return _is_password(function)
            wanted = {"str", "bytes", "bytearray", "force_bytes", "get", "to_bytes", "quote", "normalize", "format"}
            return name in wanted and any(_is_password(each.value) or _is_key(each.value) for each in arguments)
    return False


def _is_key(value: Value) -> bool:
    return isinstance(value, Constant) and isinstance(value.value, str) and is_password(value.value)


def _evidence(found: Iterator[Use]) -> Use | None:
    """The use that shows that a hash is one to check passwords with; none where only a part of it is used, as for a
    look-up in a list of leaked passwords."""
    several = list(found)
    if any(each.kind == "shortened" for each in several):
        return None
    for each in several:
        if each.kind == "compared" or (each.name and is_stored_password(each.name)):
            return each
    return None


# --- schemes ----------------------------------------------------------------------------------------------------------


def schemes(project: Project) -> Iterator[Hash]:
    """Weak schemes that password libraries are told to hash with."""
    for site in project.calls(CRYPT_CONTEXTS):
        if counts(project, site.path):
            yield from _context(project, site)
    for site in project.calls({f"passlib.hash.{name}.hash" for name in WEAK_SCHEMES}):
        if counts(project, site.path):
            yield _scheme(site, site.name.split(".")[2])
    for site in project.calls(WERKZEUG_HASHERS):
        method = site.call.keyword("method") or site.call.positional(1)
        meaning = project.values.evaluate(site.site, method).meaning if method is not None else None
        name = str(meaning.value) if isinstance(meaning, Known) else ""
        if counts(project, site.path) and name in WEAK_WERKZEUG_METHODS:
            why = "`plain` stores passwords as plain text" if name == "plain" else f"`{name}` is one salted round"
            yield _called(site, f"`{last_name(site.call.function)}`", why)
    yield from _django(project)


def _context(project: Project, site: CallSite) -> Iterator[Hash]:
    given = site.call.keyword("default")
    if given is None:
        listed = site.call.keyword("schemes") or site.call.positional(0)
        meaning = project.values.evaluate(site.site, listed).meaning if listed is not None else None
        if isinstance(meaning, Known) and isinstance(meaning.value, str):
            name = meaning.value.replace(",", " ").split()[:1]
            yield from [_scheme(site, name[0])] if name and name[0] in WEAK_SCHEMES else []
        if not isinstance(meaning, Items) or not meaning.values:
            return
        first = project.values.given(meaning.values[0]).meaning
    else:
        first = project.values.evaluate(site.site, given).meaning
    for option in options(first):
        if isinstance(option, Known) and option.value in WEAK_SCHEMES:
            yield _scheme(site, str(option.value))


def _scheme(site: CallSite, name: str) -> Hash:
    return _called(site, f"`{last_name(site.call.function)}`", f"`{name}` {WEAK_SCHEMES[name]}")


def _called(site: CallSite, what: str, why: str) -> Hash:
    location = Location(site.path, site.call.place)
    return Hash(location, Where(site.path, site.scope, site.block), what, why)


def _django(project: Project) -> Iterator[Hash]:
    for path in production_settings(project, "PASSWORD_HASHERS"):
        variable = project.names.module_member(path, "PASSWORD_HASHERS")
        if not isinstance(variable, Variable):
            continue
        meaning = project.values.variable(variable).meaning
        if not isinstance(meaning, Items) or not meaning.values:
            continue
        first = project.values.given(meaning.values[0]).meaning
        name = str(first.value).rpartition(".")[2] if isinstance(first, Known) else ""
        if name in WEAK_DJANGO_HASHERS:
            given = meaning.values[0]
            location = Location(given.site.path, given.value.place)
            why = f"{WEAK_DJANGO_HASHERS[name]} is fast to compute"
            yield Hash(location, Where(path, 0, 0), "`PASSWORD_HASHERS`", why)
