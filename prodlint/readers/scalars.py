"""What the readers of configuration files share: places from offsets, and strings that may be secrets."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable
from functools import cache
from typing import Any

from prodlint.facts import Constant, Secret, place_of, span

__all__ = ["Lines", "assignment", "capitals", "constant", "is_assignment", "named_in_comments"]

_BREAK = re.compile(r"\r\n?|\n")
_DEFAULTED = re.compile(r"\$\{([A-Za-z_]\w*):?-([^${}]+)\}")
_CAPITALS = re.compile(r"(?<![A-Za-z0-9_])[A-Z][A-Z0-9_]{2,60}(?![A-Za-z0-9_])")
_COMMENTED = re.compile(r"(?<!\S)[#;].*")
_NAMED = re.compile(r"(?:^|(?<=[\s#;(`$\{-]))(?:[A-Z][A-Z0-9]*_[A-Z0-9_]+(?![A-Za-z0-9])|[A-Z][A-Z0-9]{2,}(?=\s*[=:]))")
_MOST_TEXT = 400_000
_ASSIGNMENT = re.compile(r"([A-Za-z_][A-Za-z0-9_.-]*)=(.*)", re.DOTALL)


class Lines:
    """The lines of a text: turns offsets into places. Lines end at LF, CRLF or CR, as in editors."""

    def __init__(self, text: str) -> None:
        self.starts = [0]
        self.starts.extend(match.end() for match in _BREAK.finditer(text))
        self.length = len(text)

    @property
    def count(self) -> int:
        """How many lines the text has; an empty text has none."""
        return len(self.starts) - (self.starts[-1] == self.length)

    def position(self, offset: int) -> tuple[int, int]:
        """Line (from 1) and column (from 0) of an offset."""
        line = bisect_right(self.starts, offset)
        return line, offset - self.starts[line - 1]

    def place(self, start: int, end: int) -> int:
        """The packed place from offset `start` to offset `end` (exclusive)."""
        line = bisect_right(self.starts, start)
        end_line = bisect_right(self.starts, end, line - 1) if end > start else line
        return place_of(line, start - self.starts[line - 1], end_line, max(start, end) - self.starts[end_line - 1])


@cache
def _judge() -> Callable[[str, str, str], Any] | None:
    """`secrets.judge`, imported when the first string is read."""
    try:
        from prodlint.readers.secrets import judge
    except ImportError:
        return None
    return judge


def constant(text: str, place: int, name: str, role: str, secrets: list[Secret]) -> Constant:
    """The constant of a string scalar that stands at `place` and is bound to `name` in the given role (`Secret.role`).

    Where the string looks like a secret, its `Secret` is appended to `secrets` and the constant is the redacted one.
    """
    judge = _judge()
    if judge is None or not text:
        return Constant(text, place)
    # The defaults first: they belong to the variable that they are the default of, not to what the whole is bound to.
    kept = _without_defaults(text, place, judge, secrets) if "${" in text else text
    judgement = judge(kept, name, role)
    if judgement is not None:
        secrets.append(Secret(place, judgement.kind, name, role, len(text), judgement.confidence))
        return Constant(judgement.redacted, place, "redacted")
    return Constant(kept, place, "redacted" if kept != text else "")


def _without_defaults(text: str, place: int, judge: Callable[[str, str, str], Any], secrets: list[Secret]) -> str:
    """A text with `${NAME:-default}` in it, whose defaults are judged by the name of the variable and masked where they
    look like a secret."""
    parts, copied = [], 0
    for match in _DEFAULTED.finditer(text):
        name, default = match.groups()
        judgement = judge(default, name, "default")
        if judgement is not None:
            secrets.append(Secret(place, judgement.kind, name, "default", len(default), judgement.confidence))
            parts += [text[copied : match.start(2)], judgement.redacted]
            copied = match.end(2)
    return "".join((*parts, text[copied:]))


def capitals(text: str, secrets: tuple[Secret, ...]) -> str:
    """The words in capitals of a text that may be names of variables, sorted, between blanks. Lines with a secret, and
    words that look generated, are left out: the answer goes into the cache."""
    lines = {span(each.place).line for each in secrets}
    names: set[str] = set()
    for number, line in enumerate(text[:_MOST_TEXT].split("\n"), 1):
        if number not in lines:
            names.update(_CAPITALS.findall(line))
    kept = sorted(name for name in names if "_" in name or (len(name) < 16 and not any(map(str.isdigit, name))))
    return f" {' '.join(kept[:5000])} " if kept else ""


def named_in_comments(text: str) -> str:
    """The names of variables in the comments of a configuration file (`# SMTP_HOST=`), sorted, between blanks; what
    stands behind `=` or `:` may be a secret, and is none."""
    names: set[str] = set()
    for match in _COMMENTED.finditer(text[:_MOST_TEXT]):
        names.update(each for each in _NAMED.findall(match[0]) if len(each) <= 60)
    return f" {' '.join(sorted(names)[:5000])} " if names else ""


def is_assignment(text: str) -> bool:
    """Whether the text is `NAME=value`, as items of a compose file's `environment` are."""
    return _ASSIGNMENT.fullmatch(text) is not None


def assignment(text: str, place: int, secrets: list[Secret], role: str = "assignment") -> Constant:
    """The constant of `NAME=value`, whose value alone is judged; other text is judged without a name."""
    match = _ASSIGNMENT.fullmatch(text)
    if match is None:
        return constant(text, place, "", role, secrets)
    name, value = match.groups()
    where = span(place)
    if where.line == where.end_line:
        where_value = place_of(where.line, where.column + len(name) + 1, where.end_line, where.end_column)
    else:
        where_value = place
    judged = constant(value, where_value, name, role, secrets)
    return Constant(f"{name}={judged.value}", place, judged.form)
