"""Suppression comments: `# prodlint: ignore[rule-a, rule-b] reason until=2027-01-31`."""

from __future__ import annotations

import datetime
import re

from prodlint.facts import Pragma, place_of

__all__ = ["parse", "pragmas"]

_PRAGMA = re.compile(r"(?:[#;]|--)\s*prodlint:\s*([^#]*)")
_IGNORE = re.compile(r"ignore\s*\[([^\]]*)\]\s*(.*)", re.DOTALL)
_RULE = re.compile(r"[A-Za-z0-9*]+(?:[-/][A-Za-z0-9*]+)*")
_UNTIL = re.compile(r"(?:^|\s)until=(\S*)")
_QUOTED = re.compile(r"\"(?:[^\"\\]|\\.)*\"|'[^']*'")


def parse(comment: str, place: int, line: int) -> Pragma | None:
    """The pragma that a comment (with its `#`) holds, or None where it holds none.

    `place` is where the comment stands, `line` the line of code that it is about. A comment that names prodlint and
    cannot be obeyed gives a pragma with a `problem`.
    """
    found = _PRAGMA.search(comment)
    if found is None:
        return None
    directive = found[1].strip()
    shape = _IGNORE.fullmatch(directive)
    if shape is None:
        if re.match(r"ignore\b", directive):
            problem = "the rules to ignore must be named: `ignore[rule-name] reason`"
        else:
            problem = "only `ignore[rule-name] reason` is understood"
        return Pragma((), "", place, line, problem=problem)
    names = tuple(name.strip() for name in shape[1].split(",") if name.strip())
    until, reason, problem = "", shape[2], ""
    expiry = _UNTIL.search(reason)
    if expiry is not None:
        until = expiry[1]
        reason = reason[: expiry.start()] + reason[expiry.end() :]
        if not _is_date(until):
            problem = f"`until={until}` is not a date such as `until=2027-01-31`"
    if not names:
        problem = "the rules to ignore must be named: `ignore[rule-name] reason`"
    for name in names:
        if not _RULE.fullmatch(name):
            problem = f"`{name}` is not a rule's name"
    return Pragma(names, " ".join(reason.split()), place, line, until, problem)


def _is_date(text: str) -> bool:
    try:
        datetime.date.fromisoformat(text)
    except ValueError:
        return False
    return len(text) == 10


def pragmas(text: str) -> tuple[Pragma, ...]:
    """The pragmas of a configuration file, whose comments begin with `#` (`;`, or `--` in SQL) and end with their line.

    A comment after something is about its own line, a comment alone about the next line that is neither blank nor a
    comment.
    """
    if "prodlint:" not in text:
        return ()
    lines = re.split(r"\r\n?|\n", text)
    found = []
    for index, line in enumerate(lines):
        if "prodlint:" not in line:
            continue
        blanked = _QUOTED.sub(lambda match: " " * len(match[0]), line)
        comment = re.search(r"(?:^|(?<=\s))(?:[#;]|--)\s*prodlint:", blanked) or re.match(
            r"\s*(?:[#;]|--).*prodlint:", line
        )
        if comment is None:
            continue
        start = comment.start() + len(comment[0]) - len(comment[0].lstrip())
        about = index
        if not line[:start].strip() or line[:start].lstrip().startswith(("#", ";", "--")):
            about = _next_code(lines, index)
        place = place_of(index + 1, start, index + 1, len(line))
        pragma = parse(line[start:], place, about + 1)
        if pragma is not None:
            found.append(pragma)
    return tuple(found)


def _next_code(lines: list[str], index: int) -> int:
    """Index of the next line that holds more than a comment; `index` itself where none does."""
    for following in range(index + 1, len(lines)):
        stripped = lines[following].strip()
        if stripped and not stripped.startswith(("#", ";", "--")):
            return following
    return index
