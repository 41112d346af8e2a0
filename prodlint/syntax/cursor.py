"""Finds the places of syntax nodes by walking the source text in step with the tree.

libcst's `PositionProvider` renders the whole tree again to count columns, which takes twice as long as parsing. But a
walk that meets names, literals and brackets in source order needs only the next occurrence of each: between two of them
stand blanks, comments, operators and keywords, which one regular expression skips.
"""

from __future__ import annotations

import re

from prodlint.facts import MAX_COLUMN, MAX_LINE

_STRING = (
    r"(?:[rRbBuUfFtT]{1,2})?"
    r'(?:"""(?:[^"\\]|\\[\s\S]|"(?!""))*"""'
    r"|'''(?:[^'\\]|\\[\s\S]|'(?!''))*'''"
    r'|"(?:[^"\\\n]|\\[\s\S])*"'
    r"|'(?:[^'\\\n]|\\[\s\S])*')"
)
_TOKEN = re.compile(rf"\#[^\r\n]*|{_STRING}|\w+|\.\d\w*|[()\[\]{{}}]|\.\.\.")
_BETWEEN = re.compile(r"[ \t\r\n.,=:]*").match
"""Takes what mostly stands between two tokens."""
_ENDS = frozenset(["", *" \n.,:=()[]{}'\""])
"""What mostly stands behind a token, and belongs to none."""
_NEWLINE = re.compile(r"\r\n|\n|\r")


class Cursor:
    """A position in a source text that only moves forward.

    A *mark* is a position packed into one integer: line (from 1) times 2**14 plus column (from 0, in code points).
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self.offset = 0
        self.here = 1 << 14
        """The mark of the cursor: the end of what was taken last."""
        self._line = 1
        self._next_lines = [match.end() for match in _NEWLINE.finditer(text)]
        self._next_lines.append(len(text) + 1)
        self._base = 1 << 14
        """The mark of an offset in the line in hand, less the offset."""
        self._bound = min(self._next_lines[0], MAX_COLUMN)
        """The offset up to which that is true."""

    def mark(self, offset: int) -> int:
        """The mark of `offset`, which must not stand on an earlier line than the last one asked for."""
        return self._base + offset if offset < self._bound else self._mark(offset)

    def _mark(self, offset: int) -> int:
        following = self._next_lines
        line = self._line
        while offset >= following[line - 1]:
            line += 1
        self._line = line
        start = following[line - 2] if line > 1 else 0
        number = line if line < MAX_LINE else MAX_LINE
        self._base = (number << 14) - start
        self._bound = min(following[line - 1], start + MAX_COLUMN)
        column = offset - start
        return number << 14 | (column if column < MAX_COLUMN else MAX_COLUMN)

    def take(self, expected: str) -> int:
        """Move behind the next token `expected` (a name, literal, keyword or bracket) and return the mark of its start.

        Should the text not hold it any more, the cursor stays, so that a surprise costs an exact place and no more."""
        text, start = self.text, self.offset
        if not text.startswith(expected, start):
            start = _BETWEEN(text, start).end()  # type: ignore[union-attr]
            start = start if text.startswith(expected, start) else -1
        end = start + len(expected)
        if start < 0 or (text[end : end + 1] not in _ENDS and _is_word(text[end]) and _is_word(expected[-1])):
            start = self._search(expected)
            if start < 0:
                return self.here
            end = start + len(expected)
        self.offset = end
        mark = self._base + start if start < self._bound else self._mark(start)
        self.here = self._base + end if end < self._bound else self._mark(end)
        return mark

    def _search(self, expected: str) -> int:
        """The offset of the next token `expected`, -1 where there is none."""
        text, search, offset = self.text, _TOKEN.search, self.offset
        while (found := search(text, offset)) is not None:
            start = found.start()
            word = found.group()
            if word == expected or (text.startswith(expected, start) and not word.isidentifier() and word[0] != "#"):
                return start
            offset = found.end()
        return -1

    def symbol(self, expected: str) -> int:
        """Like `take`, for an operator such as `-`, `*` or `:`."""
        start = self.text.find(expected, self.offset)
        while start >= 0:
            line = self.text.rfind("\n", self.offset, start) + 1 or self.offset
            if "#" not in self.text[line:start]:
                mark = self.mark(start)
                self._move(start + len(expected))
                return mark
            end_of_line = self.text.find("\n", start)
            start = self.text.find(expected, end_of_line) if end_of_line >= 0 else -1
        return self.here

    def skip(self, length: int) -> int:
        """Move on by `length` characters and return the mark of where the cursor stood."""
        mark = self.here
        self._move(self.offset + length)
        return mark

    def _move(self, offset: int) -> None:
        self.offset = offset
        self.here = self.mark(offset)


def _is_word(character: str) -> bool:
    return character.isalnum() or character == "_"


def place_between(start: int, end: int) -> int:
    """The place (see `facts.place_of`) from one mark to another."""
    height = (end >> 14) - (start >> 14)
    return start << 28 | (height if height < MAX_COLUMN else MAX_COLUMN) << 14 | (end & MAX_COLUMN)
