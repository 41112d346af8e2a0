"""What is inside of what a variable holds: attributes of rows, items, what a loop gives."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from prodlint.facts import Operation, Value
from prodlint.project.queries.query import Held

if TYPE_CHECKING:
    from prodlint.project.queries.frame import Frame

__all__ = ["attribute_of", "item_of", "iterated", "row_of", "subscripted"]


def attribute_of(frame: Frame, held: Held | None, name: str, value: Value) -> Held | None:
    """What an attribute of something held is."""
    if held is None:
        return None
    if held.kind == "row":
        relation = frame.reader.relationships.of(held.table, name) if held.table is not None else None
        if relation is not None and relation.many and relation.table.mapper == "django":
            return Held("related", held.drafts, (*held.path, name), relation.target)
        frame.touch(held, name, value)
        if relation is not None and relation.target is not None:
            kind = "rows" if relation.many else "row"
            return Held(kind, held.drafts, (*held.path, name), relation.target)
        return None
    if held.kind == "page" and name in ("items", "data", "object_list"):
        return replace(held, kind="rows")
    if held.kind == "tuple":
        for draft in held.drafts:
            for entity in draft.entities:
                if entity is not None and entity.label == name:
                    return Held("row", held.drafts, (), entity)
    return None


def subscripted(frame: Frame, held: Held | None, index: Value, value: Value) -> Held | None:
    """What an item or a slice of something held is."""
    if held is None:
        return None
    if isinstance(index, Operation) and index.operator == ":":
        if held.kind == "query":
            return replace(held, drafts=tuple(frame.extended(each, limit="some") for each in held.drafts))
        return held
    if held.kind in ("rows", "tuples"):
        return replace(held, kind=held.kind[:-1])
    if held.kind == "query" and all(draft.style == "django" for draft in held.drafts):
        frame.send(held, value, "row")
        return row_of(held)
    position = getattr(index, "value", None)
    return item_of(held, position) if isinstance(position, int) else None


def item_of(held: Held | None, position: int) -> Held | None:
    """An item of a row of several values."""
    if held is None or held.kind not in ("tuple", "pair"):
        return None
    if held.kind == "pair":
        return replace(held, kind="row") if position == 0 else None
    entities = held.drafts[0].entities if held.drafts else ()
    entity = entities[position] if position < len(entities) else None
    return Held("row", held.drafts, (), entity) if entity is not None else None


def iterated(frame: Frame, held: Held | None, value: Value) -> Held | None:
    """What a loop gives its target; a query that is looped over is sent."""
    if held is None:
        return None
    if held.kind == "query":
        frame.send(held, value, "rows")
        return row_of(held)
    if held.kind == "result":
        return row_of(replace(held, kind="tuples"))
    if held.kind in ("rows", "page"):
        return replace(held, kind="row")
    return replace(held, kind="tuple") if held.kind == "tuples" else None


def row_of(held: Held) -> Held | None:
    """One row of what a query gives."""
    if not held.drafts:
        return None
    draft = held.drafts[0]
    entity = draft.entities[0] if draft.entities else None
    if held.kind == "tuples" or len(draft.entities) > 1:
        return Held("tuple", held.drafts)
    return Held("row", held.drafts, (), entity) if entity is not None else None
