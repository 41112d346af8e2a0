"""Signing keys that are made anew at each start."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from prodlint.finding import Finding, Location, Step, Undecided
from prodlint.project.deployment.surroundings import surroundings
from prodlint.project.tokens.calls import block_at
from prodlint.project.tokens.kept import is_for_development, is_kept, is_made_at_start
from prodlint.project.tokens.keys import KeyUse, key_outcomes
from prodlint.project.tokens.strength import Random, strengths

if TYPE_CHECKING:
    from prodlint.project import Project


def check(project: Project) -> Iterator[Finding | Undecided]:
    """One finding for each call that makes a key."""
    seen: set[Location] = set()
    for use in project.signing_keys:
        for outcome in key_outcomes(project, use.given):
            for key in strengths(project, outcome):
                if isinstance(key, Random) and key.location not in seen and _counts(project, use, key):
                    seen.add(key.location)
                    yield _finding(use, key)


def _counts(project: Project, use: KeyUse, key: Random) -> bool:
    if not is_made_at_start(project, key, use.location) or is_kept(project, key) or is_for_development(project, key):
        return False
    block = block_at(project, key.site, key.call.place)
    return surroundings(project, key.site, block).runs


def _finding(use: KeyUse, key: Random) -> Finding:
    signs = Step(f"`{use.call}` signs with it here", use.location)
    fields = {
        "call": key.name,
        "signs": use.signs,
        "when": "at each start" + (f" unless `{key.variable}` is set" if key.variable else ""),
    }
    named = [each.message.partition("`")[2].partition("`")[0] for each in key.steps if each.message.startswith("`")]
    return Finding(key.location, named[0] if named else use.call, fields, (signs, *use.steps, *key.steps))
