"""Changes of a database's schema, as SQL or a migration states them."""

from __future__ import annotations

from msgspec import Struct


class Declared(Struct, frozen=True, array_like=True):
    """A column as a statement declares it."""

    name: str
    type: str = ""
    """As written: `VARCHAR(30)`, `String(length=30)`; "" where nothing is said."""
    nullable: bool = True
    default: str = ""
    """What the server puts in where a row says nothing; "" for nothing."""
    primary_key: bool = False
    unique: bool = False
    index: bool = False
    references: str = ""
    """`table.column`, or `table` alone, that a foreign key of the column points to."""
    key: str = ""
    """The name of that foreign key; "" for none given."""
    ondelete: str = ""
    doubt: str = ""
    """Why a part of it cannot be told."""
    family: str = ""
    """See `project.tables.schema.Column.family`."""


class Change(Struct, frozen=True, array_like=True):
    """One change of a schema. What a field means depends on `kind`, one of

    create table, drop table, rename table (`to`), move table (`to` is the schema), add column (`column`), drop column
    (`name`), rename column (`name`, `to`), alter column (`name`, what `set` says), create index, drop index, rename
    index, add constraint (`constraint` says which), drop constraint, rename constraint, validate constraint,
    data (rows only), other (nothing that tables are made of), unknown (`text` says why)."""

    kind: str
    table: str = ""
    schema: str = ""
    name: str = ""
    to: str = ""
    columns: tuple[str, ...] = ()
    """Of an index or a constraint; an expression stands in brackets."""
    declared: tuple[Declared, ...] = ()
    """The columns of a table that is created, or the one that is added."""
    constraints: tuple[Change, ...] = ()
    """Those of a table that is created."""
    constraint: str = ""
    """"primary key", "unique", "foreign key", "check" or "exclude"."""
    target: str = ""
    """The table that a foreign key points to, with its schema if one is given."""
    targets: tuple[str, ...] = ()
    ondelete: str = ""
    unique: bool = False
    text: str = ""
    """The condition of a check constraint or a partial index; the reason of what is unknown."""
    flags: tuple[str, ...] = ()
    """"concurrently", "if exists", "if not exists", "not valid", "partial", "cascade", "using index", "or replace",
    the method of an index."""
    set: tuple[tuple[str, str], ...] = ()
    """For a column that is altered: ("type", ...), ("nullable", "yes" or "no"), ("default", ...) with "" for none,
    ("filled", "yes") where the application sets it in every row already."""


class Sql(Struct, frozen=True, array_like=True):
    """The changes that one string of SQL makes, and where the string stands. A hole of a template, number i, stands in
    the fields of a change as `__hole_i__`."""

    place: int
    changes: tuple[Change, ...]
