"""How good a key is: written in the code, usable without being set, made of too little chance, or new at each start."""

from __future__ import annotations

import math
import string
from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec import Struct

from prodlint.facts import Call, Comprehension, Value, walk
from prodlint.facts import Constant as Literal
from prodlint.finding import Location, Step
from prodlint.libraries.tokens import RANDOM_CALLS
from prodlint.project.values.bindings import Defined, External
from prodlint.project.values.outcomes import Choice, Environment, Given, Instance, Known, Meaning, Opaque, Outcome, Site

if TYPE_CHECKING:
    from prodlint.project import Project

__all__ = ["Constant", "Random", "Strength", "strengths"]

_ALPHABETS = {
    f"string.{name}": len(set(getattr(string, name)))
    for name in "ascii_letters ascii_lowercase ascii_uppercase digits hexdigits octdigits punctuation printable".split()
}
_FIXED_BITS = {
    "uuid.uuid4": 122.0,
    "uuid.uuid1": 60.0,
    "django.core.management.utils.get_random_secret_key": 280.0,
    "cryptography.fernet.Fernet.generate_key": 256.0,
}


class Constant(Struct, frozen=True):
    """A key that is written in the code."""

    length: int
    """In bytes."""
    text: str
    """"" where it is a secret's mask."""
    variable: str
    """The environment variable that replaces it; "" for none."""
    steps: tuple[Step, ...]


class Random(Struct, frozen=True):
    """A key that is made by chance."""

    site: Site
    call: Call
    name: str
    bits: float | None
    """How much chance is in it; None where that is not known."""
    variable: str
    steps: tuple[Step, ...]

    @property
    def location(self) -> Location:
        """The call that makes it."""
        return Location(self.site.path, self.call.place)


Strength = Constant | Random


def strengths(project: Project, outcome: Outcome) -> Iterator[Strength]:
    """All that a key may be of which something is known."""
    yield from _strengths(project, outcome.meaning, outcome.steps, "")


def _strengths(project: Project, meaning: Meaning, steps: tuple[Step, ...], variable: str) -> Iterator[Strength]:
    match meaning:
        case Environment(name, fallback):
            if fallback is not None:
                yield from _strengths(project, fallback, steps, name)
        case Choice(several):
            for each in several:
                yield from _strengths(project, each, steps, variable)
        case Known(str() as text, redacted) if text.strip():
            yield Constant(len(text.encode()), "" if redacted else text, variable, steps)
        case Opaque(_, Given(site, Call() as call)) | Instance(_, Given(site, Call() as call)):
            yield from _random(project, site, call, steps, variable)


def _random(project: Project, site: Site, call: Call, steps: tuple[Step, ...], variable: str) -> Iterator[Random]:
    """The first call in an expression that makes something new each time."""
    for inner in walk(call):
        if not isinstance(inner, Call):
            continue
        meaning = project.values.callee(site, inner.function)
        if isinstance(meaning, Defined) and project.scope_of(meaning).kind == "function" and not variable:
            # `get_env("SECRET_KEY", secrets.token_hex())`: a function of the tree's own that may know better.
            first = inner.positional(0)
            if isinstance(first, Literal) and isinstance(first.value, str) and len(inner.arguments) > 1:
                variable = first.value
        name = meaning.name if isinstance(meaning, External) else ""
        if name in RANDOM_CALLS:
            yield Random(site, inner, name, _bits(project, site, call, inner, name), variable, steps)
            return


def _bits(project: Project, site: Site, outer: Call, call: Call, name: str) -> float | None:
    """How many bits of chance a random text holds."""
    if name in _FIXED_BITS:
        return _FIXED_BITS[name]
    first = call.positional(0) or call.keyword("nbytes") or call.keyword("length")
    number = _number(project, site, first)
    if RANDOM_CALLS[name]:
        return 256.0 if first is None else number * RANDOM_CALLS[name] if number is not None else None
    last = name.rpartition(".")[2]
    if last in {"randint", "randrange"}:
        upper = _number(project, site, call.positional(1)) if call.positional(1) is not None else number
        lower = number if call.positional(1) is not None else 0.0
        times = _times(project, site, outer, call)
        if upper is None or lower is None or upper <= lower or times is None:
            return None
        return math.log2(upper - lower + 1) * times
    if last == "get_random_string":
        return number * math.log2(62) if number is not None else None
    if last not in {"choice", "choices", "sample"}:
        return None
    size = _alphabet(project, site, first)
    amount = _number(project, site, call.keyword("k") or call.positional(1)) if last == "sample" else None
    if last == "choices":
        amount = _number(project, site, call.keyword("k")) if call.keyword("k") is not None else 1.0
    amount = amount if amount is not None or last != "choice" else _times(project, site, outer, call)
    return math.log2(size) * amount if size and amount is not None else None


def _times(project: Project, site: Site, outer: Call, call: Call) -> float | None:
    """How often a call is made in a comprehension over `range(...)`; 1 outside of one."""
    for each in walk(outer):
        if isinstance(each, Comprehension) and any(inner is call for inner in walk(each.element)):
            iterable = each.clauses[0].iterable
            if isinstance(iterable, Call) and getattr(iterable.function, "name", "") == "range":
                return _number(project, site, iterable.positional(0)) if len(iterable.arguments) == 1 else None
            return None
    return 1.0


def _number(project: Project, site: Site, value: Value | None) -> float | None:
    meaning = project.values.evaluate(site, value).meaning if value is not None else None
    if isinstance(meaning, Known) and isinstance(meaning.value, (int, float)) and not isinstance(meaning.value, bool):
        return float(meaning.value)
    return None


def _alphabet(project: Project, site: Site, value: Value | None) -> int:
    """How many different characters a text has; 0 where that is not known."""
    operands = getattr(value, "operands", None)
    if operands and getattr(value, "operator", "") == "+":
        sizes = [_alphabet(project, site, each) for each in operands]
        return sum(sizes) if all(sizes) else 0
    meaning = project.values.evaluate(site, value).meaning if value is not None else None
    if isinstance(meaning, Known) and isinstance(meaning.value, str):
        return len(set(meaning.value))
    return _ALPHABETS.get(meaning.name, 0) if isinstance(meaning, External) else 0
