"""The checkouts of public applications: which there are, at which commit, and a run of prodlint over one."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

from tests.corpora.records import Record, made

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

__all__ = ["Application", "applications", "fetch", "head", "run"]


class Application(NamedTuple):
    """One table of tests/corpora.toml."""

    name: str
    repository: str
    commit: str


def applications(file: Path) -> dict[str, Application]:
    """All of them by name."""
    tables = tomllib.loads(file.read_text(encoding="utf-8"))
    return {name: Application(name, table["repository"], table["commit"]) for name, table in tables.items()}


def head(tree: Path) -> str:
    """The commit that a checkout is at; "" where that cannot be told."""
    git = tree / ".git"
    try:
        text = (git / "HEAD").read_text(encoding="ascii").strip()
        if not text.startswith("ref: "):
            return text
        name = text.removeprefix("ref: ")
        if (git / name).is_file():
            return (git / name).read_text(encoding="ascii").strip()
        packed = (git / "packed-refs").read_text(encoding="ascii").splitlines()
        return next((line.split(" ")[0] for line in packed if line.endswith(f" {name}")), "")
    except (OSError, UnicodeDecodeError):
        return ""


def fetch(application: Application, folder: Path) -> None:
    """Check one out where it is missing: its commit and nothing of its history."""
    tree = folder / application.name
    if tree.exists():
        return
    tree.mkdir(parents=True)
    for words in (
        ["init", "--quiet"],
        ["fetch", "--quiet", "--depth=1", application.repository, application.commit],
        ["checkout", "--quiet", "--detach", "FETCH_HEAD"],
    ):
        subprocess.run(["git", "-C", str(tree), *words], check=True)


def run(tree: Path, commit: str, timeout: float) -> Record:
    """The findings of all rules, by a process of its own: one application that fails takes no other along. Raises
    ValueError where it gives no report, and `subprocess.TimeoutExpired`."""
    command = [
        sys.executable,
        "-m",
        "prodlint",
        "check",
        "--no-cache",
        "--select",
        "all",
        "--format",
        "json",
        "--quiet",
    ]
    done = subprocess.run([*command, str(tree)], capture_output=True, text=True, timeout=timeout, check=False)
    try:
        report = json.loads(done.stdout)
    except ValueError:
        said = done.stderr.strip().splitlines()
        raise ValueError(f"no report: {said[-1] if said else f'exit status {done.returncode}'}") from None
    if report["errors"]:
        raise ValueError("; ".join(report["errors"]))
    return made(commit, report)
