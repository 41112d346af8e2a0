"""Sees before parsing whether a text nests so deeply that a recursive parser would not survive it.

Python itself refuses more than 200 open brackets and 100 levels of indentation; libcst recurses natively, and its time
grows with the square of the depth of a chain of operators.
"""

from __future__ import annotations

import re

from prodlint.facts import Problem, place_of

_MAX_BRACKETS = 200
_MAX_CHAIN = 1200
_LONG_LINE = 3000
_QUOTED = re.compile(r'"""[\s\S]*?"""|\'\'\'[\s\S]*?\'\'\'|"(?:[^"\\\n]|\\.)*"|\'(?:[^\'\\\n]|\\.)*\'|#[^\n]*')
_LONG_RUN = 600
_BEGINS_INSIDE = re.compile(r"^[ \t]*(?:[+\-*/%|&.)\]}]|and |or |not |if |else )", re.MULTILINE)
_ENDS_INSIDE = re.compile(r"[+\-*/%|&\\]$", re.MULTILINE)
_RUN_OF_OPERATORS = re.compile(
    rf"(?:\n[ \t]*(?:[+\-*/%|&.)\]}}]|and |or |not |if |else )[^\n]*){{{_LONG_RUN}}}"
    rf"|(?:[^\n]*[+\-*/%|&\\]\n){{{_LONG_RUN}}}"
)
"""Slow: only for a text with so many lines that begin or end inside an expression."""
_SEGMENT_END = re.compile(r",|;|:(?=\s)|(?<![+\-*/%&|^~=<>(\[{\\.])\n(?!\s*[+\-*/%&|^.)\]}])")
_OPERATOR = re.compile(r"[+\-*/%&|^~(\[{]|\.(?=\w)|\bnot\b|\blambda\b|\bif\b|\bawait\b")


def too_deep(text: str) -> Problem | None:
    """A problem at the place of nesting that cannot be read, or None. Ordinary files cost one scan of their lines."""
    opening = text.count("(") + text.count("[") + text.count("{")
    long_line = max(map(len, text.split("\n")), default=0) > _LONG_LINE
    if opening <= _MAX_BRACKETS and not long_line and len(text) < 2 * _MAX_CHAIN:
        return None
    if not long_line and not _may_chain(text) and (opening <= _MAX_BRACKETS or not _deep_brackets(text)):
        return None
    bare = _QUOTED.sub(lambda match: "\n" * match.group().count("\n") or "x", text)
    deepest = _deep_brackets(bare)
    if deepest:
        return Problem(f"nests more than {_MAX_BRACKETS} brackets", place_of(deepest, 0, deepest, 0))
    line = 1
    start = 0
    for end in [*(match.start() for match in _SEGMENT_END.finditer(bare)), len(bare)]:
        segment = bare[start:end]
        if len(segment) > _MAX_CHAIN and len(_OPERATOR.findall(segment)) > _MAX_CHAIN:
            line += bare.count("\n", 0, start)
            return Problem(f"chains more than {_MAX_CHAIN} operators in one expression", place_of(line, 0, line, 0))
        start = end + 1
    return None


def _may_chain(text: str) -> bool:
    """Whether so many lines in a row begin or end inside an expression that one may be too long."""
    counts = (sum(1 for _ in pattern.finditer(text)) for pattern in (_BEGINS_INSIDE, _ENDS_INSIDE))
    return any(count >= _LONG_RUN for count in counts) and _RUN_OF_OPERATORS.search(text) is not None


def _deep_brackets(text: str) -> int:
    """The line (from 1) on which the two-hundred-and-first bracket opens, or 0."""
    depth = 0
    for match in re.finditer(r"[()\[\]{}]", text):
        if match.group() in "([{":
            depth += 1
            if depth > _MAX_BRACKETS:
                return text.count("\n", 0, match.start()) + 1
        elif depth:
            depth -= 1
    return 0
