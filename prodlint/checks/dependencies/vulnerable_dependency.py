"""Pinned versions for which the advisories that the user gave know a vulnerability."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from prodlint.finding import Answer, Finding, Location, Step, Undecided
from prodlint.project.requirements.vulnerabilities import Vulnerable, vulnerable

if TYPE_CHECKING:
    from prodlint.project import Project


def check(project: Project) -> Iterator[Finding | Undecided]:
    if project.advisories is None:
        components = (each for each in project.requirements.components if each.application is not Answer.NO)
        first = next((each.manifests[0] for each in components if each.manifests), None)
        if first is not None:
            place = first.lists[0].place if first.lists else 1 << 42
            reason = "no advisories were given (`--advisories FILE`, in the OSV format)"
            yield Undecided(Location(first.path, place), "list of requirements", reason)
        return
    for each in vulnerable(project, project.advisories):
        names = ", ".join(advisory.id for advisory in each.advisories[:3])
        if len(each.advisories) > 3:
            names += f" and {len(each.advisories) - 3} more"
        several = len(each.advisories) > 1
        fields = {
            "package": f"{each.package} {each.version}",
            "advisories": f"vulnerabilities {names}" if several else f"vulnerability {names}",
            "cure": _cure(each, several),
        }
        steps = tuple(
            Step(": ".join(part for part in (advisory.id, advisory.summary) if part), each.location)
            for advisory in each.advisories[:12]
        )
        yield Finding(each.location, each.package, fields, steps)


def _cure(each: Vulnerable, several: bool) -> str:
    """The version without them, as far as the advisories name one."""
    if each.fixed:
        return f"; {each.fixed} has {'none of them' if several else 'it no more'}"
    return f"; no version is named that has {'none of them' if several else 'it no more'}"
