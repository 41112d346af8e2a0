"""Engines of database servers whose pool has the library's default size, which nobody chose."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from prodlint.finding import Finding, Step, Undecided
from prodlint.libraries.engines import POOL_SIZES
from prodlint.project.engines.pooling import pooled_servers, server_name

if TYPE_CHECKING:
    from prodlint.project import Project


def check(project: Project) -> Iterator[Finding | Undecided]:
    for engine, doubt in pooled_servers(project):
        if any(name in POOL_SIZES for name, _ in engine.arguments):
            continue
        reason = engine.incomplete or doubt
        if reason:
            yield Undecided(engine.location, f"engine {engine.subject}", reason)
            continue
        here = Step(f"`{engine.name}` is given neither `pool_size` nor `max_overflow`", engine.location)
        fields = {"call": engine.name, "database": server_name(engine)}
        yield Finding(engine.location, engine.subject, fields, (here, *engine.database.steps))
