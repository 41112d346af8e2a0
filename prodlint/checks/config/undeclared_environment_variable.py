"""Variables that an application cannot do without and that no sample, deployment file or document names."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from prodlint.finding import Answer, Finding, Step
from prodlint.project.environment.variables import Needed, is_group, named_outside, needed
from prodlint.project.requirements.application import application, candidates

if TYPE_CHECKING:
    from prodlint.project import Project

_MOST = 4
"""Up to so many are a finding each; a component that names none of its variables is one finding."""


def check(project: Project) -> Iterator[Finding]:
    among = candidates(project)
    folders = sorted({project.sources[path].project for path in project.python_paths})
    named: frozenset[str] | None = None
    for folder in folders:
        wanted = list(needed(project, folder))
        if not wanted or application(project, folder, among)[0] is not Answer.YES:
            continue
        named = named_outside(project) if named is None else named
        missing = [
            each
            for each in wanted
            if each.variable.upper() not in named and not is_group(project, each.reads[0], named)
        ]
        if len(missing) > _MOST:
            yield _together(folder, missing)
            continue
        for each in missing:
            first, *rest = each.reads
            steps = tuple(Step("it is read here as well", read.location) for read in rest[:3])
            fields = {"variables": f"`{each.variable}`", "are": "is", "them": "it"}
            yield Finding(first.location, each.variable, fields, steps)


def _together(folder: str, missing: list[Needed]) -> Finding:
    names = ", ".join(f"`{each.variable}`" for each in missing[:3])
    steps = tuple(Step(f"`{each.variable}` is read here", each.reads[0].location) for each in missing[1:])
    fields = {"variables": f"{names} and {len(missing) - 3} more", "are": "are", "them": "them"}
    return Finding(missing[0].reads[0].location, f"{folder} variables".strip(), fields, steps)
