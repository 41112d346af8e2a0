"""How evidence is put: shorthands for the three answers, and counting in words."""

from __future__ import annotations

from collections.abc import Iterable

from prodlint.checklist import Evidence
from prodlint.finding import Answer, Location

__all__ = ["against", "counted", "first_line", "for_it", "listed", "open_because"]


def for_it(text: str, location: Location | None = None, proof: bool = False) -> Evidence:
    """Something that speaks for the item; `proof` shows what else somebody would have to attest."""
    return Evidence(Answer.YES, text, location, proof)


def against(text: str, location: Location | None = None) -> Evidence:
    """Something that speaks against it."""
    return Evidence(Answer.NO, text, location)


def open_because(reason: str, location: Location | None = None) -> Evidence:
    """Something that leaves it open; `reason` completes "unknown because ..."."""
    return Evidence(Answer.UNKNOWN, reason, location)


def counted(number: int, noun: str, plural: str = "") -> str:
    """`1 route`, `2 routes`."""
    return f"{number} {noun}" if number == 1 else f"{number} {plural or noun + 's'}"


def listed(names: Iterable[str], most: int = 4) -> str:
    """Names as a sentence has them: `a`, `b` and 3 more."""
    several = [f"`{name}`" for name in dict.fromkeys(names)]
    if len(several) > most:
        return ", ".join(several[: most - 1]) + f" and {len(several) - most + 1} more"
    return " and ".join(filter(None, (", ".join(several[:-1]), several[-1]))) if several else ""


def first_line(path: str) -> Location:
    """A file as a whole."""
    return Location(path, 1 << 42)
