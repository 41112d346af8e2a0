"""Lock files that do not answer what their manifest asks for."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from typing import TYPE_CHECKING

from prodlint.finding import Answer, Finding, Location, Step
from prodlint.project.requirements.staleness import Stale, stale

if TYPE_CHECKING:
    from prodlint.project import Project

_SHOWN = 3


def check(project: Project) -> Iterator[Finding]:
    for component in project.requirements.components:
        if component.application is Answer.NO:
            continue
        by_lock: dict[str, list[Stale]] = {}
        for each in stale(project, component):
            by_lock.setdefault(each.lock.path, []).append(each)
        for path, several in by_lock.items():
            first = several[0]
            steps = tuple(_step(each) for each in several[:12])
            names = ", ".join(_name(each) for each in several[:_SHOWN])
            if len(several) > _SHOWN:
                names = f"{len(several)} requirements ({names} ...)"
            fields = {"lock": posixpath.basename(path), "requirements": names}
            location = Location(first.manifest.path, first.place)
            yield Finding(location, path, fields, steps)


def _name(each: Stale) -> str:
    if each.requirement is None:
        return f"`{posixpath.basename(each.manifest.path)}` as it is now"
    return f"`{each.requirement.written}`"


def _step(each: Stale) -> Step:
    if each.requirement is None or not each.locked:
        return Step(f"{each.why}, which is `{each.lock.path}`", Location(each.manifest.path, each.place))
    place = each.lock.places.get(each.requirement.name, 1 << 42)
    return Step(f"of `{each.requirement.written}` this says otherwise: {each.why}", Location(each.lock.path, place))
