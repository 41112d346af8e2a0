"""ini files to facts, with the semantics of configparser and a place for every line of a value.

The document is a mapping of sections to mappings. A value of one line is a constant; a value of several lines is a list
of its lines that are not blank, each with its own place. Keys are in lower case, as configparser gives them. Keys
before the first section stand in a section "", and a name without a value has the value None.
"""

from __future__ import annotations

import re

from prodlint.facts import Constant, Document, Facts, Mapping, Problem, Secret, Sequence, Text, Value, place_of, span
from prodlint.readers.pragmas import pragmas
from prodlint.readers.scalars import assignment, constant

__all__ = ["read"]

_SECTION = re.compile(r"\[([^\]]+)\]")
_NAME = re.compile(r"[\w.-]+")
_DELIMITER = re.compile(r"[=:]\s*")
_ITEM = re.compile(r"\"([^\"]*)\"|'([^']*)'|(\S+)")

_Pairs = list[tuple[Value | None, Value]]


def read(path: str, text: str) -> Facts:
    """The facts of an ini file. It has a problem where it holds lines and neither a section nor a pair."""
    secrets: list[Secret] = []
    lines = re.split(r"\r\n?|\n", text)
    sections: dict[str, tuple[Constant, _Pairs]] = {}
    section: _Pairs | None = None
    understood = content = False
    index = 0
    while index < len(lines):
        line, number = lines[index], index + 1
        index += 1
        stripped = line.strip().lstrip("\ufeff")
        if not stripped or stripped[0] in "#;":
            continue
        content = True
        column = line.index(stripped)
        header = _SECTION.match(stripped)
        if header is not None:
            understood = True
            place = place_of(number, column, number, column + header.end())
            section = sections.setdefault(header[1], (Constant(header[1], place), []))[1]
            continue
        pair = _DELIMITER.search(stripped, 1)
        understood = understood or pair is not None
        if section is None:
            place = place_of(number, 0, number, 0)
            section = sections.setdefault("", (Constant("", place), []))[1]
        if pair is None:
            if _NAME.fullmatch(stripped) and not constant(stripped, 0, "", "line", []).form:
                nothing = place_of(number, column, number, column)
                section.append((_key(stripped, number, column), Constant(None, nothing)))
            continue
        written, start = stripped[pair.end() :], column + pair.end()
        parts = [(written, place_of(number, start, number, start + len(written)))]
        index = _continuation(lines, index, column, parts)
        name = stripped[: pair.start()].rstrip()
        if name == "Environment" and path.endswith(".service"):
            section.append((_key(name, number, column), _variables(parts, secrets)))
            continue
        section.append((_key(name, number, column), _value(parts, name, secrets)))
    whole = place_of(1, 0, len(lines), len(lines[-1]))
    if content and not understood:
        return Facts(Text(), Problem("holds neither a section nor a setting", place_of(1, 0, 1, 0)))
    items = tuple((key, _mapping(key.place, pairs)) for key, pairs in sections.values())
    return Facts(Document((Mapping(items, whole),)), secrets=tuple(secrets), pragmas=pragmas(text))


def _key(text: str, number: int, column: int) -> Constant:
    return Constant(text.lower(), place_of(number, column, number, column + len(text)))


def _continuation(lines: list[str], index: int, indent: int, parts: list[tuple[str, int]]) -> int:
    """Add the lines from `index` on that continue a value: those indented deeper than its key. The next line's index.

    As in configparser, comments inside are left out, and blank lines end nothing by themselves.
    """
    following = index
    while following < len(lines):
        line = lines[following]
        stripped = line.strip()
        column = len(line) - len(line.lstrip())
        if stripped and stripped[0] not in "#;":
            if column <= indent:
                break
            number = following + 1
            parts.append((stripped, place_of(number, column, number, column + len(stripped))))
            index = following + 1
        following += 1
    return index


def _value(parts: list[tuple[str, int]], name: str, secrets: list[Secret]) -> Value:
    """A constant, or the list of the lines of a value of several lines."""
    filled = [part for part in parts if part[0]] or parts[:1]
    if len(parts) == 1:
        return constant(filled[0][0], filled[0][1], name, "key", secrets)
    items = tuple(constant(text, place, name, "key", secrets) for text, place in filled)
    return Sequence("list", items, filled[0][1])


def _variables(parts: list[tuple[str, int]], secrets: list[Secret]) -> Sequence:
    """The items of a unit's `Environment=`, each `NAME=value` (https://www.freedesktop.org/software/systemd/man/latest/
    systemd.exec.html#Environment)."""
    items = []
    for text, place in parts:
        where = span(place)
        for match in _ITEM.finditer(text):
            group = next(index for index in (1, 2, 3) if match[index] is not None)
            start, end = (where.column + offset for offset in match.span(group))
            items.append(assignment(match[group], place_of(where.line, start, where.line, end), secrets))
    return Sequence("list", tuple(items), parts[0][1])


def _mapping(place: int, pairs: _Pairs) -> Mapping:
    return Mapping(tuple(pairs), place)
