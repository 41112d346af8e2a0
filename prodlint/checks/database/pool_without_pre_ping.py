"""Pools of connections to a server that are used again without asking whether they are still open."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from prodlint.finding import Finding, Step, Undecided
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
        here = Step(f"`{engine.name}` is given neither `pool_pre_ping` nor `pool_recycle`", engine.location)
        fields = {"call": engine.name, "database": server_name(engine)}
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
