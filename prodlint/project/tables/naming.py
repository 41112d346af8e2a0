"""Names that a mapper works out: of tables from their classes, of indexes from tables and columns."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from prodlint.facts import Assign, Constant, Reference, Value, walk
from prodlint.project.tables.columns import keywords_of, known
from prodlint.project.values.bindings import Defined, External, Symbol, Variable
from prodlint.project.values.outcomes import Given, Pairs

if TYPE_CHECKING:
    from prodlint.project import Project

__all__ = ["class_name_in_snake_case", "index_name", "naming_convention", "snake"]

_SPLIT_AT_EACH = re.compile(r"(?:\(\?<!\^\)|\(\?!\^\))?\(\?=\[A-Z\]\)")
_DEFAULT_NAME = "ix_%(column_0_label)s"


def snake(name: str) -> str:
    """A class's name as Flask-SQLAlchemy and Advanced Alchemy write it for the database: `HTTPLog` is `http_log`."""
    return re.sub(r"(?<=[a-z0-9])[A-Z]|(?!^)[A-Z](?=[a-z])", lambda found: f"_{found[0]}", name).lower()


def class_name_in_snake_case(project: Project, given: Given, name: str) -> str:
    """The name of a class in snake case, where the expression is seen to make that of it: it mentions `__name__`,
    and it or a function that it calls looks for capital letters. "" where it is something else."""
    values = list(walk(given.value))
    if not any(getattr(each, "name", "").endswith("__name__") for each in values):
        return ""
    for value in list(values):
        if isinstance(value, Reference):
            symbol, _ = project.names.resolve(given.site.path, given.site.scope, value.name)
            if isinstance(symbol, External) and re.search(r"underscore|snake", symbol.name):
                return snake(name)
            values += _behind(project, symbol)
    patterns = [each.value for each in values if isinstance(each, Constant) and isinstance(each.value, str)]
    if any(_SPLIT_AT_EACH.fullmatch(each) for each in patterns):
        return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()
    return snake(name) if any("A-Z" in each for each in patterns) else ""


def _behind(project: Project, symbol: Symbol) -> list[Value]:
    """All values in a function of the tree, or in what a variable is assigned."""
    roots: list[Value] = []
    if isinstance(symbol, Defined):
        found = (getattr(each, "value", None) for each in project.statements_of(symbol))
        roots = [each for each in found if each is not None]
    elif isinstance(symbol, Variable):
        table = project.names.table(symbol.path)
        bindings = table.bindings.get(symbol.scope, {}).get(symbol.name, []) if table is not None else []
        roots = [
            each.statement.value
            for each in bindings
            if isinstance(each.statement, Assign) and each.statement.value is not None
        ]
    return [inner for root in roots for inner in walk(root)]


def naming_convention(project: Project) -> str:
    """The pattern of names of indexes that are given none: the tree's own if it has one."""
    calls = project.calls({f"{module}.MetaData" for module in ("sqlalchemy", "sqlalchemy.schema", "sqlmodel")})
    found = {pattern for site in calls for pattern in _patterns(project, Given(site.site, site.call))}
    return found.pop() if len(found) == 1 else _DEFAULT_NAME


def _patterns(project: Project, call: Given) -> Iterator[str]:
    keywords, _ = keywords_of(project, call)
    convention = keywords.get("naming_convention")
    pairs = project.values.given(convention).meaning if convention is not None else None
    pattern = known(project, pairs.get("ix")) if isinstance(pairs, Pairs) else None
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
