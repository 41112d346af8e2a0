"""Indexes that are made outside the models: by migrations, and by SQL that the application sends.

Migrations are not replayed yet. What they mention is enough to say that an index *may* exist.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from prodlint.facts import Call, Constant, Reference, Sequence, Template, Value, walk
from prodlint.finding import Location
from prodlint.project.tables.columns import constructed, known
from prodlint.project.values.outcomes import Given, Items, Site

if TYPE_CHECKING:
    from prodlint.project import Project

__all__ = ["mentioned_indexes"]

_CREATE = re.compile(
    r"\bcreate\s+(?:unique\s+)?index\b[^;(]{0,200}?\bon\s+(?:only\s+)?([\w.\"`\[\]]+)\s*(?:using\s+\w+\s*)?\(\s*[\"`\[]?(\w+)",
    re.IGNORECASE,
)
_OPERATIONS = {"create_index": 2, "create_unique_constraint": 2, "create_primary_key": 2}
"""Alembic's operations and where the columns stand; one less on a `batch_op`, which knows its table."""
_SENDERS = frozenset({"execute", "text", "DDL", "exec_driver_sql", "executescript"})
_WORDS = (*_OPERATIONS, *sorted(_SENDERS), "create_table", "add_column")

Mentions = dict[tuple[str, str], Location]


def mentioned_indexes(project: Project) -> Mentions:
    """Table and column of each index that code outside the models begins with that column, with the first place that
    says so. The table is "" where it is computed."""
    found: Mentions = {}
    for path in project.mentioning(*_WORDS):
        role = project.role(path)
        if role in ("migration", "application", "script"):
            for table, column, place in _in_file(project, path, role == "migration"):
                found.setdefault((table, column), Location(path, place))
    return found


def _in_file(project: Project, path: str, is_migration: bool) -> Iterator[tuple[str, str, int]]:
    python = project.python(path)
    if python is None:
        return
    for call, block in project.calls_in(path):
        name = call.function.name.rpartition(".")[2] if isinstance(call.function, Reference) else ""
        name = name or getattr(call.function, "name", "")
        scope = python.blocks[block].scope
        if python.scopes[scope].name == "downgrade":
            continue
        site = Site(path, scope)
        if name in _SENDERS:
            for text in _texts(project, site, call):
                yield from ((_bare(found[1]), found[2], call.place) for found in _CREATE.finditer(text))
        elif is_migration and name in _OPERATIONS:
            for table in _table_of(project, site, block, call):
                yield from ((table, column, call.place) for column in _columns(project, site, call))
        elif is_migration and name in ("create_table", "add_column"):
            for table in _table_of(project, site, block, call):
                yield from ((table, column, call.place) for column in _declared(project, site, call))


def _texts(project: Project, site: Site, call: Call) -> Iterator[str]:
    for argument in call.arguments[:1]:
        for value in walk(argument.value):
            if isinstance(value, Constant) and isinstance(value.value, str):
                yield value.value
            elif isinstance(value, Template):
                yield "".join(str(part.value) if isinstance(part, Constant) else "?" for part in value.parts)
        if isinstance(argument.value, Reference):
            text = known(project, Given(site, argument.value))
            if isinstance(text, str):
                yield text


def _bare(name: str) -> str:
    """A table's name without its schema and quotes; "" where a part of it is computed."""
    last = name.rpartition(".")[2].strip('"`[]')
    return "" if "?" in last else last


def _table_of(project: Project, site: Site, block: int, call: Call) -> Iterator[str]:
    """The table that an operation is about: its argument, or that of the `batch_alter_table` around it."""
    head = call.function.name.partition(".")[0] if isinstance(call.function, Reference) else ""
    value = _batch_table(project, site.path, block, head)
    if value is None:
        name = call.function.name.rpartition(".")[2] if isinstance(call.function, Reference) else ""
        position = 1 if name in _OPERATIONS else 0
        value = call.keyword("table_name") or call.positional(position)
    if value is not None:
        table = known(project, Given(site, value))
        yield table if isinstance(table, str) else ""


def _batch_table(project: Project, path: str, block: int, head: str) -> Value | None:
    python = project.python(path)
    while python is not None and block >= 0:
        fact = python.blocks[block]
        if fact.kind == "with" and isinstance(fact.target, Reference) and fact.target.name == head:
            inner = fact.value
            return inner.positional(0) or inner.keyword("table_name") if isinstance(inner, Call) else None
        block = fact.parent
    return None


def _columns(project: Project, site: Site, call: Call) -> Iterator[str]:
    """The column that the columns of an operation begin with."""
    given = [call.keyword("columns"), *(argument.value for argument in call.arguments if not argument.name)]
    for value in given:
        if value is None:
            continue
        items = value.items if isinstance(value, Sequence) else None
        if items is None and isinstance(value, Reference):
            meaning = project.values.evaluate(site, value).meaning
            items = tuple(each.value for each in meaning.values) if isinstance(meaning, Items) else None
        if items:
            first = items[0]
            name = known(project, Given(site, first))
            if isinstance(name, str):
                yield name
            return


def _declared(project: Project, site: Site, call: Call) -> Iterator[str]:
    """The columns of a table, or a column that is added, that begin a key or an index."""
    for argument in call.arguments:
        kind, inner = constructed(project, Given(site, argument.value))
        if inner is None or not isinstance(inner.value, Call):
            continue
        first = inner.value.positional(0)
        name = known(project, Given(inner.site, first)) if first is not None else None
        if kind == "Column":
            flags = (inner.value.keyword(flag) for flag in ("index", "unique"))
            if any(isinstance(flag, Constant) and flag.value is True for flag in flags) and isinstance(name, str):
                yield name
        elif kind in ("PrimaryKeyConstraint", "UniqueConstraint") and isinstance(name, str):
            yield name
        elif kind == "Index":
            second = inner.value.positional(1)
            named = known(project, Given(inner.site, second)) if second is not None else None
            if isinstance(named, str):
                yield named
