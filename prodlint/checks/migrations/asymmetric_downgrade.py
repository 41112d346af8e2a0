"""A downgrade that does not lead back to the schema that the upgrade began with."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from prodlint.finding import Finding, Location, Step, Undecided
from prodlint.project.migrations.differences import differences
from prodlint.project.migrations.recent import recent
from prodlint.project.migrations.replay import reverse

if TYPE_CHECKING:
    from prodlint.project import Project
    from prodlint.project.migrations.model import Environment, Revision

_SHOWN = 4


def check(project: Project) -> Iterator[Finding | Undecided]:
    """One finding for each revision after the mark that leaves something behind, or takes too much away."""
    options = project.options("asymmetric-downgrade")
    for environment in project.migrations:
        for revision in recent(environment, options) if environment.tool == "alembic" else ():
            yield from _of(project, environment, revision)


def _of(project: Project, environment: Environment, revision: Revision) -> Iterator[Finding | Undecided]:
    replayed = environment.replayed[revision.path]
    python = project.python(revision.path)
    if revision.downgrade < 0 or python is None or not replayed.operations or replayed.stopped:
        return
    back = reverse(project, environment, revision)
    operations = (*replayed.operations, *back.operations)
    if back.stopped or not back.operations:
        return  # That is what `missing-downgrade` reports.
    location = Location(revision.path, python.scopes[revision.downgrade].place)
    failing = next((each for each in back.operations if each.problem), None)
    if failing is not None:
        step = Step(f"the downgrade {failing.problem}", failing.location)
        fields = {"revision": revision.id, "difference": f"fails: it {failing.problem}"}
        yield Finding(location, revision.id, fields, (step,))
        return
    doubt = next((each.change.text for each in operations if each.change.kind == "unknown"), "")
    if doubt or back.after.unknown != replayed.before.unknown:
        yield Undecided(location, f"revision {revision.id}", doubt or "a part of it cannot be replayed")
        return
    touched = {each.before.name for each in operations if each.before is not None}
    touched |= {name for each in operations for name in (each.change.table, each.change.to) if name}
    found = list(differences(replayed.before, replayed.after, back.after, touched))
    if found:
        table, clause = found[0]
        more = f" and {len(found) - 1} more" if len(found) > 1 else ""
        fields = {"revision": revision.id, "difference": f"does not lead back: `{table}` {clause}{more}"}
        steps = tuple(Step(f"after the downgrade `{name}` {each}", location) for name, each in found[:_SHOWN])
        yield Finding(location, revision.id, fields, steps)
    elif any(table.unknown for table in replayed.before.tables.values() if table.name in touched):
        yield Undecided(location, f"revision {revision.id}", "a table that it changes is not known")
