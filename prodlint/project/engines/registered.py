"""Pools of libraries that are told a URL: Tortoise and `databases`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from prodlint.facts import Constant
from prodlint.finding import Location
from prodlint.libraries.engines import URL_DIALECTS, URL_POOL_SIZES, URL_POOLS, UrlPool
from prodlint.project.engines.engine import Engine
from prodlint.project.engines.programs import is_script
from prodlint.project.engines.urls import Database, Evidence, database_of
from prodlint.project.values.arguments import keywords
from prodlint.project.values.bindings import Defined
from prodlint.project.values.outcomes import Given, Known, Pairs, options

if TYPE_CHECKING:
    from prodlint.project import CallSite, Project

__all__ = ["engines_of_urls"]

_SIZE = re.compile(r"[?&](?:maxsize|max_size)=(\d+)")
_Arguments = tuple[tuple[str, Given], ...]


def engines_of_urls(project: Project, known: dict[str, Evidence]) -> Iterator[Engine]:
    """One for each database that such a call is told; the pool's size is the argument `pool_size`."""
    for site in project.calls(frozenset(URL_POOLS)):
        pool = URL_POOLS[site.name]
        arguments, incomplete = keywords(project, site.site, site.call)
        for url, own in _told(project, site, pool, arguments):
            yield _engine(project, known, site, pool, url, (*_sized(arguments), *own), incomplete)


def _told(project: Project, site: CallSite, pool: UrlPool, arguments: _Arguments) -> Iterator[tuple[Given, _Arguments]]:
    """The URLs, or names of databases, that a call gives, each with the arguments that come with it."""
    given = dict(arguments)
    first = site.call.positional(pool.position) if pool.position >= 0 else None
    url = given.get(pool.url) or (Given(site.site, first) if first is not None else None)
    if url is not None:
        yield url, _in_url(project, url)
        return
    second = site.call.positional(pool.config_position) if pool.config_position >= 0 else None
    config = given.get(pool.config) or (Given(site.site, second) if second is not None and pool.config else None)
    connections = _entry(project, config, "connections")
    meaning = project.values.given(connections).meaning if connections is not None else None
    for _, connection in meaning.pairs if isinstance(meaning, Pairs) else ():
        engine = _entry(project, connection, "engine")
        credentials = _entry(project, connection, "credentials")
        if engine is None:
            yield connection, _in_url(project, connection)
            continue
        inner = project.values.given(credentials).meaning if credentials is not None else None
        pairs = inner.pairs if isinstance(inner, Pairs) else ()
        yield engine, _sized(tuple((str(key.value.value), item) for key, item in pairs if _is_name(key)))  # type: ignore[union-attr]


def _is_name(key: Given | None) -> bool:
    return key is not None and isinstance(key.value, Constant)


def _entry(project: Project, given: Given | None, key: str) -> Given | None:
    meaning = project.values.given(given).meaning if given is not None else None
    return meaning.get(key) if isinstance(meaning, Pairs) else None


def _sized(arguments: _Arguments) -> _Arguments:
    return tuple(("pool_size" if key in URL_POOL_SIZES else key, given) for key, given in arguments)


def _in_url(project: Project, url: Given) -> _Arguments:
    """The size that the query of a URL sets: `?maxsize=20`."""
    for meaning in options(project.values.given(url).meaning):
        text = meaning.value if isinstance(meaning, Known) else ""
        found = _SIZE.search(text) if isinstance(text, str) else None
        if found is not None:
            return (("pool_size", Given(url.site, Constant(int(found[1]), url.value.place))),)
    return ()


def _engine(
    project: Project,
    known: dict[str, Evidence],
    site: CallSite,
    pool: UrlPool,
    url: Given,
    arguments: _Arguments,
    incomplete: str,
) -> Engine:
    evidence = known[project.sources[site.path].project].usable(True)
    database = _named(project, url) or database_of(project, evidence, url, site.block)
    dialects = tuple(dict.fromkeys(URL_DIALECTS.get(each, each) for each in database.dialects))
    function = Defined(site.path, site.scope)
    last = site.name.rpartition(".")[2]
    scope = project.scope_of(function)
    closes = any(str(getattr(each.function, "name", "")).endswith("close_connections") for each in
                 project.calls_of(function))  # fmt: skip
    return Engine(
        Location(site.path, site.call.place), site.site, site.block, last,
        f"{project.modules.name(site.path)}.{scope.qualname or last}",
        Database(dialects, database.reason, database.steps), arguments, incomplete, is_script(project, site.path),
        closes and site.scope > 0, url, pool.library,
    )  # fmt: skip


def _named(project: Project, engine: Given) -> Database | None:
    """The database of Tortoise's `"engine": "tortoise.backends.asyncpg"`."""
    meaning = project.values.given(engine).meaning
    text = meaning.value if isinstance(meaning, Known) else ""
    if isinstance(text, str) and text.startswith("tortoise.backends."):
        return Database((text.rpartition(".")[2],))
    return None
