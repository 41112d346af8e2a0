"""Writes to standard output, standard error and files, whatever state these are in."""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
from typing import TextIO

from prodlint.report.printable import printable

__all__ = ["OutputError", "complain", "is_terminal", "save", "say", "width"]


class OutputError(Exception):
    """Something that cannot be written; the text is a sentence."""


def say(text: str, status: int = 0, machine: bool = False) -> int:
    """Write to standard output and give `status`. `machine` text is UTF-8 whatever the terminal's encoding is. A reader
    that has gone away is no error: it has seen what it wanted. Raises `OutputError`."""
    stream = sys.stdout
    if stream is None:
        return status
    try:
        _write(stream, text, "utf-8" if machine else stream.encoding)
    except BrokenPipeError:
        # The interpreter flushes at its end, which must not fail again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
    except OSError as error:
        raise OutputError(f"Standard output cannot be written to: {_reason(error)}.") from None
    return status


def complain(sentence: str, status: int = 2) -> int:
    """Write a sentence to standard error and give `status`."""
    if sys.stderr is not None:
        # A sentence may name a file of the inspected tree. Where it cannot be written nobody is left to be told.
        with contextlib.suppress(OSError):
            _write(sys.stderr, f"prodlint: {printable(' '.join(sentence.split()))}\n", sys.stderr.encoding)
    return status


def save(path: str, text: str, new: bool = False) -> None:
    """Write a file, `new` only where there is none yet. Raises `OutputError`."""
    try:
        with open(path, "xb" if new else "wb") as file:
            file.write(text.encode("utf-8"))
    except (OSError, ValueError) as error:
        reason = _reason(error) if isinstance(error, OSError) else "this is no name of a file"
        raise OutputError(f"`{path}` cannot be written: {reason}.") from None


def is_terminal(stream: TextIO | None) -> bool:
    """Whether a person is watching."""
    try:
        return stream is not None and stream.isatty()
    except ValueError:  # It is closed.
        return False


def width() -> int:
    """The columns of the terminal."""
    return shutil.get_terminal_size((100, 24)).columns


def _write(stream: TextIO, text: str, encoding: str | None) -> None:
    try:
        data = text.encode(encoding or "utf-8", "backslashreplace")
        buffer = getattr(stream, "buffer", None)
        if buffer is None:
            stream.write(data.decode(encoding or "utf-8"))
        else:
            stream.flush()
            buffer.write(data.replace(b"\n", os.linesep.encode()) if os.linesep != "\n" else data)
        stream.flush()
    except ValueError:
        pass  # A stream that is closed already.


def _reason(error: OSError) -> str:
    return (error.strerror or type(error).__name__).lower()
