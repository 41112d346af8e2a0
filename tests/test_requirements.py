"""Lock files against manifests, base images, advisories."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest
from click.testing import CliRunner
from packaging.version import Version

from prodlint import advisories
from prodlint.cli import command, run
from prodlint.project.requirements.staleness import specifier_of
from prodlint.project.requirements.vulnerabilities import Bound


@pytest.mark.parametrize(
    ("text", "inside", "outside"),
    [
        # https://python-poetry.org/docs/dependency-specification/
        ("^1.2.3", ["1.2.3", "1.9"], ["1.2.2", "2.0"]),
        ("^0.2.3", ["0.2.3", "0.2.9"], ["0.3.0"]),
        ("^0.0.3", ["0.0.3"], ["0.0.4"]),
        ("^0.0", ["0.0.9"], ["0.1"]),
        ("^1", ["1.0", "1.9"], ["2.0"]),
        ("~1.2.3", ["1.2.3", "1.2.9"], ["1.3"]),
        ("~1.2", ["1.2.0", "1.2.9"], ["1.3"]),
        ("~1", ["1.0", "1.9"], ["2.0"]),
        ("~=1.4.2", ["1.4.9"], ["1.5"]),
        ("1.2.*", ["1.2.5"], ["1.3"]),
        ("1.2.3", ["1.2.3"], ["1.2.4"]),
        ("=1.2.3", ["1.2.3"], ["1.2.4"]),
        (">=1.2,<2", ["1.2"], ["2.0"]),
        (">= 1.2, != 1.3", ["1.2"], ["1.3"]),
        ("*", ["0.1"], []),
    ],
)
def test_ranges_of_poetry(text: str, inside: list[str], outside: list[str]) -> None:
    found = specifier_of(text, bare_is_exact=True)
    assert found is not None
    assert all(found.contains(Version(each)) for each in inside)
    assert not any(found.contains(Version(each)) for each in outside)


@pytest.mark.parametrize("text", ["^1 || ^2", "one", "1.2.3", "^"])
def test_what_is_no_range_is_not_judged(text: str) -> None:
    assert specifier_of(text) is None


def _osv(events: list[dict[str, str]], **more: object) -> dict[str, object]:
    ranges = [{"type": "ECOSYSTEM", "events": events}]
    return {"id": "X-1", "affected": [{"package": {"ecosystem": "PyPI", "name": "A_b"}, "ranges": ranges}], **more}


def test_events_make_spans(tmp_path: Path) -> None:
    events = [
        {"introduced": "0"},
        {"fixed": "1.2"},
        {"introduced": "2.0"},
        {"last_affected": "2.3"},
        {"introduced": "3"},
    ]
    (tmp_path / "one.json").write_text(json.dumps(_osv(events)))
    (found,) = advisories.load(str(tmp_path))
    assert found.package == "a-b"
    assert found.bounds == (Bound("0", "1.2", ""), Bound("2.0", "", "2.3"), Bound("3", "", ""))


def test_a_zip_is_read(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        archive.writestr("X-1.json", json.dumps(_osv([{"introduced": "0"}])))
        archive.writestr("README", "no advisory")
    assert [each.id for each in advisories.load(str(tmp_path / "all.zip"))] == ["X-1"]


@pytest.mark.parametrize("content", [b"{", b"[]x", b"\xff\xfe", b'{"affected": []}', b"[" * 100_000, b'{"id": 3}'])
def test_what_is_no_export_is_said_in_a_sentence(
    content: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "osv.json").write_bytes(content)
    (tmp_path / "requirements.txt").write_text("fastapi==0.115.6\n")
    assert run(["check", "--no-cache", "--advisories", str(tmp_path / "osv.json"), str(tmp_path)]) == 2
    assert "are not in the OSV format." in capsys.readouterr().err


def test_missing_and_unreadable_exports(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["check", "--no-cache", "--advisories", str(tmp_path / "none.json"), str(tmp_path)]) == 2
    assert "none.json cannot be read: " in capsys.readouterr().err
    (tmp_path / "bad.zip").write_bytes(b"no zip")
    assert run(["check", "--no-cache", "--advisories", str(tmp_path / "bad.zip"), str(tmp_path)]) == 2


def test_the_configuration_names_an_export_inside_the_repository_only(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[tool.prodlint]\nadvisories = "../osv.json"\n')
    result = CliRunner().invoke(command, ["check", str(tmp_path)])
    assert "outside the repository" in str(result.exception)


def test_a_kept_report_is_not_used_for_other_advisories(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text("from fastapi import FastAPI\n\napp = FastAPI()\n")
    (tmp_path / "requirements.txt").write_text("a-b==1.0\n")
    export = tmp_path / "osv.json"
    found = []
    for end in ("2.0", "0.5"):
        export.write_text(json.dumps(_osv([{"introduced": "0"}, {"fixed": end}], summary=end)))
        arguments = [
            "check",
            "--quiet",
            "--select",
            "vulnerable-dependency",
            "--advisories",
            str(export),
            str(tmp_path),
        ]
        found.append(CliRunner().invoke(command, arguments).output.count("X-1"))
    assert found == [1, 0]
