"""How many connections the processes of an application may open together, and how many its server accepts."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec import Struct

from prodlint.facts import Constant, Sequence
from prodlint.finding import Location, Step
from prodlint.libraries.engines import (
    CONNECTION_LIMITS,
    DATABASE_IMAGES,
    DRIVER_SIZES,
    MAX_OVERFLOW,
    POOL_SIZE,
    POOLERS,
)
from prodlint.libraries.servers import CONCURRENCY
from prodlint.project.deployment.declared import is_around
from prodlint.project.deployment.queues import Working
from prodlint.project.deployment.servers import Served, python_file
from prodlint.project.deployment.starts import Start
from prodlint.project.engines.engine import Engine
from prodlint.project.engines.pooling import pooled_servers
from prodlint.project.values.outcomes import Choice, Environment, Known, Meaning, Text, options

if TYPE_CHECKING:
    from prodlint.project import Project

__all__ = ["Budget", "find_budgets"]

_LIMIT = re.compile(r"max[_-]connections\D{0,3}(\d+)")


class Budget(Struct, frozen=True):
    """The most connections that one deployment of an engine may open, and the server's limit."""

    engine: Engine
    total: int
    """The connections of all processes together."""
    limit: int
    how: str
    """What they are made of, for a person: `4 workers x 2 replicas x 15 connections`."""
    steps: tuple[Step, ...]
    unknown: str = ""
    """Why the numbers are not known."""


def find_budgets(project: Project) -> Iterator[Budget]:
    """For each engine of a server that a deployment file runs in several processes, the largest of its deployments."""
    for engine, doubt in pooled_servers(project, drivers=True):
        if doubt or not engine.is_server or is_pooled_outside(project, engine):
            continue
        groups: dict[str, list[Served | Working]] = {}
        served: list[Served | Working] = [*project.deployment.servers, *project.deployment.working]
        for each in sorted(served, key=lambda each: each.start.location):
            concerns = is_around(each.start.folder, project.sources[engine.location.path].project)
            if concerns and each.start.production:
                groups.setdefault(_group(each.start), []).append(each)
        budgets = [_budget(project, engine, several) for _, several in sorted(groups.items())]
        if budgets:
            yield max(budgets, key=lambda each: (not each.unknown, each.total))


def _group(start: Start) -> str:
    """What is started together: one deployment file, or the manifests of one folder."""
    return posixpath.dirname(start.file) + "/" if start.kind == "manifest" else start.file


def is_pooled_outside(project: Project, engine: Engine) -> bool:
    """Whether an external pooler stands between the engine and its server, by a service or by the host's name."""
    meanings = options(project.values.given(engine.url).meaning) if engine.url is not None else ()
    for meaning in meanings:
        parts = meaning.parts if isinstance(meaning, Text) else (getattr(meaning, "value", ""),)
        if any(isinstance(part, str) and any(each in part for each in POOLERS) for part in parts):
            return True
    return any(each in service.text("image") for service in project.deployment.services for each in POOLERS)


def _budget(project: Project, engine: Engine, several: list[Served | Working]) -> Budget:
    limit, limit_steps, doubt = _limit(project, engine)
    unknown = doubt
    total = 0
    how: list[str] = []
    steps: list[Step] = []
    for served in several:
        each, pool_steps, reason = _per_process(project, engine, served)
        number = served.workers if isinstance(served, Served) else served.processes
        if number is None or reason:
            unknown = unknown or served.reason or reason
            continue
        replicas = served.start.replicas or 1
        total += number * replicas * each
        program, noun = (served.server, "worker") if isinstance(served, Served) else (served.program, "process")
        part = _counted(number, noun) + (f" x {_counted(replicas, 'replica')}" if replicas > 1 else "")
        how.append(f"{part} x {_counted(each, 'connection')}")
        where = (served.location if isinstance(served, Served) else None) or served.start.location
        within = f" in each of {replicas} replicas" if replicas > 1 else ""
        steps.append(Step(f"`{program}` has {_counted(number, noun)}{within}", where))
        steps += pool_steps
    # What is known may be too much already.
    if doubt or (unknown and (total <= limit or not limit)):
        return Budget(engine, 0, limit, "", (), unknown)
    return Budget(engine, total, limit, " and ".join(how), (*dict.fromkeys(steps), *limit_steps))


def _counted(number: int, noun: str) -> str:
    return f"1 {noun}" if number == 1 else f"{number} {noun}{'es' if noun.endswith('s') else 's'}"


def _per_process(project: Project, engine: Engine, served: Served | Working) -> tuple[int, list[Step], str]:
    """The most connections that a process may hold: its pool's, but no more than it has threads to use them."""
    default, more = DRIVER_SIZES.get(engine.library, (POOL_SIZE, MAX_OVERFLOW))
    size, size_step = _number(project, engine, served, "pool_size", default)
    overflow, overflow_step = _number(project, engine, served, "max_overflow", more)
    if engine.incomplete or size is None or overflow is None or size == 0 or overflow < 0:
        return 0, [], engine.incomplete or "the size of its pool is not known"
    threads = _threads(project, served) if isinstance(served, Served) else served.jobs
    if threads is None:
        return 0, [], "how many threads a worker has is not known"
    return min(size + overflow, threads or size + overflow), [*size_step, *overflow_step], ""


def _number(
    project: Project, engine: Engine, served: Served | Working, name: str, default: int
) -> tuple[int | None, tuple[Step, ...]]:
    found: list[int | None] = []
    steps: tuple[Step, ...] = ()
    for key, given in engine.arguments:
        if key == name:
            outcome = project.values.given(given)
            found += _numbers(outcome.meaning, served.start.environment)
            steps = (Step(f"`{name}` is given here", Location(given.site.path, given.value.place)), *outcome.steps[:3])
    numbers = [each for each in found if each is not None]
    if len(numbers) < len(found):
        return None, ()
    return (max(numbers), steps) if numbers else (default, ())


def _numbers(meaning: Meaning, environment: dict[str, str]) -> Iterator[int | None]:
    match meaning:
        case Choice(several):
            for option in several:
                yield from _numbers(option, environment)
        case Environment(name, _) if environment.get(name, "").isdigit():
            yield int(environment[name])
        case Environment(_, fallback) if fallback is not None:
            yield from _numbers(fallback, environment)
        case Known(value) if isinstance(value, int):
            yield int(value)
        case Known(str() as text) if text.lstrip("-").isdigit():
            yield int(text)
        case _:
            yield None


def _threads(project: Project, served: Served) -> int | None:
    """How many requests a worker answers at once; 0 for as many as come, None where that is not known."""
    program = served.start.program
    if served.server not in CONCURRENCY:
        return 0
    default, names = CONCURRENCY[served.server]
    written = program.option(*names)
    if written:
        return int(written) if written.isdigit() else None
    if served.server == "gunicorn":
        kind = program.option("-k", "--worker-class") or ""
        path = python_file(project, program.option("-c", "--config") or "./gunicorn.conf.py", served.start.file)
        for name in ("worker_class", "threads") if path else ():
            symbol = project.names.module_member(path, name)
            values = list(options(project.values.of_symbol(symbol).meaning)) if symbol is not None else []
            if symbol is not None and not all(isinstance(each, Known) for each in values):
                return None
            for each in values:
                if isinstance(each, Known) and name == "threads" and isinstance(each.value, int):
                    default = each.value
                elif isinstance(each, Known) and name == "worker_class":
                    kind = kind or str(each.value)
        if kind not in ("", "sync", "gthread"):
            return 0
    return default


def _limit(project: Project, engine: Engine) -> tuple[int, tuple[Step, ...], str]:
    """How many connections the server accepts: as a compose file sets it, else by default; with the reason why that is
    not known."""
    dialect = next((each for each in engine.database.dialects if each in CONNECTION_LIMITS), "")
    default = CONNECTION_LIMITS.get(dialect, 0)
    for service in project.deployment.services:
        if not any(each in service.text("image").lower() for each in DATABASE_IMAGES.get(dialect, ())):
            continue
        command = service.get("command")
        texts = []
        if command is not None:
            items = command[0].items if isinstance(command[0], Sequence) else (command[0],)
            texts = [str(item.value) for item in items if isinstance(item, Constant)]
        texts += [f"{name.lower()}={value}" for name, value in service.environment.items()]
        found = _LIMIT.search(" ".join(texts))
        if found is not None:
            where = command[1] if command is not None else service.location
            return int(found[1]), (Step(f"the server accepts {found[1]} connections", where),), ""
        if "config_file=" in " ".join(texts) or "--defaults-file" in " ".join(texts):
            return default, (), f"a file of `{service.name}` sets how many connections the server accepts"
    return default, (), ""
