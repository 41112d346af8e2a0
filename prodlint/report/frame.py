"""Lines of source for a code frame, with every character of a secret replaced by `*`."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator

from msgspec import Struct

from prodlint.facts import MAX_COLUMN, Secret, Span, span
from prodlint.report.model import Line
from prodlint.sources import read_regular

__all__ = ["Listing", "frame", "listing", "read_lines", "scrub", "shown"]

MAX_SIZE = 4 << 20
"""Bytes; a larger file gets no frame."""

MAX_TEXT = 500
"""Characters of a line that a frame keeps."""

MAX_LINES = 5
"""Lines of the finding itself that a frame shows."""

_QUOTED = re.compile(r"(\"\"\"|'''|\"|')(.*?)(\1|$)")
_VALUE = re.compile(r"^(\s*(?:export\s+)?[^=:#\s]+\s*[=:]\s*)(.+)$")
_DELIMITERS = re.compile(r"^[a-zA-Z]{0,2}(\"\"\"|'''|\"|')(?P<value>.*)\1$", re.DOTALL)


class Listing(Struct, frozen=True):
    """The lines of a file and what must not be shown of them."""

    lines: tuple[str, ...]
    secrets: tuple[Span, ...] = ()
    values: tuple[str, ...] = ()
    """Values of the secrets that are worth looking for elsewhere, longest first. Never stored, never shown."""
    guarded: bool = False
    """Whether the values of all lines are hidden, known as secrets or not: a `.env` file, or one in which places may be
    counted differently."""


def listing(root: str, path: str, secrets: Iterable[Secret]) -> Listing:
    """The lines of `root`/`path` with the places of its secrets; no lines where the file cannot be shown."""
    lines = read_lines(root, path)
    secrets = tuple(secrets)
    spans = tuple(_extent(each, lines) for each in secrets)
    values = {value for each in spans for value in _values(lines, each)}
    name = path.rpartition("/")[2]
    return Listing(
        lines,
        spans,
        tuple(sorted(values, key=lambda value: (-len(value), value))),
        guarded=name.startswith(".env") or name.endswith(".env") or (bool(secrets) and _has_odd_line_ends(lines)),
    )


def read_lines(root: str, path: str) -> tuple[str, ...]:
    """The lines of a regular file inside `root`, decoded as the readers do; nothing for any other or a large one."""
    if os.path.isabs(path) or "\0" in path or ".." in path.split("/"):
        return ()
    real_root = os.path.realpath(root)
    real = os.path.realpath(os.path.join(real_root, path))
    try:
        if os.path.commonpath((real_root, real)) != real_root:
            return ()
        data = read_regular(real, MAX_SIZE + 1)
    except (OSError, ValueError):
        return ()
    if len(data) > MAX_SIZE:
        return ()
    # Not `splitlines`: form feeds and Unicode separators end no line of code.
    return tuple(_decode(data).replace("\r\n", "\n").replace("\r", "\n").split("\n"))


def frame(source: Listing, place: int, sensitive: bool) -> tuple[Line, ...]:
    """Up to two lines before and one after the lines at `place`. `sensitive` findings are about a secret: where its
    place is not known, all quoted strings and values on the finding's lines are hidden."""
    where = span(place)
    if not 1 <= where.line <= len(source.lines):
        return ()
    end = min(where.end_line, where.line + MAX_LINES - 1)
    known = any(each.line <= where.end_line and where.line <= each.end_line for each in source.secrets)
    lines = []
    for number in range(max(1, where.line - 2), min(len(source.lines), end + 1) + 1):
        guess = sensitive and not known and where.line <= number <= where.end_line
        lines.append(Line(number, shown(source, number, guess, number > where.line)[:MAX_TEXT].rstrip()))
    while lines and not lines[0].text and lines[0].number < where.line:
        del lines[0]
    if lines and not lines[-1].text and lines[-1].number > where.end_line:
        del lines[-1]
    return tuple(lines)


def shown(source: Listing, number: int, guess: bool = False, inside: bool = False) -> str:
    """Line `number` without its secrets. `guess` hides what may be one too; `inside` says that the line goes on with
    something that an earlier line began, so that its quotes cannot be told apart."""
    text = source.lines[number - 1]
    for each in source.secrets:
        if each.line <= number <= each.end_line:
            text = _starred(text, *_columns(each, number, text))
    text = scrub(text, source.values)
    if source.guarded:
        return _hide_value(text)
    if guess and inside:
        return _starred(text, 0, len(text))
    if guess:
        text = _QUOTED.sub(lambda match: match[1] + "*" * len(match[2]) + match[3], text)
        return text if '"' in text or "'" in text else _hide_value(text)
    return text


def scrub(text: str, values: Iterable[str]) -> str:
    """`text` with each of `values` in it replaced by as many `*`."""
    for value in values:
        if value in text:
            text = text.replace(value, "*" * len(value))
    return text


def _has_odd_line_ends(lines: tuple[str, ...]) -> bool:
    return any(len(line.splitlines()) > 1 for line in lines if not line.isprintable())


def _extent(secret: Secret, lines: tuple[str, ...]) -> Span:
    """Where a secret stands: the fact of a private key names only the line that introduces it."""
    where = span(secret.place)
    if secret.kind != "private key":
        return where
    following = range(where.line, len(lines) + 1)
    end = next((number for number in following if "-----END" in lines[number - 1]), len(lines))
    end = max(end, where.end_line)
    return Span(where.line, where.column, end, MAX_COLUMN)


def _decode(data: bytes) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        # Whatever the encoding of one byte a character is, columns come out right.
        return data.decode("latin-1")


def _columns(secret: Span, number: int, text: str) -> tuple[int, int]:
    """From where to where a secret stands in a line."""
    start = secret.column if number == secret.line else 0
    end = secret.end_column if number == secret.end_line and secret.end_column < MAX_COLUMN else len(text)
    # A place that does not fit the line means that the file has changed since: hide all of it.
    return (start, end) if start < end <= len(text) or start == end == 0 else (0, len(text))


def _starred(text: str, start: int, end: int) -> str:
    return text[:start] + "*" * (end - start) + text[end:]


def _hide_value(text: str) -> str:
    match = _VALUE.match(text)
    if match:
        return match[1] + "*" * len(match[2])
    # A comment or a continuation may hold a value as well as a setting does.
    return text if not text.strip() else "*" * len(text)


def _values(lines: tuple[str, ...], secret: Span) -> Iterator[str]:
    if not 1 <= secret.line <= secret.end_line <= len(lines):
        return
    parts = []
    for number in range(secret.line, secret.end_line + 1):
        text = lines[number - 1]
        start, end = _columns(secret, number, text)
        parts.append(text[start:end])
    match = _DELIMITERS.match("\n".join(parts))
    value = match["value"] if match else "\n".join(parts)
    for part in value.split("\n"):
        part = part.strip()
        # A short word such as `secret` or `postgres` is also the name of a thing; hiding it would garble messages.
        if len(part) >= 6 and (not part.isalpha() or len(part) >= 16):
            yield part
