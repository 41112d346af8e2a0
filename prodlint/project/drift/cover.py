"""Which columns the indexes of a table begin with, those of its model and those that only migrations make."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from msgspec import Struct

from prodlint.finding import Location
from prodlint.project.drift.comparison import Pair, compared
from prodlint.project.migrations.apply import UNSEEN
from prodlint.project.tables.schema import Index, Table

if TYPE_CHECKING:
    from prodlint.project import Project

__all__ = ["Cover", "covers"]


class Cover(Struct, frozen=True):
    """What the indexes of a table serve."""

    keys: frozenset[tuple[str, ...]]
    """The columns, in order, of each ordinary index of all rows, unique constraint and primary key."""
    partial: frozenset[str] = frozenset()
    """Columns that only an index of some rows begins with."""
    special: frozenset[str] = frozenset()
    """Columns of indexes that serve searches and documents, not order (GIN, GiST, BRIN)."""
    is_replayed: bool = False
    """Whether migrations were replayed for it, so that what they mention is known."""
    reason: str = ""
    """Why migrations may give it more indexes than are seen; "" where they do not."""

    @property
    def leading(self) -> frozenset[str]:
        """The columns that one of them begins with."""
        return frozenset(columns[0] for columns in self.keys)


def covers(project: Project) -> dict[Location, Cover]:
    """The cover of each table that a model describes, by the table's place."""
    pairs = {pair.model.location: pair for pair in compared(project)}
    return {table.location: _cover(table, pairs.get(table.location)) for table in project.tables}


def _cover(table: Table, pair: Pair | None) -> Cover:
    made = pair.migrated if pair is not None else None
    own = {column.name.lower(): column.name for column in table.columns}

    def named(names: Iterable[str]) -> tuple[str, ...]:
        """Columns as the model spells them."""
        return tuple(own.get(name.lower(), name) for name in names)

    indexes: tuple[Index, ...] = (*table.indexes, *(made.indexes if made is not None else ()))
    keys = table.keys | (frozenset(map(named, made.keys)) if made is not None else frozenset())
    partial = frozenset(named(index.columns[0] for index in indexes if index.partial and index.columns))
    special = frozenset(named(name for index in indexes if not index.is_ordered for name in index.columns))
    partial -= {columns[0] for columns in keys}
    return Cover(keys, partial, special, pair is not None, _reason(pair) if pair is not None else "")


def _reason(pair: Pair) -> str:
    """Why migrations may make more indexes than are seen. A table that `create_all` once made, and revisions change,
    has those of its model and what revisions are seen to add."""
    made = pair.migrated
    if made is not None and made.unknown and made.unknown != UNSEEN:
        return made.unknown
    return next(iter(pair.environment.unknown), "")
