"""Paths of routes as patterns: whether one of them matches whatever another one matches."""

from __future__ import annotations

import re
from functools import cached_property

from prodlint.libraries.paths import ALIASES, MARKS, MATCHED, OTHER_MARKS
from prodlint.project.routes.route import Route

_PARAMETER = re.compile(r"\{([^{}:]+)(?::([^{}]*))?\}")


class Pattern:
    """The path of a route. `text` is what it looks like to others: each parameter is the mark of its converter."""

    def __init__(self, route: Route) -> None:
        converters = dict(route.converters)
        self.literals = _PARAMETER.split(route.path)[::3]
        self.converters: list[str] = []
        for match in _PARAMETER.finditer(route.path):
            said = match.group(2) or converters.get(match.group(1), "")
            self.converters.append(ALIASES.get(said, said))
        marks = [mark_of(converter) for converter in self.converters]
        self.text = "".join(a + b for a, b in zip(self.literals, [*marks, ""], strict=True))
        self.segments = self.text.split("/")

    @property
    def is_greedy(self) -> bool:
        """Whether a parameter may take in several segments."""
        return any(converter == "path" or converter not in MATCHED for converter in self.converters)

    @cached_property
    def expression(self) -> re.Pattern[str] | None:
        """Matches the texts of all patterns that this one covers; None where a converter cannot be read."""
        parts = [_matched(converter) for converter in self.converters]
        text = "".join(re.escape(a) + b for a, b in zip(self.literals, [*parts, ""], strict=True))
        try:
            return re.compile(text)
        except re.error:
            return None

    def covers(self, other: Pattern) -> bool:
        """Whether every path that `other` matches is matched by this pattern, too."""
        if self.text == other.text:
            return True
        if not self.converters:
            return False
        if not self.is_greedy:
            if len(self.segments) != len(other.segments):
                return False
            for own, its in zip(self.segments, other.segments, strict=True):
                if own != its and own.isascii():
                    return False
        return self.expression is not None and self.expression.fullmatch(other.text) is not None


_others: dict[str, str] = {}


def mark_of(converter: str) -> str:
    """The character that stands for a converter; the same one for the same expression."""
    known = MARKS.get(converter)
    if known is None:
        known = _others.setdefault(converter, chr(min(OTHER_MARKS + len(_others), 0xF8FF)))
    return known


def _matched(converter: str) -> str:
    known = MATCHED.get(converter)
    if known is not None:
        return known
    # A custom converter matches what nobody knows, and itself; a regular expression is one.
    mark = mark_of(converter)
    return mark if converter.isidentifier() else f"(?:{converter}|{mark})"


__all__ = ["Pattern", "mark_of"]
