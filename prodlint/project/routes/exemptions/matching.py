"""Regular expressions and patterns of the inspected tree, tried only where trying them cannot take long."""

from __future__ import annotations

import re
import warnings
from fnmatch import fnmatchcase
from functools import lru_cache

_MAX_LENGTH = 300
_MAX_REPEATS = 4
_NESTED = re.compile(r"[+*}]\)?[+*{]|\([^()]*[+*{][^()]*\)[+*{]")
_REPEAT = re.compile(r"(?<!\\)[+*{]")
_WAYS = {"match": re.Pattern.match, "fullmatch": re.Pattern.fullmatch, "search": re.Pattern.search}


def matches(pattern: str, text: str, way: str, ignores_case: bool = False) -> bool | None:
    """Whether a regular expression matches (`way` is "match", "fullmatch" or "search"); None where it is none, or
    where it may take long."""
    compiled = _compiled(pattern, ignores_case)
    if compiled is None or len(text) > _MAX_LENGTH:
        return None
    return _WAYS[way](compiled, text) is not None


def fits(pattern: str, text: str) -> bool | None:
    """Whether a shell pattern matches; None for one that may take long."""
    if len(pattern) > _MAX_LENGTH or len(text) > _MAX_LENGTH or pattern.count("*") > _MAX_REPEATS:
        return None
    return fnmatchcase(text, pattern)


@lru_cache(maxsize=256)
def _compiled(pattern: str, ignores_case: bool) -> re.Pattern[str] | None:
    if len(pattern) > _MAX_LENGTH:
        return None
    # An alternation at the top costs no more than its most costly branch.
    if max(len(_REPEAT.findall(branch)) for branch in pattern.split("|")) > _MAX_REPEATS or _NESTED.search(pattern):
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return re.compile(pattern, re.IGNORECASE if ignores_case else 0)
    except (re.error, OverflowError, RecursionError):
        return None
