"""A tree that means harm: one sentence a fault, the right exit status, no traceback, nothing outside touched."""

import json
import os
import shutil
import socket
import sqlite3
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from prodlint import config, rule
from prodlint.config import Config
from prodlint.engine import Request, run
from prodlint.readers import read
from prodlint.report.model import Report

RULES = rule.load()
FAULT = "import requests\n\n\ndef rates(url):\n    return requests.get(url)\n"


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with one honest file, which has one fault."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "user-cache"))
    monkeypatch.delenv("PRODLINT_DEBUG", raising=False)
    root = tmp_path / "repo"
    (root / ".git").mkdir(parents=True)
    (root / "app").mkdir()
    (root / "app/main.py").write_text(FAULT)
    return root


def inspected(root: Path, *paths: str) -> Report:
    return run(
        Request(
            paths=tuple(str(root / path) for path in paths) or (str(root),),
            catalogue=RULES,
            rules=("missing-request-timeout", "unreadable-file"),
            options=config.options(Config(), RULES),
            today=date(2026, 5, 4),
        )
    )


def problems(report: Report) -> dict[str, tuple[int, str]]:
    """Line and clause of what could not be read, by path; the honest file's fault must have been found beside it."""
    assert report.errors == ()
    found = {each.finding.location.path: each for each in report.findings if each.finding.rule == "unreadable-file"}
    assert [each.finding.location.path for each in report.findings if each.finding.rule != "unreadable-file"] == [
        "app/main.py"
    ]
    return {
        path: (each.finding.location.place >> 42, each.finding.fields["problem"])
        for path, each in sorted(found.items())
    }


def command(root: Path, *arguments: str, timeout: int = 120) -> tuple[int, str, str]:
    package = Path(__file__).resolve().parent.parent
    environment = {**os.environ, "PYTHONPATH": str(package), "NO_COLOR": "1"}
    ran = subprocess.run(
        [sys.executable, "-m", "prodlint", *arguments], cwd=root, env=environment, capture_output=True, timeout=timeout
    )
    out, err = ran.stdout.decode(), ran.stderr.decode()
    assert "Traceback" not in out + err and "panicked" not in err
    return ran.returncode, out, err


# --- Content ----------------------------------------------------------------------------------------------------------

DEEP = 60_000


@pytest.mark.parametrize(
    ("name", "data", "line", "clause"),
    [
        ("a.py", b"def rates(:\n    pass\n", None, "is not valid Python"),
        ("a.py", b"def rates():\nreturn 1\n", 2, "is not valid Python"),
        ("a.py", b"x = '''\nnever closed\n", None, "is not valid Python"),
        ("a.py", "name = 'Jos\xe9'\n".encode("latin-1"), 1, "is not valid UTF-8"),
        ("a.py", b"x = 1\n" * 9 + b"y = '\xff'\n", 10, "is not valid UTF-8"),
        ("a.py", "x = 1\n".encode("utf-16"), 1, "is encoded as UTF-16, not UTF-8"),
        ("a.py", b"# coding: klingon\nx = 1\n", 1, "declares the unknown encoding `klingon`"),
        ("a.py", b"# coding: rot13\nk = 1\n", 1, "declares the encoding `rot13`, which is none for source"),
        (
            "a.py",
            b"#!/bin/sh\n# coding: punycode\nk = 1\n",
            2,
            "declares the encoding `punycode`, which is none for source",
        ),
        ("a.py", b"x = 1\n\0\0\0", 2, "contains NUL bytes; it looks binary"),
        ("a.py", b"x = " + b"(" * DEEP + b")" * DEEP + b"\n", 1, "nests"),
        ("a.py", b"x = " + b"-" * DEEP + b"1\n", 1, ""),
        ("a.py", b"x = a" + b".a" * DEEP + b"\n", 1, ""),
        ("a.py", b"x = 1" + b"+1" * DEEP + b"\n", 1, ""),
        ("a.py", b"x = [\n" + b"[\n" * 5000 + b"]\n" * 5000 + b"]\n", None, ""),
        ("a.py", b"".join(b" " * n + b"if a:\n" for n in range(900)) + b" " * 900 + b"pass\n", None, None),
        ("a.toml", b"[project\n", 1, ""),
        ("a.toml", b"x = " + b"[" * DEEP + b"\n", 1, ""),
        ("a.yml", b"a: [1, 2\nb: }\n", None, "is not valid YAML"),
        ("a.yml", b"{a: " * DEEP + b"\n", None, ""),
        ("config.json", b'{"a": ', None, ""),
        ("config.json", b"[" * DEEP, None, ""),
    ],
)
def test_content(name: str, data: bytes, line: int | None, clause: str | None, tree: Path) -> None:
    (tree / "app" / name).write_bytes(data)
    found = problems(inspected(tree))
    if clause is None:
        assert set(found) <= {f"app/{name}"}  # Whether it can be read depends on the parser; it must not end the run.
        return
    assert list(found) == [f"app/{name}"]
    assert clause in found[f"app/{name}"][1] and "\n" not in found[f"app/{name}"][1]
    if line is not None:
        assert found[f"app/{name}"][0] == line


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.py", b"\xef\xbb\xbfx = 'Jos\xc3\xa9'\n"),
        ("a.py", "# -*- coding: latin-1 -*-\nname = 'Jos\xe9'\n".encode("latin-1")),
        ("a.py", b"x = 1\r\ny = 2\r"),
        ("a.py", b"x = '\\ud83d'\n"),
        ("a.py", b""),
        ("requirements.txt", "fastapi==0.110.0\n".encode("utf-16")),
        ("a.py", b"# generated by a tool. DO NOT EDIT\nthis is :: not Python\n"),
        ("schema_pb2.py", b"this is :: not Python\n"),
        ("a.py", b"{% if cookiecutter.sentry %}\nimport sentry_sdk\n{% endif %}\n"),
        ("a.py", b"from {{ cookiecutter.slug }} import x\n"),
        ("chart.yaml", b"name: {{ .Values.name }}\n{{- if .Values.on }}\nx: 1\n{{- end }}\n"),
        ("Dockerfile", b"FROM {{ image }}\n"),
        ("cert.pem", b"\0\xff\xfe"),
    ],
)
def test_what_only_looks_broken(name: str, data: bytes, tree: Path) -> None:
    (tree / "app" / name).write_bytes(data)
    assert problems(inspected(tree)) == {}


def test_broken_python_that_holds_a_template_in_a_string_is_still_broken(tree: Path) -> None:
    (tree / "app/a.py").write_text('PAGE = "{% if x %}"\ndef (\n')
    assert list(problems(inspected(tree))) == ["app/a.py"]


def test_huge_files(tree: Path) -> None:
    with open(tree / "app/generated.py", "wb") as file:
        for _ in range(20):
            file.write(b"x = 1  # more\n" * 75_000)
    (tree / "big.yaml").write_bytes(b"a: 1\n" * 500_000)
    (tree / "cert.pem").write_bytes(b"a" * 3_000_000)
    assert problems(inspected(tree)) == {
        "app/generated.py": (1, "is larger than 1 MB and was not read"),
        "big.yaml": (1, "is larger than 2 MB and was not read"),
    }


def test_a_yaml_bomb(tree: Path) -> None:
    levels = [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 30)]
    (tree / "compose.yml").write_text("a0: &a0 [x]\n" + "\n".join(levels) + "\n")
    (tree / "loop.yml").write_text("a: &a [*a]\n")
    status, _, _ = command(tree, "--select", "all", timeout=60)
    assert status == 1
    assert set(problems(inspected(tree))) <= {"compose.yml", "loop.yml"}


def test_a_reader_that_panics_is_a_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    import prodlint.readers.toml as toml_reader

    class PanicException(BaseException):
        pass

    def panic(path: str, text: str) -> None:
        raise PanicException("secret of the tree")

    monkeypatch.delenv("PRODLINT_DEBUG", raising=False)
    monkeypatch.setattr(toml_reader, "read", panic)
    problem = read("toml", "a.toml", b"a = 1\n").problem
    assert problem is not None and problem.message == "makes the reader fail (PanicException)"


# --- The file system --------------------------------------------------------------------------------------------------


def test_links_that_loop_or_lead_outside(tree: Path) -> None:
    outside = tree.parent / "outside"
    outside.mkdir()
    (outside / "stolen.py").write_text(FAULT)
    (outside / ".env").write_text("SECRET_KEY=abcdefghijklmnop\n")
    (tree / "loop").symlink_to(tree)
    (tree / "app/self.py").symlink_to("self.py")
    (tree / "out").symlink_to(outside)
    (tree / "app/stolen.py").symlink_to(outside / "stolen.py")
    (tree / ".env").symlink_to(outside / ".env")
    (tree / ".gitignore").symlink_to(outside / "stolen.py")
    assert problems(inspected(tree)) == {}
    status, out, _ = command(tree, "--format", "json", "app/stolen.py", "app/main.py")
    assert status == 1 and {each["location"]["path"] for each in json.loads(out)["findings"]} == {"app/main.py"}


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_pipes_and_sockets_are_not_waited_for(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    os.mkfifo(tree / "app/pipe.py")
    os.mkfifo(tree / ".gitignore")
    os.mkfifo(tree / "app/.gitignore")
    monkeypatch.chdir(tree)
    with socket.socket(socket.AF_UNIX) as endpoint:
        endpoint.bind("socket.py")
        assert problems(inspected(tree)) == {}
        assert command(tree, timeout=60)[0] == 1
        status, _, err = command(tree, "app/pipe.py", timeout=60)
    assert status == 2 and "`app/pipe.py` cannot be looked at: it is neither a regular file nor a folder." in err
    os.mkfifo(tree / "pyproject.toml")
    status, _, err = command(tree, timeout=60)
    assert status in (1, 2)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="nothing is unreadable to root")
def test_folders_and_files_without_permission(tree: Path) -> None:
    (tree / "closed").mkdir()
    (tree / "app/closed.py").write_text(FAULT)
    (tree / "closed").chmod(0)
    (tree / "app/closed.py").chmod(0)
    try:
        assert problems(inspected(tree)) == {
            "app/closed.py": (1, "cannot be read: permission denied"),
            "closed": (1, "is a folder that cannot be read: permission denied"),
        }
    finally:
        (tree / "closed").chmod(0o755)


def test_a_folder_that_cannot_be_read(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tree / "closed").mkdir()
    original = os.scandir

    def refusing(path: str) -> object:
        if str(path).endswith("closed"):
            raise PermissionError(13, "Permission denied")
        return original(path)

    monkeypatch.setattr(os, "scandir", refusing)
    assert problems(inspected(tree)) == {"closed": (1, "is a folder that cannot be read: permission denied")}


def test_a_file_that_goes_away_while_it_is_read(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from prodlint import reading

    (tree / "app/gone.py").write_text("x = 1\n")
    original = reading.read_regular

    def racing(path: str, limit: int) -> bytes:
        if path.endswith("gone.py"):
            Path(path).unlink()
        return original(path, limit)

    monkeypatch.setattr(reading, "read_regular", racing)
    assert problems(inspected(tree)) == {"app/gone.py": (1, "cannot be read: no such file or directory")}


# --- The cache and the command line -----------------------------------------------------------------------------------


def test_a_poisoned_cache(tree: Path) -> None:
    honest = command(tree, "--format", "json")
    file = tree / ".prodlint_cache/facts.sqlite"
    assert honest[0] == 1 and file.exists()
    for content in (b"", b"rubbish" * 1000, file.read_bytes()[:5000], b"SQLite format 3\0" + b"\1" * 9000):
        file.write_bytes(content)
        assert command(tree, "--format", "json") == honest
    for poison in (b"\xc1", b"\x91" * 100_000, b"\x80\x04\x95cos\nsystem\n(S'touch pwned'\ntR."):
        with sqlite3.connect(file) as connection:
            connection.execute("UPDATE facts SET facts = ?", (poison,))
            connection.execute("UPDATE memo SET report = ?", (poison,))
        connection.close()
        assert command(tree, "--format", "json") == honest
    shutil.rmtree(tree / ".prodlint_cache")
    (tree / ".prodlint_cache").mkdir()
    (file).mkdir()
    assert command(tree, "--format", "json") == honest
    assert not (tree / "pwned").exists()


def test_the_command_line_over_the_whole_lot(tree: Path) -> None:
    (tree / "app/broken.py").write_text("def (\n")
    (tree / "app/latin.py").write_bytes(b"x = '\xe9'\n")
    (tree / "app/deep.py").write_bytes(b"x = " + b"(" * DEEP + b"\n")
    (tree / "app/loop").symlink_to(tree)
    (tree / "app/\x1b[31mred.py").write_text("def (\n")
    status, out, err = command(tree)
    assert status == 1 and err == "" and "\x1b" not in out
    for name in ("broken.py", "latin.py", "deep.py", "main.py"):
        assert f"app/{name}:" in out
    assert command(tree, "nowhere")[0] == 2
