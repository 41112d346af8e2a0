"""Which table, and which column behind a relationship, an expression of a function names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prodlint.facts import Reference, Subscript, Value
from prodlint.project.tables.schema import Table
from prodlint.project.values.bindings import Bound, Defined
from prodlint.project.values.outcomes import Choice, Instance, Opaque, Site

if TYPE_CHECKING:
    from prodlint.project.queries.frame import Frame

__all__ = ["relationship_named", "table_named"]

_CLASS_NAMES = ("model", "cls", "table", "entity", "class", "klass", "schema", "kind", "type")


def table_named(frame: Frame, value: Value) -> Table | None:
    """The table that an expression names: `Item`, `models.Item`, `frame.model` of a generic class."""
    if not isinstance(value, Reference) or not value.name:
        return None
    name = value.name.removesuffix(".__table__")
    known = frame.reader.entities.table(frame.plain, name)
    if known is not None or not _may_be_class(name.rpartition(".")[2]):
        return known
    site = frame.site if frame.site.arguments else frame.plain
    meaning = frame.reader.project.values.evaluate(site, Reference(name, value.place)).meaning
    if isinstance(meaning, Choice):
        meaning = next((each for each in meaning.options if isinstance(each, Defined)), meaning)
    if isinstance(meaning, Defined):
        return frame.reader.entities.classes.get(meaning)
    return _annotated(frame, name) if isinstance(meaning, (Bound, Opaque, Instance)) else None


def _annotated(frame: Frame, name: str) -> Table | None:
    """The table of a parameter that is annotated `type[Item]`."""
    head, _, rest = name.partition(".")
    for parameter in frame.python.scopes[frame.function.scope].parameters if not rest else ():
        if parameter.name == head and isinstance(parameter.annotation, Subscript):
            outer, inner = parameter.annotation.value, parameter.annotation.index
            if getattr(outer, "name", "").rpartition(".")[2] in ("type", "Type") and isinstance(inner, Reference):
                scope = frame.python.scopes[frame.function.scope]
                return frame.reader.entities.table(Site(frame.path, max(scope.parent, 0)), inner.name)
    return None


def relationship_named(frame: Frame, value: Value) -> tuple[Table, str] | None:
    """The column behind a relationship that a condition compares: `Item.owner == user`."""
    if not isinstance(value, Reference) or "." not in value.name:
        return None
    head, _, attribute = value.name.rpartition(".")
    table = table_named(frame, Reference(head, value.place))
    relation = frame.reader.relationships.of(table, attribute) if table is not None else None
    if table is None or relation is None or len(relation.columns) != 1:
        return None
    return table, relation.columns[0]


def _may_be_class(last: str) -> bool:
    return last[:1].isupper() or last.lower().strip("_").endswith(_CLASS_NAMES)
