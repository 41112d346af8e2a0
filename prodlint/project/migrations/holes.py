"""Fills what a template left open in the changes that its SQL makes."""

from __future__ import annotations

import re
from typing import Any

from msgspec.structs import replace

from prodlint.facts.ddl import Change, Declared

__all__ = ["filled"]

_HOLE = re.compile(r"__hole_(\w*?)__")
_NAME = re.compile(r"[\w$. -]*")
_FREE = frozenset({"text", "default", "type"})
"""Fields that may hold any text."""


class _Open(Exception):
    """A hole is not known."""


def filled(change: Change, holes: dict[str, Any]) -> Change:
    """A change with its holes filled; one of kind "unknown" where a hole that matters is not known."""
    if not holes and "__hole_" not in repr(change):
        return change
    try:
        done: Change = _filled(change, holes)
        return done
    except _Open:
        if change.kind in ("data", "other"):
            return change
        try:
            table, schema = _text(change.table, holes, False), _text(change.schema, holes, False)
        except _Open:
            table, schema = "", ""
        return Change("unknown", table, schema, text="a name in its SQL is computed")


def _filled(change: Any, holes: dict[str, Any]) -> Any:
    fields: dict[str, Any] = {}
    for field in change.__struct_fields__:
        value = getattr(change, field)
        if isinstance(value, str):
            fields[field] = _text(value, holes, field in _FREE)
        elif field == "columns" or field == "targets":
            fields[field] = tuple(part for each in value for part in _several(each, holes))
        elif isinstance(value, tuple):
            fields[field] = tuple(
                _filled(each, holes) if isinstance(each, (Change, Declared)) else _item(each, holes) for each in value
            )
    if isinstance(change, Change) and "." in fields["table"] and "__hole_" in change.table:
        fields["schema"], _, fields["table"] = fields["table"].rpartition(".")
    return replace(change, **fields)


def _item(value: Any, holes: dict[str, Any]) -> Any:
    if isinstance(value, tuple):
        return tuple(_text(each, holes, True) for each in value)
    return _text(value, holes, True) if isinstance(value, str) else value


def _several(text: str, holes: dict[str, Any]) -> list[str]:
    """A column; a hole alone may stand for a list of them."""
    whole = _HOLE.fullmatch(text)
    held = holes.get(whole[1]) if whole is not None else None
    if isinstance(held, str) and re.fullmatch(r"[\w, ]+", held):
        return [part.strip() for part in held.split(",")]
    return [_text(text, holes, text.startswith("("))]


def _text(text: str, holes: dict[str, Any], is_free: bool) -> str:
    def fill(found: re.Match[str]) -> str:
        held = holes.get(found[1])
        if isinstance(held, (str, int)) and not isinstance(held, bool):
            if is_free or _NAME.fullmatch(str(held)):
                return str(held)
        if is_free:
            return "?"
        raise _Open

    return _HOLE.sub(fill, text) if "__hole_" in text else text
