"""Pools of connections to a server that are used again without asking whether they are still open."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from prodlint.finding import Finding, Location, Step, Undecided
from prodlint.libraries.engines import POOL_EVENTS
from prodlint.project.engines.events import listened
from prodlint.project.engines.pooling import pooled_servers, said, server_name

if TYPE_CHECKING:
    from prodlint.project import Project
    from prodlint.project.engines.engine import Engine


def check(project: Project) -> Iterator[Finding | Undecided]:
    checked = listened(project, POOL_EVENTS)
    for engine, doubt in pooled_servers(project):
        answer = _is_guarded(project, engine)
        if answer is True:
            continue
        reason = engine.incomplete or doubt or ("what `pool_pre_ping` is, is decided elsewhere" if not answer else "")
        if checked is not None:
            reason = reason or "a listener of the pool's events may ask instead"
        if reason:
            yield Undecided(engine.location, f"engine {engine.subject}", reason)
            continue
        lacks = "neither `pool_pre_ping` nor `pool_recycle`"
        here = Step(f"`{engine.name}` is given {lacks}", engine.location)
        fields = {"call": engine.name, "database": server_name(engine), "sets": lacks}
        yield Finding(engine.location, engine.subject, fields, (here, *engine.database.steps))
    yield from _of_django(project)


def _of_django(project: Project) -> Iterator[Finding]:
    """Connections that Django keeps for ever (`CONN_MAX_AGE = None`) and never checks."""
    for engine in project.engines:
        age, checks = engine.argument("CONN_MAX_AGE"), engine.argument("CONN_HEALTH_CHECKS")
        if engine.library != "django" or engine.is_script or not engine.is_server or age is None or engine.incomplete:
            continue
        if said(project, age) != [None] or (checks is not None and said(project, checks) != [False]):
            continue
        sets = "`CONN_MAX_AGE` to no limit and no `CONN_HEALTH_CHECKS`"
        here = Step("connections are kept for ever from here on", Location(age.site.path, age.value.place))
        fields = {"call": engine.name, "database": server_name(engine), "sets": sets}
        yield Finding(engine.location, engine.subject, fields, (here, *engine.database.steps))


def _is_guarded(project: Project, engine: Engine) -> bool | str | None:
    """True where a connection is asked first or dropped in time, "no" where it is not, None where that is unknown."""
    answers: list[bool | None] = []
    for name, given in engine.arguments:
        if name == "pool_pre_ping":
            answers += [None if each is ... else bool(each) for each in said(project, given)]
        elif name == "pool_recycle":
            answers += [None if each is ... else each not in (None, -1) for each in said(project, given)]
    return True if True in answers else None if None in answers else "no"
