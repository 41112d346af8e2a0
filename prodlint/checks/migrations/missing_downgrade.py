"""A migration that changes something and has no way back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from prodlint.facts import Call, Constant, Raise, Sequence
from prodlint.finding import Finding, Location, Step, Undecided
from prodlint.libraries.django_migrations import IRREVERSIBLE
from prodlint.project.migrations.replay import reverse
from prodlint.project.values.bindings import Defined

if TYPE_CHECKING:
    from prodlint.project import Project
    from prodlint.project.migrations.model import Environment, Revision

_ROWS = frozenset({"data", "other", "unknown"})


def check(project: Project) -> Iterator[Finding | Undecided]:
    """One finding for each revision whose `downgrade` undoes nothing of what `upgrade` does to the schema, and one for
    each operation of Django that cannot be taken back."""
    for environment in project.migrations:
        for revision in environment.revisions if environment.tool == "alembic" else ():
            yield from _of_alembic(project, environment, revision)
    for site in project.calls(IRREVERSIBLE):
        if project.role(site.path) == "migration":
            keyword, position = IRREVERSIBLE[site.name]
            call = site.call
            if any(argument.star for argument in call.arguments):
                continue
            back = call.keyword(keyword) or call.positional(position)
            if (back is None or (isinstance(back, Constant) and back.value is None)) and not _is_noop(call):
                name = site.name.rpartition(".")[2]
                fields = {"what": f"`{name}` without `{keyword}`"}
                yield Finding(Location(site.path, call.place), "", fields)


def _is_noop(call: Call) -> bool:
    """Whether an operation does nothing that could be taken back."""
    done = call.positional(0) or call.keyword("code") or call.keyword("sql")
    if isinstance(done, Sequence):
        return not done.items
    return getattr(done, "name", "").endswith(".noop") or (isinstance(done, Constant) and not done.value)


def _of_alembic(project: Project, environment: Environment, revision: Revision) -> Iterator[Finding | Undecided]:
    replayed = environment.replayed[revision.path]
    changes = [each for each in replayed.operations if each.change.kind not in _ROWS]
    if not changes:
        return
    python = project.python(revision.path)
    scope = revision.downgrade
    if python is None:
        return
    if scope < 0:
        what, location = "has no `downgrade`", revision.location
    else:
        statements = project.statements_of(Defined(revision.path, scope))
        location = Location(revision.path, python.scopes[scope].place)
        own = [each for each in statements if each.block == python.scopes[scope].block]
        if any(isinstance(each, Raise) for each in own[:1]):
            what = "raises in `downgrade`"
        elif not statements:
            what = "has an empty `downgrade`"
        else:
            back = reverse(project, environment, revision)
            if back.operations or back.stopped or back.after.unknown != replayed.after.unknown:
                return
            what = "undoes nothing in `downgrade`"
    certain = [each for each in changes if not each.doubtful]
    if not certain:
        yield Undecided(location, f"revision {revision.id}", "what `upgrade` does depends on a condition")
        return
    changes = certain
    step = Step(f"`upgrade` changes the schema here ({changes[0].change.kind})", changes[0].location)
    yield Finding(location, revision.id, {"what": f"the revision `{revision.id}` {what}"}, (step,))
