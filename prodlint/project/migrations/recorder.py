"""Applies the changes of the revision at hand to the abstract schema, and remembers them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from prodlint.facts.ddl import Change
from prodlint.finding import Location
from prodlint.project.migrations.apply import Applier
from prodlint.project.migrations.machine import Machine, Stopped
from prodlint.project.migrations.model import Environment, Operation
from prodlint.project.migrations.state import TableState

if TYPE_CHECKING:
    from prodlint.project import Project

__all__ = ["Recorder"]


class Run(Struct):
    """The revision at hand."""

    dialect: str
    applier: Applier
    operations: list[Operation]


class Recorder(Machine):
    """The machine with what it does to the schema."""

    def __init__(self, project: Project, environment: Environment) -> None:
        super().__init__(project)
        self.run: Run = Run(environment.dialect, Applier(environment.convention, environment.dialect), [])

    def begin(self) -> None:
        """Forget the last revision."""
        self.steps = self.autocommit = self.doubtful = self.attempts = self.depth = 0
        self.pending = []
        self.active = []
        self.run.operations = []

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

    def _of_index(self, change: Change) -> TableState | None:
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
        more = {str(key): str(value) for key, value in convention.items()}
        self.run.applier = Applier({**held.convention, **more}, held.dialect)
        try:
            self.record(change, location)
        finally:
            self.run.applier = held
