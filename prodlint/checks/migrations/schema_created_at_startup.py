"""`create_all` in the application: it creates tables that are missing and changes none."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from prodlint.finding import Finding, Undecided
from prodlint.project.drift.created import Creation, creations, is_stamped
from prodlint.project.drift.tools import tool_of

if TYPE_CHECKING:
    from prodlint.project import Project


def check(project: Project) -> Iterator[Finding | Undecided]:
    for creation in creations(project):
        if _is_embedded(project, creation) or is_stamped(project, creation):
            continue
        subject = f"{project.modules.name(creation.path)} {creation.call}"
        if not creation.runs:
            if creation.reason:
                yield Undecided(creation.location, f"call {subject}", creation.reason)
            continue
        tool = tool_of(project, project.sources[creation.path].project)
        consequence = (
            f"{tool} then finds tables that no migration made"
            if tool
            else "the database of the last release keeps its old columns"
        )
        fields = {"call": creation.call, "consequence": consequence}
        yield Finding(creation.location, subject, fields, creation.steps)


def _is_embedded(project: Project, creation: Creation) -> bool:
    """Whether the application's only databases are files of SQLite: a demonstration."""
    folder = project.sources[creation.path].project
    own = [
        engine
        for engine in project.engines
        if project.sources[engine.location.path].project == folder and not engine.is_script
    ]
    return bool(own) and all(engine.is_embedded and not engine.database.reason for engine in own)
