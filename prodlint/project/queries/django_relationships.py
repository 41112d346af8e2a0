"""The relationships of Django's models: what foreign keys and many-to-many fields lead to, in both directions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from prodlint.finding import Location
from prodlint.project.queries.relationships import Relationship
from prodlint.project.tables.django.fields import Field
from prodlint.project.tables.django.tables import Reader
from prodlint.project.tables.schema import Table
from prodlint.project.values.bindings import Defined

if TYPE_CHECKING:
    from prodlint.project import Project

__all__ = ["django_relationships"]


def django_relationships(
    project: Project, tables: Mapping[Defined, Table]
) -> dict[Location, dict[str, Relationship]]:
    """The relationships of each table, by its place and the attribute. All are loaded when they are first touched, and
    again for each row: Django keeps no rows between objects ("Related objects")."""
    reader = Reader(project)
    found: dict[Location, dict[str, Relationship]] = {}
    for of, table in tables.items():
        if table.mapper != "django" or of != table.of[0]:
            continue
        for field in reader.fields(of):
            target = reader.model_of(of, field) if field.kind != "column" else ""
            other = tables.get(target) if isinstance(target, Defined) else None
            if field.kind == "column" or other is None:
                continue
            back, many = _backwards(reader, of, field)
            columns = () if field.kind == "many" else (_column(table, field),)
            found.setdefault(table.location, {})[field.name] = Relationship(
                field.name, table, other, field.kind == "many", "select", back, columns, field.location
            )
            if back:
                found.setdefault(other.location, {}).setdefault(
                    back, Relationship(back, other, table, many, "select", field.name, (), field.location)
                )
    return found


def _column(table: Table, field: Field) -> str:
    column = table.of_attribute(field.name)
    return column.name if column is not None else ""


def _backwards(reader: Reader, of: Defined, field: Field) -> tuple[str, bool]:
    """The attribute of the target that leads back, "" for none, and whether it leads to several rows."""
    many = field.kind == "many" or not field.unique
    name = reader.classes.name(of).lower()
    if field.related.endswith("+"):
        return "", many
    if field.related:
        label = reader.classes.label(of).lower()
        return field.related.replace("%(class)s", name).replace("%(app_label)s", label), many
    return (f"{name}_set" if many else name), many
