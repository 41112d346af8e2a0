"""Which tables are owned: what the application itself does to keep the rows of one caller from another.

A foreign key to the users says little, since an article has an author and a ticket an assignee. What counts is that
somewhere the column is compared with the caller, filtered by it, or written from it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from msgspec import Struct

from prodlint.libraries.credentials import is_stored_password
from prodlint.libraries.identity import is_owner_column
from prodlint.project.identity.events import Compared, Constraint, Label, Labels, Modified, Written
from prodlint.project.identity.proof import Proof
from prodlint.project.tables.schema import Column, Table

if TYPE_CHECKING:
    from prodlint.project import Project
    from prodlint.project.identity.callers import Walked
    from prodlint.project.identity.model import Model
    from prodlint.project.routes.route import Route

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


def is_reading(route: Route, walked: Walked) -> bool:
    """Whether a route only reads: by its methods or, for a view that does not look at the method, by what it does."""
    if set(route.methods) <= SAFE:
        return True
    return route.methods == ("*",) and not any(
        each[0] == "R" for found in walked.found if isinstance(found.event, Modified) for each in found.event.labels
    )


class Ownership(Struct):
    """What the application does about one table."""

    filtered: set[str] = set()
    """Columns that routes filter by the caller."""
    compared: set[str] = set()
    """Columns or relationships of a loaded row that routes compare with the caller."""
    written: set[str] = set()
    """Columns that routes set from the caller."""
    proof: dict[str, str] = {}
    """A route that does it, by column."""
    read_by_key: set[str] = set()
    """Reading routes that load a row by its key and prove that it is the caller's."""
    read_in_lists: set[str] = set()
    """Reading routes whose rows are only the caller's."""
    shared: set[str] = set()
    """Reading routes that give rows to whoever is authenticated, or to anyone."""

    @property
    def columns(self) -> set[str]:
        """The columns that say whose a row is."""
        return self.filtered | self.compared | {each for each in self.written if is_owner_column(each)}


class Evidence:
    """Collects what routes do, over all of them."""

    def __init__(self, project: Project, model: Model) -> None:
        self.project = project
        self.model = model
        self.of: dict[str, Ownership] = {}
        self.users: set[str] = {
            table.model for table in project.tables if any(is_stored_password(each.name) for each in table.columns)
        }

    def table(self, label: Label) -> Table | None:
        """The table of a query's label."""
        return self.model.queries.accesses[int(str(label[1]))].table if label[0] == "R" else None

    def ownership(self, table: Table) -> Ownership:
        """What is known of a table."""
        return self.of.get(table.model) or Ownership()

    def is_key(self, table: Table, attribute: str) -> bool:
        """Whether an attribute is the table's key."""
        column = table.of_attribute(attribute)
        return column is not None and column.name in table.primary_key and not column.foreign_key

    def may_own(self, table: Table, attribute: str) -> bool:
        """Whether a column or relationship of a table can say whose a row is."""
        column = table.of_attribute(attribute)
        if self.is_key(table, attribute):
            return False
        if column is None:
            column = table.of_attribute(f"{attribute}_id")
            return column is not None and (self.points_to_users(column) or is_owner_column(attribute))
        return bool(column.foreign_key) or is_owner_column(attribute)

    def is_user(self, table: Table | None) -> bool:
        """Whether a table holds the users."""
        return table is not None and table.model in self.users

    def points_to_users(self, column: Column) -> bool:
        """Whether a column is a foreign key to the users."""
        target = self.target(column)
        if target is None and column.foreign_key.partition(".")[0] == "auth_user":
            return True  # Django's own users, whose table no model of the tree declares.
        return target is not None and self.is_user(target)

    def target(self, column: Column) -> Table | None:
        """The table that a foreign key points to."""
        if column.target is not None and hasattr(column.target.value, "name"):
            named = self.project.entities.column(column.target.site, column.target.value.name)
            if named is not None:
                return named[0]
        name = column.foreign_key.rpartition(".")[0].rpartition(".")[2]
        return next((each for each in self.project.tables if name and each.name == name), None)

    def add(self, route: Route, walked: Walked, proof: Proof, status: str, is_for_some: bool = False) -> None:
        """Take in what one route does; one that a guard keeps for some callers shares its rows with nobody else."""
        trusted = proof.equal
        reads = is_reading(route, walked)
        for found in walked.found:
            match found.event:
                case Constraint(rows, table, column, labels) if table is not None and column:
                    if labels & trusted and self.may_own(table, column):
                        self._note(table, "filtered", column, route)
                        if reads:
                            self._read(rows, table, proof, route)
                case Compared(left, left_attribute, right, right_attribute):
                    self._compared(left, left_attribute, right & trusted, proof, route, reads)
                    self._compared(right, right_attribute, left & trusted, proof, route, reads)
                case Written(table, rows, column, labels) if labels & trusted:
                    for each in [table] if table is not None else [self.table(row) for row in rows]:
                        if each is not None and self.may_own(each, column):
                            self._note(each, "written", column, route)
        if reads and not proof.restrictions and not is_for_some:
            self._shared(route, walked, proof)
        if status == "required":
            self._users(walked)

    def _note(self, table: Table, kind: str, column: str, route: Route) -> None:
        ownership = self.of.setdefault(table.model, Ownership())
        getattr(ownership, kind).add(column)
        ownership.proof.setdefault(column, route.subject)

    def _read(self, rows: Labels, table: Table, proof: Proof, route: Route) -> None:
        for row in rows:
            by_key = any(
                isinstance(each.event, Constraint)
                and each.event.table == table
                and self.is_key(table, each.event.column)
                and any(label[0] == "I" for label in each.event.labels)
                for each in proof.conditions.get(row, ())
            )  # fmt: skip
            ownership = self.of.setdefault(table.model, Ownership())
            (ownership.read_by_key if by_key else ownership.read_in_lists).add(route.subject)

    def _compared(self, side: Labels, attribute: str, other: Labels, proof: Proof, route: Route, reads: bool) -> None:
        if not other or not attribute:
            return
        for label in side:
            table = self.table(label)
            if table is None or label in proof.caller or not self.may_own(table, attribute) or self.is_user(table):
                continue
            self._note(table, "compared", attribute, route)
            if reads:
                self.of[table.model].read_by_key.add(route.subject)

    def _shared(self, route: Route, walked: Walked, proof: Proof) -> None:
        """Lists that are given to everyone."""
        for label in walked.returns:
            table = self.table(label)
            if table is None or label in proof.perhaps:
                continue
            access = self.model.queries.accesses[int(str(label[1]))]
            chosen = any(each[0] in {"I", "R"} for each in self._narrowing(label, proof))
            if access.kind == "read" and not chosen:
                self.of.setdefault(table.model, Ownership()).shared.add(route.subject)

    def _narrowing(self, label: Label, proof: Proof) -> Iterable[Label]:
        """What is compared with columns that say which row, or whose."""
        for each in proof.conditions.get(label, ()):
            event = each.event
            assert isinstance(event, Constraint)
            column = event.table.of_attribute(event.column) if event.table is not None and event.column else None
            if column is None or column.foreign_key or column.primary_key or column.unique:
                yield from event.labels

    def _users(self, walked: Walked) -> None:
        """The table whose row the identifying dependency loads holds the users."""
        for found in walked.found:
            if found.is_root and isinstance(found.event, Constraint) and found.event.table is not None:
                if any(label[0] in {"P", "I"} for label in found.event.labels) and found.event.column:
                    table = found.event.table
                    names = {each.name for each in table.columns}
                    if names & {"email", "username", "login"}:
                        self.users.add(table.model)


__all__ = ["SAFE", "Evidence", "Ownership", "is_reading"]
