"""Signing keys that others know or can try out: written in the code, usable as a default, or made of too little."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from prodlint.finding import Finding, Step, Undecided
from prodlint.libraries.tokens import FEWEST_BITS, SHORTEST_KEY
from prodlint.project.deployment.surroundings import surroundings
from prodlint.project.tokens.kept import is_for_development
from prodlint.project.tokens.keys import KeyUse, key_outcomes
from prodlint.project.tokens.refused import is_refused
from prodlint.project.tokens.strength import Constant, Random, Strength, strengths

if TYPE_CHECKING:
    from prodlint.project import Project


def check(project: Project) -> Iterator[Finding | Undecided]:
    """One finding for each key, at the first place that uses it; the steps lead to where it is made."""
    seen: set[tuple[object, ...]] = set()
    for use in project.signing_keys:
        if use.block >= 0 and not surroundings(project, use.given.site, use.block).runs:
            continue
        for outcome in key_outcomes(project, use.given):
            for strength in strengths(project, outcome):
                identity = _identity(use, strength)
                if identity in seen:
                    continue
                seen.add(identity)
                if is_for_development(project, strength):
                    continue
                yield from _of(project, use, strength)


def _identity(use: KeyUse, strength: Strength) -> tuple[object, ...]:
    """What makes two uses the same key: where it is made, or what it says where it is written at each use."""
    if isinstance(strength, Random):
        return (strength.location,)
    if strength.steps:
        return (strength.steps[-1].location, strength.length)
    if use.is_setting:
        return (use.location, strength.length)
    return (use.location.path, strength.text, strength.length)


def _of(project: Project, use: KeyUse, strength: Strength) -> Iterator[Finding | Undecided]:
    steps = (*use.steps, *strength.steps)
    if isinstance(strength, Random):
        if strength.bits is not None and strength.bits < FEWEST_BITS:
            unless = f" unless `{strength.variable}` is set" if strength.variable else ""
            what = f"is made of some {round(strength.bits)} random bits{unless}, which can be tried out"
            made = Step(f"`{strength.name}` makes it here", strength.location)
            yield _finding(use, what, (*steps, made), strength.steps)
        return
    if strength.variable:
        refused = is_refused(project, strength)
        if refused:
            return
        if refused is None:
            subject = f"key of {use.call}"
            yield Undecided(use.location, subject, "a validator may refuse its default")
            return
        yield _finding(
            use, f"has a default that the source tells, unless `{strength.variable}` is set", steps, strength.steps
        )
        return
    if isinstance(strength, Constant) and is_refused(project, strength):
        return
    short = f" and has {strength.length} of {SHORTEST_KEY} bytes" if strength.length < SHORTEST_KEY else ""
    yield _finding(use, f"is written in the source{short}", steps, strength.steps)


def _finding(use: KeyUse, what: str, steps: tuple[Step, ...], chain: tuple[Step, ...]) -> Finding:
    # The fingerprint is the name of the setting or variable that the key comes from, or what takes it.
    first = chain[:0] if use.is_setting else chain
    named = (each.message.partition("`")[2].partition("`")[0] for each in first if each.message.startswith("`"))
    signs = Step(f"`{use.call}` signs with it here", use.location)
    return Finding(use.location, next(named, use.call), {"signs": use.signs, "what": what}, (signs, *steps))
