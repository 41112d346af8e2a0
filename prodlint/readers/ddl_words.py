"""The words of statements that change a schema, and a cursor that reads names, brackets and lists from them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

__all__ = ["Unread", "Words", "bare", "indexed", "parts", "statements", "text_of"]


class Unread(Exception):
    """A statement goes on in a way that is not understood."""


def statements(text: str) -> Iterator[list[str]]:
    """The words of each statement of a text, comments left out."""
    from sqlparse.engine import StatementSplitter
    from sqlparse.lexer import tokenize
    from sqlparse.tokens import Comment, Whitespace

    for statement in StatementSplitter().process(tokenize(text)):  # type: ignore[no-untyped-call]
        words: list[str] = []
        for token in statement.tokens:
            if token.ttype in Whitespace or token.ttype in Comment:
                continue
            value = token.value
            if token.ttype is not None and value[:1] not in "'\"`[$" and " " in value.strip():
                words += value.split()
            else:
                words.append(value)
        while words and words[-1] == ";":
            words.pop()
        if words:
            yield words


def bare(word: str) -> str:
    """A name as the database keeps it: quotes taken off, or in lower case."""
    if word[:1] in '"`[' and len(word) > 1:
        return word[1:-1]
    return word if "__hole_" in word else word.lower()


def text_of(words: list[str]) -> str:
    """Words as one would write them."""
    text = " ".join(words)
    return re.sub(r"\s*([(),.]|::)\s*", r"\1", text).replace(",", ", ")


class Words:
    """Reads the words of one statement."""

    def __init__(self, words: list[str]) -> None:
        self.words = words
        self.at = 0
        self.about = ("", "")
        """Schema and name of the table that the statement is about, as soon as it is known."""

    def peek(self, ahead: int = 0) -> str:
        at = self.at + ahead
        return self.words[at].upper() if at < len(self.words) else ""

    def take(self, *expected: str) -> bool:
        """Whether the next words are these; they are passed then."""
        if [self.peek(at) for at in range(len(expected))] == list(expected):
            self.at += len(expected)
            return True
        return False

    def need(self, *expected: str) -> None:
        if not self.take(*expected):
            raise Unread

    def name(self) -> str:
        word = self.words[self.at]
        if not re.match(r"[\w\"`\[]", word):
            raise Unread
        self.at += 1
        # Names and holes that touch are one name: `ix_{table}_name`.
        return bare(word)

    def qualified(self) -> tuple[str, str]:
        """A schema, "" for none, and a name."""
        first = self.name()
        if self.take("."):
            return first, self.name()
        return "", first

    def table(self) -> tuple[str, str]:
        self.about = self.qualified()
        return self.about

    def group(self) -> list[str]:
        """The words inside the next brackets."""
        self.need("(")
        start, depth = self.at, 1
        while depth:
            word = self.words[self.at]
            depth += (word == "(") - (word == ")")
            self.at += 1
        return self.words[start : self.at - 1]

    def until(self, ends: Callable[[str], bool]) -> list[str]:
        """The words up to one outside of brackets that ends them, or to the end of the statement."""
        start, depth = self.at, 0
        while self.at < len(self.words):
            word = self.words[self.at]
            if not depth and ends(word.upper()):
                break
            depth += (word == "(") - (word == ")")
            self.at += 1
        return self.words[start : self.at]

    def flags(self, *options: tuple[str, ...]) -> list[str]:
        return [" ".join(each).lower() for each in options if self.take(*each)]


def parts(words: list[str]) -> list[list[str]]:
    """Words split at the commas outside of brackets."""
    parts: list[list[str]] = [[]]
    depth = 0
    for word in words:
        depth += (word == "(") - (word == ")")
        if word == "," and not depth:
            parts.append([])
        else:
            parts[-1].append(word)
    return [part for part in parts if part]


def indexed(words: list[str]) -> str:
    """The column that a part of an index is, orderings and operator classes left out; an expression in brackets."""
    if len(words) == 1 or words[1].upper() in ("ASC", "DESC", "NULLS", "COLLATE") or "(" not in words:
        if len(words) > 1 and words[1].upper() == "COLLATE":
            return f"({text_of(words)})"
        return bare(words[0])
    return f"({text_of(words)})"
