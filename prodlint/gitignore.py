"""Ignore files as git reads them: which entries of a folder are left out.

pathspec has the same semantics, but importing it takes 50 ms and a check 20 µs an entry, which is most of the time
that a run has on which nothing changed. Most lines of real ignore files are plain names, suffixes and prefixes; those
are looked up here without a regular expression. The tests compare with git itself.
"""

from __future__ import annotations

import re

__all__ = ["Ignore"]

_SPECIAL = re.compile(r"[*?\[\\]")
_CLASSES = {
    "alpha": "a-zA-Z",
    "digit": "0-9",
    "alnum": "a-zA-Z0-9",
    "upper": "A-Z",
    "lower": "a-z",
    "space": r"\s",
    "blank": r" \t",
    "xdigit": "0-9A-Fa-f",
    "cntrl": r"\x00-\x1f\x7f",
    "print": r"\x20-\x7e",
    "graph": r"\x21-\x7e",
    "punct": r"!-/:-@\[-`{-~",
}


class Ignore:
    """The patterns of one ignore file, indexed; the last pattern that matches decides."""

    def __init__(self, text: str) -> None:
        self._negated: list[bool] = []
        self._names: dict[tuple[str, bool], int] = {}
        self._paths: dict[tuple[str, bool], int] = {}
        self._suffixes: dict[tuple[str, bool], int] = {}
        self._prefixes: dict[tuple[str, bool], int] = {}
        self._expressions: list[tuple[int, bool, bool, re.Pattern[str]]] = []
        for line in text.removeprefix("\ufeff").split("\n"):
            self._add(line.removesuffix("\r"))
        self._endings = tuple({suffix for suffix, _ in self._suffixes})
        self._beginnings = tuple({prefix for prefix, _ in self._prefixes})
        self._expressions.reverse()

    def decide(self, path: str, name: str, folder: bool) -> bool | None:
        """True where the entry is ignored, False where a negated pattern takes it back, None where no pattern matches.

        `path` is relative to the ignore file's folder, `name` its last component. Entries below an ignored folder are
        not to be asked for: git never looks into one.
        """
        best = max(self._names.get((name, False), -1), self._paths.get((path, False), -1))
        if folder:
            best = max(best, self._names.get((name, True), -1), self._paths.get((path, True), -1))
        if self._endings and name.endswith(self._endings):
            for (suffix, only_folders), number in self._suffixes.items():
                if number > best and (folder or not only_folders) and name.endswith(suffix):
                    best = number
        if self._beginnings and name.startswith(self._beginnings):
            for (prefix, only_folders), number in self._prefixes.items():
                if number > best and (folder or not only_folders) and name.startswith(prefix):
                    best = number
        for number, only_folders, anchored, expression in self._expressions:
            if number < best:
                break
            if (folder or not only_folders) and expression.fullmatch(path if anchored else name):
                best = number
                break
        return None if best < 0 else not self._negated[best]

    def _add(self, line: str) -> None:
        pattern = _without_trailing_blanks(line)
        if not pattern or pattern.startswith("#"):
            return
        negated = pattern.startswith("!")
        pattern = pattern[negated:]
        only_folders = pattern.endswith("/")
        pattern = pattern[: len(pattern) - only_folders]
        while pattern.startswith("**/"):
            rest = pattern[3:]
            if "/" in rest:
                break
            pattern = rest  # `**/name` says the same as `name`.
        anchored = "/" in pattern
        pattern = pattern.removeprefix("/")
        if not pattern:
            return
        number = len(self._negated)
        self._negated.append(negated)
        if not _SPECIAL.search(pattern):
            (self._paths if anchored else self._names)[pattern, only_folders] = number
        elif not anchored and pattern[0] == "*" and not _SPECIAL.search(pattern, 1):
            self._suffixes[pattern[1:], only_folders] = number
        elif not anchored and pattern[-1] == "*" and not _SPECIAL.search(pattern[:-1]):
            self._prefixes[pattern[:-1], only_folders] = number
        else:
            expression = _expression(pattern, anchored)
            if expression is not None:
                self._expressions.append((number, only_folders, anchored, expression))


def _without_trailing_blanks(line: str) -> str:
    stripped = line.rstrip(" ")
    backslashes = len(stripped) - len(stripped.rstrip("\\"))
    return stripped + " " if backslashes % 2 and len(line) > len(stripped) else stripped


def _expression(pattern: str, anchored: bool) -> re.Pattern[str] | None:
    """The pattern as a regular expression, or None where git would never match it."""
    parts: list[str] = []
    at = 0
    special = _SPECIAL.search(pattern)
    plain = special.start() if special is not None else len(pattern)
    while at < len(pattern):
        character = pattern[at]
        if character == "*":
            end = at
            while end < len(pattern) and pattern[end] == "*":
                end += 1
            # git compares what stands before the first wildcard by itself (`match_pathname` in its dir.c), so that `**`
            # there begins a pattern, whatever stands before it: `a**` matches `a/b`.
            opens = at in (0, plain) or pattern[at - 1] == "/"
            if anchored and end - at > 1 and opens and pattern[end : end + 1] == "/":
                parts.append("(?:.*/)?")
                end += 1
            elif anchored and end - at > 1 and opens and end == len(pattern):
                parts.append(".+" if pattern[at - 1 : at] == "/" else ".*")
            elif not parts or parts[-1] != "[^/]*":
                parts.append("[^/]*")
            at = end
        elif character == "?":
            parts.append("[^/]")
            at += 1
        elif character == "[":
            found = _bracket(pattern, at)
            if found is None:
                return None
            text, at = found
            parts.append(text)
        elif character == "\\":
            if at + 1 == len(pattern):
                return None
            parts.append(re.escape(pattern[at + 1]))
            at += 2
        else:
            parts.append(re.escape(character))
            at += 1
    if sum(part in ("[^/]*", "(?:.*/)?", ".*") for part in parts) > 8:
        return None  # No honest pattern has so many, and a hostile one would take for ever.
    try:
        return re.compile("".join(parts), re.DOTALL)
    except re.error:
        return None


def _bracket(pattern: str, at: int) -> tuple[str, int] | None:
    """The character class that opens at `at`, and the position behind it; None for one that does not close."""
    end = at + 1
    negated = pattern[end : end + 1] in ("!", "^")
    end += negated
    parts: list[str] = []
    first = True
    while end < len(pattern) and (first or pattern[end] != "]"):
        first = False
        if pattern.startswith("[:", end):
            close = pattern.find(":]", end)
            if close < 0 or pattern[end + 2 : close] not in _CLASSES:
                return None
            parts.append(_CLASSES[pattern[end + 2 : close]])
            end = close + 2
            continue
        low, end = _member(pattern, end)
        high = low
        if pattern[end : end + 1] == "-" and pattern[end + 1 : end + 2] not in ("]", ""):
            high, end = _member(pattern, end + 1)
        if low <= high and low:
            parts.append(f"{re.escape(low)}-{re.escape(high)}")
    if end >= len(pattern):
        return None
    members = "".join(parts)
    if not members:
        return ("[^/]" if negated else "(?!)"), end + 1
    return (f"[^/{members}]" if negated else f"(?!/)[{members}]"), end + 1


def _member(pattern: str, at: int) -> tuple[str, int]:
    if pattern[at] == "\\" and at + 1 < len(pattern):
        return pattern[at + 1], at + 2
    return pattern[at], at + 1
