"""Compares the findings on public applications with the recorded ones; pytest does not collect it.

    python -m tests.corpora FOLDER [APPLICATION ...] [--record] [--rule RULE ...]

FOLDER holds a checkout of each application of tests/corpora.toml, at its commit and under its name there; what is not
there is left out. All rules run, also those that are off by default. Printed are the findings that came and went, for
each rule; open the source behind at least ten of every growth before you accept it with `--record`. Exit status 1 when
something changed.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from pathlib import Path

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

from prodlint import engine
from prodlint.asked import choose, engine_request
from prodlint.facts import span

HERE = Path(__file__).parent
RECORDED = HERE / "recorded"


def findings(folder: Path) -> list[str]:
    """`rule | severity | path | subject` of all findings of an application, sorted; unknown ones as a count a rule."""
    chosen = choose((str(folder),), None, select=("all",))
    report = engine.run(engine_request(chosen, (str(folder),), no_cache=True, jobs=0, quiet=True))
    if report.errors:
        raise SystemExit("\n".join(report.errors))
    found = [
        " | ".join((each.finding.rule, str(each.severity.value), each.finding.location.path, _subject(each.finding)))
        for each in report.findings
        if each.suppression is None
    ]
    unknown = Counter(each.rule for each in report.undecided)
    return sorted([*found, *(f"{rule} | unknown | {number}" for rule, number in unknown.items())])


def _subject(finding: object) -> str:
    """What a finding is about; its line where it is about nothing else. A secret has no subject that could tell it."""
    subject = str(getattr(finding, "subject", ""))
    return subject or f"line {span(finding.location.place).line}"  # type: ignore[attr-defined]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("applications", nargs="*")
    parser.add_argument("--record", action="store_true", help="accept what is found now")
    parser.add_argument("--rule", action="append", default=[], help="show only this rule")
    asked = parser.parse_args()
    names = asked.applications or list(tomllib.loads((HERE.parent / "corpora.toml").read_text(encoding="utf-8")))
    changed = False
    totals: Counter[str] = Counter()
    for name in names:
        if not (asked.folder / name).is_dir():
            print(f"{name}: not there")
            continue
        file = RECORDED / f"{name}.txt"
        before = Counter(file.read_text(encoding="utf-8").splitlines()) if file.exists() else Counter()
        now = Counter(findings(asked.folder / name))
        totals.update(line.partition(" | ")[0] for line in now.elements() if " | unknown | " not in line)
        for sign, lines in (("+", now - before), ("-", before - now)):
            for line in sorted(lines.elements()):
                if not asked.rule or line.partition(" | ")[0] in asked.rule:
                    changed = True
                    print(f"{sign} {name}: {line}")
        if asked.record:
            file.write_text("".join(f"{line}\n" for line in sorted(now.elements())), encoding="utf-8")
    for rule, number in sorted(totals.items()):
        if not asked.rule or rule in asked.rule:
            print(f"{number:6} {rule}")
    return 1 if changed and not asked.record else 0


if __name__ == "__main__":
    sys.exit(main())
