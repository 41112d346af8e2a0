"""Where a fact stands, packed into one integer."""

from __future__ import annotations

from msgspec import Struct

MAX_LINE = (1 << 20) - 1
"""The last line that a place can name; a longer file is not read."""

MAX_COLUMN = (1 << 14) - 1
"""Columns and line distances above this are recorded as this."""


class Span(Struct, frozen=True, array_like=True):
    """Where a fact stands: lines from 1, columns from 0 in code points, the end exclusive."""

    line: int
    column: int
    end_line: int
    end_column: int


def place_of(line: int, column: int, end_line: int, end_column: int) -> int:
    """Pack a span into one integer (62 bits), so that a fact costs one number to decode instead of a structure."""
    height = end_line - line
    return (
        (line if line < MAX_LINE else MAX_LINE) << 42
        | (column if column < MAX_COLUMN else MAX_COLUMN) << 28
        | (height if height < MAX_COLUMN else MAX_COLUMN) << 14
        | (end_column if end_column < MAX_COLUMN else MAX_COLUMN)
    )


def span(place: int) -> Span:
    """Unpack what `place_of` packed."""
    line = place >> 42
    return Span(
        line,
        place >> 28 & MAX_COLUMN,
        line + (place >> 14 & MAX_COLUMN),
        place & MAX_COLUMN,
    )
