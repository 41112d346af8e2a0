"""Relationships that a response holds: loaded one by one while the rows of a query are turned into its models."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec import Struct

from prodlint.libraries.database import FEW_VALUES
from prodlint.project.queries.relationships import Relationship, Relationships
from prodlint.project.routes.schemas import Field, Schemas, Shape
from prodlint.project.tables.schema import Table
from prodlint.project.values.outcomes import Known

if TYPE_CHECKING:
    from prodlint.project.routes.responses import Response

__all__ = ["Member", "is_shared", "members", "shapes_of"]

_SHARED = frozenset("organization organisation org tenant workspace project account company group household".split())
"""What most rows that one request reads have in common, so that the session has it after the first of them."""
_MAX_DEPTH = 3
"""Relationships that are followed from a row; further down too much may be loaded already."""


class Member(Struct, frozen=True):
    """A relationship that a model takes from a row."""

    relation: Relationship
    field: Field
    path: tuple[str, ...]
    """The attributes from the row."""
    is_repeated: bool
    """It is taken from more rows than one, even where one row is given."""


def is_shared(relation: Relationship) -> bool:
    """Whether many rows lead to the same few others, which a session loads once: kinds, states, a tenant. Django has no
    session, and loads them for each row."""
    if relation.many or relation.table.mapper == "django":
        return False
    words = {relation.attribute.rpartition("_")[2], relation.target.label.lower() if relation.target else ""}
    return bool(words & (FEW_VALUES | _SHARED))


def shapes_of(schemas: Schemas, response: Response, within: str) -> Iterator[Shape]:
    """The models of a response that rows become; `within` is the field of the outer model that holds them."""
    assert response.model is not None
    for shape in schemas.contained(response.model.site, response.model.value):
        if not isinstance(shape, Shape):
            continue
        if not within:
            yield shape
            continue
        field = schemas.field(shape, within)
        if field is not None and field.annotation is not None and within not in response.left_out:
            for inner in schemas.contained(field.annotation.site, field.annotation.value, field.arguments):
                if isinstance(inner, Shape):
                    yield inner


def members(
    schemas: Schemas,
    relationships: Relationships,
    shape: Shape,
    table: Table,
    path: tuple[str, ...] = (),
    is_repeated: bool = False,
    left_out: frozenset[str] = frozenset(),
) -> Iterator[Member]:
    """The relationships that a model takes from a row of a table, those of nested models after it. A model that is a
    table itself takes none: SQLModel leaves relationships out of responses."""
    if len(path) >= _MAX_DEPTH or schemas.is_schema(shape.of) is not True:
        return
    if shape.of in schemas.project.entities.classes:
        return
    for field in schemas.fields(shape):
        relation = relationships.of(table, field.name if field.alias == field.name else field.alias)
        relation = relation or relationships.of(table, field.name)
        if relation is None or relation.target is None or field.name in left_out or _is_excluded(schemas, field):
            continue
        inner = list(_models(schemas, field))
        if not inner:
            continue
        yield Member(relation, field, (*path, relation.attribute), is_repeated)
        for each in inner:
            if relation.attribute not in path:
                # What many rows share is one row, or a few, that the session remembers.
                several = relation.many or (is_repeated and not is_shared(relation))
                inside = (*path, relation.attribute)
                yield from members(schemas, relationships, each, relation.target, inside, several)


def _models(schemas: Schemas, field: Field) -> Iterator[Shape]:
    if field.annotation is not None:
        for each in schemas.contained(field.annotation.site, field.annotation.value, field.arguments):
            if isinstance(each, Shape) and schemas.is_schema(each.of):
                yield each


def _is_excluded(schemas: Schemas, field: Field) -> bool:
    """`Field(exclude=True)`."""
    call = field.declaration
    value = call.value.keyword("exclude") if call is not None and hasattr(call.value, "keyword") else None
    if value is None or call is None:
        return False
    return schemas.project.values.evaluate(call.site, value).meaning != Known(False)
