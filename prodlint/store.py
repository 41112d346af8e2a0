"""The facts of a workspace: from the cache where they are kept, else read; decoded when they are asked for."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from functools import cached_property

import msgspec

from prodlint import facts, readers, stamps
from prodlint.cache import Cache, Known, Row
from prodlint.facts import Facts
from prodlint.sources import Source, Workspace, read_regular

__all__ = ["PRAGMAS", "PROBLEM", "SECRETS", "Store", "fill"]

PROBLEM, SECRETS, PRAGMAS = "problem", "secrets", "pragmas"
_BITS = {PROBLEM: 1, SECRETS: 2, PRAGMAS: 4}
"""What the facts of a file carry; known without decoding them."""

_BATCH = 200
"""Files read between two transactions of the cache."""

_DECODER = msgspec.msgpack.Decoder(Facts)
_CONTENT: dict[str, type] = {
    "python": facts.Python,
    "requirements": facts.Requirements,
    "dockerfile": facts.Dockerfile,
    "ignore": facts.Patterns,
    "script": facts.Script,
    "text": facts.Text,
}


class Store:
    """Facts by path. `sources` are those of the workspace, and one for each folder that could not be read."""

    def __init__(self, workspace: Workspace, cache: Cache | None) -> None:
        self.root = workspace.root
        self.sources: dict[str, Source] = dict(workspace.sources)
        self._cache = cache
        self.keys: dict[str, bytes] = {}
        """Of what the cache holds: a digest of content, reader and path."""
        self.replaced: dict[str, bytes] = {}
        """Of the files whose content is another than when they were last read: the key of what they held then."""
        self._fresh: dict[str, bytes] = {}
        self._decoded: dict[str, Facts] = {}
        """Facts that were just read, until they are asked for: decoded while workers read others, and once for all
        processes that will judge them."""
        self._names: dict[str, str] = {}
        self._marks: dict[str, int] = {}

    def load(self, path: str) -> Facts:
        """The facts of a file. What the cache gives and cannot be right is read again."""
        just_read = self._decoded.get(path)
        if just_read is not None:
            return just_read
        encoded = self._fresh.get(path)
        if encoded is None and self._cache is not None and path in self.keys:
            encoded = self._cache.facts(self.keys[path])
        found = self._fitting(path, encoded)
        if found is not None:
            return found
        from prodlint.reading import read_one

        reading = read_one(self.root, path, self.sources[path].kind)
        self._fresh[path], self._names[path] = reading.facts, reading.names
        return _DECODER.decode(reading.facts)

    def earlier(self, path: str) -> Facts | None:
        """The facts of one of the `replaced` files as it was; None where they are not kept any more."""
        return self._fitting(path, self._cache.facts(self.replaced[path]) if self._cache is not None else None)

    def _fitting(self, path: str, encoded: bytes | None) -> Facts | None:
        if encoded is None:
            return None
        try:
            found = _DECODER.decode(encoded)
        except (msgspec.MsgspecError, RecursionError, ValueError):
            return None
        fits = isinstance(found.content, (_CONTENT.get(self.sources[path].kind, facts.Document), facts.Text))
        return found if fits else None

    def names(self, path: str) -> str:
        """The identifiers of a Python file, without decoding it."""
        found = self._names.get(path)
        if found is None:
            found = self._kept_names.get(self.keys.get(path, b""))
            # An absent text is that of a file without identifiers, or of a row that is no longer there.
            found = self._names[path] = self.load(path).names if found is None else found
        return found

    def marked(self, mark: str) -> tuple[str, ...]:
        """Paths of the files that carry a mark (PROBLEM, SECRETS, PRAGMAS), sorted; decodes nothing."""
        return tuple(sorted(path for path, bits in self._marks.items() if bits & _BITS[mark]))

    def reopen(self) -> None:
        """Read from the cache by a connection of its own from now on: in a process that was forked, where the one that
        was inherited is neither to be used nor to be closed."""
        if self._cache is not None:
            self._inherited, self._cache = self._cache, self._cache.again()

    def known(self, path: str, key: bytes, marks: int) -> None:
        """The cache holds the facts of this file under this key."""
        self.keys[path], self._marks[path] = key, marks

    def read(self, path: str, encoded: bytes, names: str) -> None:
        """The facts of this file, which the cache is given, are these; what cannot be decoded is left to `load`."""
        self._names[path] = names
        found = self._fitting(path, encoded)
        if found is not None:
            self._decoded[path] = found

    def fresh(self, path: str, encoded: bytes, names: str, marks: int) -> None:
        """The facts of this file are these."""
        self._fresh[path], self._names[path], self._marks[path] = encoded, names, marks

    @cached_property
    def _kept_names(self) -> dict[bytes, str]:
        return self._cache.names(set(self.keys.values())) if self._cache is not None else {}


def fill(
    workspace: Workspace,
    cache: Cache | None,
    settled: int,
    jobs: int = 0,
    progress: bool = False,
    meanwhile: Iterator[object] | None = None,
) -> Store:
    """The facts of all files of a workspace. A file changed after the time `settled` is never trusted by its time.
    `meanwhile` is work that can be done while others read, asked for a piece after each file."""
    store = Store(workspace, cache)
    stamp = stamps.of_readers()
    misses: list[Source] = []
    moved: list[tuple[str, int, int, int, str, bytes]] = []
    known = cache.known() if cache is not None else {}
    for path, source in workspace.sources.items():
        kept = known.get(path)
        if kept is not None and _is_unchanged(source, kept, stamp):
            store.known(path, kept.key, kept.marks)
            continue
        if kept is not None and kept.stamp == _stamp(source, stamp):
            store.replaced[path] = kept.key
        key = _key_of_content(workspace.root, source, stamp) if known else None
        marks = cache.marks(key) if cache is not None and key is not None else None
        if key is not None and store.replaced.get(path) == key:
            del store.replaced[path]  # It was only touched.
        if key is None or marks is None:
            misses.append(source)
        else:
            store.known(path, key, marks)
            moved.append((path, source.size, _trusted(source, settled), source.inode, _stamp(source, stamp), key))
    if cache is not None and moved:
        cache.resign(moved)
    if misses:
        _read_misses(store, cache, misses, stamp, settled, jobs, progress, meanwhile)
    if cache is not None:
        cache.forget_unused(store.keys.values())
    for path, clause in workspace.problems:
        if path not in store.sources:
            store.sources[path] = Source(path, "text", "application", "", 0, 0)
            encoded = msgspec.msgpack.encode(readers.problem_facts(clause))
            store.fresh(path, encoded, "", _BITS[PROBLEM])
    return store


def _read_misses(
    store: Store,
    cache: Cache | None,
    misses: list[Source],
    stamp: str,
    settled: int,
    jobs: int,
    progress: bool,
    meanwhile: Iterator[object] | None,
) -> None:
    from prodlint.progress import Line
    from prodlint.reading import read_all

    rows: list[Row] = []
    line = Line(len(misses), progress)

    def advance() -> None:
        line.advance()
        if meanwhile is not None and len(misses) > _BATCH:
            next(meanwhile, None)

    for reading in read_all(store.root, misses, jobs, advance):
        source = store.sources[reading.path]
        if cache is None or not reading.digest:
            store.fresh(reading.path, reading.facts, reading.names, reading.marks)
            continue
        key = _key(reading.digest, source, stamp)
        store.known(reading.path, key, reading.marks)
        store.read(reading.path, reading.facts, reading.names)
        rows.append(
            Row(
                reading.path,
                source.size,
                _trusted(source, settled),
                source.inode,
                _stamp(source, stamp),
                key,
                reading.names,
                reading.marks,
                reading.facts,
            )
        )
        if len(rows) == _BATCH:
            cache.keep(rows)
            rows = []
    if cache is not None and rows:
        cache.keep(rows)
    line.close()


def _is_unchanged(source: Source, kept: Known, stamp: str) -> bool:
    return (
        kept.modified == source.modified
        and kept.size == source.size
        and kept.inode == source.inode
        and kept.stamp == _stamp(source, stamp)
    )


def _trusted(source: Source, settled: int) -> int:
    return source.modified if source.modified < settled else -1


def _stamp(source: Source, stamp: str) -> str:
    return f"{source.kind}:{stamp}"


def _key(digest: bytes, source: Source, stamp: str) -> bytes:
    # Readers look at the path as well: a lock file is known by its name.
    text = f"{source.kind}:{stamp}:{source.path}"
    return hashlib.blake2b(digest + text.encode(), digest_size=16).digest()


def _key_of_content(root: str, source: Source, stamp: str) -> bytes | None:
    limit = readers.limit_of(source.kind, source.path)
    if source.size >= limit:
        return None
    try:
        data = read_regular(os.path.join(root, source.path), limit + 1)
    except OSError:
        return None
    return _key(hashlib.blake2b(data, digest_size=16).digest(), source, stamp)
