"""JSON to facts with places; comments and trailing commas, as editors' settings have them, are passed over."""

from __future__ import annotations

import json
import re

from prodlint.facts import Constant, Document, Facts, Mapping, Problem, Secret, Sequence, Text, Value, place_of
from prodlint.readers.scalars import Lines, constant

__all__ = ["read"]

_DEPTH = 200
_TOKEN = re.compile(
    r"(?:[ \t\r\n\ufeff]+|//[^\n]*|/\*(?:[^*]|\*(?!/))*\*/)*"
    r"([{}\[\]:,]|\"(?:[^\"\\\n]|\\.)*\"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null|\Z)"
)
_WORDS = {"true": True, "false": False, "null": None}


class _Unreadable(Exception):
    """Carries the reason and the offset."""


class _Open:
    """An object or array that is not closed yet."""

    __slots__ = ("items", "key", "name", "start")

    def __init__(self, start: int, name: str, items: list[Value] | list[tuple[Value | None, Value]]) -> None:
        self.start, self.name = start, name
        self.items: list[object] = list(items)
        self.key: Constant | None = None


def read(path: str, text: str) -> Facts:
    """The facts of a JSON file: a `Document` of one value."""
    lines = Lines(text)
    secrets: list[Secret] = []
    try:
        value = _parse(text, lines, secrets)
    except _Unreadable as error:
        message, offset = error.args
        return Facts(Text(lines.count), Problem(message, lines.place(offset, offset)))
    return Facts(Document(() if value is None else (value,)), secrets=tuple(secrets))


def _parse(text: str, lines: Lines, secrets: list[Secret]) -> Value | None:
    """The one value of the text, read with a stack of its own so that no depth can exhaust Python's."""
    stack: list[tuple[str, int, str, list[Value], list[tuple[Value | None, Value]]]] = []
    key: Constant | None = None
    keys: list[Constant | None] = []
    root: Value | None = None
    expected = "value"
    at = 0
    while True:
        found = _TOKEN.match(text, at)
        if found is None:
            raise _Unreadable("it is not valid JSON", _after_blank(text, at))
        token, start, at = found[1], found.start(1), found.end()
        value: Value | None = None
        if token in ("{", "["):
            if expected not in ("value", "first value"):
                raise _Unreadable("it is not valid JSON: a comma or colon is missing", start)
            if len(stack) == _DEPTH:
                raise _Unreadable("it is nested too deeply", start)
            name = str(key.value) if key is not None else stack[-1][2] if stack else ""
            stack.append((token, start, name, [], []))
            keys.append(key)
            key = None
            expected = "first key" if token == "{" else "first value"
            continue
        if token in ("}", "]"):
            if not stack or (stack[-1][0] == "{") is not (token == "}") or expected in ("colon", "value of key"):
                raise _Unreadable("it is not valid JSON: a bracket has no partner", start)
            if key is not None and expected == "value":
                raise _Unreadable("it is not valid JSON: a value is missing", start)
            _, opened, _, items, pairs = stack.pop()
            key = keys.pop()
            place = lines.place(opened, at)
            value = Mapping(tuple(pairs), place) if token == "}" else Sequence("list", tuple(items), place)
        elif token == ":":
            if expected != "colon":
                raise _Unreadable("it is not valid JSON: a colon stands where none may", start)
            expected = "value"
            continue
        elif token == ",":
            if expected != "comma" or not stack:
                raise _Unreadable("it is not valid JSON: a comma stands where none may", start)
            expected = "key" if stack[-1][0] == "{" else "value"
            continue
        elif token == "":
            if stack:
                raise _Unreadable("it is not valid JSON: it ends too early", start)
            return root
        elif expected in ("first key", "key"):
            if token[0] != '"':
                raise _Unreadable("it is not valid JSON: a key must be a string", start)
            key = Constant(_string(token, start), lines.place(start, at))
            expected = "colon"
            continue
        elif expected not in ("value", "first value"):
            raise _Unreadable("it is not valid JSON: a comma is missing", start)
        elif token[0] == '"':
            name = str(key.value) if key is not None else stack[-1][2] if stack else ""
            value = constant(_string(token, start), lines.place(start, at), name, "key", secrets)
        elif token in _WORDS:
            value = Constant(_WORDS[token], lines.place(start, at))
        else:
            value = Constant(_number(token), lines.place(start, at))
        if not stack:
            if root is not None:
                raise _Unreadable("it is not valid JSON: it holds several values", start)
            root = value
        elif stack[-1][0] == "{":
            stack[-1][4].append((key, value))
            key = None
        else:
            stack[-1][3].append(value)
        expected = "comma"


def _after_blank(text: str, at: int) -> int:
    found = re.compile(r"\s*").match(text, at)
    return found.end() if found is not None else at


def _string(token: str, start: int) -> str:
    if "\\" not in token:
        return token[1:-1]
    try:
        return str(json.loads(token, strict=False)).encode("utf-8", "replace").decode()
    except ValueError:
        raise _Unreadable("it is not valid JSON: a string holds an unknown escape", start) from None


def _number(token: str) -> int | float | str:
    """An integer, a float, or its text where it is too large for the encoded facts."""
    if not token.lstrip("-").isdigit():
        return float(token)
    return int(token) if len(token) < 19 else token
