"""Makes text of the inspected tree harmless to print: a file name or a line of code may hold escape sequences."""

from __future__ import annotations

import re
import unicodedata

__all__ = ["clean_path", "columns_of", "cut", "encodable", "printable"]

_SURROGATE = re.compile("[\ud800-\udfff]")


def printable(text: str) -> str:
    """`text` with each character that does not simply show itself (controls, line ends, changes of the writing
    direction, halves of surrogate pairs) written as a Python escape: `\\x1b`, `\\u202e`. A tab becomes four blanks."""
    if text.isprintable():
        return text
    return "".join(each if each.isprintable() else "    " if each == "\t" else _escape(each) for each in text)


def clean_path(path: str) -> str:
    """A path for the start of a line. One that begins with something else than a letter, a digit, `.` or `_` gets `./`
    before it: a CI service takes a line that starts with `::` for a command, and a shell one with `-` for an option."""
    path = printable(path)
    return path if path[:1].isalnum() or path[:1] in (".", "_") else f"./{path}"


def encodable(text: str) -> str:
    """`text` with halves of surrogate pairs (from file names that are not UTF-8) replaced by U+FFFD, as JSON needs."""
    return _SURROGATE.sub("\ufffd", text)


def cut(text: str, room: int) -> str:
    """`text` so short that it fills at most `room` columns; as it is where `room` is 0."""
    if not room or columns_of(text) <= room:
        return text
    size = 0
    for index, character in enumerate(text):
        size += columns_of(character)
        if size >= room:
            return text[:index] + "\N{HORIZONTAL ELLIPSIS}"
    return text


def columns_of(text: str) -> int:
    """How many columns of a terminal `text` fills: a Chinese character fills two, a combining accent none."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(each) else 2 if unicodedata.east_asian_width(each) in "WF" else 1 for each in text
    )


def _escape(character: str) -> str:
    number = ord(character)
    if number < 0x100:
        return f"\\x{number:02x}"
    return f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"
