"""Requirements files that fix versions and not the files behind them."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from typing import TYPE_CHECKING

from prodlint.facts import Requirements
from prodlint.finding import Answer, Finding, Location

if TYPE_CHECKING:
    from prodlint.project import Project


def check(project: Project) -> Iterator[Finding]:
    reported: set[str] = set()
    for component in project.requirements.components:
        if component.application is not Answer.YES or component.is_locked:
            continue
        for manifest in component.manifests:
            content = project.facts(manifest.path).content
            if manifest.development or manifest.path in reported or not isinstance(content, Requirements):
                continue
            reported.add(manifest.path)
            bare = [each for each in content.requirements if not each.hashes and not each.url and not each.editable]
            if bare:
                number = f"{len(bare)} requirement{'s' if len(bare) != 1 else ''}"
                fields = {"file": posixpath.basename(manifest.path), "number": number}
                yield Finding(Location(manifest.path, bare[0].place), manifest.path, fields)
