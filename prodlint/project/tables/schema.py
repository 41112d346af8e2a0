"""What a table is made of."""

from __future__ import annotations

from msgspec import Struct

from prodlint.finding import Location
from prodlint.project.values.bindings import Defined
from prodlint.project.values.outcomes import Given

__all__ = ["Column", "Index", "Table"]


class Column(Struct, frozen=True):
    """A column as a model or a `Table(...)` declares it."""

    name: str
    """In the database."""
    attribute: str
    """In the class; the name itself for a `Table(...)`."""
    location: Location
    type: str = ""
    """As written: `String(30)`, `int`; "" where a foreign key's target decides."""
    nullable: bool = True
    primary_key: bool = False
    unique: bool = False
    index: bool = False
    foreign_key: str = ""
    """`table.column` that it references, "?" where that is computed."""
    target: Given | None = None
    """The expression that names what is referenced, for `ForeignKey(User.id)`."""
    ondelete: str = ""
    """What happens to the row when its target goes, upper case: CASCADE, SET NULL ..."""
    family: str = ""
    """"boolean", "enum" or "document" (JSON, arrays, vectors); "" for all else."""
    doubt: str = ""
    """Why it may have an index that is not seen; "" where it has none."""
    inherited: bool = False
    """Declared by a mixin or an abstract base."""
    owner: str = ""
    """The class whose body declares it; "" for a column of a `Table(...)`."""


class Index(Struct, frozen=True):
    """An index; a unique constraint is none, although every database makes one for it."""

    name: str
    columns: tuple[str, ...]
    """Names of columns; an expression stands as its text."""
    location: Location
    unique: bool = False
    partial: bool = False
    """It holds only some of the rows."""
    method: str = ""
    """"gin", "gist", "brin", "hash" ...; "" for the ordinary one, which is sorted."""

    @property
    def is_ordered(self) -> bool:
        """Whether it finds rows by the value of its first column (a hash index does, too)."""
        return self.method in ("", "btree", "hash")


class Table(Struct, frozen=True):
    """A table with the columns that it has in the database, those of mixins and of single-table subclasses included."""

    name: str
    schema: str
    model: str
    """`module.Class`, or `module.variable` for a `Table(...)`."""
    label: str
    """The class or variable alone, for a person."""
    location: Location
    columns: tuple[Column, ...]
    primary_key: tuple[str, ...] = ()
    """In the order of the key."""
    indexes: tuple[Index, ...] = ()
    uniques: tuple[tuple[str, ...], ...] = ()
    foreign_keys: tuple[tuple[str, ...], ...] = ()
    """The columns of each key that is declared for several columns together."""
    of: tuple[Defined, ...] = ()
    """The classes that are mapped to it, the first of them its own."""
    unknown: str = ""
    """Why it may have columns or indexes that are not seen; "" where it has none."""
    mapper: str = "sqlalchemy"
    """"sqlalchemy", "django" or "tortoise"."""
    managed: bool = True
    """False for a view, or a table that something else creates."""

    def column(self, name: str) -> Column | None:
        """The column of that name."""
        return next((column for column in self.columns if column.name == name), None)

    def of_attribute(self, attribute: str) -> Column | None:
        """The column behind an attribute of the class."""
        return next((column for column in self.columns if column.attribute == attribute), None)

    @property
    def leading(self) -> frozenset[str]:
        """The columns that an ordinary index of all rows, a unique constraint or the primary key begins with."""
        return frozenset(columns[0] for columns in self.keys)

    @property
    def keys(self) -> frozenset[tuple[str, ...]]:
        """The columns of each of these, in order."""
        ordinary = (index.columns for index in self.indexes if not index.partial and index.is_ordered)
        return frozenset(columns for columns in (*self.uniques, self.primary_key, *ordinary) if columns)
