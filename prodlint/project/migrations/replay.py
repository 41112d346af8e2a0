"""Runs the revisions of an Alembic environment in turn on an abstract schema, and takes single ones back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from prodlint.project.migrations.machine import Stopped
from prodlint.project.migrations.meanings import FunctionValue
from prodlint.project.migrations.model import Environment, Operation, Replayed, Revision
from prodlint.project.migrations.recorder import Recorder
from prodlint.project.migrations.state import Schema
from prodlint.project.values.bindings import Defined

if TYPE_CHECKING:
    from prodlint.project import Project

__all__ = ["Reversed", "replay", "reverse"]


class Reversed(Struct):
    """What came of taking a revision back right after it ran."""

    after: Schema
    operations: tuple[Operation, ...]
    stopped: str


class Player(Recorder):
    """Runs the functions of revisions."""

    def play(self, path: str, scope: int) -> str:
        """Run a function of a revision; why it ended early, or ""."""
        self.begin()
        if scope < 0:
            return ""
        try:
            self.call(FunctionValue(Defined(path, scope)), [], {})
        except Stopped as stopped:
            return stopped.reason
        except RecursionError:
            self.doubt("a revision nests calls too deeply to be followed")
            return "it nests calls too deeply"
        return ""


def replay(project: Project, environment: Environment) -> dict[str, Replayed]:
    """Run all revisions in order; what came of each, by path."""
    player = Player(project, environment)
    schema = Schema(environment.default_schema)
    found: dict[str, Replayed] = {}
    for revision in environment.revisions:
        player.schema = schema.copy()
        stopped = player.play(revision.path, revision.upgrade)
        if stopped:
            _give_up(player, revision, stopped)
        after = player.schema
        found[revision.path] = Replayed(schema, after, tuple(player.run.operations), stopped)
        schema = after
    return found


def _give_up(player: Player, revision: Revision, reason: str) -> None:
    player.doubt(f"the revision {revision.id} is not followed to its end: {reason}")


def reverse(project: Project, environment: Environment, revision: Revision) -> Reversed:
    """Take a revision back on the schema that it leaves."""
    player = Player(project, environment)
    player.schema = environment.replayed[revision.path].after.copy()
    stopped = player.play(revision.path, revision.downgrade)
    return Reversed(player.schema, tuple(player.run.operations), stopped)
