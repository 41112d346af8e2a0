"""Base images that are another one tomorrow: no tag, `latest`, a tag without a version; a note where only the digest
is missing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from prodlint.finding import Finding, Location, Severity, Undecided
from prodlint.project.deployment.bases import Base, bases_of

if TYPE_CHECKING:
    from prodlint.project import Project


def check(project: Project) -> Iterator[Finding | Undecided]:
    for image in project.deployment.images:
        if image.development:
            continue
        noted = False
        for base in bases_of(project, image):
            location = Location(image.path, base.place)
            if base.unknown:
                yield Undecided(location, f"base image {base.written}", base.unknown)
            elif base.moves:
                yield Finding(location, base.name, {"image": base.written, "what": _what(base)})
            elif not base.digest and base.ships and not noted:
                noted = True
                fields = {"image": base.written, "what": "names a tag and no digest"}
                yield Finding(location, base.name, fields, (), Severity.NOTE)


def _what(base: Base) -> str:
    if not base.tag:
        return "names no tag, so it is `latest`"
    if base.tag == "latest":
        return "is `latest`"
    return f"has the tag `{base.tag}`, which names no version of `{base.name.rpartition('/')[2]}`"
