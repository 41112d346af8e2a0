"""Records of findings: they come back as they were written, hold no text of an application, and tell what changed."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from prodlint import rule
from tests.corpora.records import changes, made, parse, render
from tests.corpora.trees import applications, head

HERE = Path(__file__).parent
RECORDS = sorted((HERE / "corpora/recorded").glob("*.txt"))


def finding(name: str, path: str, subject: str, severity: str = "warning", line: int = 1) -> dict[str, Any]:
    return {
        "rule": name,
        "severity": severity,
        "subject": subject,
        "message": f"`{subject}` is open",
        "location": {"path": path, "line": line},
    }


REPORT = {
    "findings": [
        finding("missing-index", "app/my models.py", "User.name"),
        finding("missing-index", "app/my models.py", "User.mail"),
        finding("debug-mode", "app/main.py", "app", "error"),
        finding("debug-mode", "app/main.py", "app", "error"),
        {**finding("debug-mode", "app/main.py", "app"), "suppression": {"reason": "known"}},
    ],
    "undecided": [{"rule": "cors-wildcard"}],
}


def test_a_record_comes_back_and_holds_no_text() -> None:
    text = render(made("abc", REPORT))
    assert render(parse(text)) == text
    assert "User" not in text and "open" not in text
    assert list(changes(parse(text), made("abc", REPORT))) == []


def test_what_came_and_went() -> None:
    before = made("abc", REPORT)
    moved = {**REPORT["findings"][0], "location": {"path": "app/my models.py", "line": 90}}  # type: ignore[dict-item]
    milder = finding("debug-mode", "app/main.py", "app", "note", 7)
    after = made("abc", {"findings": [moved, REPORT["findings"][1], REPORT["findings"][2], milder], "undecided": []})
    told = [re.sub(r"[0-9a-f]{6}", "#", line) for _, line in changes(parse(render(before)), after)]
    assert told == [
        "+ debug-mode app/main.py:7: `app` is open",
        "- debug-mode app/main.py (e:#)",
        "? cors-wildcard 1 -> 0 undecided",
    ]


@pytest.mark.parametrize("file", RECORDS, ids=[file.stem for file in RECORDS])
def test_recorded_findings(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    record = parse(text)
    assert render(record) == text
    assert record.commit == applications(HERE / "corpora.toml")[file.stem].commit
    assert {name for name, _, _ in record.findings} <= rule.load().keys()


def test_records_are_small() -> None:
    assert sum(file.stat().st_size for file in RECORDS) < 300_000


def test_the_commit_of_a_checkout(tmp_path: Path) -> None:
    assert head(tmp_path) == ""
    git = tmp_path / ".git"
    (git / "refs/heads").mkdir(parents=True)
    (git / "HEAD").write_text("ref: refs/heads/main\n")
    (git / "packed-refs").write_text("# pack-refs\nabc refs/heads/main\n")
    assert head(tmp_path) == "abc"
    (git / "refs/heads/main").write_text("def\n")
    assert head(tmp_path) == "def"
    (git / "HEAD").write_text("0123\n")
    assert head(tmp_path) == "0123"
