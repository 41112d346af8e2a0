"""JSON to facts with places; comments and trailing commas, as editors' settings have them, are passed over."""

from __future__ import annotations

import json
import re

from prodlint.facts import Constant, Document, Facts, Mapping, Problem, Secret, Sequence, Text, Value
from prodlint.readers.scalars import Lines, constant

__all__ = ["read"]

_DEPTH = 200
_TOKEN = re.compile(
    r"[ \t\r\n\ufeff]*(?:(?://[^\n]*(?:\n|\Z)|/\*(?:[^*]|\*(?!/))*\*/)[ \t\r\n]*)*"
    r"([{}\[\]:,]|\"(?:[^\"\\\n]|\\.)*\"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null|\Z)"
)
_WORDS = {"true": True, "false": False, "null": None}


class _Unreadable(Exception):
    """Carries the reason and the offset."""


def read(path: str, text: str) -> Facts:
    """The facts of a JSON file: a `Document` of one value, of none for an empty file."""
    cursor = _Cursor(text)
    try:
        values = cursor.document()
    except _Unreadable as error:
        message, offset = error.args
        return Facts(Text(), Problem(message, cursor.lines.place(offset, offset)))
    return Facts(Document(values), secrets=tuple(cursor.secrets))


class _Cursor:
    """Walks the tokens of a text."""

    def __init__(self, text: str) -> None:
        self.text, self.lines = text, Lines(text)
        self.secrets: list[Secret] = []
        self.token, self.start, self.end = "", 0, 0
        self.depth = 0

    def advance(self) -> str:
        """Go to the next token, "" at the end."""
        found = _TOKEN.match(self.text, self.end)
        if found is None:
            blank = re.compile(r"\s*").match(self.text, self.end)
            raise _Unreadable("is not valid JSON", blank.end() if blank is not None else self.end)
        self.token, self.start, self.end = found[1], found.start(1), found.end()
        return self.token

    def fault(self, what: str) -> _Unreadable:
        return _Unreadable(f"is not valid JSON: {what}", self.start)

    def document(self) -> tuple[Value, ...]:
        if not self.advance():
            return ()
        value = self.value("")
        if self.advance():
            raise self.fault("something follows its value")
        return (value,)

    def value(self, name: str) -> Value:
        """The value that begins with the current token; ends on its last token."""
        token, start = self.token, self.start
        if token == "{" or token == "[":
            if self.depth == _DEPTH:
                raise _Unreadable("is nested too deeply", start)
            self.depth += 1
            value: Value
            if token == "{":
                value = Mapping(self.pairs(), self.lines.place(start, self.end))
            else:
                value = Sequence("list", self.items(name), self.lines.place(start, self.end))
            self.depth -= 1
            return value
        place = self.lines.place(start, self.end)
        if token[:1] == '"':
            return constant(self.string(), place, name, "key", self.secrets)
        if token in _WORDS:
            return Constant(_WORDS[token], place)
        if token in ("", "}", "]", ",", ":"):
            raise self.fault("a value is missing")
        return Constant(_number(token), place)

    def items(self, name: str) -> tuple[Value, ...]:
        items = []
        while self.advance() != "]":
            items.append(self.value(name))
            if self.advance() == "]":
                break
            if self.token != ",":
                raise self.fault("a comma is missing")
        return tuple(items)

    def pairs(self) -> tuple[tuple[Value | None, Value], ...]:
        pairs: list[tuple[Value | None, Value]] = []
        while self.advance() != "}":
            if self.token[:1] != '"':
                raise self.fault("a key must be a string")
            key = Constant(self.string(), self.lines.place(self.start, self.end))
            if self.advance() != ":":
                raise self.fault("a colon is missing")
            self.advance()
            pairs.append((key, self.value(str(key.value))))
            if self.advance() == "}":
                break
            if self.token != ",":
                raise self.fault("a comma is missing")
        return tuple(pairs)

    def string(self) -> str:
        if "\\" not in self.token:
            return self.token[1:-1]
        try:
            text = str(json.loads(self.token, strict=False))
        except ValueError:
            raise self.fault("a string holds an unknown escape") from None
        return text.encode("utf-8", "replace").decode()  # a lone surrogate cannot be encoded as a fact


def _number(token: str) -> int | float | str:
    """An integer, a float, or its text where it is too large for the encoded facts."""
    if not token.lstrip("-").isdigit():
        return float(token)
    return int(token) if len(token) < 19 else token
