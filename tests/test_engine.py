"""The pipeline: what is read when, what is kept, what is reported of failures."""

import os
import shutil
import sys
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import msgspec
import pytest

from prodlint import checking, config, engine, reading, rule, store
from prodlint.config import Config
from prodlint.engine import Request, load, run
from prodlint.facts import Facts, Python, Text
from prodlint.finding import Finding, Location, Severity
from prodlint.progress import Line
from prodlint.report.model import Report

RULES = rule.load()
OLD = 1_700_000_000
FAULT = "import requests\n\n\ndef rates(url):\n    return requests.get(url)\n"


@pytest.fixture(autouse=True)
def own_cache_folder(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("user-cache")))
    monkeypatch.delenv("PRODLINT_DEBUG", raising=False)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    (tmp_path / ".git").mkdir()
    write(tmp_path, "pyproject.toml", "")
    write(tmp_path, "app/main.py", FAULT)
    write(tmp_path, "app/other.py", FAULT)
    write(tmp_path, "compose.yml", "services: {}\n")
    return tmp_path


def write(root: Path, path: str, text: str, when: float = OLD) -> None:
    file = root / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    os.utime(file, (when, when))


def request(root: Path, *paths: str, **more: Any) -> Request:
    return Request(
        **{
            "paths": tuple(str(root / path) for path in paths) or (str(root),),
            "catalogue": RULES,
            "rules": ("missing-request-timeout", "unreadable-file", "unused-suppression"),
            "options": config.options(Config(), RULES),
            "today": date(2026, 5, 4),
            **more,
        }
    )


def lines(report: Report) -> list[str]:
    return [
        f"{each.finding.location.path}:{each.finding.location.place >> 42} {each.finding.rule}"
        for each in report.findings
    ]


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The paths that are read, as opposed to taken from the cache."""
    paths: list[str] = []
    original = reading._read

    def spy(task: reading.Task, data: Any) -> reading.Reading:
        paths.append(task.path)
        return original(task, data)

    monkeypatch.setattr(reading, "_read", spy)
    yield paths


# --- Reading and keeping ----------------------------------------------------------------------------------------------


def test_only_what_changed_is_read_again(tree: Path, read: list[str]) -> None:
    both = ["app/main.py:5 missing-request-timeout", "app/other.py:5 missing-request-timeout"]
    assert lines(run(request(tree))) == both
    assert sorted(read) == ["app/main.py", "app/other.py", "compose.yml", "pyproject.toml"]
    read.clear()
    write(tree, "app/other.py", FAULT.replace("(url)\n", "(url, timeout=1)\n"), OLD + 5)
    assert lines(run(request(tree))) == both[:1]
    assert read == ["app/other.py"]


def test_a_touched_file_is_not_parsed_again(tree: Path, read: list[str]) -> None:
    run(request(tree))
    read.clear()
    write(tree, "app/other.py", FAULT, OLD + 5)
    assert len(run(request(tree)).findings) == 2
    write(tree, "app/other.py", FAULT, OLD + 5)
    assert len(run(request(tree)).findings) == 2 and read == []


def test_a_file_changed_just_now_is_not_trusted_by_its_time(tree: Path) -> None:
    now = time.time()
    write(tree, "app/main.py", FAULT, now)
    assert len(run(request(tree)).findings) == 2
    # The same size, the same time, the same inode: only its content tells.
    with open(tree / "app/main.py", "r+") as file:
        file.write(FAULT.replace("requests.get", "requests.xxx"))
    os.utime(tree / "app/main.py", (now, now))
    assert lines(run(request(tree))) == ["app/other.py:5 missing-request-timeout"]


def test_the_memo_spares_checks(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = run(request(tree))
    monkeypatch.setattr(engine, "_check", lambda *_: pytest.fail("the checks ran again"))
    assert run(request(tree)) == first


@pytest.mark.parametrize(
    "more",
    [
        {"rules": ("unreadable-file",)},
        {"severities": {"missing-request-timeout": Severity.NOTE}},
        {"per_file_ignores": (("main.py", ("missing-request-timeout",)),)},
        {"exclude": ("other.py",)},
        {"options": {"project": {"public-routes": ("GET /",)}}},
    ],
)
def test_another_request_is_another_memo(more: dict[str, Any], tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run(request(tree))
    checked: list[int] = []
    original = engine._check
    monkeypatch.setattr(engine, "_check", lambda *given: checked.append(1) or original(*given))
    run(request(tree, **more))
    assert checked == [1]


def test_a_poisoned_memo_and_poisoned_facts_are_read_again(tree: Path) -> None:
    import sqlite3

    first = run(request(tree))
    wrong = msgspec.msgpack.encode(Facts(Text()))
    docker = msgspec.msgpack.encode(["dockerfile", []])
    for memo, facts in (
        (b"\xc1", b"\xc1"),
        (msgspec.msgpack.encode([1, 2]), b"\x91" * 100_000),
        (b"", docker),
        (b"", wrong[:-1]),
    ):
        with sqlite3.connect(tree / ".prodlint_cache/facts.sqlite") as connection:
            connection.execute("UPDATE memo SET report = ?", (memo,))
            connection.execute("UPDATE facts SET facts = ?", (facts,))
        connection.close()
        assert run(request(tree)) == first


def test_without_a_cache_nothing_is_written(tree: Path) -> None:
    assert len(run(request(tree, use_cache=False)).findings) == 2
    assert not (tree / ".prodlint_cache").exists()


def test_workers_read_as_this_process_does(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(30):
        write(tree, f"app/m{number}.py", FAULT * (number % 4 + 1))
    alone = run(request(tree, use_cache=False))
    monkeypatch.setattr(reading, "IN_PROCESS", 0)
    assert run(request(tree, use_cache=False, jobs=3)) == alone
    assert len(alone.findings) > 30


def test_a_worker_that_dies_costs_its_file_and_no_other(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(9):
        write(tree, f"app/m{number}.py", FAULT)
    original = reading.read

    def deadly(kind: str, path: str, data: bytes) -> Facts:
        if path in ("app/m3.py", "app/m7.py"):
            os._exit(9)
        return original(kind, path, data)

    monkeypatch.setattr(reading, "read", deadly)
    monkeypatch.setattr(reading, "IN_PROCESS", 0)
    report = run(request(tree, jobs=2))
    problems = [each for each in report.findings if each.finding.rule == "unreadable-file"]
    assert [(each.finding.location.path, each.finding.fields["problem"]) for each in problems] == [
        ("app/m3.py", "crashes the parser"),
        ("app/m7.py", "crashes the parser"),
    ]
    assert len(report.findings) - len(problems) == 9 and report.errors == ()


def test_a_worker_that_hangs_is_ended(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    original = reading.read
    monkeypatch.setattr(
        reading,
        "read",
        lambda kind, path, data: time.sleep(60) if path == "app/main.py" else original(kind, path, data),
    )
    monkeypatch.setattr(reading, "IN_PROCESS", 0)
    monkeypatch.setattr(reading, "PATIENCE", 3.0)
    report = run(request(tree, jobs=1))
    assert [each.message for each in report.findings if each.finding.rule == "unreadable-file"] == [
        "the file takes longer than 3 seconds to read, so nothing in it was checked"
    ]
    assert "app/other.py:5 missing-request-timeout" in lines(report)


def test_a_reader_that_fails_is_a_problem_of_its_file(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import prodlint.readers.yaml as yaml_reader

    monkeypatch.setattr(yaml_reader, "read", lambda path, text: 1 / 0)
    report = run(request(tree))
    assert "compose.yml:1 unreadable-file" in lines(report) and report.errors == ()
    assert "ZeroDivisionError" in next(
        each.message for each in report.findings if "compose" in each.finding.location.path
    )


# --- Checks -----------------------------------------------------------------------------------------------------------


def test_a_check_that_fails_is_named_and_the_others_go_on(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from prodlint.checks.analysis import unreadable_file

    monkeypatch.setattr(unreadable_file, "check", lambda project: {}["secret of the tree"])
    report = run(request(tree))
    assert len(report.findings) == 2 and "unreadable-file" not in report.rules
    (error,) = report.errors
    assert error.startswith("The check of the rule `unreadable-file` failed with KeyError at test_engine.py:")
    assert "secret" not in error
    assert report.exit_status(Severity.ERROR) == 2
    assert run(request(tree)).errors == report.errors
    monkeypatch.setenv("PRODLINT_DEBUG", "1")
    with pytest.raises(KeyError):
        run(request(tree))


def test_a_match_that_fails_is_named(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from prodlint import match

    original = match.check

    def failing(project: Any, rules: Any) -> Iterator[Any]:
        if any(each.name == "broken-match" for each in rules):
            raise ValueError
        yield from original(project, rules)

    monkeypatch.setattr(match, "check", failing)
    broken = msgspec.structs.replace(RULES["missing-request-timeout"], name="broken-match")
    catalogue = {**RULES, "broken-match": broken}
    report = run(request(tree, catalogue=catalogue, rules=("missing-request-timeout", "broken-match")))
    assert len(report.findings) == 2 and report.rules == ("missing-request-timeout",)
    assert "`broken-match` failed with ValueError" in report.errors[0]


def test_a_finding_that_does_not_fit_its_message_is_an_error(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from prodlint.checks.analysis import unreadable_file

    monkeypatch.setattr(unreadable_file, "check", lambda project: [Finding(Location("app/main.py", 1 << 42), "x")])
    assert run(request(tree)).exit_status(Severity.ERROR) == 2


# --- What is reported -------------------------------------------------------------------------------------------------


def test_a_file_filters_what_is_reported(tree: Path) -> None:
    assert lines(run(request(tree, "app/other.py"))) == ["app/other.py:5 missing-request-timeout"]
    assert len(run(request(tree, "app")).findings) == 2


def test_patterns_of_a_configuration_below_the_root(tree: Path) -> None:
    write(tree, "main.py", FAULT)
    ignores = (("main.py", ("missing-request-timeout",)),)
    here = run(request(tree, per_file_ignores=ignores, folder=str(tree / "app")))
    assert [each.finding.location.path for each in here.findings if each.suppression] == ["app/main.py"]
    assert len(here.findings) == 3


def test_broken_test_data_is_a_note(tree: Path) -> None:
    write(tree, "tests/data/broken.py", "def (\n")
    write(tree, "app/broken.py", "def (\n")
    severities = {
        each.finding.location.path: each.severity
        for each in run(request(tree)).findings
        if "broken" in each.finding.location.path
    }
    assert severities == {"app/broken.py": Severity.WARNING, "tests/data/broken.py": Severity.NOTE}


def test_what_is_not_there(tree: Path) -> None:
    report = run(request(tree, "app", "nowhere"))
    assert len(report.findings) == 2 and report.exit_status(Severity.ERROR) == 2
    assert "nowhere` cannot be looked at" in report.errors[0]


def test_no_application_is_said_to_be_none(tree: Path) -> None:
    assert run(request(tree)).notices == (
        "No route of a web application was found, so nothing is said about its routes.",
    )
    write(tree, "app/api.py", "from fastapi import FastAPI\n\napp = FastAPI()\n\n\n@app.get('/')\ndef index(): ...\n")
    report = run(request(tree))
    assert (report.notices, report.errors) == ((), ())
    assert [(count.noun, count.number, count.unknown) for count in report.counts] == [("file", 5, 0), ("route", 1, 0)]


def test_the_model_alone(tree: Path) -> None:
    project = load(request(tree))
    assert isinstance(project.facts("app/main.py").content, Python)
    assert list(project.mentioning("rates")) == ["app/main.py", "app/other.py"]
    assert list(project.mentioning("nothing_of_the_kind")) == []
    assert list(load(request(tree)).mentioning("requests")) == ["app/main.py", "app/other.py"]


def test_marks_are_known_without_decoding(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tree, "app/quiet.py", "import os  # prodlint: ignore[missing-index] because\n")
    write(tree, "app/broken.py", "def (\n")
    load(request(tree))
    project = load(request(tree))
    monkeypatch.setattr(store, "_DECODER", None)
    assert list(project.marked("pragmas")) == ["app/quiet.py"]
    assert list(project.marked("problem")) == ["app/broken.py"]
    assert list(project.marked("secrets")) == []


def test_progress_is_shown_after_a_second(capsys: pytest.CaptureFixture[str]) -> None:
    now = [0.0]
    line = Line(10, True, lambda: now[0])
    line.advance()
    assert line._shown is None
    now[0] = 1.5
    line.advance()
    assert line._shown is not None
    line.close()
    silent = Line(10, False, lambda: 1e9)
    silent.advance()
    assert silent._shown is None and capsys.readouterr().out == ""


def bookshop(root: Path, monkeypatch: pytest.MonkeyPatch, jobs: int) -> Report:
    """The report of the rules that are on, where every tree counts as large."""
    monkeypatch.setattr(checking, "LARGE", 0)
    names = tuple(name for name, each in RULES.items() if each.default)
    return run(request(root, rules=names, jobs=jobs, use_cache=jobs > 2))


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    root = tmp_path / "bookshop"
    shutil.copytree(Path(__file__).parent / "projects" / "bookshop", root)
    (root / ".git").mkdir()
    return root


def test_a_second_process_says_what_this_one_would(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    forked: list[object] = []
    begin = checking._Beside.__enter__

    def noted(beside: Any) -> Any:
        forked.append(beside)
        return begin(beside)

    monkeypatch.setattr(checking._Beside, "__enter__", noted)
    alone = bookshop(shop, monkeypatch, 1)
    assert not forked
    assert {RULES[each.finding.rule].category for each in alone.findings} >= {"database", "auth"}
    assert bookshop(shop, monkeypatch, 2) == alone
    assert bookshop(shop, monkeypatch, 3) == alone
    assert len(forked) == (2 if sys.platform == "linux" else 0)


def test_the_work_of_a_second_process_that_dies_is_done_here(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    alone = bookshop(shop, monkeypatch, 1)
    monkeypatch.setattr(checking._Beside, "_run", lambda beside, connection: os._exit(1))
    assert bookshop(shop, monkeypatch, 2) == alone


def test_a_second_process_that_fails_says_nothing(
    shop: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def failing(of: store.Store) -> None:
        raise OSError

    alone = bookshop(shop, monkeypatch, 1)
    monkeypatch.setattr(store.Store, "reopen", failing)
    assert bookshop(shop, monkeypatch, 2) == alone
    assert capfd.readouterr().err == ""


def test_facts_that_this_process_cannot_decode_are_a_matter_of_who_asks(
    tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Reading goes on: what is wrong with one file is said where it is asked for."""
    original = store._DECODER
    calls: list[int] = []

    class Decoder:
        def decode(self, encoded: bytes) -> Facts:
            calls.append(1)
            if len(calls) == 1:
                raise RecursionError
            return original.decode(encoded)

    monkeypatch.setattr(store, "_DECODER", Decoder())
    assert len(run(request(tree)).findings) == 2


def test_trees_without_python_need_no_parser(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "IN_PROCESS", 0)
    tasks = [(4, reading.Task(str(tree / "compose.yml"), "compose.yml", "yaml"))] * 3
    workers = reading._Workers(2, tasks)
    assert not workers.needs_parser and len(list(workers.run())) == 3 and workers.early is None
    workers = reading._Workers(2, [*tasks, (9, reading.Task(str(tree / "app/main.py"), "app/main.py", "python"))])
    assert workers.needs_parser and len(list(workers.run())) == 4
