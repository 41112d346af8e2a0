"""Ignore comments and per-file ignores: which findings are hidden, and which comments hide nothing.

`# prodlint: ignore[rule-a, rule-b] reason` hides findings of the named rules on its line; standing alone it speaks of
the next line of code. `until=2027-01-31` ends it after that day. What obliges nobody is itself a finding of the rule
`unused-suppression`, so that the comments that are left all mean something.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import date

from prodlint.facts import Pragma, Python, span
from prodlint.finding import Finding, Location, Undecided
from prodlint.pattern import file_matches
from prodlint.report.model import Suppression
from prodlint.rule import nearest

__all__ = ["apply", "definitions"]

UNUSED = "unused-suppression"

Lines = Callable[[str], Mapping[int, int]]


def definitions(content: object) -> dict[int, int]:
    """For each line from the first decorator of a function or class up to its `def` or `class`: the line of the latter.
    `content` is that of a file's facts; other formats give nothing."""
    lines: dict[int, int] = {}
    if isinstance(content, Python):
        for scope in content.scopes:
            if scope.decorators:
                last = span(scope.place).line
                first = min(span(each.place).line for each in scope.decorators)
                lines.update(dict.fromkeys(range(first, last), last))
    return lines


def apply(
    findings: Sequence[Finding],
    pragmas: Mapping[str, tuple[Pragma, ...]],
    per_file_ignores: Sequence[tuple[str, Collection[str]]],
    today: date,
    known_rules: Mapping[str, str],
    active_rules: Collection[str],
    lines: Lines = lambda path: {},
    undecided: Sequence[Undecided] = (),
) -> list[tuple[Finding, Suppression | None]]:
    """All findings, those of `unused-suppression` included, each with why it is hidden or None.

    `pragmas` holds the ignore comments by path, `per_file_ignores` patterns of paths with names of rules; `known_rules`
    maps every name and alias of a rule to its name; `active_rules` ran in this run: a comment that names another one
    is not called unused. `lines` gives a path's `definitions`. `undecided` things keep a comment from being unused.
    """
    used: set[tuple[str, int, str]] = set()
    table: dict[tuple[str, int, str], tuple[int, Pragma]] = {}
    folded = {path: lines(path) for path in pragmas}
    for path, comments in pragmas.items():
        for number, pragma in enumerate(comments):
            if not pragma.problem and not _expired(pragma, today):
                line = folded[path].get(pragma.line, pragma.line)
                for name in pragma.rules:
                    table.setdefault((path, line, known_rules.get(name, name)), (number, pragma))

    def hide(rule: str, location: Location) -> Pragma | None:
        """The comment that speaks of a rule at a place; it counts as used."""
        for line in _lines_of(location, folded):
            found = table.get((location.path, line, rule))
            if found:
                used.add((location.path, line, rule))
                return found[1]
        return None

    for each in undecided:
        hide(each.rule, each.location)
    result: list[tuple[Finding, Suppression | None]] = []
    for finding in findings:
        comment = hide(finding.rule, finding.location)
        result.append((finding, _suppression(finding, comment, per_file_ignores)))
    if UNUSED in active_rules:
        for path in sorted(pragmas):
            for finding in _unused(path, pragmas[path], folded[path], used, today, known_rules, active_rules):
                comment = hide(UNUSED, finding.location)
                result.append((finding, _suppression(finding, comment, per_file_ignores)))
    return result


def _lines_of(location: Location, folded: Mapping[str, Mapping[int, int]]) -> tuple[int, ...]:
    """The lines on which a comment speaks of a place: its first and its last, a decorator's being that of its `def`."""
    if location.path not in folded:
        return ()
    place = span(location.place)
    known = folded[location.path]
    return tuple(dict.fromkeys((known.get(place.line, place.line), known.get(place.end_line, place.end_line))))


def _suppression(
    finding: Finding, comment: Pragma | None, per_file_ignores: Sequence[tuple[str, Collection[str]]]
) -> Suppression | None:
    if comment:
        return Suppression("comment", comment.reason)
    for pattern, rules in per_file_ignores:
        if finding.rule in rules and file_matches(pattern, finding.location.path):
            return Suppression("per-file-ignore", f"per-file-ignores for `{pattern}`")
    return None


def _expired(pragma: Pragma, today: date) -> bool:
    # The reader has said whether the date is one; ISO dates sort as text.
    return bool(pragma.until) and pragma.until < today.isoformat()


def _unused(
    path: str,
    pragmas: Sequence[Pragma],
    lines: Mapping[int, int],
    used: Collection[tuple[str, int, str]],
    today: date,
    known_rules: Mapping[str, str],
    active_rules: Collection[str],
) -> Iterator[Finding]:
    for pragma in pragmas:
        line = lines.get(pragma.line, pragma.line)
        for subject, problem in _problems(pragma, today, known_rules):
            yield _finding(path, pragma, subject, problem)
        if pragma.problem or _expired(pragma, today):
            continue
        for name in pragma.rules:
            rule = known_rules.get(name, "")
            # A comment that speaks of this very rule hides what is said of the others beside it.
            if rule in active_rules and rule != UNUSED and (path, line, rule) not in used:
                yield _finding(path, pragma, name, "it hides nothing here")


def _problems(pragma: Pragma, today: date, known_rules: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    if pragma.problem:
        yield "", pragma.problem
        return
    if _expired(pragma, today):
        yield "", f"it ended on {pragma.until}"
    for name in pragma.rules:
        if name not in known_rules:
            near = nearest(name, list(known_rules)).removeprefix("; ").removesuffix("?")
            yield name, "no rule has this name" + (f" ({near})" if near else "")


def _finding(path: str, pragma: Pragma, name: str, problem: str) -> Finding:
    subject = f"ignore[{name or ', '.join(pragma.rules)}]"
    # The path is part of the subject, for the same comment may be idle in two files.
    return Finding(
        Location(path, pragma.place), f"{path} {subject}", {"suppression": subject, "problem": problem}, rule=UNUSED
    )
