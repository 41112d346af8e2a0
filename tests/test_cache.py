"""The cache: what it keeps, whom it trusts, and that any damage is an empty cache."""

import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from prodlint.cache import FILE, FOLDER, Cache, Row, open_cache


@pytest.fixture(autouse=True)
def own_cache_folder(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("user-cache")
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder))
    yield folder


def opened(root: Path) -> Cache:
    cache, notice = open_cache(str(root))
    assert cache is not None and notice == ""
    return cache


def row(path: str = "a.py", key: bytes = b"k", facts: bytes = b"facts") -> Row:
    return Row(path, 10, 20, 30, "python:x", key, " a b ", 2, facts)


def filled(root: Path) -> Path:
    """The file of a cache with one row and one memo."""
    cache = opened(root)
    cache.keep([row()])
    cache.keep_memo("m", b"report")
    cache.close()
    return root / FOLDER / FILE


def assert_empty_and_working(root: Path) -> None:
    cache = opened(root)
    assert cache.known() == {} and cache.facts(b"k") is None and cache.memo("m") is None
    cache.keep([row()])
    assert cache.facts(b"k") == b"facts"
    cache.close()


def test_what_is_kept_is_there_in_the_next_run(tmp_path: Path) -> None:
    file = filled(tmp_path)
    cache = opened(tmp_path)
    assert cache.known() == {"a.py": (10, 20, 30, "python:x", b"k", 2)}
    assert (cache.facts(b"k"), cache.marks(b"k"), cache.names({b"k"})) == (b"facts", 2, {b"k": " a b "})
    assert cache.memo("m") == b"report" and cache.memo("n") is None
    assert (file.parent / ".gitignore").read_text() == "*\n"
    cache.close()
    assert cache.facts(b"k") is None


@pytest.mark.parametrize("content", [b"", b"not a database" * 500, b"SQLite format 3\0" + b"\xff" * 5000])
def test_a_file_that_is_no_database_is_made_anew(content: bytes, tmp_path: Path) -> None:
    filled(tmp_path).write_bytes(content)
    assert_empty_and_working(tmp_path)


def test_a_truncated_database_is_made_anew(tmp_path: Path) -> None:
    file = filled(tmp_path)
    with sqlite3.connect(file) as connection:
        connection.executemany(
            "INSERT INTO facts VALUES (?, '', 0, ?, 0)", [(bytes([n]), b"x" * 3000) for n in range(99)]
        )
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    os.truncate(file, file.stat().st_size // 2)
    cache = opened(tmp_path)
    for number in range(99):
        cache.facts(bytes([number]))
    cache.close()
    assert_empty_and_working(tmp_path)


@pytest.mark.parametrize(
    "statement",
    [
        "DROP TABLE facts",
        "ALTER TABLE file ADD COLUMN more",
        "PRAGMA user_version = 99",
        "CREATE TRIGGER t AFTER INSERT ON facts BEGIN DELETE FROM facts; END",
        "CREATE VIEW v AS WITH RECURSIVE r(x) AS (SELECT 1 UNION ALL SELECT x FROM r) SELECT x FROM r",
    ],
)
def test_another_schema_is_made_anew(statement: str, tmp_path: Path) -> None:
    connection = sqlite3.connect(filled(tmp_path))
    connection.execute(statement)
    connection.commit()
    connection.close()
    assert_empty_and_working(tmp_path)


def test_rows_of_wrong_types_are_passed_over(tmp_path: Path) -> None:
    with sqlite3.connect(filled(tmp_path)) as connection:
        connection.execute("UPDATE facts SET names = x'05', facts = 'text', marks = x'00'")
        connection.execute("UPDATE memo SET report = 7")
    connection.close()
    cache = opened(tmp_path)
    assert cache.known() == {} and cache.names({b"k"}) == {} and cache.marks(b"k") is None
    assert cache.facts(b"k") is None and cache.memo("m") is None
    cache.close()


def test_text_that_is_none_is_damage(tmp_path: Path) -> None:
    with sqlite3.connect(filled(tmp_path)) as connection:
        connection.execute("UPDATE facts SET names = CAST(x'ff' AS TEXT)")
    connection.close()
    cache = opened(tmp_path)
    assert cache.names({b"k"}) == {}
    assert_empty_and_working(tmp_path)


def test_links_and_journals_are_not_followed(tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.write_text("mine")
    root = tmp_path / "repo"
    root.mkdir()
    file = filled(root)
    for name in (file, Path(f"{file}-wal"), Path(f"{file}-journal")):
        name.unlink(missing_ok=True)
        name.symlink_to(precious)
        assert_empty_and_working(root)
        assert precious.read_text() == "mine" and not name.is_symlink()


def test_a_folder_that_is_a_link_is_not_used(tmp_path: Path, own_cache_folder: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / FOLDER).symlink_to(tmp_path / "elsewhere")
    cache = opened(tmp_path)
    assert cache.path.startswith(str(own_cache_folder)) and not list((tmp_path / "elsewhere").iterdir())
    cache.close()


def test_a_cache_that_is_committed_is_not_trusted(tmp_path: Path) -> None:
    filled(tmp_path)
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git/index").write_bytes(b"DIRC\0\0\0\2...\0" + f"{FOLDER}/{FILE}".encode() + b"\0")
    cache, notice = open_cache(str(tmp_path))
    assert cache is None and "committed" in notice


def test_a_root_that_cannot_be_written_to(tmp_path: Path, own_cache_folder: Path) -> None:
    (tmp_path / FOLDER).write_text("a file stands in the way")
    cache = opened(tmp_path)
    assert cache.path.startswith(str(own_cache_folder))
    cache.close()
    (own_cache_folder / "prodlint").rename(own_cache_folder / "old")
    (own_cache_folder / "prodlint").write_text("here too")
    cache_or_none, notice = open_cache(str(tmp_path))
    assert cache_or_none is None and notice.endswith(".")


def test_facts_that_no_run_uses_are_dropped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache = opened(tmp_path)
    monkeypatch.setattr("prodlint.cache._today", lambda: 100)
    cache.keep([row(), row("b.py", b"l")])
    monkeypatch.setattr("prodlint.cache._today", lambda: 115)
    cache.forget_unused([b"k"])
    assert set(cache.known()) == {"a.py", "b.py"}
    monkeypatch.setattr("prodlint.cache._today", lambda: 130)
    cache.forget_unused([])
    assert set(cache.known()) == {"a.py"}
    cache.close()


def test_the_latest_memos_are_kept(tmp_path: Path) -> None:
    cache = opened(tmp_path)
    for number in range(40):
        cache.keep_memo(str(number), b"r")
    kept = [number for number in range(40) if cache.memo(str(number))]
    assert len(kept) == 16 and kept[-1] == 39
    cache.close()


def test_many_runs_at_once(tmp_path: Path) -> None:
    script = """
import sys
from prodlint.cache import Row, open_cache
for turn in range(15):
    cache, notice = open_cache(sys.argv[1])
    if cache is None:
        continue
    name = f"{sys.argv[2]}-{turn}"
    cache.keep([Row(name, 1, 2, 3, "s", name.encode(), "", 0, b"x" * 2000)])
    if cache.facts(name.encode()) is not None:
        print(name)
    cache.keep_memo(name, b"m")
    cache.close()
"""
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parent.parent)}
    command = [sys.executable, "-c", script, str(tmp_path)]
    pipe = subprocess.PIPE
    runs = [
        subprocess.Popen([*command, str(n)], env=environment, stdout=pipe, stderr=pipe, text=True) for n in range(4)
    ]
    said = [run.communicate(timeout=120) for run in runs]
    assert [error for _, error in said] == [""] * 4 and [run.returncode for run in runs] == [0] * 4
    kept = {name for out, _ in said for name in out.split()}
    cache = opened(tmp_path)
    # On a busy machine a run may give up waiting for another, and SQLite before 3.51.3 can lose a transaction when two
    # close at the same instant: both cost time only, neither may cost the cache.
    assert len(kept) > 30 and len(kept & set(cache.known())) >= len(kept) - 3
    cache.close()
