"""When the report of an earlier run is used: what was touched, moved or only laid out anew is not judged again, and a
report that is used is the one that a fresh run gives."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any, get_args, get_type_hints

import msgspec
import pytest
from msgspec import Struct

from prodlint import __version__, config, engine, facts, memo, rule, stamps
from prodlint.config import Config
from prodlint.engine import Request
from prodlint.facts import file as file_facts
from prodlint.facts import formats, place_of, python, sql, values
from prodlint.facts.moves import LINES, PLACES, moved, moves
from prodlint.readers import read
from prodlint.report.model import Report

RULES = rule.load()
OLD = 1_700_000_000
MAIN = """\
import requests
from fastapi import FastAPI

from app.fetching import fetch

app = FastAPI()


@app.get("/rates")
def rates(url: str):
    return fetch(
        url,
    )


def other(url):
    return requests.get(url)
"""
FETCHING = "import requests\n\n\ndef fetch(url):\n    return requests.get(url)\n"


@pytest.fixture(autouse=True)
def own_cache_folder(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("user-cache")))


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    (tmp_path / ".git").mkdir()
    write(tmp_path, "pyproject.toml", '[project]\nname = "app"\nversion = "1"\ndependencies = ["fastapi"]\n')
    write(tmp_path, "app/__init__.py", "")
    write(tmp_path, "app/main.py", MAIN)
    write(tmp_path, "app/fetching.py", FETCHING)
    write(tmp_path, "docker/compose.yml", "services:\n  app:\n    image: app\n    environment:\n      DEBUG: 'true'\n")
    write(tmp_path, "README.md", "# App\n")
    return tmp_path


def write(root: Path, path: str, text: str, when: float = OLD) -> None:
    file = root / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    os.utime(file, (when, when))


def request(root: Path, **more: Any) -> Request:
    active = tuple(sorted(name for name, each in RULES.items() if each.default))
    given = {
        "paths": (str(root),),
        "catalogue": RULES,
        "rules": active,
        "options": config.options(Config(), RULES),
        "today": date(2026, 5, 4),
        "jobs": 1,
    }
    return Request(**(given | more))


@pytest.fixture
def checked(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """One entry for each time that the rules ran."""
    times: list[int] = []
    original = engine._check
    monkeypatch.setattr(engine, "_check", lambda *given: times.append(1) or original(*given))
    yield times


def fresh(root: Path) -> Report:
    return engine.run(request(root, use_cache=False))


def test_files_that_were_only_touched_are_not_judged_again(tree: Path, checked: list[int]) -> None:
    first = engine.run(request(tree))
    assert len(first.findings) > 3
    for each in tree.rglob("*.*"):
        if each.is_file() and ".prodlint_cache" not in each.parts:
            os.utime(each, (OLD + 60, OLD + 60))
    assert engine.run(request(tree)) == first and checked == [1]


def test_a_branch_that_is_checked_out_again_is_not_judged_again(tree: Path, checked: list[int]) -> None:
    first = engine.run(request(tree))
    write(tree, "app/fetching.py", FETCHING.replace("requests.get(url)", "url"), OLD + 60)
    other = engine.run(request(tree))
    assert len(other.findings) < len(first.findings)
    write(tree, "app/fetching.py", FETCHING, OLD + 120)
    assert engine.run(request(tree)) == first and checked == [1, 1]


@pytest.mark.parametrize("path", ["app/main.py", "app/fetching.py", "docker/compose.yml"])
def test_lines_put_in_anywhere_move_the_report(path: str, tree: Path, checked: list[int]) -> None:
    engine.run(request(tree))
    text = (tree / path).read_text()
    lines = text.splitlines(keepends=True)
    spared = 0
    for number in range(len(lines) + 1):
        write(tree, path, "".join([*lines[:number], "# note\n", "\n", *lines[number:]]), OLD + 60 + number)
        checked.clear()
        report = engine.run(request(tree))
        spared += not checked
        assert report == fresh(tree)
    assert spared >= len(lines) - 1
    # And back again, from what the last edit left.
    write(tree, path, text, OLD)
    assert engine.run(request(tree)) == fresh(tree)


def test_a_comment_behind_the_code_is_shown(tree: Path, checked: list[int]) -> None:
    engine.run(request(tree))
    write(tree, "app/fetching.py", FETCHING.replace("get(url)", "get(url)  # slow"), OLD + 60)
    report = engine.run(request(tree))
    assert checked == [1] and report == fresh(tree)
    shown = [line.text for each in report.findings for line in each.frame]
    assert "    return requests.get(url)  # slow" in shown


@pytest.mark.parametrize(
    "text",
    [
        FETCHING.replace("requests.get(url)", "requests.get(url, timeout=3)"),
        FETCHING.replace("requests.get(url)", "requests.get(url)  # prodlint: ignore[missing-request-timeout] known"),
        FETCHING.replace("    return ", "    return  "),
        FETCHING.replace("fetch", "get_it"),
        FETCHING + "\n\ndef more(url):\n    return requests.get(url)\n",
        "def fetch(:\n",
    ],
)
def test_an_edit_that_changes_a_fact_is_judged(text: str, tree: Path, checked: list[int]) -> None:
    engine.run(request(tree))
    write(tree, "app/fetching.py", text, OLD + 60)
    report = engine.run(request(tree))
    assert checked == [1, 1] and report == fresh(tree)


def test_a_file_that_comes_or_goes_is_judged(tree: Path, checked: list[int]) -> None:
    engine.run(request(tree))
    write(tree, "app/more.py", FETCHING)
    engine.run(request(tree))
    (tree / "app/more.py").unlink()
    (tree / "README.md").unlink()
    assert engine.run(request(tree)) == fresh(tree)
    assert checked == [1, 1, 1, 1]


def test_an_ignore_comment_ends_on_its_day(tree: Path, checked: list[int]) -> None:
    ending = "  # prodlint: ignore[missing-request-timeout] until=2026-05-10 moved soon"
    write(tree, "app/fetching.py", FETCHING.replace("get(url)", "get(url)" + ending))
    hidden = engine.run(request(tree))
    assert engine.run(request(tree, today=date(2026, 5, 10))) == hidden and checked == [1]
    shown = engine.run(request(tree, today=date(2026, 5, 11)))
    assert shown != hidden and checked == [1, 1]
    assert engine.run(request(tree, today=date(2030, 1, 1))) == shown and checked == [1, 1]
    assert engine.run(request(tree, today=date(2026, 5, 9))) == hidden


def test_the_order_of_sets_does_not_matter(tree: Path) -> None:
    """A repository of several projects: they are a set, which each process puts into another order."""
    for name in ("one", "two", "three", "four", "five"):
        write(tree, f"{name}/pyproject.toml", f'[project]\nname = "{name}"\n')
        write(tree, f"{name}/main.py", MAIN)
    show = (
        "import sys\n"
        "from datetime import date\n"
        "from prodlint import memo\n"
        "from prodlint.engine import Request\n"
        "from prodlint.sources import discover\n"
        "asked = Request(paths=(sys.argv[1],), catalogue={}, rules=(), today=date(2026, 1, 1))\n"
        "print(memo._by_signature(asked, discover(asked.paths)))"
    )
    keys = {
        subprocess.run(
            [sys.executable, "-c", show, str(tree)],
            env=os.environ | {"PYTHONHASHSEED": str(seed)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in range(4)
    }
    assert len(keys) == 1


def test_a_file_changed_while_it_was_judged_leaves_no_report(
    tree: Path, checked: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    original = engine._report

    def late(*given: Any) -> Report:
        write(tree, "app/fetching.py", "\n\n" + FETCHING, OLD + 60)
        return original(*given)

    monkeypatch.setattr(engine, "_report", late)
    engine.run(request(tree))
    monkeypatch.setattr(engine, "_report", original)
    write(tree, "app/fetching.py", FETCHING, OLD)
    assert engine.run(request(tree)) == fresh(tree)
    assert checked == [1, 1, 1]


# --- Moves ------------------------------------------------------------------------------------------------------------


def lines_of(old: str, new: str, kind: str = "python", path: str = "m.py") -> dict[int, int] | None:
    return moves(read(kind, path, old.encode()), read(kind, path, new.encode()))


def test_moves_of_lines() -> None:
    assert lines_of("a = 1\n\nb = f(\n    2,\n)\n", "# x\na = 1\nb = f(\n    2,\n)  # y\n") == {1: 2, 3: 3, 4: 4, 5: 5}
    assert lines_of("a = f(\n    2,\n)\n", "a = f(\n    # x\n    2,\n)\n") == {1: 1, 2: 3, 3: 4}
    assert lines_of("a = 1; b = 2\n", "a = 1\nb = 2\n") is None
    assert lines_of("a = 1\n", "a = True\n") is None
    assert lines_of("a = 1\n", "a = 1.0\n") is None
    assert lines_of("a = f(1)\n", "a = f(1, 2)\n") is None
    assert lines_of("a:\n  b: 1\n", "# x\na:\n\n  b: 1\n", "yaml", "m.yml") is not None


def test_a_line_between_two_that_moved_alike_moved_with_them() -> None:
    lines = {2: 5, 6: 9, 8: 12}
    assert moved(place_of(4, 1, 6, 3), lines) == place_of(7, 1, 9, 3)
    assert moved(place_of(7, 0, 7, 0), lines) is None
    assert moved(place_of(1, 2, 1, 2), lines) is None
    assert moved(place_of(1, 0, 1, 0), lines) == place_of(1, 0, 1, 0), "the head of a file stays"
    assert moved(place_of(20, 0, 20, 0), lines) == place_of(24, 0, 24, 0)
    assert moved(place_of(1, 2, 1, 5), {3: 3, 5: 9}) == place_of(1, 2, 1, 5)


NUMBERS = {
    ("Block", "parent"), ("Scope", "parent"), ("Scope", "block"), ("Block", "scope"), ("Secret", "length"),
    ("Instruction", "stage"), ("Requirement", "hashes"), ("SqlStatement", "bound"), ("Constant", "value"),
}  # fmt: skip
"""Integers of facts that say something else than where a thing stands; all `block`s and `scope`s too."""


def test_every_integer_of_a_fact_is_a_place_a_line_or_something_known() -> None:
    """A new field that holds a place under another name would make an edited file look like another one."""
    modules = (facts.ddl, file_facts, formats, python, sql, values)
    kinds = {
        each for module in modules for each in vars(module).values()
        if isinstance(each, type) and issubclass(each, Struct) and each.__module__.startswith("prodlint.facts.")
    }  # fmt: skip
    assert len(kinds) > 40
    for kind in kinds:
        for name, hint in get_type_hints(kind).items():
            if int in _inside(hint) and name not in PLACES | LINES | {"block", "scope"}:
                assert (kind.__name__, name) in NUMBERS, f"{kind.__name__}.{name}"
    assert ("Pragma", "line") not in NUMBERS and "line" in LINES


def _inside(hint: Any) -> set[Any]:
    return {hint} | {each for argument in get_args(hint) for each in _inside(argument)} if get_args(hint) else {hint}


def test_a_poisoned_key_is_no_report(tree: Path, checked: list[int]) -> None:
    import sqlite3

    first = engine.run(request(tree))
    for poison in (b"\xff" * 32, msgspec.msgpack.encode([1]), b"", b"0" * 32):
        with sqlite3.connect(tree / ".prodlint_cache/facts.sqlite") as connection:
            connection.execute("UPDATE memo SET report = ?", (poison,))
        connection.close()
        assert engine.run(request(tree)) == first
    assert memo.MANY and checked == [1] * 5


# --- Prodlint itself --------------------------------------------------------------------------------------------------


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """The folder of an installed prodlint, with what it was installed from."""
    package = tmp_path / "site-packages/prodlint"
    write(package, "__init__.py", "one = 1\n", OLD)
    write(package, "readers/python.py", "two = 2\n", OLD + 1)
    write(
        package.parent,
        f"prodlint-{__version__}.dist-info/RECORD",
        "prodlint/__init__.py,sha256=a\n../bin/prodlint,sha256=c\n",
        OLD + 2,
    )
    return package


def stamp(package: Path) -> list[str]:
    return list(stamps._own("", package=str(package)))


def test_the_same_distribution_in_another_environment_is_the_same(installed: Path, tmp_path: Path) -> None:
    first = stamp(installed)
    other = shutil.copytree(installed.parent, tmp_path / "other")
    record = other / f"prodlint-{__version__}.dist-info/RECORD"
    record.write_text(record.read_text().replace("sha256=c", "sha256=d"))
    for each in sorted(other.rglob("*")):
        os.utime(each, (OLD + 500, OLD + 500))
    assert stamp(other / "prodlint") == first


@pytest.mark.parametrize("change", ["record", "edited", "grown", "more"])
def test_another_code_is_another(change: str, installed: Path) -> None:
    first = stamp(installed)
    if change == "record":
        write(installed.parent, f"prodlint-{__version__}.dist-info/RECORD", "prodlint/__init__.py,sha256=b\n", OLD + 2)
    elif change == "edited":
        write(installed, "__init__.py", "one = 2\n", OLD + 3)
    elif change == "grown":
        write(installed, "__init__.py", "one = 10\n", OLD)
    else:
        write(installed, "more.py", "", OLD)
    assert stamp(installed) != first


def test_in_a_checkout_times_tell(installed: Path) -> None:
    shutil.rmtree(installed.parent / f"prodlint-{__version__}.dist-info")
    first = stamp(installed)
    assert stamp(installed) == first
    write(installed, "__init__.py", "one = 2\n", OLD + 1)
    assert stamp(installed) != first


def test_libraries_are_told_by_their_versions() -> None:
    """The test pins the names of the distributions: what is not found by its name is told by its time, which differs."""
    said = list(stamps._outside())
    assert {each.partition("-")[0].lower() for each in said if each.endswith(".dist-info")} >= {
        "libcst", "detect_secrets", "pyyaml", "packaging", "msgspec", "sqlparse",
    }  # fmt: skip
