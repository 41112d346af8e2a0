"""Whether two versions of a file say the same but for the lines that they say it on."""

from __future__ import annotations

from functools import cache
from itertools import pairwise

from msgspec import Struct

from prodlint.facts.file import Facts
from prodlint.facts.places import MAX_COLUMN, MAX_LINE, place_of, span

__all__ = ["moved", "moves"]

PLACES = frozenset({"place", "places", "includes", "constraints"})
"""Fields of facts whose integers, those of their tuples included, are places."""
HEAD = place_of(1, 0, 1, 0)
"""The head of a file, which stands for it as a whole: whatever stands in its first line, it stays there."""
LINES = frozenset({"line"})
"""Fields whose integers are numbers of lines."""


def moves(old: Facts, new: Facts) -> dict[int, int] | None:
    """To which line each line of `old` went on which a fact begins or ends; None where the facts differ in more.

    No two lines become one or change places, and what stands on a line keeps its columns: so all that was concluded
    from the old facts is true of the new ones, on other lines.
    """
    lines: dict[int, int] = {}
    pairs: list[tuple[object, object]] = [(old, new)]
    while pairs:
        one, other = pairs.pop()
        if one.__class__ is not other.__class__:
            return None
        if isinstance(one, tuple) and isinstance(other, tuple):
            if len(one) != len(other):
                return None
            pairs += zip(one, other, strict=True)
        elif isinstance(one, Struct):
            for name, kind in _plan(one.__class__):
                mine, theirs = getattr(one, name), getattr(other, name)
                if kind == "fact":
                    pairs.append((mine, theirs))
                elif not _agree(mine, theirs, kind, lines):
                    return None
        elif one != other:
            return None
    if old.pragmas and lines.get(1, 1) != 1:
        return None  # An ignore comment in the first line speaks of the file as a whole as well.
    ordered = sorted(lines.items())
    return lines if all(mine[1] < theirs[1] for mine, theirs in pairwise(ordered)) else None


def moved(place: int, lines: dict[int, int]) -> int | None:
    """Where a place is now, by what `moves` gave; None where that does not tell."""
    if place == HEAD:
        return place
    at = span(place)
    line, end_line = _line(at.line, lines), _line(at.end_line, lines)
    return None if line is None or end_line is None else place_of(line, at.column, end_line, at.end_column)


def _line(number: int, lines: dict[int, int]) -> int | None:
    """A line without a fact goes with those above and below it, if these go together."""
    found = lines.get(number)
    if found is None and lines:
        above = max((each for each in lines if each < number), default=0)
        below = min((each for each in lines if each > number), default=above)
        before, after = lines.get(above, 0) - above, lines.get(below, 0) - below
        found = number + before if before == after else None
    return found


@cache
def _plan(of: type[Struct]) -> tuple[tuple[str, str], ...]:
    """The fields of a type of facts, each with what its integers are: "place", "line", or "fact" for what has to be
    the same."""
    return tuple(
        (name, "place" if name in PLACES else "line" if name in LINES else "fact") for name in of.__struct_fields__
    )


def _agree(old: object, new: object, kind: str, lines: dict[int, int]) -> bool:
    """Compare the values of a field that holds places or lines; what moved is added to `lines`."""
    if isinstance(old, tuple) and isinstance(new, tuple):
        return len(old) == len(new) and all(
            _agree(one, other, kind, lines) for one, other in zip(old, new, strict=True)
        )
    if not isinstance(old, int) or not isinstance(new, int):
        # The name beside the place of an included file; a change of a schema among the constraints of another.
        return old == new
    if kind == "line":
        return lines.setdefault(old, new) == new
    if HEAD in (old, new):
        return old == new
    mine, theirs = span(old), span(new)
    if (mine.column, mine.end_column) != (theirs.column, theirs.end_column):
        return False
    if max(mine.end_line, theirs.end_line) >= MAX_LINE or mine.end_line - mine.line >= MAX_COLUMN:
        return False
    return (
        lines.setdefault(mine.line, theirs.line) == theirs.line
        and lines.setdefault(mine.end_line, theirs.end_line) == theirs.end_line
    )
