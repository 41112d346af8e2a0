"""A graph that Alembic or Django refuses to run: several heads, a missing or circular predecessor, one id twice."""

from __future__ import annotations

from collections.abc import Iterator
from posixpath import dirname
from typing import TYPE_CHECKING

from prodlint.finding import Finding, Step, Undecided
from prodlint.project.migrations.graph import circular, label_of, targets

if TYPE_CHECKING:
    from prodlint.project import Project
    from prodlint.project.migrations.model import Environment, Revision


def check(project: Project) -> Iterator[Finding | Undecided]:
    """One finding for each fault of a graph."""
    for environment in project.migrations:
        folders = {dirname(revision.path) for revision in environment.revisions}
        unread = [path for path in project.python_paths if dirname(path) in folders and project.python(path) is None]
        doubt = next((each.problem for each in environment.revisions if each.problem), "")
        doubt = doubt or (f"`{unread[0]}` could not be read" if unread else "")
        if doubt:
            first = environment.revisions[0]
            yield Undecided(first.location, f"revision graph {environment.folder}", doubt)
            continue
        yield from _faults(environment) if environment.tool == "alembic" else _faults_of_django(environment)


def _faults(environment: Environment) -> Iterator[Finding]:
    seen: dict[str, Revision] = {}
    for revision in environment.revisions:
        if revision.id in seen:
            step = Step("this revision has the same id", seen[revision.id].location)
            problem = f"has the id of another revision, `{seen[revision.id].path}`"
            yield _finding(environment, revision, problem, (step,))
        seen.setdefault(revision.id, revision)
    before = targets(environment.revisions)
    for revision in environment.revisions:
        for down in (*revision.down, *revision.depends):
            if before(down) is None:
                yield _finding(environment, revision, f"follows `{down}`, which is no revision")
    for revision in circular(environment.revisions)[:1]:
        yield _finding(environment, revision, "comes after itself: the chain of its predecessors is a circle")
    heads = [seen[head] for head in environment.heads]
    labels = [label_of(environment.revisions, head) for head in heads]
    unlabelled = [head for head, label in zip(heads, labels) if not label]
    if len(heads) > 1 and len(unlabelled) + len(set(filter(None, labels))) > 1 and unlabelled:
        order = {revision.path: at for at, revision in enumerate(environment.revisions)}
        last = max(unlabelled, key=lambda each: order[each.path])
        steps = tuple(Step(f"`{each.id}` is a head too", each.location) for each in heads if each is not last)
        yield _finding(environment, last, f"is one of {len(heads)} heads", steps)


def _faults_of_django(environment: Environment) -> Iterator[Finding]:
    """Faults for which Django's loader or `migrate` ends: of migrations that a squashed one replaces, none."""
    replaced = {old for revision in environment.revisions for old in revision.replaces}
    own = [revision for revision in environment.revisions if revision.id not in replaced]
    broken: set[str] = set()
    for revision in own:
        for before in (*revision.down, *revision.depends):
            if before not in environment.by_id and before not in replaced:
                broken |= {before.partition(".")[0]} if before in revision.down else set()
                yield _finding(environment, revision, f"follows `{before}`, which is no migration")
    for revision in circular(environment.revisions)[:1]:
        yield _finding(environment, revision, "comes after itself: the chain of its dependencies is a circle")
    heads: dict[str, list[Revision]] = {}
    for head in environment.heads:
        heads.setdefault(head.partition(".")[0], []).append(environment.by_id[head])
    for app, several in heads.items():
        if len(several) > 1 and app not in broken:  # What a missing migration follows is no second end.
            steps = tuple(Step(f"`{each.id}` is a leaf too", each.location) for each in several[:-1])
            problem = f"is one of {len(several)} leaf nodes of `{app}`"
            yield _finding(environment, several[-1], problem, steps)


def _finding(environment: Environment, revision: Revision, problem: str, steps: tuple[Step, ...] = ()) -> Finding:
    command = "alembic upgrade head" if environment.tool == "alembic" else "manage.py migrate"
    fields = {"revision": revision.id, "problem": problem, "command": command}
    return Finding(revision.location, revision.id, fields, steps)
