"""Python source to facts: parses with libcst and walks the tree once, in source order."""

from __future__ import annotations

import gc
import re
import sys
import threading
from typing import TYPE_CHECKING

from prodlint.facts import (
    Facts,
    Problem,
    Text,
    place_of,
)
from prodlint.readers.python_statements import Statements
from prodlint.syntax.nesting import too_deep
from prodlint.syntax.parse import parse

if TYPE_CHECKING:
    import libcst as cst
else:
    from prodlint.syntax.parse import nodes as cst

_STACK_BYTES = 512 * 1024 * 1024
_RECURSION_LIMIT = 9000
_SMALL = 6000
"""Characters below which no nesting can exhaust an ordinary stack."""


def read(path: str, text: str) -> Facts:
    """The facts of a Python file. What cannot be parsed is a problem at its place, never an exception."""
    depth = too_deep(text)
    if depth is not None:
        return Facts(Text(), problem=depth)
    if len(text) < _SMALL:
        return _read(text)
    # libcst's native parser recurses: nesting that is legal but absurd would exhaust the usual 8 MB and end the
    # process.
    result: list[Facts | Exception] = []

    def run() -> None:
        try:
            result.append(_read(text))
        except Exception as error:  # A thread has no caller: what fails here is raised again below.
            result.append(error)

    previous = threading.stack_size(_STACK_BYTES)
    try:
        thread = threading.Thread(target=run)
        thread.start()
    finally:
        threading.stack_size(previous)
    thread.join()
    outcome = result[0]
    if isinstance(outcome, Exception):
        raise outcome
    return outcome


def _read(text: str) -> Facts:
    collecting = gc.isenabled()
    limit = sys.getrecursionlimit()
    gc.disable()
    sys.setrecursionlimit(max(limit, _RECURSION_LIMIT))
    try:
        module = parse(text)
        return Statements(text).module(module)
    except cst.ParserSyntaxError as error:
        line, column = max(error.raw_line, 1), max(error.raw_column, 0)
        return _failed(text, f"is not valid Python: {_reason(error)}", place_of(line, column, line, column))
    except RecursionError:
        return _failed(text, "nests expressions too deeply to be read", place_of(1, 0, 1, 0))
    finally:
        sys.setrecursionlimit(limit)
        if collecting:
            gc.enable()


def _failed(text: str, message: str, place: int) -> Facts:
    return Facts(Text(), problem=Problem(message, place))


def _reason(error: cst.ParserSyntaxError) -> str:
    message = str(error.message).removeprefix("parser error: error at ").strip().splitlines()[0].rstrip(".")
    expected = re.match(r"\d+:\d+: expected (.*)", message)
    if expected is None:
        return message.removeprefix("tokenizer error: ") or "the syntax is broken"
    wanted = expected.group(1)
    return f"expected {wanted}" if len(wanted) < 60 else "unexpected text"
