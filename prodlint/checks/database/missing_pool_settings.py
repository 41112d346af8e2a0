"""Engines of database servers whose pool has the library's default size, which nobody chose."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from typing import TYPE_CHECKING

from prodlint.facts import Constant, Document, walk
from prodlint.finding import Finding, Step, Undecided
from prodlint.libraries.engines import POOL_SIZES, SERVERLESS, SERVERLESS_FILES, SERVERS, UNPOOLED
from prodlint.project.requirements.dependencies import dependencies
from prodlint.project.values.bindings import External
from prodlint.project.values.outcomes import Instance, Known, options

if TYPE_CHECKING:
    from prodlint.project import Project
    from prodlint.project.engines.engine import Engine


def check(project: Project) -> Iterator[Finding | Undecided]:
    engines = [each for each in project.engines if not each.is_script and not each.is_disposed]
    if not engines or _is_serverless(project):
        return
    for engine in engines:
        if engine.is_embedded and not engine.database.reason:
            continue
        if any(name in POOL_SIZES or name in ("pool", "creator", "async_creator") for name, _ in engine.arguments):
            continue
        pooled, reason = _pooled(project, engine)
        if not pooled:
            continue
        reason = engine.incomplete or reason or ("" if engine.is_server else engine.database.reason)
        if not engine.is_server and not reason:
            reason = (
                f"`{engine.database.dialects[0]}` may be no server"
                if engine.database.dialects
                else "its URL is unknown"
            )
        if reason:
            yield Undecided(engine.location, f"engine {engine.subject}", reason)
            continue
        kind = next(SERVERS[each] for each in engine.database.dialects if each in SERVERS)
        here = Step(f"`{engine.name}` is given neither `pool_size` nor `max_overflow`", engine.location)
        fields = {"call": engine.name, "database": kind}
        yield Finding(engine.location, engine.subject, fields, (here, *engine.database.steps))


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


def _is_serverless(project: Project) -> bool:
    """Whether the application runs as a function: one request at a time, so that one connection is enough."""
    for path in project.sources:
        name = posixpath.basename(path)
        if name in SERVERLESS_FILES or (name == "vercel.json" and _names_python(project.facts(path).content)):
            return True
    lists = (
        listed
        for component in dependencies(project).components
        for manifest in component.manifests
        for listed in manifest.lists
    )
    return any(row.name in SERVERLESS and not row.group for listed in lists for row in listed.dependencies)


def _names_python(content: object) -> bool:
    """Whether a Vercel configuration speaks of Python functions; a frontend's does not."""
    values = content.values if isinstance(content, Document) else ()
    constants = (each for value in values for each in walk(value) if isinstance(each, Constant))
    return any(str(each.value).endswith(".py") or "@vercel/python" in str(each.value) for each in constants)
