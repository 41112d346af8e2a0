"""The report as text: one greppable line a finding, or, for a terminal, grouped by file with code and evidence."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import groupby
from typing import TYPE_CHECKING

from msgspec.structs import replace

from prodlint.facts import span
from prodlint.finding import Finding, Location, Severity, Step, Undecided
from prodlint.report.model import Report, Reported
from prodlint.report.printable import clean_path, columns_of, cut, printable
from prodlint.report.summary import summary

if TYPE_CHECKING:
    from prodlint.rule import Rule

__all__ = ["colored", "render", "seen_from"]

BOLD, DIM, RED, YELLOW, CYAN = "1", "2", "1;31", "1;33", "1;36"
COLORS = {Severity.ERROR: RED, Severity.WARNING: YELLOW, Severity.NOTE: CYAN}
NO_WIDTH = 0
Paint = Callable[[str, str], str]


def colored(choice: str, terminal: bool, environment: Mapping[str, str]) -> bool:
    """Whether to colour: `choice` is `--color` ("always", "never" or "auto"); for "auto", NO_COLOR and FORCE_COLOR
    decide where they are set and not empty (https://no-color.org, https://force-color.org), else whether the output
    is a terminal that understands it."""
    if choice != "auto":
        return choice == "always"
    if environment.get("NO_COLOR"):
        return False
    if environment.get("FORCE_COLOR"):
        return environment["FORCE_COLOR"] not in ("0", "false")
    return terminal and environment.get("TERM") != "dumb"


def render(
    report: Report,
    rules: Mapping[str, Rule],
    *,
    terminal: bool = False,
    color: bool = False,
    width: int = NO_WIDTH,
    show_unknown: bool = False,
    statistics: bool = False,
    quiet: bool = False,
) -> str:
    """The report as text that ends with a line end, or "" when `quiet` leaves nothing.

    `terminal` groups by file and shows code and evidence, `width` columns wide (0: as wide as it gets); `color` adds
    ANSI colours; `show_unknown` lists what could not be decided, `statistics` counts findings by rule; `quiet` leaves
    only findings and errors. Suppressed findings are counted and not shown.
    """
    visible = [each for each in report.findings if each.suppression is None]
    paint = _paint if color else _plain
    blocks: list[Iterable[str]] = [_grouped(visible, paint, width) if terminal else _lines(visible, paint)]
    if show_unknown:
        blocks.append(_unknown(undecided, paint) for undecided in report.undecided)
    if statistics:
        blocks.append(_statistics(visible, rules))
    if not quiet:
        blocks.append(_closing(report, rules, bool(visible) and terminal, not show_unknown))
    blocks.append(f"{paint('error', RED)}: {printable(error)}" for error in report.errors)
    texts = [text for text in ("\n".join(block) for block in blocks) if text]
    return ("\n\n" if terminal else "\n").join(texts) + "\n" if texts else ""


def _closing(report: Report, rules: Mapping[str, Rule], explain: bool, hint: bool) -> Iterator[str]:
    yield from map(printable, summary(report, rules))
    yield from map(printable, report.notices)
    if hint and report.undecided:
        yield "`--show-unknown` lists what was not evaluated."
    if explain:
        yield "`prodlint explain RULE` tells why a rule matters and what to do."


def _lines(findings: list[Reported], paint: Paint) -> Iterator[str]:
    for each in findings:
        severity = paint(each.severity.value, COLORS[each.severity])
        rule = each.finding.rule
        yield f"{_position(each.finding.location)}: {severity} {printable(rule)} {printable(each.message)}"


def _unknown(undecided: Undecided, paint: Paint) -> str:
    what = printable(f"{undecided.rule} {undecided.subject}: {undecided.reason}")
    return f"{_position(undecided.location)}: {paint('unknown', DIM)} {what}"


def _statistics(findings: list[Reported], rules: Mapping[str, Rule]) -> Iterator[str]:
    tally = Counter(each.finding.rule for each in findings)
    rows = sorted(tally.items(), key=lambda item: (-item[1], item[0]))
    longest = max((len(rule) for rule, _ in rows), default=0)
    digits = len(str(rows[0][1])) if rows else 0
    for rule, number in rows:
        title = rules[rule].title if rule in rules else ""
        yield f"{number:>{digits}}  {rule:<{longest}}  {printable(title)}".rstrip()


# --- For a terminal ---------------------------------------------------------------------------------------------------


def _grouped(findings: list[Reported], paint: Paint, width: int) -> Iterator[str]:
    for number, (path, group) in enumerate(groupby(findings, key=lambda each: each.finding.location.path)):
        if number:
            yield ""
        yield paint(clean_path(path), BOLD)
        for each in group:
            place = span(each.finding.location.place)
            severity = paint(each.severity.value, COLORS[each.severity])
            rule = paint(printable(each.finding.rule), BOLD)
            yield f"  {place.line}:{place.column + 1} {severity} {rule} {printable(each.message)}"
            yield from _frame(each, paint, width)
            for step in each.finding.steps:
                yield f"      {paint(_position(step.location), DIM)}: {printable(step.message)}"


def _frame(reported: Reported, paint: Paint, width: int) -> Iterator[str]:
    """The lines of code, those of the finding marked with `>`, its part of the first one underlined."""
    place = span(reported.finding.location.place)
    digits = max((len(str(line.number)) for line in reported.frame), default=0)
    room = max(width - digits - 9, 20) if width else NO_WIDTH
    for line in reported.frame:
        marked = place.line <= line.number <= place.end_line
        number = f"{line.number:>{digits}}"
        text = printable(line.text)
        margin = f"    {paint('>', COLORS[reported.severity]) if marked else ' '} {paint(number + ' |', DIM)}"
        yield f"{margin} {cut(text, room)}".rstrip()
        if line.number != place.line:
            continue
        end = place.end_column if place.end_line == place.line else len(line.text)
        start = columns_of(printable(line.text[: place.column]))
        size = columns_of(printable(line.text[place.column : end])) or 1
        # Where the line was cut off before the finding, there is nothing to underline.
        if place.column < max(len(line.text), 1) and (not room or start + size <= room):
            carets = paint("^" * size, COLORS[reported.severity])
            yield f"      {' ' * digits} {paint('|', DIM)} {' ' * start}{carets}"


def seen_from(report: Report, folder: str) -> Report:
    """The report with its paths relative to a folder, so that a terminal or editor opened there can follow them."""

    def moved(location: Location) -> Location:
        path = os.path.relpath(os.path.join(report.root, location.path), folder)
        return Location(path.replace(os.sep, "/"), location.place)

    def finding(found: Finding) -> Finding:
        steps = tuple(Step(step.message, moved(step.location)) for step in found.steps)
        return replace(found, location=moved(found.location), steps=steps)

    if not report.root or os.path.realpath(folder) == os.path.realpath(report.root):
        return report
    return replace(
        report,
        findings=tuple(replace(each, finding=finding(each.finding)) for each in report.findings),
        undecided=tuple(replace(each, location=moved(each.location)) for each in report.undecided),
    )


def _position(location: Location) -> str:
    place = span(location.place)
    return f"{clean_path(location.path)}:{max(place.line, 1)}:{place.column + 1}"


def _paint(text: str, code: str) -> str:
    return f"\x1b[{code}m{text}\x1b[0m"


def _plain(text: str, code: str) -> str:
    return text
