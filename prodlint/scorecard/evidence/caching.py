"""Evidence about what is kept instead of being made again."""

from __future__ import annotations

from collections.abc import Iterator

from prodlint.checklist import Evidence
from prodlint.facts import Constant, span, walk
from prodlint.finding import Location
from prodlint.project.engines.engine import Engine
from prodlint.project.values.outcomes import Known
from prodlint.scorecard.application import Application
from prodlint.scorecard.evidence.pools import django_pool
from prodlint.scorecard.evidence.said import against, counted, first_line, for_it, open_because


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
        if engine.library == "django":
            yield from _kept(app, engine)
            continue
        if engine.name == "SQLALCHEMY_DATABASE_URI":
            # https://flask-sqlalchemy.readthedocs.io/en/stable/config/: one engine an application, whose sessions end
            # with their request.
            yield for_it("Flask-SQLAlchemy makes one engine for the application", engine.location)
            continue
        python = app.project.python(engine.location.path)
        if python is not None and python.scopes[engine.site.scope].kind == "module":
            line = span(engine.location.place).line
            yield for_it(f"`{engine.name}` runs once, when the module is imported (line {line})", engine.location)


def _kept(app: Application, engine: Engine) -> Iterator[Evidence]:
    """Whether Django keeps its connection to a server beyond one request: by default it does not. Source:
    https://docs.djangoproject.com/en/stable/ref/databases/#persistent-connections."""
    if engine.is_embedded:
        return
    if django_pool(engine):
        yield for_it("Django keeps a pool of connections", engine.location)
        return
    age = engine.argument("CONN_MAX_AGE")
    meaning = app.project.values.given(age).meaning if age is not None else Known(0)
    if not isinstance(meaning, Known):
        yield open_because("how long Django keeps a connection is decided when it runs", engine.location)
    elif meaning.value == 0:
        yield against("Django closes its connection after each request: `CONN_MAX_AGE` is 0", engine.location)
    else:
        yield for_it("Django keeps its connections: `CONN_MAX_AGE` is set", engine.location)


def query_per_row(app: Application) -> Iterator[Evidence]:
    """Queries that were looked at, and relationships that are loaded with them."""
    queries = {query.location for query in app.project.queries}
    if queries:
        yield for_it(f"{counted(len(queries), 'query', 'queries')} and the loops around them were read")
    for name in ("selectinload", "joinedload", "select_related", "prefetch_related"):
        path = app.mentions(name)
        if path:
            yield for_it(f"related rows are loaded with `{name}`", first_line(path))
