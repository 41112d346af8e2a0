"""Engines of database servers that wait without a limit, to connect and for the answer to a statement."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from prodlint.finding import Finding, Step, Undecided
from prodlint.project.engines.pooling import pooled_servers, server_name
from prodlint.project.engines.timeouts import has_timeout, limited_elsewhere

if TYPE_CHECKING:
    from prodlint.project import Project


def check(project: Project) -> Iterator[Finding | Undecided]:
    elsewhere: str | None = None
    for engine, doubt in pooled_servers(project):
        limited, reason = has_timeout(project, engine)
        if limited:
            continue
        elsewhere = limited_elsewhere(project) if elsewhere is None else elsewhere
        reason = reason or doubt or elsewhere
        if reason:
            yield Undecided(engine.location, f"engine {engine.subject}", reason)
            continue
        here = Step(f"neither the URL nor the arguments of `{engine.name}` set a timeout", engine.location)
        fields = {"call": engine.name, "database": server_name(engine)}
        yield Finding(engine.location, engine.subject, fields, (here, *engine.database.steps))
