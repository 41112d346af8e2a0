"""Reads what stands behind the columns: `Index(...)`, `UniqueConstraint(...)`, `__table_args__`."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from prodlint.facts import Attribute, Call, Reference, Value
from prodlint.finding import Location
from prodlint.libraries.database import construct
from prodlint.project.tables.annotations import text_of
from prodlint.project.tables.columns import constructed, items_of, keywords_of, known
from prodlint.project.tables.naming import index_name
from prodlint.project.tables.schema import Index, Table
from prodlint.project.values.outcomes import Given, Known, Pairs

if TYPE_CHECKING:
    from prodlint.project import Project

__all__ = ["Arguments", "Constraint", "arguments_of_table", "constraint_of", "with_constraints"]

_CONSTRAINTS = frozenset({"Index", "UniqueConstraint", "PrimaryKeyConstraint", "ForeignKeyConstraint"})
_ORDERED = re.compile(r"\s*[\"`]?(\w+)[\"`]?(?:\s+(?:asc|desc))?(?:\s+nulls\s+(?:first|last))?\s*", re.IGNORECASE)
_ORDERINGS = frozenset("asc desc nulls_first nulls_last nullsfirst nullslast".split())


class Constraint(Struct, frozen=True):
    """An index or constraint for several columns."""

    kind: str
    columns: tuple[str, ...]
    """Attributes or names of columns, or the text of an expression."""
    location: Location
    name: str = ""
    unique: bool = False
    partial: bool = False
    targets: tuple[str, ...] = ()
    """What the columns of a foreign key reference."""
    ondelete: str = ""
    method: str = ""
    """Of an index: "gin", "gist" ...; "" for the ordinary one."""


class Arguments(Struct, frozen=True):
    """What `__table_args__`, or the arguments of a `Table(...)`, say."""

    constraints: tuple[Constraint, ...] = ()
    schema: str = ""
    doubt: str = ""


def arguments_of_table(project: Project, given: Given) -> Arguments:
    """The constraints and the schema in `__table_args__`, and why there may be more."""
    meaning = project.values.given(given).meaning
    if isinstance(meaning, Pairs):
        return Arguments(schema=_schema(project, meaning))
    items, doubt = items_of(project, given)
    constraints = []
    schema = ""
    for each in items:
        found = project.values.given(each).meaning
        constraint = constraint_of(project, each)
        if isinstance(found, Pairs):
            schema = _schema(project, found)
        elif constraint is not None:
            constraints.append(constraint)
        elif not constructed(project, each, found)[0]:
            doubt = doubt or "a part of it is computed"
    return Arguments(tuple(constraints), schema, doubt and f"`__table_args__` cannot be followed: {doubt}")


def _schema(project: Project, pairs: Pairs) -> str:
    return str(known(project, pairs.get("schema")) or "")


def constraint_of(project: Project, given: Given) -> Constraint | None:
    """The index or constraint that an expression makes, or None."""
    kind, call = constructed(project, given)
    if kind not in _CONSTRAINTS or call is None or not isinstance(call.value, Call):
        return None
    keywords, _ = keywords_of(project, call)
    positional: list[Given] = []
    for argument in call.value.arguments:
        if argument.star == "*":
            positional += items_of(project, Given(call.site, argument.value))[0]
        elif not argument.name:
            positional.append(Given(call.site, argument.value))
    name = str(known(project, keywords.get("name")) or "")
    if kind == "Index" and "name" not in keywords and positional:
        name = str(known(project, positional.pop(0)) or "")
    targets: list[str] = []
    if kind == "ForeignKeyConstraint":
        several = [items_of(project, each)[0] for each in positional[:2]]
        targets = [str(known(project, each) or "?") for each in several[1]] if len(several) == 2 else []
        positional = several[0] if several else []
    return Constraint(
        kind,
        tuple(_column(project, each) for each in positional),
        Location(call.site.path, call.value.place),
        name,
        kind == "UniqueConstraint" or bool(known(project, keywords.get("unique"))),
        any(key.endswith("_where") for key in keywords),
        tuple(targets),
        str(known(project, keywords.get("ondelete")) or "").upper(),
        str(known(project, keywords.get("postgresql_using")) or "").lower(),
    )


def _column(project: Project, given: Given) -> str:
    """The column that an argument of an index names, orderings taken off; the text of an expression in brackets."""
    meaning = project.values.given(given).meaning
    if isinstance(meaning, Known) and isinstance(meaning.value, str):
        return meaning.value
    value: Value = given.value
    if isinstance(value, Reference):
        return value.name.rpartition(".")[2]
    if isinstance(value, Call):
        function = value.function
        if isinstance(function, Reference):
            head, _, last = function.name.rpartition(".")
            if last in _ORDERINGS and head and not value.arguments:
                return head.rpartition(".")[2]
            name = project.values.external_name(given.site, function)
            first = value.positional(0)
            if first is not None and construct(name) in _ORDERINGS:
                return _column(project, Given(given.site, first))
            if first is not None and construct(name) == "text":
                text = known(project, Given(given.site, first))
                found = _ORDERED.fullmatch(text) if isinstance(text, str) else None
                return found[1] if found else f"({text or '...'})"
        elif isinstance(function, Attribute) and function.name in _ORDERINGS:
            return _column(project, Given(given.site, function.value))
    return f"({text_of(value)})"


def with_constraints(table: Table, constraints: Iterable[Constraint], pattern: str, again: bool = False) -> Table:
    """A table with its constraints; with `again` only those are added, the columns' own are there."""
    columns = {column.name: column for column in table.columns}
    by_attribute = {column.attribute: column.name for column in table.columns}
    key = [column.name for column in table.columns if column.primary_key]
    indexes, uniques, foreign_keys = list(table.indexes), list(table.uniques), list(table.foreign_keys)
    for column in () if again else table.columns:
        if column.index:
            name = index_name(pattern, table.name, (column.name,))
            indexes.append(Index(name, (column.name,), column.location, column.unique))
        elif column.unique:
            uniques.append((column.name,))
    for constraint in constraints:
        names = tuple(each if each in columns else by_attribute.get(each, each) for each in constraint.columns)
        if constraint.kind == "Index":
            name = constraint.name or index_name(pattern, table.name, names)
            index = Index(name, names, constraint.location, constraint.unique, constraint.partial, constraint.method)
            # A column's own index is another one even under the same name; one seen again from outside is not.
            is_known = again and any(each.name == name and each.columns == names for each in indexes)
            indexes += [] if is_known else [index]
        elif constraint.kind == "UniqueConstraint":
            uniques.append(names)
        elif constraint.kind == "PrimaryKeyConstraint":
            key = list(names)
            for name in names:
                if name in columns:
                    columns[name] = replace(columns[name], primary_key=True, nullable=False)
        elif constraint.kind == "ForeignKeyConstraint":
            foreign_keys.append(names)
            for name, target in zip(names, constraint.targets):
                if name in columns:
                    columns[name] = replace(columns[name], foreign_key=target, ondelete=constraint.ondelete)
    return replace(
        table,
        columns=tuple(columns.values()),
        primary_key=table.primary_key if again else tuple(key),
        indexes=tuple(indexes),
        uniques=tuple(uniques),
        foreign_keys=tuple(foreign_keys),
    )
