"""The programs that work on queues among what deployment files start: their processes, and the jobs of each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from prodlint.libraries.servers import QUEUES
from prodlint.project.deployment.starts import Start

if TYPE_CHECKING:
    from prodlint.project.deployment.shell import Program

__all__ = ["Working", "find_working"]


class Working(Struct, frozen=True):
    """A program that works on a queue."""

    start: Start
    program: str
    processes: int | None
    """None where it is not known."""
    jobs: int
    """How many jobs a process does at once; 0 for as many as there are connections."""
    reason: str = ""
    """Why a number is not known."""


def find_working(starts: tuple[Start, ...]) -> tuple[Working, ...]:
    """The workers of queues, by file and place."""
    found = []
    for start in starts:
        program = start.program
        queue = QUEUES.get(program.name)
        if queue is None or (queue.command and queue.command not in program.words[1:]):
            continue
        processes = _number(start, program, queue.processes, queue.default_processes)
        jobs = _number(start, program, queue.jobs, queue.default_jobs)
        pool = program.option("-P", "--pool") if program.name == "celery" else None
        if pool in ("threads", "gevent", "eventlet"):
            processes, jobs = 1, processes or 0
        elif pool == "solo":
            processes, jobs = 1, 1
        if not processes or jobs is None:
            reason = f"how many processes `{program.name}` has is decided when it runs"
            found.append(Working(start, program.name, None, 0, reason))
        else:
            found.append(Working(start, program.name, processes, jobs))
    return tuple(found)


def _number(start: Start, program: Program, options: tuple[str, ...], default: int) -> int | None:
    """The number that an option gives, its default where it is not given; None where a variable decides."""
    written = program.option(*options) if options else None
    if written is None:
        return default
    text = start.environment.get(written.strip("${}"), written)
    return int(text) if text.isdigit() else None
