"""The sentences after the findings: how many, in which parts of the checklist, and what was looked at."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from prodlint.finding import Severity, Undecided
from prodlint.report.model import Count, Report, Reported

if TYPE_CHECKING:
    from prodlint.rule import Rule

__all__ = ["SECTIONS", "plural", "summary"]

SECTIONS = {
    "security": "Security",
    "performance": "Performance",
    "observability": "Observability",
    "deployment": "Deployment",
    "api-documentation": "API documentation",
    "testing": "Testing",
    "owasp": "OWASP",
    "reliability": "Reliability",
}
"""How the sections of the checklist are called, in the order in which they are printed."""

MAX_REASONS = 3
"""Reasons named for one kind of thing that was not evaluated."""


def summary(report: Report, rules: Mapping[str, Rule]) -> Iterator[str]:
    """The sentences, one a line. They claim nothing that the report does not hold: no findings is not "clean"."""
    visible = [each for each in report.findings if each.suppression is None]
    yield _headline(visible, len(report.findings) - len(visible))
    if visible:
        yield _sections(visible, rules)
    yield _looked_at(report)
    if not report.rules:
        yield "No rule ran."


def plural(number: int, noun: str) -> str:
    """`1 file`, `2 files`, `3 dependencies`."""
    if number == 1:
        return f"1 {noun}"
    if noun.endswith("y") and noun[-2:-1] not in "aeiou":
        return f"{number} {noun[:-1]}ies"
    return f"{number} {noun}s"


def _headline(visible: list[Reported], suppressed: int) -> str:
    hidden = f", {suppressed} suppressed" if suppressed else ""
    if not visible:
        return f"No findings{hidden}."
    tally = Counter(each.severity for each in visible)
    parts = [
        plural(tally[severity], severity.value)
        for severity in (Severity.ERROR, Severity.WARNING, Severity.NOTE)
        if tally[severity]
    ]
    return f"{plural(len(visible), 'finding')} ({', '.join(parts)}){hidden}."


def _sections(visible: list[Reported], rules: Mapping[str, Rule]) -> str:
    tally: Counter[str] = Counter()
    several = False
    for each in visible:
        rule = rules.get(each.finding.rule)
        sections = rule.checklist if rule and rule.checklist else ("",)
        several = several or len(sections) > 1
        tally.update(sections)
    parts = [f"{title} {tally[name]}" for name, title in SECTIONS.items() if tally[name]]
    if tally[""]:
        parts.append(f"none {tally['']}")
    several_note = " (a finding counts in each of its sections)" if several else ""
    return f"By section of the checklist{several_note}: {', '.join(parts)}."


def _looked_at(report: Report) -> str:
    files = next((count for count in report.counts if count.noun == "file"), Count("file", 0))
    rest = [count for count in report.counts if count.noun != "file"]
    looked = f"Looked at {plural(files.number, 'file')}" if files.number else "Looked at no files"
    if rest:
        looked += ": " + ", ".join(plural(count.number, count.noun) for count in rest)
    return "; ".join([looked, *_not_evaluated(report)]) + "."


def _not_evaluated(report: Report) -> Iterator[str]:
    """`2 routes not evaluated: reason`, for each kind of thing, most frequent reasons first."""
    unknown = {count.noun: count.unknown for count in report.counts}
    groups: dict[str, list[Undecided]] = {noun: [] for noun in unknown}
    for each in report.undecided:
        groups.setdefault(_noun(each, unknown), []).append(each)
    for noun, group in groups.items():
        things = {(each.location.path, each.subject) for each in group}
        number = max(unknown.get(noun, 0), len(things))
        if not number:
            continue
        # A rule may have missed one thing of a kind that the model holds in full, and others may have judged it.
        how = "not evaluated" if len(things) <= unknown.get(noun, 0) else "not fully evaluated"
        reasons = Counter(
            reason for _, _, reason in {(each.location.path, each.subject, each.reason) for each in group}
        )
        named = sorted(reasons.items(), key=lambda item: (-item[1], item[0]))
        texts = [reason if len(named) == 1 else f"{reason} ({times})" for reason, times in named[:MAX_REASONS]]
        if len(named) > MAX_REASONS:
            texts.append(plural(len(named) - MAX_REASONS, "other reason"))
        yield f"{plural(number, noun)} {how}" + (f": {', '.join(texts)}" if texts else "")


def _noun(undecided: Undecided, known: Mapping[str, int]) -> str:
    """The noun that a subject such as `route GET /items` begins with."""
    subject = undecided.subject
    fitting = [noun for noun in known if subject == noun or subject.startswith(f"{noun} ")]
    return max(fitting, key=len, default=subject.partition(" ")[0] or "thing")
