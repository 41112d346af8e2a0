"""Whole small applications with the findings that they must give, and no others."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from prodlint.cli import command

PROJECTS = Path(__file__).parent / "projects"


@pytest.mark.parametrize("project", sorted(path.name for path in PROJECTS.iterdir() if path.is_dir()))
def test_findings(project: str, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = PROJECTS / project
    monkeypatch.chdir(folder)
    result = CliRunner().invoke(command, ["check", "--no-cache", "--quiet", "."])
    found = [line for line in result.output.splitlines() if line]
    expected = (PROJECTS / f"{project}.txt").read_text().splitlines()
    assert found == expected
