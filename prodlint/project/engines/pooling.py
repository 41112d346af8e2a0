"""How an engine keeps its connections: whether in a pool that has a size, and for a server that limits them."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from typing import TYPE_CHECKING

from prodlint.facts import Constant, Document, walk
from prodlint.libraries.engines import SERVERLESS, SERVERLESS_FILES, SERVERS, UNPOOLED
from prodlint.project.engines.engine import Engine
from prodlint.project.values.bindings import External
from prodlint.project.values.outcomes import Choice, Environment, Given, Instance, Known, Meaning, options

if TYPE_CHECKING:
    from prodlint.project import Project

__all__ = ["is_serverless", "pooled_servers", "said", "server_name"]

_OWN_POOL = frozenset({"pool", "creator", "async_creator"})
"""Arguments by which the program makes the pool or its connections itself."""


def pooled_servers(project: Project, drivers: bool = False) -> Iterator[tuple[Engine, str]]:
    """The engines of the application that may keep connections to a database server in a pool with a size, each with
    why that cannot be told; "" where it is so.

    Engines of scripts, of tests, of functions on demand, and those that one function uses up or that each request makes
    are left out; the pools that drivers make come with `drivers` only."""
    engines = [
        each
        for each in project.engines
        if not each.is_script
        and not each.is_disposed
        and (each.library == "sqlalchemy" or (drivers and each.library != "django"))
    ]
    if not engines or is_serverless(project):
        return
    for engine in engines:
        if engine.site.scope and any(each.location == engine.location for each in project.created_per_request):
            continue  # No pool lives long enough there for its size to matter: that is a fault of its own.
        if engine.is_embedded and not engine.database.reason:
            continue
        if any(name in _OWN_POOL for name, _ in engine.arguments):
            continue
        pooled, reason = _pooled(project, engine)
        if not pooled:
            continue
        reason = reason or ("" if engine.is_server else engine.database.reason)
        if not engine.is_server and not reason:
            dialects = engine.database.dialects
            reason = f"`{dialects[0]}` may be no server" if dialects else "its URL is unknown"
        yield engine, reason


def server_name(engine: Engine) -> str:
    """The server that an engine speaks to, for a person."""
    return next((SERVERS[each] for each in engine.database.dialects if each in SERVERS), "a database server")


def _pooled(project: Project, engine: Engine) -> tuple[bool, str]:
    """Whether the engine's pool class is one with a size, and why that cannot be told."""
    given = engine.argument("poolclass")
    if given is None:
        return True, ""
    meanings = list(options(project.values.given(given).meaning))
    sizes = [_has_size(meaning) for meaning in meanings]
    if not any(each is not False for each in sizes):
        return False, ""
    return True, "" if all(sizes) else "its pool class is decided when it runs"


def _has_size(meaning: object) -> bool | None:
    match meaning:
        case Known(None):
            return True
        case External(name) | Instance(External(name)):
            return name.rpartition(".")[2] not in UNPOOLED
    return None


def is_serverless(project: Project) -> bool:
    """Whether the application runs as a function: one request at a time, so that one connection is enough."""
    for path in project.sources:
        name = posixpath.basename(path)
        if name in SERVERLESS_FILES or (name == "vercel.json" and _names_python(project.facts(path).content)):
            return True
    lists = (
        listed
        for component in project.requirements.components
        for manifest in component.manifests
        for listed in manifest.lists
    )
    return any(row.name in SERVERLESS and not row.group for listed in lists for row in listed.dependencies)


def _names_python(content: object) -> bool:
    """Whether a Vercel configuration speaks of Python functions; a frontend's does not."""
    values = content.values if isinstance(content, Document) else ()
    constants = (each for value in values for each in walk(value) if isinstance(each, Constant))
    return any(str(each.value).endswith(".py") or "@vercel/python" in str(each.value) for each in constants)


def said(project: Project, given: Given) -> list[object]:
    """All that an argument may be, constants as their values; `...` for what is not known, as is what a setting turns
    off by default and the environment may turn on."""
    return list(_said(project.values.given(given).meaning))


def _said(meaning: Meaning) -> Iterator[object]:
    match meaning:
        case Choice(several):
            for option in several:
                yield from _said(option)
        case Environment(_, fallback):
            yield from (each or ... for each in _said(fallback)) if fallback is not None else (...,)
        case Known(value):
            yield value
        case _:
            yield ...
