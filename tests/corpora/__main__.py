"""Compares the findings on public applications with the recorded ones; pytest does not collect it.

    python -m tests.corpora FOLDER [APPLICATION ...] [--record] [--rule RULE ...] [--jobs N] [--timeout SECONDS]
    python -m tests.corpora FOLDER --fetch

FOLDER holds a checkout of each application of tests/corpora.toml, at its commit and under its name there; `--fetch`
makes those that are missing. What is not there, is at another commit, fails or takes longer than the timeout is said
and left out. All rules run, also those that are off by default. Printed are the findings that came (with their message
and place) and those that went, for each rule; open the source behind at least ten of every growth before you accept it
with `--record`. Exit status 1 when something changed, 2 when an application could not be compared.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.corpora.records import Record, changes, parse, render
from tests.corpora.trees import Application, applications, fetch, head, run

HERE = Path(__file__).parent
RECORDED = HERE / "recorded"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("applications", nargs="*")
    parser.add_argument("--record", action="store_true", help="accept what is found now")
    parser.add_argument("--rule", action="append", default=[], help="compare only this rule")
    parser.add_argument("--jobs", type=int, default=1, help="how many applications at a time")
    parser.add_argument("--timeout", type=float, default=900, help="seconds for each application")
    parser.add_argument("--fetch", action="store_true", help="make the checkouts that are missing")
    asked = parser.parse_args()
    if asked.record and asked.rule:
        parser.error("a record holds all rules: `--record` and `--rule` do not go together")
    known = applications(HERE.parent / "corpora.toml")
    unknown = set(asked.applications) - known.keys()
    if unknown:
        parser.error(f"tests/corpora.toml knows no {', '.join(sorted(unknown))}")
    wanted = [each for name, each in known.items() if not asked.applications or name in asked.applications]
    if asked.fetch:
        for each in wanted:
            fetch(each, asked.folder)
    with ThreadPoolExecutor(asked.jobs) as workers:
        answers = workers.map(lambda each: (each, _found(each, asked.folder, asked.timeout)), wanted)
        return _compare(answers, asked.rule, asked.record)


def _found(application: Application, folder: Path, timeout: float) -> Record | str:
    """What is found in an application, or why that cannot be told."""
    tree = folder / application.name
    if not tree.is_dir():
        return "not there"
    at = head(tree)
    if at != application.commit:
        return f"at commit {at[:12] or '(none)'}, not {application.commit[:12]}"
    try:
        return run(tree, application.commit, timeout)
    except subprocess.TimeoutExpired:
        return f"not done in {timeout:g} s"
    except (ValueError, OSError) as error:
        return str(error)


def _compare(answers: object, rules: list[str], record: bool) -> int:
    status = 0
    totals: Counter[str] = Counter()
    for application, answer in answers:  # type: ignore[attr-defined]
        if isinstance(answer, str):
            print(f"{application.name}: {answer}", flush=True)
            status = 2 if answer != "not there" else status
            continue
        file = RECORDED / f"{application.name}.txt"
        before = parse(file.read_text(encoding="utf-8")) if file.exists() else Record(application.commit)
        if before.commit != application.commit:
            print(f"{application.name}: recorded at commit {before.commit[:12]}, all of it is new", flush=True)
            before = Record(application.commit)
        for rule, line in changes(before, answer):
            if not rules or rule in rules:
                status = status or 1
                print(f"{application.name}: {line}", flush=True)
        totals.update(answer.totals())
        if record:
            RECORDED.mkdir(exist_ok=True)
            file.write_text(render(answer), encoding="utf-8")
    for rule, number in sorted(totals.items()):
        if not rules or rule in rules:
            print(f"{number:6} {rule}")
    return 0 if record and status == 1 else status


if __name__ == "__main__":
    sys.exit(main())
