"""Applications that ask for ranges and commit no lock file."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from typing import TYPE_CHECKING

from prodlint.finding import Answer, Finding, Location, Step, Undecided
from prodlint.project.requirements.dependencies import Component
from prodlint.project.requirements.requirement import is_development

if TYPE_CHECKING:
    from prodlint.project import Project


def check(project: Project) -> Iterator[Finding | Undecided]:
    for component in project.requirements.components:
        if component.application is Answer.NO or any(lock.tool != "requirements" for lock in component.locks):
            continue
        ranges = list(_ranges(component))
        if not ranges:
            continue
        location, name = ranges[0]
        if component.application is Answer.UNKNOWN:
            reason = "nothing tells whether this is an application or a library"
            yield Undecided(location, f"lock file of {component.folder or 'the project'}", reason)
            continue
        steps = [component.evidence] if component.evidence is not None else []
        steps.append(Step(f"`{name}` names no exact version, and {len(ranges) - 1} more" if len(ranges) > 1
                          else f"`{name}` names no exact version", location))  # fmt: skip
        yield Finding(
            location, component.folder or "project", {"manifest": posixpath.basename(location.path)}, tuple(steps)
        )


def _ranges(component: Component) -> Iterator[tuple[Location, str]]:
    """What is required for production with no exact version, in the manifests that a lock file would belong to."""
    for manifest in component.manifests:
        if manifest.development or manifest.constraint or manifest.unbounded:
            continue
        for listed in manifest.lists:
            if listed.dialect == "pip install":
                continue
            for row in listed.dependencies:
                if not row.pin and not is_development(row.group) and not component.fixes(row.name):
                    yield Location(manifest.path, row.place), row.written
