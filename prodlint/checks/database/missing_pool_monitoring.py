"""Applications that pool connections to a server and export nothing about the pool."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from prodlint.finding import Finding, Step, Undecided
from prodlint.libraries.engines import POOL_EVENTS
from prodlint.project.engines.events import listened
from prodlint.project.engines.monitoring import monitored
from prodlint.project.engines.pooling import pooled_servers, server_name

if TYPE_CHECKING:
    from prodlint.project import Project


def check(project: Project) -> Iterator[Finding | Undecided]:
    if listened(project, POOL_EVENTS) is not None or monitored(project):
        return
    reported: set[str] = set()
    for engine, doubt in pooled_servers(project):
        component = project.sources[engine.location.path].project
        if component in reported:
            continue
        if doubt:
            yield Undecided(engine.location, f"engine {engine.subject}", doubt)
            continue
        reported.add(component)
        here = Step("nothing in the tree asks this engine's pool how many connections are in use", engine.location)
        fields = {"call": engine.name, "database": server_name(engine)}
        yield Finding(engine.location, f"pool {engine.subject}", fields, (here, *engine.database.steps))
