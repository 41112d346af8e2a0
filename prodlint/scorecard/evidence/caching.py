"""Evidence about what is kept instead of being made again."""

from __future__ import annotations

from collections.abc import Iterator

from prodlint.checklist import Evidence
from prodlint.facts import Constant, span, walk
from prodlint.finding import Location
from prodlint.scorecard.application import Application
from prodlint.scorecard.evidence.said import counted, first_line, for_it


def static_caching(app: Application) -> Iterator[Evidence]:
    """Libraries and settings that send caching headers or make names that never change their content."""
    for text, location in _settings(app):
        if text.startswith("whitenoise.") or "ManifestStaticFilesStorage" in text:
            yield for_it(f"`{text.rpartition('.')[2]}` is used", location, proof="ManifestStaticFiles" in text)


def _settings(app: Application) -> Iterator[tuple[str, Location]]:
    for path in app.project.mentioning("MIDDLEWARE", "STATICFILES_STORAGE", "STORAGES"):
        if app.project.role(path) != "application":
            continue
        for outer, _ in app.project.values_in(path):
            for value in walk(outer):
                if isinstance(value, Constant) and isinstance(value.value, str):
                    yield value.value, Location(path, value.place)


def pooling_active(app: Application) -> Iterator[Evidence]:
    """Engines that are made once for the process."""
    for engine in app.engines:
        python = app.project.python(engine.location.path)
        if python is not None and python.scopes[engine.site.scope].kind == "module":
            line = span(engine.location.place).line
            yield for_it(f"`{engine.name}` runs once, when the module is imported (line {line})", engine.location)


def query_per_row(app: Application) -> Iterator[Evidence]:
    """Queries that were looked at, and relationships that are loaded with them."""
    queries = {(use.location.path, use.query) for use in app.project.queries}
    if queries:
        yield for_it(f"{counted(len(queries), 'query', 'queries')} and the loops around them were read")
    for name in ("selectinload", "joinedload", "select_related", "prefetch_related"):
        path = app.mentions(name)
        if path:
            yield for_it(f"related rows are loaded with `{name}`", first_line(path))
