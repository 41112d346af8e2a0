"""Which origins a value allows: all of them, some, or more than its author meant."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from msgspec import Struct

from prodlint.facts import Call, Comprehension, Reference
from prodlint.finding import Step
from prodlint.libraries.cors import PUBLIC_SUFFIXES
from prodlint.project.routes.exemptions.matching import matches
from prodlint.project.values.outcomes import (
    Choice,
    Environment,
    Given,
    Items,
    Known,
    Meaning,
    Opaque,
)

if TYPE_CHECKING:
    from prodlint.project import Project

_STRANGER = "https://stranger.invalid"
_HOST = re.compile(r"[A-Za-z0-9-]+(?:\\?\.[A-Za-z0-9-]+)*\\?\.[A-Za-z]{2,}")


class Origins(Struct, frozen=True):
    """What is known of an allow-list: `too_many` says whom it lets in beyond measure, "" where that is nobody."""

    too_many: str = ""
    reason: str = ""
    """Why it cannot be told; "" where it can."""
    steps: tuple[Step, ...] = ()


def origins(project: Project, given: Given) -> Origins:
    """What a list of origins, or one text, allows."""
    value, site = given.value, given.site
    if isinstance(value, Comprehension) and len(value.clauses) == 1:
        value = value.clauses[0].iterable
    if isinstance(value, Call) and isinstance(value.function, Reference) and len(value.arguments) == 1:
        if value.function.name in {"list", "tuple", "set"}:
            value = value.arguments[0].value
    outcome = project.values.evaluate(site, value)
    told = _of_list(project, outcome.meaning)
    if told is None:
        return Origins(reason="which origins it allows is computed")
    return Origins("any origin" if told else "", "", outcome.steps)


def _of_list(project: Project, meaning: Meaning) -> bool | None:
    """Whether `*` is among the origins."""
    match meaning:
        case Known(value):
            return value == "*" or (isinstance(value, str) and "*" in value.split(","))
        case Items(_, values):
            inner = [_of_list(project, project.values.given(each).meaning) for each in values]
            return True if True in inner else None if None in inner else False
        case Environment(_, fallback):
            return _of_list(project, fallback) if fallback is not None else False
        case Choice(several):
            found = {_of_list(project, each) for each in several}
            return found.pop() if len(found) == 1 else None
        case Opaque():
            return None
    return None


def of_expression(project: Project, given: Given, anchored: bool) -> Origins:
    """What a regular expression for origins allows: tried with an origin that nobody means, and with some that look
    like the hosts in it."""
    outcome = project.values.given(given)
    meaning: Meaning | None = outcome.meaning
    while isinstance(meaning, Environment):
        meaning = meaning.fallback
    if meaning is None or (isinstance(meaning, Known) and not meaning.value):
        return Origins()
    if not isinstance(meaning, Known) or not isinstance(meaning.value, str):
        return Origins(reason="the expression for its origins is computed")
    pattern, way = meaning.value, "fullmatch" if anchored else "match"
    answer = matches(pattern, _STRANGER, way)
    if answer is None:
        return Origins(reason="the expression for its origins is too involved to try")
    if answer:
        return Origins("any origin", "", outcome.steps)
    for suffix in PUBLIC_SUFFIXES:
        if suffix in pattern.replace("\\", "") and matches(pattern, f"https://stranger.{suffix}", way):
            return Origins(f"anyone's site at `{suffix}`", "", outcome.steps)
    for host in _HOST.findall(pattern):
        plain = host.replace("\\", "")
        for stranger in (f"https://evil{plain}", f"https://{plain.replace('.', 'x', 1)}", f"https://{plain}.evil.org"):
            if matches(pattern, stranger, way) and "." in plain:
                return Origins(f"`{stranger}` and its like", "", outcome.steps)
    return Origins()
