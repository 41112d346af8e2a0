"""Access, refresh and single-purpose tokens that live longer than the configured limits."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from prodlint.finding import Finding, Location, Step, Undecided
from prodlint.project.tokens.issued import Lifetime, lifetimes
from prodlint.project.tokens.purpose import Purpose, purpose_of
from prodlint.project.tokens.spoken import made_in, time_text

if TYPE_CHECKING:
    from prodlint.project import Project
    from prodlint.project.tokens.issued import Issued

_WORDS = {"access": "an access token", "refresh": "a refresh token", "purpose": "a token for one purpose"}


def check(project: Project) -> Iterator[Finding | Undecided]:
    """One finding for each place that sets a lifetime; the longest where there are several."""
    limits = _limits(project)
    longest: dict[Location, tuple[float, Finding]] = {}
    found: set[Location] = set()
    undecided: dict[Location, tuple[float, Undecided]] = {}
    for issued in project.tokens:
        known = [each for each in lifetimes(project, issued) if isinstance(each, Lifetime) and each.seconds is not None]
        most = max(known, key=lambda each: each.seconds or 0.0, default=None)
        if most is None or most.seconds is None or most.seconds <= min(limits.values()):
            continue
        purpose = purpose_of(project, issued)
        if not purpose.kind:
            subject = f"token made in {made_in(project, issued.call)}"
            reason = f"what it is for is not known; it lives {time_text(most.seconds)}"
            unknown = (most.seconds, Undecided(issued.location, subject, reason))
            undecided[issued.location] = max(undecided.get(issued.location, unknown), unknown, key=lambda each: each[0])
        elif most.seconds > limits[purpose.kind]:
            finding = _finding(project, issued, purpose, most, limits[purpose.kind])
            longest[finding.location] = max(
                longest.get(finding.location, (0.0, finding)), (most.seconds, finding), key=lambda each: each[0]
            )
            found.add(issued.location)
    for setting in project.token_settings:
        for each in setting.lifetimes:
            if isinstance(each, Lifetime) and each.seconds is not None and each.seconds > limits[setting.kind]:
                fields = _fields(setting.kind, each.seconds, each.variable, limits[setting.kind])
                longest[setting.location] = (each.seconds, Finding(setting.location, setting.name, fields, each.steps))
    yield from (finding for _, finding in longest.values())
    yield from (each for location, (_, each) in undecided.items() if location not in found)


def _limits(project: Project) -> dict[str, float]:
    options = project.options("token-lifetime-too-long")
    return {
        "access": 60.0 * float(options.get("access-token-minutes", 60)),
        "refresh": 86400.0 * float(options.get("refresh-token-days", 30)),
        "purpose": 86400.0 * float(options.get("purpose-token-days", 7)),
    }


def _finding(project: Project, issued: Issued, purpose: Purpose, most: Lifetime, limit: float) -> Finding:
    assert most.seconds is not None
    signed = Step("the token is signed here", issued.location)
    chain = (signed, *issued.way.steps, *most.steps)
    # What sets the number is the last link of the chain, unless several assignments may have set it.
    location = chain[-1].location if not most.several else issued.location
    steps = tuple(dict.fromkeys((*chain, *purpose.steps)))
    fields = _fields(purpose.kind, most.seconds, most.variable, limit)
    return Finding(location, made_in(project, issued.call), fields, steps)


def _fields(kind: str, seconds: float, variable: str, limit: float) -> dict[str, str]:
    return {
        "what": _WORDS[kind],
        "lifetime": time_text(seconds) + (f" unless `{variable}` is set" if variable else ""),
        "limit": time_text(limit),
    }
