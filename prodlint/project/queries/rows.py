"""The contract of `inspect queries`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prodlint.facts import span
from prodlint.project.queries.indexes import Keys, advise
from prodlint.project.queries.query import Draft, Query, Use
from prodlint.project.queries.reach import Reach
from prodlint.project.tables.schema import Table

if TYPE_CHECKING:
    from prodlint.project import Project

__all__ = ["rows"]

_KEYS = (("filters", ("equal", "either", "few")), ("ranges", ("range",)), ("searches", ("search",)),
         ("joins", ("join",)), ("sorts", ("order",)), ("groups", ("group",)))  # fmt: skip


def rows(project: Project) -> list[dict[str, object]]:
    """One object a query, by the place where it begins and the one where it is sent."""
    reach = Reach(project)
    keys = {place: cover.keys for place, cover in project.covers.items()}
    return [_row(project, query, reach, keys) for query in project.queries]


def _row(project: Project, query: Query, reach: Reach, keys: Keys) -> dict[str, object]:
    draft = query.draft
    first = query.tables[0] if query.tables else None
    row: dict[str, object] = {
        "kind": "count" if draft.aggregates and draft.kind == "select" else draft.kind,
        "style": draft.style,
        "tables": [_name(table) for table in query.tables],
    }
    for key, kinds in _KEYS:
        row[key] = [_used(use, first) for use in _distinct(query.uses) if use.kind in kinds]
    loops = [loop for loop in query.loops if loop.location.path == query.function.path]
    row |= {
        "limit": _limit(draft),
        "loads": [f"{'.'.join(load.path)} ({load.how})" for load in draft.loads],
        "loop": span(loops[-1].location.place).line if loops else None,
        "index": [_said(each.verdict, each.columns, each.table, first) for each in advise(query, keys)],
        "function": project.qualified(query.function),
        "routes": [] if draft.is_generic else list(reach.routes(query.function)),
        "file": query.location.path,
        "line": span(query.location.place).line,
        "unknown": draft.doubt or None,
    }
    return row


def _name(table: Table) -> str:
    return ".".join(part for part in (table.schema, table.name or table.label) if part)


def _distinct(uses: tuple[Use, ...]) -> list[Use]:
    return list({(use.table.location, use.column, use.kind): use for use in uses}.values())


def _used(use: Use, first: Table | None) -> str:
    """A column, with its table where that is another than the first; `?` for one that not every call compares."""
    name = use.column if first is not None and use.table.location == first.location else f"{_name(use.table)}."
    name += use.column if name.endswith(".") else ""
    return name + (" desc" if use.descending else "") + (" ?" if use.conditional else "")


def _limit(draft: Draft) -> object:
    return draft.bound if draft.bound is not None else {"some": "yes"}.get(draft.limit, "no")


def _said(verdict: str, columns: tuple[str, ...], table: Table, first: Table | None) -> str:
    where = "" if first is not None and table.location == first.location else f"{_name(table)} "
    listed = f" {where}({', '.join(columns)})" if columns else ""
    return f"{verdict}{listed}"
