"""Evidence about the database: its pool and its indexes."""

from __future__ import annotations

from collections.abc import Iterator

from prodlint.checklist import Evidence
from prodlint.libraries.engines import POOL_SIZES
from prodlint.project.queries.indexes import advise, is_ordered
from prodlint.project.queries.query import Use
from prodlint.project.tables.schema import Column, Table
from prodlint.project.values.outcomes import Environment, Known
from prodlint.scorecard.application import Application
from prodlint.scorecard.evidence.pools import django_pool, watched
from prodlint.scorecard.evidence.said import against, for_it, open_because


def connection_pool(app: Application) -> Iterator[Evidence]:
    """Engines that are given a size of their pool."""
    for engine in app.engines:
        sizes: dict[str, list[str]] = {}
        for name, given in engine.arguments:
            if name in POOL_SIZES:
                shown = _shown(app.project.values.given(given).meaning)
                # Arguments that differ by the kind of database are given once for each.
                sizes.setdefault(name, []).extend([] if shown in sizes.get(name, ()) else [shown])
        if sizes:
            text = ", ".join(f"{name}={' or '.join(several)}" for name, several in sizes.items())
            yield for_it(f"`{engine.name}` is given {text}", engine.location)
    for engine in app.engines:
        if engine.library == "django" and not engine.is_embedded and django_pool(engine) is False:
            yield against("Django is given no pool (`OPTIONS`): each thread connects for itself", engine.location)
            break


def _shown(meaning: object) -> str:
    match meaning:
        case Known(value):
            return str(value)
        case Environment(name, _):
            return f"${name}"
    return "..."


def pool_monitoring(app: Application) -> Iterator[Evidence]:
    """What watches the pool."""
    yield from watched(app)


def owner_index(app: Application) -> Iterator[Evidence]:
    """Owner columns that an index begins with."""
    yield from _indexed(app, app.columns("owner"))


def parent_index(app: Application) -> Iterator[Evidence]:
    """Foreign keys that an index begins with."""
    yield from _indexed(app, app.columns("parent"))


def filter_index(app: Application) -> Iterator[Evidence]:
    """Columns that queries filter by and an index begins with."""
    yield from _indexed(app, _used(app, {"equal", "either", "range", "join"}))
    yield from _unread(app)


def time_index(app: Application) -> Iterator[Evidence]:
    """Columns that queries sort by: those that an index has in order, those of few rows, and those that none serves."""
    keys = {place: cover.keys for place, cover in app.project.covers.items()}
    seen: set[str] = set()
    for query in app.project.queries:
        for use in query.uses if not query.draft.aggregates else ():
            column = use.table.column(use.column) if use.kind == "order" else None
            name = f"{use.table.label}.{column.attribute}" if column is not None else ""
            if column is None or name in seen:
                continue
            advice = [each for each in advise(query, keys) if each.table.location == use.table.location]
            if is_ordered(query, use, keys):
                seen.add(name)
                yield for_it(f"`{name}` has an index", column.location)
            elif found := next((each for each in advice if each.verdict == "served"), None):
                seen.add(name)
                yield for_it(
                    f"an index on `{found.columns[0]}` finds the rows that are sorted by `{name}`", use.location
                )
            # Of one that an index should begin with, `missing-index` speaks.
            elif wanted := next((each for each in advice if use.column in each.columns[1:]), None):
                seen.add(name)
                yield _unserved(app, use, name, f"`({', '.join(wanted.columns)})`")
    yield from _unread(app)


def _unserved(app: Application, use: Use, name: str, proposed: str) -> Evidence:
    """A sort that no index serves, as far as the indexes of the table are known."""
    cover = app.project.covers.get(use.table.location)
    if cover is not None and cover.reason:
        return open_because(f"`{name}` may have an index that is not seen: {cover.reason}", use.location)
    return against(f"a query sorts by `{name}` and no index serves it: one on {proposed} would", use.location)


def _unread(app: Application) -> Iterator[Evidence]:
    if app.django_models is not None and not any(use.table.mapper == "django" for use in app.project.query_uses):
        yield open_because("queries of Django's models are not read", app.django_models)


def _used(app: Application, kinds: set[str]) -> Iterator[tuple[Table, Column]]:
    for use in app.project.query_uses:
        column = use.table.column(use.column) if use.kind in kinds else None
        if column is not None:
            yield use.table, column


def _indexed(app: Application, columns: Iterator[tuple[Table, Column]]) -> Iterator[Evidence]:
    seen: set[str] = set()
    for table, column in columns:
        name = f"{table.label}.{column.attribute}"
        if name in seen:
            continue
        seen.add(name)
        cover = app.project.covers.get(table.location)
        if column.name in (cover.leading if cover is not None else table.leading):
            yield for_it(f"`{name}` has an index", column.location)
