"""TOML to facts: tomllib gives the values, a scan of the same text their places.

`tomllib` keeps no places. The scan knows only as much TOML as is needed to walk it in step with the parsed values;
where the two disagree, the nearest place that is known is taken. Lock files are large and regular: of them only the
packages'
names, versions and sources are read, line by line.
"""

from __future__ import annotations

import re
import sys
from contextlib import suppress
from typing import Any

from prodlint.facts import Constant, Document, Facts, Mapping, Problem, Secret, Sequence, Text, Value, place_of
from prodlint.readers.pragmas import pragmas
from prodlint.readers.scalars import Lines, constant

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

__all__ = ["read"]

_DEPTH = 200
_LOCK = re.compile(r"(?:uv|poetry|pdm)\.lock|pylock(?:\.[^./]+)?\.toml")
_BLANK = re.compile(r"(?:[ \t\r\n]+|#[^\n]*)*")
_SPACE = re.compile(r"[ \t]*")
_KEY = re.compile(r"[A-Za-z0-9_-]+|\"(?:[^\"\\\n]|\\.)*\"|'[^'\n]*'")
_SCALAR = re.compile(
    r'"""(?:[^"\\]|\\[\s\S]|"(?!""))*"{3,5}'
    r"|'''(?:[^']|'(?!''))*'{3,5}"
    r'|"(?:[^"\\\n]|\\.)*"'
    r"|'[^'\n]*'"
    r"|\d{4}-\d\d-\d\d[ ]\d\d:[^\s,\]}#]+"
    r"|[^\s,\]}#]+"
)
_LOCK_LINE = re.compile(
    r"^(?:\[\[?([^\]\n]+)\]|(name|version|source|content[-_]hash|lock[-_]version|requires-python)[ \t]*=[ \t]*(.*))",
    re.MULTILINE,
)
_LOCK_REQUIRES = re.compile(r"\s*requires-dist[ \t]*=[ \t]*\[((?:[^\[\]]|\[[^\[\]]*\])*)\]")
_LOCK_STRING = re.compile(r"\"([^\"\\]*)\"")
_LOCK_PAIR = re.compile(r"([A-Za-z-]+)[ \t]*=[ \t]*\"([^\"\\]*)\"")


class _Spot:
    """Where a value stands, and its parts: by key with the key's place, or in order."""

    __slots__ = ("items", "keys", "place")

    def __init__(self, place: int) -> None:
        self.place = place
        self.keys: dict[str, tuple[int, _Spot]] = {}
        self.items: list[_Spot] = []


def read(path: str, text: str) -> Facts:
    """The facts of a TOML file: a `Document` of one mapping; dates are strings as written by `isoformat`."""
    lines = Lines(text)
    secrets: list[Secret] = []
    if _LOCK.fullmatch(path.rpartition("/")[2]):
        return _lock(text, lines)
    deep = Facts(Text(), Problem("is nested too deeply", place_of(1, 0, 1, 0)))
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        return Facts(Text(), _problem(str(error), lines), pragmas=pragmas(text))
    except (RecursionError, MemoryError):
        return deep
    root = _Spot(lines.place(0, len(text)))
    # The places that are found before it fails serve; the rest falls back.
    with suppress(ValueError, RecursionError, IndexError):
        _Scan(text, lines).document(root)
    try:
        content = Document((_value(values, root, root.place, "", secrets, _DEPTH),))
    except RecursionError:
        return deep
    return Facts(content, secrets=tuple(secrets), pragmas=pragmas(text))


def _problem(message: str, lines: Lines) -> Problem:
    """tomllib's message says where at its end: `... (at line 3, column 5)`."""
    found = re.fullmatch(r"(.*) \(at (?:line (\d+), column (\d+)|end of document)\)", message, re.DOTALL)
    if found is None:
        return Problem("is not valid TOML", place_of(1, 0, 1, 0))
    line, column = (int(found[2]), int(found[3]) - 1) if found[2] else (max(lines.count, 1), 0)
    # the message may quote a character or a key, which might be a part of a secret: only its fixed words are kept
    clause = re.sub(r"[:(].*|'.*|\".*", "", found[1], flags=re.DOTALL).strip()
    return Problem(f"is not valid TOML: {clause[:1].lower()}{clause[1:]}", place_of(line, column, line, column))


def _value(value: Any, spot: _Spot | None, fallback: int, name: str, secrets: list[Secret], depth: int) -> Value:
    """A parsed value as a fact, placed by its spot. Raises RecursionError where it is nested deeper than `depth`."""
    if depth < 0:
        raise RecursionError
    place = spot.place if spot is not None else fallback
    if isinstance(value, dict):
        pairs = []
        for key, item in value.items():
            key_place, item_spot = spot.keys.get(key, (place, None)) if spot is not None else (place, None)
            pairs.append((Constant(key, key_place), _value(item, item_spot, key_place, key, secrets, depth - 1)))
        return Mapping(tuple(pairs), place)
    if isinstance(value, list):
        spots: list[_Spot | None] = list(spot.items) if spot is not None else []
        if len(spots) != len(value):
            spots = [None] * len(value)
        return Sequence(
            "list", tuple(_value(i, s, place, name, secrets, depth - 1) for i, s in zip(value, spots)), place
        )
    if isinstance(value, str):
        return constant(value, place, name, "key", secrets)
    if isinstance(value, (bool, int, float)):
        return Constant(_fits(value), place)
    return Constant(value.isoformat(), place)


def _fits(value: float) -> float | str:
    """An integer too large for the encoded facts becomes its text."""
    if isinstance(value, int) and not -(1 << 63) <= value < 1 << 64:
        return hex(value)
    return value


class _Scan:
    """A cursor over TOML text that was already found to be valid."""

    def __init__(self, text: str, lines: Lines) -> None:
        self.text, self.lines, self.at = text, lines, 0

    def skip(self, pattern: re.Pattern[str]) -> str:
        """Pass what the pattern matches here; the next character, "" at the end."""
        found = pattern.match(self.text, self.at)
        if found is not None:
            self.at = found.end()
        return self.text[self.at : self.at + 1]

    def document(self, root: _Spot) -> None:
        table = root
        while following := self.skip(_BLANK):
            if following != "[":
                self.pair(table)
                continue
            start = self.at
            repeated = self.text.startswith("[[", start)
            self.at += 2 if repeated else 1
            keys = self.dotted()
            self.at = self.text.index("]", self.at) + (2 if repeated else 1)
            table = self.descend(root, keys, self.lines.place(start, self.at), repeated)

    def dotted(self) -> list[tuple[str, int]]:
        keys = []
        while True:
            self.skip(_SPACE)
            found = _KEY.match(self.text, self.at)
            if found is None:
                raise ValueError
            keys.append((_decoded(found[0]), self.lines.place(found.start(), found.end())))
            self.at = found.end()
            if self.skip(_SPACE) != ".":
                return keys
            self.at += 1

    def descend(self, table: _Spot, keys: list[tuple[str, int]], place: int, repeated: bool = False) -> _Spot:
        """The table at a header's keys, made where it is new; a new item where the header is one of an array."""
        for index, (key, key_place) in enumerate(keys):
            last = index == len(keys) - 1
            known = table.keys.get(key)
            if known is None:
                known = table.keys[key] = (key_place, _Spot(place))
            spot = known[1]
            if repeated and last:
                spot.items.append(_Spot(place))
            table = spot.items[-1] if spot.items else spot
        return table

    def pair(self, table: _Spot) -> None:
        keys = self.dotted()
        self.at = self.text.index("=", self.at) + 1
        self.skip(_SPACE)
        table = self.descend(table, keys[:-1], keys[0][1])
        key, key_place = keys[-1]
        table.keys[key] = (key_place, self.value())

    def value(self) -> _Spot:
        start = self.at
        opening = self.text[start]
        spot = _Spot(0)
        if opening in "[{":
            self.at += 1
            while (following := self.skip(_BLANK)) not in ("]", "}"):
                if following == ",":
                    self.at += 1
                elif not following:
                    raise ValueError
                elif opening == "[":
                    spot.items.append(self.value())
                else:
                    self.pair(spot)
            self.at += 1
        else:
            found = _SCALAR.match(self.text, start)
            if found is None:
                raise ValueError
            self.at = found.end()
        spot.place = self.lines.place(start, self.at)
        return spot


def _decoded(key: str) -> str:
    if key[0] == "'":
        return key[1:-1]
    if key[0] != '"':
        return key
    return next(iter(tomllib.loads(f"{key} = 0"))) if "\\" in key else key[1:-1]


def _lock(text: str, lines: Lines) -> Facts:
    """A lock file: {"package": [{"name", "version", "source", "metadata"}], "metadata": {...}} and the keys at the
    top."""
    conflict = re.search(r"^(?:<{7}|>{7}) ", text, re.MULTILINE)
    if conflict is not None:
        place = lines.place(conflict.start(), conflict.end())
        return Facts(Text(), Problem("holds the markers of an unresolved merge", place))
    secrets: list[Secret] = []
    tables: dict[str, list[tuple[Value | None, Value]]] = {"": [], "metadata": []}
    packages: list[tuple[int, list[tuple[Value | None, Value]]]] = []
    pairs: list[tuple[Value | None, Value]] | None = tables[""]
    for found in _LOCK_LINE.finditer(text):
        header, key = found[1] and found[1].strip(), found[2]
        if header is not None:
            pairs = tables.get(header)
            if header in ("package", "packages"):
                pairs = []
                packages.append((lines.place(found.start(), found.end()), pairs))
            elif header == "package.metadata" and packages:
                requires = _lock_requires(text, found.end(), lines)
                if requires is not None:
                    packages[-1][1].append((Constant("metadata", requires.place), requires))
        elif pairs is not None:
            value = _lock_value(found, lines, secrets)
            if value is not None:
                pairs.append((Constant(key, lines.place(found.start(2), found.end(2))), value))
    whole = lines.place(0, len(text))
    items = tuple(Mapping(tuple(each), place) for place, each in packages)
    first = items[0].place if items else whole
    content: list[tuple[Value | None, Value]] = [
        *tables[""],
        (Constant("metadata", whole), Mapping(tuple(tables["metadata"]), whole)),
        (Constant("package", first), Sequence("list", items, whole)),
    ]
    if not items and not tables[""] and not tables["metadata"] and text.strip():
        return Facts(Text(), Problem("is no lock file of a known tool", place_of(1, 0, 1, 0)))
    return Facts(Document((Mapping(tuple(content), whole),)), secrets=tuple(secrets))


def _lock_requires(text: str, start: int, lines: Lines) -> Mapping | None:
    """What uv records of the manifest of a member of its workspace: {"requires-dist": [{"name", "specifier"}]}."""
    found = _LOCK_REQUIRES.match(text, start)
    if found is None:
        return None
    place = lines.place(found.start(1) - 1, found.end())
    items = []
    for each in re.finditer(r"\{([^{}]*)\}", found[1]):
        pairs: list[tuple[Value | None, Value]] = [
            (Constant(pair[1], place), Constant(pair[2], place))
            for pair in _LOCK_PAIR.finditer(each[1])
            if pair[1] in ("name", "specifier", "marker")
        ]
        items.append(Mapping(tuple(pairs), place))
    return Mapping(((Constant("requires-dist", place), Sequence("list", tuple(items), place)),), place)


def _lock_value(found: re.Match[str], lines: Lines, secrets: list[Secret]) -> Value | None:
    """A string, or an inline table of strings; None for what else a lock file may say."""
    start = found.start(3)
    string = _LOCK_STRING.match(found[3])
    if string is not None:
        return Constant(string[1], lines.place(start, start + string.end()))
    if not found[3].startswith("{"):
        return None
    pairs: list[tuple[Value | None, Value]] = []
    for pair in _LOCK_PAIR.finditer(found[3]):
        place = lines.place(start + pair.start(2) - 1, start + pair.end(2) + 1)
        key_place = lines.place(start + pair.start(1), start + pair.end(1))
        value = constant(pair[2], place, pair[1], "key", secrets) if "@" in pair[2] else Constant(pair[2], place)
        pairs.append((Constant(pair[1], key_place), value))
    return Mapping(tuple(pairs), lines.place(start, start + len(found[3].rstrip())))
