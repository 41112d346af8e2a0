"""What sending a query gives, and what the methods of a result take from it."""

from __future__ import annotations

from msgspec.structs import replace

from prodlint.project.queries.query import Held
from prodlint.project.tables.schema import Table

__all__ = ["entity_of", "executed", "of_result"]


def entity_of(held: Held) -> Table | None:
    """The table whose rows a query gives."""
    entities = held.drafts[0].entities if held.drafts else ()
    return entities[0] if entities else None


def executed(held: Held, how: str, last: str) -> Held | None:
    """What sending a query gives."""
    if how in ("nothing", "value") or not held.drafts:
        return None
    draft = held.drafts[0]
    entity = draft.entities[0] if draft.entities else None
    several = len(draft.entities) > 1
    if how == "result":
        # SQLModel's `exec` gives the rows themselves, SQLAlchemy's `execute` rows of one value.
        return Held("rows" if last == "exec" and not several else "result", held.drafts, (), entity)
    if several and last not in ("scalars", "stream_scalars", "scalar"):
        return Held({"rows": "tuples", "row": "tuple"}.get(how, how), held.drafts)
    if how == "tuple":
        return Held("tuple", held.drafts)
    return Held(how, held.drafts, (), entity) if entity is not None else None


def of_result(held: Held, how: str) -> Held | None:
    """A method of a result, or of the rows themselves."""
    entity = entity_of(held) if not held.path else held.table
    match held.kind, how:
        case _, "same":
            return held
        case ("result" | "tuples"), "scalars":
            return Held("rows", held.drafts, (), entity) if entity is not None else None
        case ("result" | "tuple"), "scalar":
            return Held("row", held.drafts, (), entity) if entity is not None else None
        case "result", "rows":
            return replace(held, kind="tuples")
        case "result", "row":
            return replace(held, kind="tuple")
        case "rows", ("rows" | "scalars"):
            return held
        case "rows", ("row" | "scalar"):
            return replace(held, kind="row")
        case "page", "rows":
            return replace(held, kind="rows")
    return None
