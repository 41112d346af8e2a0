"""Runs the revisions of an Alembic environment in turn on an abstract schema, and takes single ones back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from prodlint.facts.ddl import Change
from prodlint.finding import Location
from prodlint.project.migrations.apply import Applier
from prodlint.project.migrations.machine import Machine, Stopped
from prodlint.project.migrations.meanings import FunctionValue
from prodlint.project.migrations.model import Environment, Operation, Replayed, Revision
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


class Run(Struct):
    """The revision at hand."""

    dialect: str
    applier: Applier
    operations: list[Operation]


class Player(Machine):
    """The machine with what it does to the schema."""

    def __init__(self, project: Project, environment: Environment) -> None:
        super().__init__(project)
        self.run: Run = Run(environment.dialect, Applier(environment.convention), [])

    def play(self, path: str, scope: int) -> str:
        """Run a function of a revision; why it ended early, or ""."""
        self.steps = self.autocommit = self.doubtful = self.attempts = self.depth = 0
        self.pending = []
        self.active = []
        self.run.operations = []
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

    def record(self, change: Change, location: Location) -> None:
        """Apply a change and remember it."""
        before = self.schema.get(change.schema, change.table) if change.table else self._of_index(change)
        problem = self.run.applier.apply(self.schema, change, location)
        if problem and (self.attempts or self.doubtful):
            raise Stopped(problem)
        if problem and before is not None:
            self.schema.put(replace(before, unknown=before.unknown or f"a revision {problem}"))
        operation = Operation(change, location, before, bool(self.autocommit), bool(self.doubtful), problem)
        self.run.operations.append(operation)

    def _of_index(self, change: Change):  # type: ignore[no-untyped-def]
        """The table of an index that is named without one."""
        if change.kind not in ("drop index", "rename index"):
            return None
        for table in self.schema.tables.values():
            if any(index.name == change.name for index in table.indexes):
                return table
        return None

    def doubt(self, reason: str) -> None:
        """Say that any table may be otherwise."""
        self.schema.doubt(reason)

    def with_convention(self, convention: dict[str, str], change: Change, location: Location) -> None:
        """Apply a change under the naming convention of a batch."""
        held = self.run.applier
        self.run.applier = Applier({**held.convention, **{str(key): str(value) for key, value in convention.items()}})
        try:
            self.record(change, location)
        finally:
            self.run.applier = held


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
