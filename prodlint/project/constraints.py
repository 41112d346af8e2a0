"""Reads what stands behind the columns: `Index(...)`, `UniqueConstraint(...)`, `__table_args__`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from msgspec import Struct

from prodlint.facts import Attribute, Call, Constant, Reference, Value
from prodlint.finding import Location
from prodlint.libraries.database import construct
from prodlint.project.columns import constructed, items_of, keywords_of, known, text_of
from prodlint.project.outcomes import Given, Items, Known, Pairs
from prodlint.project.schema import Column, Index

if TYPE_CHECKING:
    from prodlint.project import Project

__all__ = ["Arguments", "Constraint", "arguments_of_table", "constraint_of", "index_name", "naming_convention"]

_CONSTRAINTS = frozenset({"Index", "UniqueConstraint", "PrimaryKeyConstraint", "ForeignKeyConstraint"})
_ORDERED = re.compile(r"\s*[\"`]?(\w+)[\"`]?(?:\s+(?:asc|desc))?(?:\s+nulls\s+(?:first|last))?\s*", re.IGNORECASE)
_ORDERINGS = frozenset("asc desc nulls_first nulls_last nullsfirst nullslast".split())
_DEFAULT_NAME = "ix_%(column_0_label)s"


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


# --- names ---


def naming_convention(project: Project) -> str:
    """The pattern of names of indexes that are given none: the tree's own if it has one."""
    calls = project.calls({f"{module}.MetaData" for module in ("sqlalchemy", "sqlalchemy.schema", "sqlmodel")})
    found = {pattern for site in calls for pattern in _patterns(project, Given(site.site, site.call))}
    return found.pop() if len(found) == 1 else _DEFAULT_NAME


def _patterns(project: Project, call: Given) -> Iterator[str]:
    keywords, _ = keywords_of(project, call)
    convention = project.values.given(keywords["naming_convention"]).meaning if "naming_convention" in keywords else None
    pattern = known(project, convention.get("ix")) if isinstance(convention, Pairs) else None
    if isinstance(pattern, str):
        yield pattern


def index_name(pattern: str, table: str, columns: Iterable[str]) -> str:
    """The name that a pattern gives an index."""
    names = list(columns)
    first = names[0] if names else ""
    parts = {
        "table_name": table,
        "column_0_label": f"{table}_{first}",
        "column_0_name": first,
        "column_0_key": first,
        "column_0_N_name": "_".join(names),
        "column_0_N_label": "_".join(f"{table}_{name}" for name in names),
        "column_0N_name": "".join(names),
    }
    return re.sub(r"%\((\w+)\)s", lambda found: parts.get(found[1], ""), pattern)
