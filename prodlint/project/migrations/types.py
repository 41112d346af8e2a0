"""Whether a column's new type holds everything that the old one did."""

from __future__ import annotations

import re

from prodlint.libraries.django_models import FIELD_TYPES

__all__ = ["is_narrower", "is_rewritten"]

_SIZES = {"smallinteger": 2, "smallint": 2, "integer": 4, "int": 4, "biginteger": 8, "bigint": 8}
_TEXTS = frozenset({"string", "varchar", "char", "unicode", "autostring", "nvarchar", "character varying"})
_UNBOUND = frozenset({"text", "unicodetext"})
_PARTS = re.compile(r"\s*([\w ]+?)\s*(?:\((.*)\))?\s*", re.DOTALL)


def _parsed(text: str) -> tuple[str, int | None]:
    """The name of a type in lower case, for a field of Django that of PostgreSQL, and its length or precision; None for
    no limit."""
    found = _PARTS.fullmatch(text)
    if found is None:
        return text.lower(), None
    if found[1] in FIELD_TYPES:
        return FIELD_TYPES[found[1]], int(found[2]) if (found[2] or "").isdigit() else None
    numbers = re.findall(r"(?:length=|precision=|^)(\d+)", found[2] or "")
    return found[1].lower(), int(numbers[0]) if numbers else None


def is_narrower(old: str, new: str) -> bool:
    """Whether a value of the old type may not fit into the new one; False where that cannot be told."""
    (first, had), (second, has) = _parsed(old), _parsed(new)
    if first in _SIZES and second in _SIZES:
        return _SIZES[second] < _SIZES[first]
    is_text = first in _TEXTS or first in _UNBOUND
    if is_text and second in _TEXTS and has is not None:
        return had is None or has < had
    return False


def is_rewritten(old: str, new: str) -> bool:
    """Whether PostgreSQL rewrites the table for a change of type. It does not where a varchar grows, loses its limit
    or becomes text (https://www.postgresql.org/docs/current/sql-altertable.html, "Notes")."""
    names = {text.partition("(")[0] for text in (old, new)}
    if any(name.endswith("Field") and name not in FIELD_TYPES for name in names):
        return False  # A field of which nobody here knows the type.
    (first, had), (second, has) = _parsed(old), _parsed(new)
    is_text = (first in _TEXTS or first in _UNBOUND) and first != "char"
    if is_text and (second in _UNBOUND or (second in _TEXTS and second != "char")):
        return has is not None and (had is None or has < had)
    return (first, had) != (second, has)
