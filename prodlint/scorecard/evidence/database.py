"""Evidence about the database: its pool and its indexes."""

from __future__ import annotations

from collections.abc import Iterator

from prodlint.checklist import Evidence
from prodlint.libraries.engines import POOL_SIZES
from prodlint.project.tables.schema import Column, Table
from prodlint.project.values.outcomes import Environment, Known
from prodlint.scorecard.application import Application
from prodlint.scorecard.evidence.pools import django_pool, watched
from prodlint.scorecard.evidence.said import against, for_it, open_because


def connection_pool(app: Application) -> Iterator[Evidence]:
    """Engines that are given a size of their pool."""
    for engine in app.engines:
        sizes = [
            f"{name}={_shown(app.project.values.given(given).meaning)}"
            for name, given in engine.arguments
            if name in POOL_SIZES
        ]
        if sizes:
            yield for_it(f"`{engine.name}` is given {', '.join(sizes)}", engine.location)
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
    """Columns that queries sort by and an index begins with."""
    yield from _indexed(app, _used(app, {"order"}))
    yield from _unread(app)


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
