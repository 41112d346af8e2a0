"""Connections that are told not to verify the certificate of the other side."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec import Struct

from prodlint.facts import (
    Argument,
    Assign,
    Attribute,
    Conditional,
    Constant,
    Mapping,
    Operation,
    Reference,
    Value,
    children,
    walk,
)
from prodlint.finding import Location, Step
from prodlint.libraries.tls import (
    ATTRIBUTES,
    CALLS,
    CHOICE,
    CONTEXTS,
    DEFAULT_CONTEXT,
    ENTRIES,
    LOCAL,
    NONE,
    SESSIONS,
    TEXTS,
    Unverified,
)
from prodlint.project.deployment.surroundings import surroundings
from prodlint.project.values.bindings import External
from prodlint.project.values.outcomes import Instance, Items, Known, Meaning, Outcome, Site, Text

if TYPE_CHECKING:
    from prodlint.project import CallSite, Project

__all__ = ["Unchecked", "unchecked"]

_SILENT_ROLES = frozenset(["test", "example", "documentation"])
_DISABLED = re.compile(r"@(?P<address>[^/?]*\.[^/?]*)[/?].*\b(?:sslmode|ssl)=(?:disable|false|0)\b")
_WORDED = re.compile(
    r"\bhost=(?P<address>\S*\.\S*).*\bsslmode=disable\b|\bsslmode=disable\b.*\bhost=(?P<other>\S*\.\S*)"
)


class Unchecked(Struct, frozen=True):
    """A place that switches verification off."""

    location: Location
    call: str
    """What does: `requests.get`, `context.verify_mode = ssl.CERT_NONE`."""
    steps: tuple[Step, ...] = ()


def unchecked(project: Project) -> Iterator[Unchecked]:
    """All such places of the application and its scripts, by path and place, but for those that a condition about
    verification chooses: there whoever sets it decides."""
    for site in project.calls(CALLS.keys() | TEXTS.keys()):
        found = _of_call(project, site) if project.role(site.path) not in _SILENT_ROLES else None
        if found is not None and not _is_chosen(project, site.path, site.block, site.call.place):
            yield found
    for path in project.mentioning(*ATTRIBUTES, DEFAULT_CONTEXT.rpartition(".")[2]):
        if project.role(path) not in _SILENT_ROLES:
            yield from _of_assignments(project, path)
    for path in project.mentioning("CERT_NONE", *(f"CELERY_{name}_USE_SSL" for name in ("BROKER", "REDIS_BACKEND"))):
        if project.role(path) not in _SILENT_ROLES:
            yield from _of_entries(project, path)


def _of_call(project: Project, site: CallSite) -> Unchecked | None:
    location = Location(site.path, site.call.place)
    for each in CALLS.get(site.name, ()):
        steps: tuple[Step, ...] = ()
        if each.argument:
            value = _argument(site.call.arguments, each.argument, each.position)
            outcome = project.values.evaluate(site.site, value) if value is not None else None
            if outcome is None or not _means(outcome.meaning, each):
                continue
            steps = outcome.steps
        address = _argument(site.call.arguments, each.address, each.address_position) if each.address else None
        text = _text(project, project.values.evaluate(site.site, address)) if address is not None else ""
        if (text and LOCAL.match(text.lower())) or (each.remote and "." not in text):
            continue
        return Unchecked(location, site.name, steps)
    named = TEXTS.get(site.name)
    value = _argument(site.call.arguments, *named) if named is not None else None
    if value is not None:
        outcome = project.values.evaluate(site.site, value)
        text = _text(project, outcome)
        match = _DISABLED.search(text) or _WORDED.search(text)
        if match is not None and not (match["address"] or match.groupdict().get("other") or "").startswith("127."):
            return Unchecked(location, site.name, outcome.steps)
    return None


def _argument(arguments: tuple[Argument, ...], name: str, position: int | None) -> Value | None:
    for argument in arguments:
        if argument.name == name:
            return argument.value
    before = arguments[: position + 1] if position is not None else ()
    if position is None or len(before) <= position or any(each.name or each.star for each in before):
        return None
    return before[-1].value


def _means(meaning: Meaning, wanted: Unverified) -> bool:
    """Whether an argument is known to switch verification off; 0 is not false here, a user's choice is not known."""
    match meaning:
        case Known(value):
            return any(type(value) is type(each) and value == each for each in wanted.values)
        case External(name):
            return name in wanted.values
    return False


def _text(project: Project, outcome: Outcome) -> str:
    """An address as far as it is known; a list of them is local where each one is."""
    match outcome.meaning:
        case Known(str() as text):
            return text
        case Text(parts):
            return "".join("\0" if part is None else part for part in parts)
        case Items(_, values) if values:
            texts = [_text(project, project.values.given(each)) for each in values]
            return next((each for each in texts if not LOCAL.match(each.lower())), texts[0])
    return ""


# --- assignments ---


def _of_assignments(project: Project, path: str) -> Iterator[Unchecked]:
    python = project.python(path)
    for statement in python.statements if python is not None else ():
        if not isinstance(statement, Assign) or statement.value is None or python is None:
            continue
        site = Site(path, python.blocks[statement.block].scope)
        for target in statement.targets:
            shown = _switched_off(project, site, target, statement.value)
            if shown and not _is_chosen(project, path, statement.block, statement.place):
                yield Unchecked(Location(path, statement.place), shown)


def _switched_off(project: Project, site: Site, target: Value, value: Value) -> str:
    """How to call an assignment that switches verification off; "" for any other."""
    if not isinstance(target, Reference) or "." not in target.name:
        return ""
    owner, _, last = target.name.rpartition(".")
    if last == "verify_mode":
        is_off = project.values.external_name(site, value) == NONE
        return f"{target.name} = ssl.CERT_NONE" if is_off else ""
    if last == "verify":
        made = project.values.evaluate(site, Reference(owner, -target.place)).meaning
        is_session = isinstance(made, Instance) and isinstance(made.of, External) and made.of.name in SESSIONS
        known = project.values.evaluate(site, value).meaning if is_session else None
        return f"{target.name} = False" if isinstance(known, Known) and known.value is False else ""
    if project.values.external_name(site, target) == DEFAULT_CONTEXT:
        return f"{DEFAULT_CONTEXT} = {CONTEXTS}" if project.values.external_name(site, value) == CONTEXTS else ""
    return ""


def _of_entries(project: Project, path: str) -> Iterator[Unchecked]:
    """`{"ssl_cert_reqs": ssl.CERT_NONE}`."""
    python = project.python(path)
    for outer, block in project.values_in(path) if python is not None else ():
        assert python is not None
        site = Site(path, python.blocks[block].scope)
        for each in walk(outer):
            for key, value in each.items if isinstance(each, Mapping) else ():
                name = key.value if isinstance(key, Constant) else ""
                wanted = ENTRIES.get(name, ()) if isinstance(name, str) else ()
                if wanted and _means(project.values.evaluate(site, value).meaning, Unverified(values=wanted)):
                    if not _is_chosen(project, path, block, value.place):
                        yield Unchecked(Location(path, value.place), f'"{name}": ssl.CERT_NONE')


# --- whose choice it is ---


def _is_chosen(project: Project, path: str, block: int, place: int) -> bool:
    """Whether what stands at a place happens only where a condition about verification says so, or while developing;
    or is kept under a name that is only used so."""
    python = project.python(path)
    assert python is not None
    if not surroundings(project, Site(path, python.blocks[block].scope), block).runs:
        return True
    if _asks(path, project, block) or any(_in_branch(value, place) for value, _ in project.values_in(path)):
        return True
    for statement in python.statements:
        if isinstance(statement, Assign) and statement.value is not None and len(statement.targets) == 1:
            target = statement.targets[0]
            if isinstance(target, Reference) and any(each.place == place for each in walk(statement.value)):
                return _is_kept_aside(project, path, target.name, statement)
    return False


def _asks(path: str, project: Project, block: int) -> bool:
    """Whether an `if` around a block, up to its function, asks about verification."""
    python = project.python(path)
    assert python is not None
    while block >= 0 and python.blocks[block].kind not in ("function", "class", "module"):
        current = python.blocks[block]
        if current.kind in ("if", "else") and current.value is not None and _speaks(current.value):
            return True
        block = current.parent
    return False


def _speaks(test: Value) -> bool:
    """Whether a name or a text in a condition speaks of verification."""
    return any(CHOICE.search(_words(each)) for each in walk(test))


def _words(value: Value) -> str:
    match value:
        case Reference(name) | Attribute(_, name):
            return name
        case Constant(str() as text):
            return text
    return ""


def _in_branch(value: Value, place: int) -> bool:
    """Whether a place is in a branch of a conditional expression, or behind an `and` or `or`, about verification."""
    match value:
        case Conditional(test, then, otherwise) if _speaks(test):
            if any(each.place == place for branch in (then, otherwise) for each in walk(branch)):
                return True
        case Operation("and" | "or", (first, *rest)) if _speaks(first):
            if any(each.place == place for other in rest for each in walk(other)):
                return True
    return any(_in_branch(each, place) for each in children(value))


def _is_kept_aside(project: Project, path: str, name: str, made: Assign) -> bool:
    """Whether a variable is used in its own file only, and there only where a condition about verification says so."""
    if "." in name or sum(1 for _ in project.mentioning(name)) > 1:
        return False
    used = [
        (each.place, block)
        for value, block in project.values_in(path)
        for each in walk(value)
        if isinstance(each, Reference) and each.name.partition(".")[0] == name
    ]
    return bool(used) and all(
        _asks(path, project, block) or any(_in_branch(value, place) for value, _ in project.values_in(path))
        for place, block in used
    )
