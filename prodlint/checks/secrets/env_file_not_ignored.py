"""`.env` files in use that no `.gitignore` covers, whether they are there already or will be on someone's machine."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from prodlint.facts import place_of
from prodlint.finding import Answer, Finding, Location, Severity
from prodlint.project.deployment.env_files import (
    Reader,
    env_files,
    has_ignore_file,
    is_ignored,
    readers_of,
)
from prodlint.project.requirements.application import application, candidates

if TYPE_CHECKING:
    from prodlint.project import Project


def check(project: Project) -> Iterator[Finding]:
    """One finding for each file that is there, and one for each name that something reads."""
    read: dict[str, Reader] = {}
    for reader in readers_of(project):
        for name in reader.names:
            read.setdefault(name, reader)
    there = {each.path: each for each in env_files(project)}
    for path, each in there.items():
        # Git goes on tracking what is committed, ignored or not: that is another rule's finding.
        if each.is_ignored or each.is_committed:
            continue
        if path in read:
            location, step = Location(path, place_of(1, 0, 1, 0)), read[path].step
            yield Finding(location, path, {"file": path, "why": "the application reads"}, (step,))
        elif each.real or each.guessable:
            name, place = (*each.real, *each.guessable)[0]
            yield Finding(Location(path, place), path, {"file": path, "why": f"sets `{name}`"})
    if has_ignore_file(project) or project.committed is not None:
        yield from _to_be_made(project, list(read.values()), there.keys() | set(project.committed or ()))


def _to_be_made(project: Project, readers: list[Reader], there: set[str]) -> Iterator[Finding]:
    """Names that an application reads and that no file has yet."""
    seen: set[tuple[str, ...]] = set()
    among = candidates(project)
    for reader in readers:
        if (
            reader.names in seen
            or there.intersection(reader.names)
            or any(is_ignored(project, n) for n in reader.names)
        ):
            continue
        seen.add(reader.names)
        folder = project.sources[reader.step.location.path].project
        if application(project, folder, among)[0] is Answer.NO:
            continue
        name = reader.names[0].rpartition("/")[2]
        fields = {"file": name, "why": "this reads"}
        yield Finding(reader.step.location, f"{folder} {name}".strip(), fields, (), Severity.WARNING)
