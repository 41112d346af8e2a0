"""YAML to facts, from the parser's events: no tag is constructed, no node is composed, no depth can exhaust the stack.

Plain scalars are resolved by the core schema of YAML 1.2 (null, true, false, integers, floats), so that `on`, `yes` and
`22:22` stay strings. A scalar with a tag (`!Ref x`) is its text. An alias is the value of its anchor, the same object;
how much all aliases together would expand to is bounded. A merge key `<<` puts the merged pairs before the mapping's
own, so that the last pair of a key is the one that counts.
"""

from __future__ import annotations

import re
from typing import Any

import yaml

from prodlint.facts import Constant, Document, Facts, Mapping, Problem, Secret, Sequence, Text, Unknown, Value, place_of
from prodlint.facts import span as span_of
from prodlint.readers.pragmas import pragmas
from prodlint.readers.scalars import assignment, constant, is_assignment

__all__ = ["read"]

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_DEPTH = 200
_EXPANSION = 100_000
"""How many values the aliases of one file may stand for."""
_WORDS: dict[str, bool | None] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_INTEGER = re.compile(r"[-+]?[0-9]{1,18}|0o[0-7]{1,20}|0x[0-9a-fA-F]{1,15}")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_ENVIRONMENT = {"environment", "env", "args", "build_args", "build-args", "build-arg"}


class _Unreadable(Exception):
    """Carries the reason and the place."""


class _Open:
    """A mapping or sequence that is not closed yet, or the document around them."""

    __slots__ = ("anchor", "block", "column", "items", "key", "line", "mapping", "name", "pairs", "size")

    def __init__(self, name: str, event: Any = None) -> None:
        self.name = name
        """The nearest key above: what a scalar inside is bound to."""
        self.mapping = isinstance(event, yaml.MappingStartEvent)
        self.block = event is not None and not event.flow_style
        self.anchor: str | None = event.anchor if event is not None else None
        self.line: int = event.start_mark.line + 1 if event is not None else 1
        self.column: int = event.start_mark.column if event is not None else 0
        self.key: Value | None = None
        self.pairs: list[tuple[Value | None, Value]] = []
        self.items: list[Value] = []
        self.size = 1


def read(path: str, text: str) -> Facts:
    """The facts of a YAML file: a `Document` with one value for each document in it."""
    reader = _Reader()
    try:
        reader.run(text)
    except _Unreadable as error:
        message, place = error.args
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column) if mark is not None else (1, 0)
        # quoted parts of the message may be the file's own text
        clause = re.sub(r"\s*'.*'", "", error.problem or error.context or "")
        message, place = f"is not valid YAML: {clause}".rstrip(": "), place_of(line, column, line, column)
    except (yaml.YAMLError, UnicodeError):
        message, place = "is not valid YAML: it holds a character that is not allowed", place_of(1, 0, 1, 0)
    except (RecursionError, MemoryError, ValueError):
        message, place = "is not valid YAML", place_of(1, 0, 1, 0)
    else:
        return Facts(Document(tuple(reader.documents)), secrets=tuple(reader.secrets), pragmas=pragmas(text))
    return Facts(Text(), Problem(message, place), pragmas=pragmas(text))


class _Reader:
    """Builds values from the events of one file."""

    def __init__(self) -> None:
        self.documents: list[Value] = []
        self.secrets: list[Secret] = []
        self.stack: list[_Open] = []
        self.anchors: dict[str, tuple[Value, int] | None] = {}
        self.expanded = 0

    def run(self, text: str) -> None:
        for event in yaml.parse(text, Loader=_LOADER):
            if isinstance(event, yaml.ScalarEvent):
                value = self.scalar(event)
                if event.anchor:
                    self.anchors[event.anchor] = value, 1
                self.add(value, 1)
            elif isinstance(event, (yaml.MappingStartEvent, yaml.SequenceStartEvent)):
                self.open(event)
            elif isinstance(event, (yaml.MappingEndEvent, yaml.SequenceEndEvent)):
                self.close(event)
            elif isinstance(event, yaml.AliasEvent):
                self.alias(event)
            elif isinstance(event, yaml.DocumentStartEvent):
                self.stack, self.anchors = [_Open("")], {}
            elif isinstance(event, yaml.DocumentEndEvent):
                self.documents.extend(self.stack.pop().items)

    def open(self, event: Any) -> None:
        if len(self.stack) > _DEPTH:
            raise _Unreadable("is nested too deeply", _place(event))
        if event.anchor:
            self.anchors[event.anchor] = None
        self.stack.append(_Open(self.bound(), event))

    def close(self, event: Any) -> None:
        closed = self.stack.pop()
        end_line, end_column = event.end_mark.line + 1, event.end_mark.column
        last = closed.pairs[-1][1] if closed.pairs else closed.items[-1] if closed.items else None
        if closed.block and last is not None:  # a block's end mark is where the next token stands
            end = span_of(last.place)
            if end.end_line >= closed.line:
                end_line, end_column = end.end_line, end.end_column
        place = place_of(closed.line, closed.column, end_line, end_column)
        value: Value
        if closed.mapping:
            value = Mapping(tuple(closed.pairs), place)
        else:
            value = Sequence("list", tuple(closed.items), place)
        if closed.anchor:
            self.anchors[closed.anchor] = value, closed.size
        self.add(value, closed.size)

    def alias(self, event: Any) -> None:
        if event.anchor not in self.anchors:
            raise _Unreadable("is not valid YAML: an alias names no anchor", _place(event))
        known = self.anchors[event.anchor]
        if known is None:
            self.add(Unknown("an alias stands inside the value that it names", _place(event)), 1)
            return
        value, size = known
        self.expanded += size
        if self.expanded > _EXPANSION:
            raise _Unreadable(f"has aliases that stand for more than {_EXPANSION:,} values", _place(event))
        self.add(value, size)

    def bound(self) -> str:
        """What the next value is bound to: its key, or that of the sequence that it is in."""
        top = self.stack[-1]
        if isinstance(top.key, Constant):
            key = str(top.key.value)
            if key == "value" and top.pairs:  # `- name: PASSWORD` / `value: ...` of manifests
                named = Mapping(tuple(top.pairs), 0).get("name")
                if isinstance(named, Constant) and isinstance(named.value, str):
                    return named.value
            return key
        return top.name

    def scalar(self, event: Any) -> Value:
        text, place, top = event.value, _place(event), self.stack[-1]
        if event.implicit[0] and not event.style:
            if text in _WORDS:
                return Constant(_WORDS[text], place)
            if _INTEGER.fullmatch(text):
                return Constant(int(text, 0 if text[:2] in ("0o", "0x") else 10), place)
            if _FLOAT.fullmatch(text):
                return Constant(float(text), place)
        if top.mapping and top.key is None:
            return Constant(text, place)
        name = self.bound()
        if not top.mapping and name in _ENVIRONMENT and is_assignment(text):
            return assignment(text, place, self.secrets)
        return constant(text, place, name, "key", self.secrets)

    def add(self, value: Value, size: int) -> None:
        top = self.stack[-1]
        top.size += size
        if not top.mapping:
            top.items.append(value)
        elif top.key is None:
            top.key = value
        else:
            if isinstance(top.key, Constant) and top.key.value == "<<":
                top.pairs[:0] = _merged(value)
            else:
                top.pairs.append((top.key, value))
            top.key = None


def _merged(value: Value) -> list[tuple[Value | None, Value]]:
    """The pairs of a merged mapping; of several mappings the first one counts, so it comes last."""
    if isinstance(value, Mapping):
        return list(value.items)
    if isinstance(value, Sequence):
        return [pair for item in reversed(value.items) if isinstance(item, Mapping) for pair in item.items]
    return []


def _place(event: Any) -> int:
    start, end = event.start_mark, event.end_mark
    return place_of(start.line + 1, start.column, end.line + 1, end.column)
