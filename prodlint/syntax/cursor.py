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
_NEWLINE = re.compile(r"\r\n|\n|\r")


class Cursor:
    """A position in a source text that only moves forward.

    A *mark* is a position packed into one integer: line (from 1) times 2**14 plus column (from 0, in code points).
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self.offset = 0
        self._line = 1
        self._line_start = 0
        self._next_lines = [match.end() for match in _NEWLINE.finditer(text)]
        self._next_lines.append(len(text) + 1)

    def mark(self, offset: int) -> int:
        """The mark of `offset`, which must not stand on an earlier line than the last one asked for."""
        following = self._next_lines
        line = self._line
        while offset >= following[line - 1]:
            self._line_start = following[line - 1]
            line += 1
        self._line = line
        column = offset - self._line_start
        return (line if line < MAX_LINE else MAX_LINE) << 14 | (column if column < MAX_COLUMN else MAX_COLUMN)

    @property
    def here(self) -> int:
        """The mark of the cursor: the end of what was taken last."""
        return self.mark(self.offset)

    def take(self, expected: str) -> int:
        """Move behind the next token `expected` (a name, literal, keyword or bracket) and return the mark of its start.

        Should the text not hold it any more, the cursor stays, so that a surprise costs an exact place and no more."""
        text, search, offset = self.text, _TOKEN.search, self.offset
        while (found := search(text, offset)) is not None:
            start = found.start()
            word = found.group()
            if word == expected or (text.startswith(expected, start) and not word.isidentifier() and word[0] != "#"):
                self.offset = start + len(expected)
                return self.mark(start)
            offset = found.end()
        return self.here

    def symbol(self, expected: str) -> int:
        """Like `take`, for an operator such as `-`, `*` or `:`."""
        start = self.text.find(expected, self.offset)
        while start >= 0:
            line = self.text.rfind("\n", self.offset, start) + 1 or self.offset
            if "#" not in self.text[line:start]:
                self.offset = start + len(expected)
                return self.mark(start)
            end_of_line = self.text.find("\n", start)
            start = self.text.find(expected, end_of_line) if end_of_line >= 0 else -1
        return self.here

    def skip(self, length: int) -> int:
        """Move on by `length` characters and return the mark of where the cursor stood."""
        start = self.here
        self.offset += length
        return start


def place_between(start: int, end: int) -> int:
    """The place (see `facts.place_of`) from one mark to another."""
    height = (end >> 14) - (start >> 14)
    return start << 28 | (height if height < MAX_COLUMN else MAX_COLUMN) << 14 | (end & MAX_COLUMN)
