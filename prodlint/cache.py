"""Facts and the last reports, kept between runs in an SQLite file.

The cache stands inside a repository, so it is input from a stranger: nothing in it is executed, every row is decoded
into declared types by who asks for it, a schema that is not exactly ours is thrown away, and a cache that is committed
is not used at all. Any damage means an empty cache, never an error: the worst that a cache may cost is time.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import sqlite3
import stat
import time
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple, TypeVar

__all__ = ["Cache", "Known", "Row", "open_cache"]

FOLDER = ".prodlint_cache"
FILE = "facts.sqlite"
MAX_BYTES = 1 << 30
DAYS = 21
"""Facts that no run has used for so long are dropped."""
MEMOS = 16

_SCHEMA = (
    "CREATE TABLE file (path TEXT PRIMARY KEY, size INTEGER, modified INTEGER, inode INTEGER, stamp TEXT, key BLOB)",
    "CREATE TABLE facts (key BLOB PRIMARY KEY, names TEXT, marks INTEGER, facts BLOB, used INTEGER)",
    # Without it, what is old is looked for behind the facts of each file.
    "CREATE INDEX used ON facts (used, key)",
    "CREATE TABLE memo (key TEXT PRIMARY KEY, report BLOB, made INTEGER)",
)
_VERSION = 2
_DAMAGE = ("malformed", "not a database", "corrupt", "encrypted", "could not decode", "no such", "file format")
"""What SQLite says of a damaged file; all else (locked, read-only, disk full) passes, and the file is left alone."""

Result = TypeVar("Result")


class Known(NamedTuple):
    """What the cache knows of a path: the signature of the file that it saw there, and where its facts are."""

    size: object
    modified: object
    inode: object
    stamp: object
    key: bytes
    marks: int


class Row(NamedTuple):
    """One file to keep. `modified` is -1 for a file that was changed so recently that its time proves nothing."""

    path: str
    size: int
    modified: int
    inode: int
    stamp: str
    key: bytes
    names: str
    marks: int
    facts: bytes


class Cache:
    """An open cache. After the first error it answers as an empty one, and the file is removed if it was damaged."""

    def __init__(self, path: str, connection: sqlite3.Connection) -> None:
        self.path = path
        self._connection: sqlite3.Connection | None = connection

    def known(self) -> dict[str, Known]:
        """All paths whose facts are kept."""
        found: dict[str, Known] = {}
        query = (
            "SELECT path, size, modified, inode, stamp, file.key, marks FROM file JOIN facts ON facts.key = file.key"
        )
        for path, size, modified, inode, stamp, key, marks in self._ask(query):
            # SQLite's columns hold any type, whatever their declaration says.
            if isinstance(path, str) and isinstance(key, bytes) and isinstance(marks, int):
                found[path] = Known(size, modified, inode, stamp, key, marks)
        return found

    def marks(self, key: bytes) -> int | None:
        """The marks of kept facts, or None where none are kept."""
        for (marks,) in self._ask("SELECT marks FROM facts WHERE key = ?", key):
            return marks if isinstance(marks, int) else None
        return None

    def names(self, keys: set[bytes]) -> dict[bytes, str]:
        """The identifiers in the files whose facts have these keys."""
        rows = self._ask("SELECT key, names FROM facts")
        return {key: names for key, names in rows if isinstance(key, bytes) and key in keys and isinstance(names, str)}

    def facts(self, key: bytes) -> bytes | None:
        """Encoded facts, as they were given."""
        return self._blob("SELECT facts FROM facts WHERE key = ?", key)

    def memo(self, key: str) -> bytes | None:
        """The encoded report of an earlier run."""
        return self._blob("SELECT report FROM memo WHERE key = ?", key)

    def keep(self, rows: Iterable[Row]) -> None:
        """Keep facts and the signatures of their files."""
        today = _today()
        rows = list(rows)
        self._write(
            lambda connection: (
                connection.executemany(
                    "INSERT OR REPLACE INTO facts VALUES (?, ?, ?, ?, ?)",
                    [(row.key, row.names, row.marks, row.facts, today) for row in rows],
                ),
                connection.executemany(
                    "INSERT OR REPLACE INTO file VALUES (?, ?, ?, ?, ?, ?)", [row[:6] for row in rows]
                ),
            )
        )

    def resign(self, signatures: Iterable[tuple[str, int, int, int, str, bytes]]) -> None:
        """Note that these files, touched or moved, hold what is already kept under the key."""
        signatures = list(signatures)
        if signatures:
            self._write(
                lambda connection: connection.executemany(
                    "INSERT OR REPLACE INTO file VALUES (?, ?, ?, ?, ?, ?)", signatures
                )
            )

    def keep_memo(self, key: str, report: bytes) -> None:
        """Keep a report, and of all reports the latest few."""
        self._write(
            lambda connection: (
                connection.execute("INSERT OR REPLACE INTO memo VALUES (?, ?, ?)", (key, report, time.time_ns())),
                connection.execute(
                    "DELETE FROM memo WHERE key NOT IN (SELECT key FROM memo ORDER BY made DESC LIMIT ?)", (MEMOS,)
                ),
            )
        )

    def forget_unused(self, keys: Iterable[bytes]) -> None:
        """Note that these facts were used today, once a day, and drop those that no run has used for weeks."""
        today = _today()
        stale = {key for (key,) in self._ask("SELECT key FROM facts WHERE used < ?", today)}
        if not stale:
            return
        used = [(today, key) for key in keys if key in stale]
        self._write(
            lambda connection: (
                connection.executemany("UPDATE facts SET used = ? WHERE key = ?", used),
                connection.execute("DELETE FROM facts WHERE used < ?", (today - DAYS,)),
                connection.execute("DELETE FROM file WHERE key NOT IN (SELECT key FROM facts)"),
            )
        )

    def again(self) -> Cache | None:
        """The same cache by another connection; None where it cannot be opened."""
        return _open(self.path)

    def close(self) -> None:
        """Close the file; the cache answers as an empty one from now on."""
        if self._connection is not None:
            connection, self._connection = self._connection, None
            with contextlib.suppress(sqlite3.Error):
                connection.close()

    def _blob(self, query: str, key: str | bytes) -> bytes | None:
        for (blob,) in self._ask(query, key):
            return blob if isinstance(blob, bytes) else None
        return None

    def _ask(self, query: str, *values: object) -> Iterator[tuple[object, ...]]:
        rows = self._try(lambda connection: connection.execute(query, values).fetchall())
        return iter(rows or ())

    def _write(self, write: Callable[[sqlite3.Connection], object]) -> None:
        def transaction(connection: sqlite3.Connection) -> None:
            with connection:
                write(connection)

        self._try(transaction)

    def _try(self, action: Callable[[sqlite3.Connection], Result]) -> Result | None:
        if self._connection is None:
            return None
        try:
            return action(self._connection)
        except (sqlite3.Error, OverflowError) as error:
            self.close()
            if _is_damage(error):
                _remove(self.path)
            return None


def open_cache(root: str) -> tuple[Cache | None, str]:
    """The cache of a repository, and a sentence where there is none ("" otherwise).

    It stands in `.prodlint_cache/` at the root, or in the user's cache folder where the root cannot be written to.
    """
    folder = os.path.join(root, FOLDER)
    if _is_committed(root, folder):
        return None, f"The folder {FOLDER} is committed, so it was not trusted and this run had no cache."
    for candidate in (folder, _user_folder(root)):
        if _prepare(candidate):
            cache = _open(os.path.join(candidate, FILE))
            if cache is not None:
                return cache, ""
    return None, "No folder for a cache can be written to, so the next run will be as slow as this one."


def _user_folder(root: str) -> str:
    from prodlint.rule import user_cache

    name = hashlib.blake2b(os.fsencode(root), digest_size=8).hexdigest()
    return str(user_cache() / "facts" / name)


def _prepare(folder: str) -> bool:
    """Whether the folder exists, is none that a link leads to, and has an ignore file of its own."""
    try:
        os.makedirs(os.path.dirname(folder), exist_ok=True)
        try:
            os.mkdir(folder)
        except FileExistsError:
            return stat.S_ISDIR(os.lstat(folder).st_mode)
        # `x` refuses a link that somebody put there in the meantime.
        with open(os.path.join(folder, ".gitignore"), "x", encoding="utf-8") as file:
            file.write("*\n")
        with open(os.path.join(folder, "CACHEDIR.TAG"), "x", encoding="utf-8") as file:
            file.write("Signature: 8a477f597d28d172789f06886806bc55\n# Written by prodlint.\n")
    except OSError:
        return False
    return True


def _open(path: str) -> Cache | None:
    for _ in range(2):
        connection: sqlite3.Connection | None = None
        try:
            if not _is_sound(path) and not _remove(path):
                return None
            if not os.path.lexists(path):
                _create(path)
            if not os.access(path, os.W_OK):
                return None
            connection = sqlite3.connect(path, timeout=5, isolation_level="IMMEDIATE")
            # Neither a damaged nor a prepared file gets to run anything: no views, no triggers, no functions.
            connection.execute("PRAGMA trusted_schema = OFF")
            connection.execute("PRAGMA synchronous = OFF")
            if _schema(connection) == sorted(_SCHEMA):
                return Cache(path, connection)
        except (sqlite3.Error, OSError) as error:
            if not isinstance(error, sqlite3.Error) or not _is_damage(error):
                if connection is not None:
                    connection.close()
                return None
        if connection is not None:
            connection.close()
        if not _remove(path):
            return None
    return None


def _is_sound(path: str) -> bool:
    """Whether SQLite may be let near the files: no links, no rollback journal (we never leave one, and a prepared one
    can make SQLite delete a file that it names), not huge."""
    if os.path.lexists(path + "-journal"):
        return False
    for name in (path, path + "-wal", path + "-shm"):
        if os.path.lexists(name) and not stat.S_ISREG(os.lstat(name).st_mode):
            return False
    return not os.path.lexists(path) or os.path.getsize(path) <= MAX_BYTES


def _create(path: str) -> None:
    """Make an empty cache beside the place and put it there complete, so that two runs at once see one or none."""
    temporary = f"{path}.{os.getpid()}"
    _remove(temporary)
    connection = sqlite3.connect(temporary, isolation_level=None)
    try:
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("PRAGMA journal_mode = WAL")
        for statement in _SCHEMA:
            connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {_VERSION}")
    finally:
        connection.close()
    try:
        os.link(temporary, path)
    except FileExistsError:
        pass
    except OSError:
        os.replace(temporary, path)  # A file system without links.
    finally:
        _remove(temporary)


def _schema(connection: sqlite3.Connection) -> list[str]:
    """What the file declares; SQLite makes indexes of its own, without a statement."""
    rows = connection.execute("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL").fetchall()
    version = connection.execute("PRAGMA user_version").fetchone()
    return sorted(str(sql) for (sql,) in rows) if version == (_VERSION,) else []


def _is_damage(error: Exception) -> bool:
    return any(word in str(error).lower() for word in _DAMAGE)


def _remove(path: str) -> bool:
    """Remove the database with what SQLite keeps beside it; False where that is not possible."""
    try:
        for suffix in ("", "-wal", "-shm", "-journal"):
            name = path + suffix
            if os.path.isdir(name) and not os.path.islink(name):
                from shutil import rmtree

                rmtree(name)
            elif os.path.lexists(name):
                os.unlink(name)
    except OSError:
        return False
    return True


def _is_committed(root: str, folder: str) -> bool:
    """Whether git's index, read as a file, names the cache: then a stranger made it."""
    if not os.path.lexists(folder):
        return False
    index = os.path.join(root, ".git", "index")
    try:
        if not stat.S_ISREG(os.lstat(index).st_mode):
            return False
        with open(index, "rb") as file:
            return FOLDER.encode() + b"/" in file.read(1 << 26)
    except OSError:
        return False


def _today() -> int:
    return int(time.time() // 86400)
