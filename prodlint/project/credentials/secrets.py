"""What the code shows to be a secret: HMAC digests, secret settings, and tokens that rows keep."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec import Struct

from prodlint.facts import Attribute, Call, Constant, Operation, Reference, Return, Subscript, Template, Value
from prodlint.finding import Location, Step
from prodlint.libraries.credentials import ENCODINGS, HMAC_DIGESTS
from prodlint.libraries.sensitive import KEEPING_METHODS, is_sensitive
from prodlint.project.credentials.places import sources
from prodlint.project.credentials.plaintext import is_row
from prodlint.project.flow.traces import Where, last_name, receiver_of, written
from prodlint.project.values.bindings import Defined, External, Variable
from prodlint.project.values.outcomes import Choice, Environment, Function, Instance, Known, Meaning, Text, options

if TYPE_CHECKING:
    from prodlint.project import Project

__all__ = ["Shown", "is_fixed", "shown"]

_MAX_DEPTH = 5
_CONFIGURATIONS = frozenset({"config", "settings", "conf", "app_config"})
_DIGEST_METHODS = frozenset({"hexdigest", "digest", "decode", "hex", "encode", "upper", "lower", "__call__"})


class Shown(Struct, frozen=True):
    """A secret: `kind` is "digest", "setting" or "row"; `what` is how a person would call it."""

    kind: str
    what: str
    steps: tuple[Step, ...] = ()


def shown(project: Project, where: Where, value: Value, depth: int = 0) -> Shown | None:
    """Why the code says that a value is a secret; None where it does not say so."""
    if depth > _MAX_DEPTH:
        return None
    outcome = project.values.evaluate(where.site, value)
    for meaning in _all(outcome.meaning):
        if isinstance(meaning, Instance) and isinstance(meaning.of, External) and _is_hmac(meaning.of.name):
            return Shown("digest", "an HMAC digest", outcome.steps[-3:])
        if isinstance(meaning, Instance) and getattr(meaning.of, "name", "") in ENCODINGS and meaning.call is not None:
            first = meaning.call.value.positional(0) if isinstance(meaning.call.value, Call) else None
            of = Defined(meaning.call.site.path, meaning.call.site.scope)
            block = where.block if of == Defined(where.path, where.scope) else project.scope_of(of).block
            if first is not None:
                return shown(project, Where(of.path, of.scope, block), first, depth + 1)
        if isinstance(meaning, Environment) and is_sensitive(meaning.name):
            return Shown("setting", f"the setting `{meaning.name}`", outcome.steps[-3:])
    match value:
        case Template(parts) | Operation("+" | "%" | "or", parts):
            found = (shown(project, where, part, depth + 1) for part in parts if not isinstance(part, Constant))
            return next((each for each in found if each is not None and each.kind in {"setting", "digest"}), None)
        case Call(Attribute(inner, name)) if name in KEEPING_METHODS:
            return shown(project, where, inner, depth + 1)
        case Call(Reference(name) as function) if name.rpartition(".")[2] in KEEPING_METHODS and "." in name:
            return shown(project, where, receiver_of(function), depth + 1)
        case Reference(name) if "." not in name and _is_text(outcome.meaning):
            return _of_text(project, sources(project, where, value), depth)
        case Call(function) if _is_text(outcome.meaning):
            return _of_text(project, list(_returned(project, where, function)), depth)
    return _by_place(project, where, value)


def _is_text(meaning: Meaning) -> bool:
    """Whether a value is text of several parts, one of which may be a secret: `"sha256=" + digest`."""
    return any(isinstance(each, Text) for each in options(meaning))


def _returned(project: Project, where: Where, function: Value) -> Iterator[tuple[Where, Value | None, tuple[int, ...]]]:
    called = project.values.callee(where.site, function)
    of = called.of if isinstance(called, Function) else called
    if isinstance(of, Defined):
        for statement in project.statements_of(of):
            if isinstance(statement, Return):
                yield Where(of.path, of.scope, statement.block), statement.value, ()


def _of_text(project: Project, made: list[tuple[Where, Value | None, tuple[int, ...]]], depth: int) -> Shown | None:
    """The secret in a text that is made elsewhere: assigned to a variable, or returned by a function."""
    for at, value, unpacked in made:
        if isinstance(value, Template | Operation | Call) and not unpacked:
            found = shown(project, at, value, depth + 1)
            if found is not None:
                return found
    return None


def _all(meaning: Meaning) -> Iterator[Meaning]:
    """All that a meaning may be, the environment variables themselves among them."""
    match meaning:
        case Choice(several):
            for each in several:
                yield from _all(each)
        case _:
            yield meaning


def _is_hmac(name: str) -> bool:
    for digest in HMAC_DIGESTS:
        if name == digest:
            return True
        if name.startswith(f"{digest}.") and set(name[len(digest) + 1 :].split(".")) <= _DIGEST_METHODS:
            return True
    return False


def _by_place(project: Project, where: Where, value: Value) -> Shown | None:
    """A setting of Django or Flask, a constant of a module, or a token of a row: secrets by where they are kept."""
    name = last_name(value)
    if not is_sensitive(name):
        return None
    step = (Step(f"`{written(value)}` is read here", Location(where.path, value.place)),)
    match value:
        case Subscript(Reference(owner), Constant(str())) if owner.rpartition(".")[2] in _CONFIGURATIONS:
            return Shown("setting", f"the setting `{name}`", step)
        case Call(Reference(owner), (first, *_)) if owner.rpartition(".")[2] == "get":
            container = owner.split(".")[-2:-1]
            if container and container[0] in _CONFIGURATIONS and isinstance(first.value, Constant):
                return Shown("setting", f"the setting `{first.value.value}`", step)
            return None
        case Reference(dotted):
            return _of_reference(project, where, value, dotted, step)
    return None


def _of_reference(
    project: Project, where: Where, value: Reference, dotted: str, step: tuple[Step, ...]
) -> Shown | None:
    name = dotted.rpartition(".")[2]
    symbol, rest = project.names.resolve(where.path, where.scope, dotted)
    if isinstance(symbol, External) and symbol.name == f"django.conf.settings.{name}":
        return Shown("setting", f"the setting `{name}`", step)
    if isinstance(symbol, Variable) and not rest and symbol.scope == 0 and name.isupper():
        meaning = project.values.variable(symbol).meaning
        known = [each.value for each in options(meaning) if isinstance(each, Known)]
        if any(isinstance(each, str) and len(each) > 7 for each in known):
            return Shown("setting", f"the constant `{name}`", step)
    if "." not in dotted:
        return None
    receiver = receiver_of(value)
    if is_row(project, where, receiver):
        return Shown("row", f"`{dotted}`, which a row keeps,", step)
    return None


def is_fixed(project: Project, where: Where, value: Value) -> bool:
    """Whether a value is not sent by a caller: a constant, a setting, an attribute of a class or module."""
    if isinstance(value, Constant):
        return True
    meaning = project.values.evaluate(where.site, value).meaning
    if isinstance(meaning, (Known, Environment)):
        return True
    if isinstance(value, Reference):
        symbol, rest = project.names.resolve(where.path, where.scope, value.name)
        if isinstance(symbol, Defined):
            return True
        if isinstance(symbol, (External, Variable)) and value.name.rpartition(".")[2].isupper():
            return True
        if "." in value.name:
            head = project.values.evaluate(where.site, receiver_of(value)).meaning
            return isinstance(head, Defined)
        return bool(rest) and isinstance(symbol, Defined)
    return False
