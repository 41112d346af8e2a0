"""Which revisions rules about new changes speak of: those after a mark that the configuration sets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from prodlint.project.migrations.model import Environment, Operation, Revision

__all__ = ["exempt", "recent"]


def recent(environment: Environment, options: Mapping[str, Any]) -> tuple[Revision, ...]:
    """The revisions after the one that `after` names, else the `newest` ones; all where that number is 0."""
    after = options.get("after", "")
    revisions = environment.revisions
    for at, revision in enumerate(revisions):
        if after and revision.id == after:
            return revisions[at + 1 :]
    newest = int(options.get("newest", 10))
    return revisions[-newest:] if newest > 0 else revisions


def exempt(operations: tuple[Operation, ...]) -> set[str]:
    """The tables that a revision makes itself, under their later names too: nothing can be in them yet."""
    made: set[str] = set()
    for operation in operations:
        change = operation.change
        if change.kind == "create table" and "if not exists" not in change.flags:
            made.add(change.table)
        elif change.kind == "rename table" and change.table in made:
            made.add(change.to)
    return made
