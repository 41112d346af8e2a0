"""Reads the files whose facts no cache has: a few in this process, many in worker processes.

A worker reads its files in order and answers one message a file, so that when it dies the file that killed it is known:
the first one without an answer. That file is tried once more in a process of its own, then it has a problem.
"""

from __future__ import annotations

import gc
import hashlib
import os
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

import msgspec
from msgspec import Struct

from prodlint.facts import Facts
from prodlint.readers import limit_of, oversize, problem_facts, read, tame
from prodlint.sources import Source, read_regular, reason_of

if TYPE_CHECKING:
    from multiprocessing.connection import Connection
    from multiprocessing.context import ForkContext, SpawnContext
    from multiprocessing.process import BaseProcess

__all__ = ["Reading", "read_all", "read_one", "silence"]

IN_PROCESS = 300_000
"""Bytes of Python (other formats count a quarter) up to which starting workers would cost more than they save."""
PATIENCE = 60.0
"""Seconds that one file may take."""
CHUNKS_PER_WORKER = 8
CHUNK_FILES = 64
AHEAD = 2
"""Files that a worker has left when it is given more, so that it does not wait for us."""


class Reading(Struct, frozen=True, array_like=True):
    """What reading one file gave."""

    path: str
    digest: bytes
    """Of the content; b"" where there was nothing to read, so that nothing may be kept."""
    names: str
    marks: int
    """What the facts carry: 1 for a problem, 2 for secrets, 4 for ignore comments."""
    facts: bytes
    """The facts, encoded."""


class Task(NamedTuple):
    """A file to read: absolute, relative to the root, and its kind."""

    file: str
    path: str
    kind: str


def read_all(
    root: str, sources: Iterable[Source], jobs: int = 0, advance: Callable[[], None] = lambda: None
) -> Iterator[Reading]:
    """Read files, in no particular order. `jobs` is the number of worker processes at most, 0 for one a processor;
    `advance` is called after each file."""
    jobs = jobs or _processors()
    few: list[Task] = []
    many: list[tuple[int, Task]] = []
    for source in sources:
        task = Task(os.path.join(root, source.path), source.path, source.kind)
        if source.size >= limit_of(source.kind, source.path):
            yield _reading(source.path, b"", oversize(source.kind, source.path))
            advance()
        else:
            many.append((source.size if source.kind == "python" else source.size // 4, task))
    if sum(weight for weight, _ in many) <= IN_PROCESS:
        for _, task in many:
            data = _content(task)
            if isinstance(data, Facts) or tame(task.kind, data):
                yield _read(task, data)
                advance()
            else:
                few.append(task)
        many = [(0, task) for task in few]
    if many:
        for reading in _Workers(min(jobs, len(many)), many).run():
            yield reading
            advance()


def read_one(root: str, path: str, kind: str) -> Reading:
    """Read one file in this process."""
    task = Task(os.path.join(root, path), path, kind)
    return _read(task, _content(task))


def _content(task: Task) -> bytes | Facts:
    limit = limit_of(task.kind, task.path)
    try:
        data = read_regular(task.file, limit + 1)
    except OSError as error:
        return problem_facts(f"cannot be read: {reason_of(error)}")
    return data if len(data) <= limit else oversize(task.kind, task.path)


def _read(task: Task, data: bytes | Facts) -> Reading:
    if isinstance(data, Facts):
        return _reading(task.path, b"", data)
    digest = hashlib.blake2b(data, digest_size=16).digest()
    return _reading(task.path, digest, read(task.kind, task.path, data))


def _reading(path: str, digest: bytes, facts: Facts) -> Reading:
    try:
        encoded = msgspec.msgpack.encode(facts)
    except (UnicodeEncodeError, RecursionError, OverflowError):
        facts = problem_facts("holds a value that cannot be represented")
        encoded = msgspec.msgpack.encode(facts)
    marks = (facts.problem is not None) | 2 * bool(facts.secrets) | 4 * bool(facts.pragmas)
    return Reading(path, digest, facts.names, marks, encoded)


# --- Workers ----------------------------------------------------------------------------------------------------------


class _Workers:
    """The cursor over chunks of files and the processes that read them."""

    def __init__(self, jobs: int, tasks: list[tuple[int, Task]]) -> None:
        self.context = _context()
        self.jobs = jobs
        self.early: Connection | None = None
        """The worker that was forked before the parser was imported, and reads other files than Python meanwhile."""
        others = list(_chunks([each for each in tasks if each[1].kind != "python"], jobs))
        python = list(_chunks([each for each in tasks if each[1].kind == "python"], jobs))
        self.needs_parser = bool(python)
        self.chunks = deque([*others[:1], *python, *others[1:]])
        self.suspects: set[str] = set()
        self.processes: dict[Connection, BaseProcess] = {}
        self.pending: dict[Connection, deque[Task]] = {}
        self.since: dict[Connection, float] = {}

    def run(self) -> Iterator[Reading]:
        from multiprocessing.connection import wait

        try:
            self._begin()
            while self.chunks or self.pending:
                self._dismiss_early()
                while self.chunks and len(self.processes) < self.jobs:
                    if not self._start():
                        break
                if not self.processes:  # The system gives us no process at all.
                    yield from (_read(task, _content(task)) for task in self.chunks.popleft())
                for connection in self.processes:
                    if connection is not self.early and len(self.pending.get(connection, ())) <= AHEAD:
                        self._feed(connection)
                if not self.pending:
                    continue
                ready = wait(list(self.pending), timeout=1.0)
                for connection in [each for each in self.pending if each in ready]:
                    yield from self._receive(connection)
                for connection in [each for each in self.pending if time.monotonic() - self.since[each] > PATIENCE]:
                    yield from self._bury(connection, f"takes longer than {PATIENCE:.0f} seconds to read", True)
        finally:
            for connection, process in self.processes.items():
                process.kill()
                process.join()
                connection.close()

    def _begin(self) -> None:
        """Import the parser, once for all workers; the first of them does something else in the meantime."""
        if self.context.get_start_method() != "fork" or not self.needs_parser:
            return
        if self.chunks[0][0].kind != "python" and self.jobs > 1 and self._start():
            (self.early,) = self.processes
            self._feed(self.early)
        from importlib import import_module

        import_module("prodlint.readers.python")
        gc.freeze()

    def _dismiss_early(self) -> None:
        """End the worker that has no parser, when it has read what it was given; another one takes its place."""
        if self.early is None or self.early in self.pending:
            return
        process = self.processes.pop(self.early, None)
        if process is not None:
            self.early.close()
            process.kill()
            process.join()
        self.early = None

    def _start(self) -> bool:
        try:
            ours, theirs = self.context.Pipe()
            process: BaseProcess = self.context.Process(target=_work, args=(theirs,), daemon=True)
            process.start()
        except OSError:
            self.jobs = len(self.processes)
            return False
        theirs.close()
        self.processes[ours] = process
        return True

    def _feed(self, connection: Connection) -> None:
        if not self.chunks:
            return  # It idles until the end: a file that kills another worker may come back to it.
        chunk = self.chunks.popleft()
        if connection not in self.pending:
            self.since[connection] = time.monotonic()
        self.pending.setdefault(connection, deque()).extend(chunk)
        with suppress(OSError):  # It is dead; waiting for its answer tells.
            connection.send_bytes(msgspec.msgpack.encode(chunk))

    def _receive(self, connection: Connection) -> Iterator[Reading]:
        try:
            reading = msgspec.msgpack.decode(connection.recv_bytes(), type=Reading)
        except (EOFError, OSError, msgspec.MsgspecError):
            yield from self._bury(connection, "crashes the parser")
            return
        tasks = self.pending[connection]
        tasks.popleft()
        self.since[connection] = time.monotonic()
        if not tasks:
            del self.pending[connection]
        yield reading

    def _bury(self, connection: Connection, clause: str, final: bool = False) -> Iterator[Reading]:
        """A worker died or hangs: its first file without an answer is to blame, the others are read by another."""
        tasks = self.pending.pop(connection)
        process = self.processes.pop(connection)
        connection.close()
        process.kill()
        process.join()
        killer = tasks.popleft()
        if tasks:
            self.chunks.append(list(tasks))
        if not final and killer.path not in self.suspects:
            self.suspects.add(killer.path)
            self.chunks.append([killer])
        else:
            yield _reading(killer.path, b"", problem_facts(clause))


def silence() -> None:
    """Make a worker process leave Ctrl-C and standard error to the one that began it: what it has to say when it dies
    is not for the user, who gets the sentence of the report."""
    import faulthandler
    import signal

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if not os.environ.get("PRODLINT_DEBUG"):
        faulthandler.disable()
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)


def _work(connection: Connection) -> None:
    """A worker: chunks of tasks in, one message a file out, until it is killed."""
    silence()
    if sys.platform != "win32":
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        while True:
            for task in msgspec.msgpack.decode(connection.recv_bytes(), type=list[Task]):
                connection.send_bytes(msgspec.msgpack.encode(_read(task, _content(task))))
    except (EOFError, OSError):
        return


def _context() -> ForkContext | SpawnContext:
    import multiprocessing

    if sys.platform == "linux" and threading.active_count() == 1:
        return multiprocessing.get_context("fork")
    return multiprocessing.get_context("spawn")


def _chunks(tasks: list[tuple[int, Task]], jobs: int) -> Iterator[list[Task]]:
    """Chunks of about the same number of bytes, the heavy ones first, so that no worker is left with one at the end."""
    share = sum(weight for weight, _ in tasks) // (jobs * CHUNKS_PER_WORKER) + 1
    chunk: list[Task] = []
    filled = 0
    for weight, task in sorted(tasks, key=lambda each: (-each[0], each[1])):
        if chunk and (filled + weight > share or len(chunk) == CHUNK_FILES):
            yield chunk
            chunk, filled = [], 0
        chunk.append(task)
        filled += weight
    if chunk:
        yield chunk


def _processors() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
