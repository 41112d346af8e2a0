"""Patterns that name files, as the configuration and `match:` pages write them."""

from __future__ import annotations

import re
from functools import cache

__all__ = ["file_matches"]


def file_matches(pattern: str, path: str) -> bool:
    """Whether a pattern of the configuration or of a page names a file: `*` stays within a folder, `**` crosses
    folders, a pattern without `/` speaks of the name alone, one that names a folder of all that is below it."""
    return _compiled(pattern).fullmatch(path) is not None


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    pieces = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    parts = re.split(r"(\*\*/|\*\*|\*|\?)", pattern.strip("/"))
    body = "".join(pieces.get(part, re.escape(part)) for part in parts)
    prefix = "" if "/" in pattern.rstrip("/") else "(?:.*/)?"
    return re.compile(f"{prefix}{body}(?:/.*)?", re.DOTALL)
