"""What is known of the migrations of a tree: environments, their revisions, and what each of these does."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

from msgspec import Struct

from prodlint.facts.ddl import Change
from prodlint.finding import Location
from prodlint.project.migrations.state import Schema, TableState, table_of
from prodlint.project.tables.schema import Table

__all__ = ["Environment", "Operation", "Replayed", "Revision"]


class Operation(Struct, frozen=True):
    """One change that a revision makes, where it stands, and the table as it was before."""

    change: Change
    location: Location
    before: TableState | None = None
    autocommit: bool = False
    """Whether it runs outside of the revision's transaction (`autocommit_block`, `atomic = False`)."""
    doubtful: bool = False
    """Whether it runs only on a condition that cannot be told."""
    problem: str = ""
    """Why it contradicts the schema: completes "it ..."; "" where it does not."""
    unused: bool = False
    """Whether the models no longer had what it drops or renames when the revision began: an earlier one of Django took
    it from them and left it in the database."""


class Revision(Struct, frozen=True):
    """One migration file."""

    id: str
    """Alembic's revision id; `app.0001_initial` for Django."""
    down: tuple[str, ...]
    path: str
    location: Location
    """Where the id is set, or the class is defined."""
    depends: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    upgrade: int = -1
    """The scope of the function `upgrade`; -1 for none."""
    downgrade: int = -1
    problem: str = ""
    """Why its place in the graph is not known."""
    replaces: tuple[str, ...] = ()
    """The migrations that a squashed one of Django stands for."""


class Replayed(Struct):
    """What came of running one revision, and of taking it back."""

    before: Schema
    after: Schema
    operations: tuple[Operation, ...] = ()
    stopped: str = ""
    """Why `upgrade` ended early; "" where it did not."""


class Environment:
    """The migrations that one `alembic_version` table, or one Django project, goes through."""

    def __init__(
        self,
        tool: str,
        folder: str,
        revisions: tuple[Revision, ...],
        replay: Callable[[Environment], dict[str, Replayed]],
        *,
        dialects: frozenset[str] = frozenset(),
        dialect: str = "",
        default_schema: str = "",
        convention: dict[str, str] | None = None,
        configuration: str = "",
    ) -> None:
        self.tool = tool
        self.folder = folder
        self.revisions = revisions
        """In the order in which they run."""
        self.dialects = dialects
        """The databases that it is seen to migrate."""
        self.dialect = dialect
        """The one that it is replayed for; "" where it is not known."""
        self.default_schema = default_schema
        self.convention = convention or {}
        self.configuration = configuration
        """The file that names it; "" for none."""
        self._replay = replay

    @cached_property
    def by_id(self) -> dict[str, Revision]:
        """The revisions by their ids; of two with one id the first."""
        found: dict[str, Revision] = {}
        for revision in self.revisions:
            found.setdefault(revision.id, revision)
        return found

    @cached_property
    def heads(self) -> tuple[str, ...]:
        """The revisions that no other one follows, sorted; of Django's these are the last ones of each application."""
        stands = {old: revision.id for revision in self.revisions for old in revision.replaces}
        own = [revision for revision in self.revisions if revision.id not in stands]
        followed = {stands.get(down, down) for revision in own for down in revision.down}
        return tuple(sorted({revision.id for revision in own} - followed))

    @cached_property
    def replayed(self) -> dict[str, Replayed]:
        """What came of each revision, by the path of its file."""
        return self._replay(self)

    @cached_property
    def schema(self) -> Schema:
        """The abstract schema at head."""
        if not self.revisions:
            return Schema(self.default_schema)
        return self.replayed[self.revisions[-1].path].after

    @cached_property
    def tables(self) -> tuple[Table, ...]:
        """The tables at head, by schema and name."""
        found = [table_of(state, self.default_schema) for state in self.schema.tables.values()]
        return tuple(sorted(found, key=lambda table: (table.schema, table.name)))

    def table(self, name: str, schema: str = "") -> Table | None:
        """The table at head of that name; None where none is seen to be made (see `is_complete`)."""
        state = self.schema.get(schema, name)
        return table_of(state, self.default_schema) if state is not None else None

    @property
    def unknown(self) -> tuple[str, ...]:
        """Why any table may exist or be otherwise than is said."""
        return self.schema.unknown

    @property
    def is_complete(self) -> bool:
        """Whether a table that is not among `tables` is made by no revision."""
        from prodlint.project.migrations.apply import UNSEEN

        return not self.unknown and not any(table.unknown == UNSEEN for table in self.schema.tables.values())
