"""A report on files of which some were edited so that what stands in them only went to other lines."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from msgspec.structs import replace

from prodlint.facts import Secret
from prodlint.facts.moves import moved
from prodlint.finding import Finding, Location, Step
from prodlint.report.assemble import assemble, order
from prodlint.report.model import Report, Reported
from prodlint.rule import Rule

__all__ = ["MovedError", "on_other_lines"]

Lines = Mapping[str, dict[int, int]]


class MovedError(ValueError):
    """Something that a report names stands where nothing tells to which line it went."""


def on_other_lines(
    report: Report, lines: Lines, secrets: Mapping[str, tuple[Secret, ...]], rules: Mapping[str, Rule]
) -> Report:
    """`report` with the places in the files that `lines` names moved from line to line, as `facts.moves` gives them.
    The code frames of these files are made anew; `secrets` are theirs. Raises `MovedError`."""
    inside: dict[str, list[Reported]] = {path: [] for path in lines}
    findings: list[Reported] = []
    for each in report.findings:
        if each.finding.location.path in inside:
            inside[each.finding.location.path].append(each)
        else:
            findings.append(replace(each, finding=_finding(each.finding, lines)))
    for several in inside.values():
        findings += _anew(report.root, several, lines, secrets, rules)
    undecided = [replace(each, location=_location(each.location, lines)) for each in report.undecided]
    return replace(
        report,
        findings=tuple(sorted(findings, key=lambda each: order(each.finding))),
        undecided=tuple(sorted(undecided, key=lambda each: (each.location, each.rule, each.subject, each.reason))),
    )


def _anew(
    root: str,
    several: Sequence[Reported],
    lines: Lines,
    secrets: Mapping[str, tuple[Secret, ...]],
    rules: Mapping[str, Rule],
) -> Iterator[Reported]:
    """The findings of one file that was edited."""
    pairs = [(_finding(each.finding, lines), each.suppression) for each in several]
    for old, new in zip(several, assemble(root, pairs, rules, secrets), strict=True):
        if (old.finding.rule, old.finding.subject) != (new.finding.rule, new.finding.subject):
            raise MovedError(old.finding.location.path)
        # With a subject a fingerprint counts the findings of all files; without one it is about the text of the line.
        fingerprint = old.fingerprint if old.finding.subject else new.fingerprint
        yield replace(old, finding=new.finding, frame=new.frame, fingerprint=fingerprint)


def _finding(finding: Finding, lines: Lines) -> Finding:
    if finding.location.path not in lines and all(each.location.path not in lines for each in finding.steps):
        return finding
    return replace(
        finding,
        location=_location(finding.location, lines),
        steps=tuple(Step(each.message, _location(each.location, lines)) for each in finding.steps),
    )


def _location(location: Location, lines: Lines) -> Location:
    went = lines.get(location.path)
    if went is None:
        return location
    place = moved(location.place, went)
    if place is None:
        raise MovedError(location.path)
    return Location(location.path, place)
