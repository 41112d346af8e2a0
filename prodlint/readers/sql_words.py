"""SQL as words and brackets: sqlparse's lexer, without comments, with the groups and `CASE` expressions nested."""

from __future__ import annotations

import re
from typing import NamedTuple, Union

__all__ = ["Group", "Node", "Word", "bare", "nested", "starts", "statements", "upper"]


class Word(NamedTuple):
    """A name, keyword, operator, literal or placeholder."""

    text: str
    line: int


class Group:
    """What stands in brackets, or between `CASE` and `END`."""

    def __init__(self, kind: str, line: int) -> None:
        self.kind = kind
        """"(", "[" or "case"."""
        self.line = line
        self.nodes: list[Node] = []


Node = Union[Word, Group]

_MAX_DEPTH = 60
_OPENING = {"(": ")", "[": "]"}


def statements(text: str) -> list[list[Node]]:
    """The statements of a text; one that nests absurdly deep, or closes what was not opened, is left out."""
    from sqlparse.lexer import tokenize
    from sqlparse.tokens import Comment

    words: list[Word] = []
    line = 1
    found: list[list[Node]] = []
    for kind, value in tokenize(text):  # type: ignore[no-untyped-call]
        if kind not in Comment and value.strip():
            # Some keywords come as one token: `LEFT JOIN`, `ORDER BY`.
            parts = value.split() if value[:1] not in "'\"`$" else [value]
            for part in parts:
                if part == ";":
                    found += _statement(words)
                    words = []
                else:
                    words.append(Word(part, line))
        line += value.count("\n")
    return found + _statement(words)


def _statement(words: list[Word]) -> list[list[Node]]:
    nodes = nested(words)
    return [nodes] if nodes else []


def nested(words: list[Word]) -> list[Node] | None:
    """Words with their groups; None where brackets do not match."""
    top: list[Node] = []
    stack: list[tuple[str, list[Node]]] = []
    current = top
    for word in words:
        text = word.text.upper()
        if text in _OPENING or text == "CASE":
            group = Group("case" if text == "CASE" else text, word.line)
            current.append(group)
            stack.append((_OPENING.get(text, "END"), current))
            current = group.nodes
            if len(stack) > _MAX_DEPTH:
                return None
        elif text in (")", "]") or (text == "END" and stack and stack[-1][0] == "END"):
            if not stack or stack[-1][0] != text:
                return None
            current = stack.pop()[1]
        else:
            current.append(word)
    return top if not stack else None


def upper(node: Node | None) -> str:
    """A word in capitals; "" for a group."""
    return node.text.upper() if isinstance(node, Word) else ""


def starts(nodes: list[Node]) -> str:
    """The first word, in capitals."""
    return upper(nodes[0]) if nodes else ""


def bare(word: str) -> str:
    """A name as the database keeps it: quotes taken off, or in lower case."""
    if word[:1] in '"`[' and len(word) > 1:
        return word[1:-1]
    return word if "__hole_" in word else word.lower()


NAME = re.compile(r"[A-Za-z_\"`][\w$\"` -]*\Z")
"""A name as it may be written."""
