"""Runs every example of every page: each marked line must give what its mark says, every other line nothing."""

from collections import Counter
from datetime import date
from pathlib import Path
from string import Formatter

import pytest

from prodlint import config, rule
from prodlint.config import Config
from prodlint.engine import Request, run
from prodlint.examples import Example, Mark, examples
from prodlint.facts import span
from prodlint.finding import Location, Severity

RULES = rule.load()
CASES = [(name, each) for name in sorted(RULES) for each in examples(RULES[name].sections["Examples"])]


@pytest.mark.parametrize(("name", "example"), CASES, ids=[f"{name}: {each.title}" for name, each in CASES])
def test_example(name: str, example: Example, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PRODLINT_DEBUG", "1")
    write(example, tmp_path)
    report = run(
        Request(
            paths=(str(tmp_path),),
            catalogue=RULES,
            # Whether a comment hides anything can only be told when the rule that it names runs.
            rules=tuple(RULES) if name == "unused-suppression" else (name,),
            options=config.options(Config(), RULES),
            # `osv.json` beside the example's files is what `--advisories` would name.
            advisories=str(tmp_path / "osv.json") if "osv.json" in example.files else "",
            jobs=1,
            use_cache=False,
            today=date(2026, 5, 4),
        )
    )
    assert report.errors == ()
    visible = [each for each in report.findings if each.suppression is None and each.finding.rule == name]
    found = Counter(mark(each.finding.location, kind(each.finding.severity)) for each in visible)
    found.update(mark(each.location, "unknown") for each in report.undecided if each.rule == name)
    expected = Counter({Mark(each.path, each.line, each.kind): each.count for each in example.marks})
    assert found == expected
    holes = [f"{{{hole}}}" for _, hole, _, _ in Formatter().parse(RULES[name].message) if hole]
    assert not any(hole in each.message for each in visible for hole in holes), "a hole of the message was not filled"


def write(example: Example, folder: Path) -> None:
    for name, text in example.files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def kind(severity: Severity | None) -> str:
    """The mark of a finding: its severity where that is lower than the rule's own, else "error"."""
    return severity.value if severity in (Severity.NOTE, Severity.WARNING) else "error"


def mark(location: Location, kind: str) -> Mark:
    return Mark(location.path, span(location.place).line, kind)
