"""`.env` files to facts: one flat mapping of names to strings, read as python-dotenv reads them."""

from __future__ import annotations

import re

from prodlint.facts import Constant, Document, Facts, Mapping, Problem, Secret, Text, Value
from prodlint.readers.pragmas import pragmas
from prodlint.readers.scalars import Lines, constant

__all__ = ["read"]

_BLANK = re.compile(r"(?:\s+|#[^\r\n]*)+")
_NAME = re.compile(r"(?:export[ \t]+)?(?:'([^'\r\n]+)'|([^=\#\s'\"]+))[ \t]*(=?)[ \t]*")
_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")
_SINGLE = re.compile(r"'((?:[^'\\]|\\.)*)'", re.DOTALL)
_DOUBLE = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
_PLAIN = re.compile(r"[^\r\n]*")
_COMMENT = re.compile(r"(?:^|[ \t])#.*")
_REST = re.compile(r"[ \t]*(?:#[^\r\n]*)?(?=[\r\n]|\Z)")
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "a": "\a", "b": "\b", "f": "\f", "v": "\v"}


def read(path: str, text: str) -> Facts:
    """The facts of a `.env` file. Lines that are no assignment are passed over; it has a problem where all are such.

    A name without `=` has the value None.
    """
    lines = Lines(text)
    secrets: list[Secret] = []
    pairs: list[tuple[Value | None, Value]] = []
    bad: int | None = None
    at = 0
    while True:
        blank = _BLANK.match(text.replace("\ufeff", " ") if at == 0 else text, at)
        at = blank.end() if blank is not None else at
        if at >= len(text):
            break
        name = _NAME.match(text, at)
        found = _value(text, name.end()) if name is not None and name[3] else None
        alone = name is not None and not name[3]
        if name is None or (alone and not _declares(text, name)) or not (alone or found):
            bad = at if bad is None else bad
            at = _line_end(text, at)
            continue
        group = 1 if name[1] else 2
        key = Constant(name[group], lines.place(name.start(group), name.end(group)))
        if found is None:
            pairs.append((key, Constant(None, key.place)))
            at = _line_end(text, name.end())
            continue
        value, start, end = found
        pairs.append((key, constant(value, lines.place(start, end), name[group], "assignment", secrets)))
        at = _line_end(text, end)
    if bad is not None and not pairs:
        return Facts(Text(), Problem("has no line that assigns a variable", lines.place(bad, bad)))
    content = Document((Mapping(tuple(pairs), lines.place(0, len(text))),))
    return Facts(content, secrets=tuple(secrets), pragmas=pragmas(text))


def _declares(text: str, name: re.Match[str]) -> bool:
    """Whether a line without `=` is the name of a variable, and not words or a key that was pasted without its name."""
    if not _IDENTIFIER.fullmatch(name[1] or name[2]) or not _REST.match(text, name.end()):
        return False
    return not constant(name[1] or name[2], 0, "", "line", []).form


def _line_end(text: str, at: int) -> int:
    found = _PLAIN.match(text, at)
    return found.end() if found is not None else len(text)


def _value(text: str, at: int) -> tuple[str, int, int] | None:
    """The value that begins at `at` with the offsets that it covers (quotes included); None for a broken one."""
    for pattern, escapes in ((_SINGLE, {"'": "'", "\\": "\\"}), (_DOUBLE, {**_ESCAPES, '"': '"', "\\": "\\"})):
        found = pattern.match(text, at)
        if found is not None and _REST.match(text, found.end()):
            return re.sub(r"\\(.)", lambda m: escapes.get(m[1], m[0]), found[1]), at, found.end()  # noqa: B023
    plain = _PLAIN.match(text, at)
    if plain is None:
        return None
    value = _COMMENT.sub("", plain[0]).rstrip()
    return value, at, at + len(value)
