"""The columns of a mapped class: from its body, its mixins, its abstract bases and those of libraries."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec.structs import replace

from prodlint.facts import Subscript
from prodlint.finding import Location
from prodlint.libraries.database import BASE_COLUMNS, short_name
from prodlint.project.tables.annotations import Annotation, annotation_of
from prodlint.project.tables.columns import column_of, constructed
from prodlint.project.tables.models import Member, Models
from prodlint.project.tables.schema import Column
from prodlint.project.values.bindings import Defined, External
from prodlint.project.values.outcomes import Given

if TYPE_CHECKING:
    from prodlint.project import Project

__all__ = ["columns_of"]

_LISTS = ("list[", "List[", "set[", "Set[", "Sequence[")


def columns_of(project: Project, models: Models, defined: Defined) -> Iterator[Column]:
    """The columns that a class adds to its table, inherited ones first."""
    sqlmodel = models.kind(defined) == "sqlmodel"
    scope = project.scope_of(defined)
    for symbol in models.lineage(defined):
        if isinstance(symbol, External):
            for each in BASE_COLUMNS.get(short_name(symbol.name), ()):
                yield Column(each.name, each.name, Location(defined.path, scope.place), *each[1:], inherited=True)
    for member in _own_members(project, models, defined):
        column = _field(project, member) if sqlmodel else _column(project, models, member, defined)
        if column is not None:
            yield replace(column, inherited=member.owner != defined, owner=project.scope_of(member.owner).name)


def _field(project: Project, member: Member) -> Column | None:
    """The column of a SQLModel field."""
    if member.annotation is None or member.name.startswith("_") or member.name == "model_config":
        return None
    value = member.annotation
    written = value.value if isinstance(value, Subscript) else value
    if getattr(written, "name", "").rpartition(".")[2] == "ClassVar":
        return None
    kind, call = "", None
    if member.value is not None:
        kind, call = constructed(project, Given(member.site, member.value))
        if kind in ("Relationship", "relationship", "declared_attr"):
            return None
    location = Location(member.owner.path, member.place)
    said = _annotation(project, member)
    return column_of(project, member.name, location, call if kind == "Field" else None, said, field=True)


def _column(project: Project, models: Models, member: Member, defined: Defined) -> Column | None:
    """The column that a member of a declarative class stands for, or None."""
    location = Location(member.owner.path, member.place)
    annotation = _annotation(project, member)
    if member.function is not None:
        return _declared(project, models, member, defined, location)
    if member.value is None:
        if not annotation.mapped or annotation.text.startswith(_LISTS):
            return None
        return column_of(project, member.name, location, None, annotation)
    kind, call = constructed(project, Given(member.site, member.value))
    if kind not in ("Column", "mapped_column"):
        return None
    said = annotation if annotation.mapped and kind == "mapped_column" else None
    return column_of(project, member.name, location, call, said)


def _declared(project: Project, models: Models, member: Member, defined: Defined, location: Location) -> Column | None:
    if not models.is_declared(member):
        return None
    assert member.function is not None
    returns = project.scope_of(member.function).returns
    said = annotation_of(project, member.site, returns) if returns is not None else None
    for given in models.returns(member, defined):
        kind, call = constructed(project, given)
        if kind in ("Column", "mapped_column"):
            use = said if said is not None and said.mapped and kind == "mapped_column" else None
            return column_of(project, member.name, location, call, use)
    return None


def _own_members(project: Project, models: Models, defined: Defined) -> list[Member]:
    """What a class and those of its ancestors that are no tables themselves bind, overridden names once."""
    parent = models.parent(defined)
    above = set(models.lineage(parent)) if parent is not None else set()
    sqlmodel = models.kind(defined) == "sqlmodel"
    found: dict[str, Member] = {}
    for symbol in reversed(models.lineage(defined)):
        if not isinstance(symbol, Defined) or symbol in above:
            continue
        for member in models.members(symbol).values():
            is_hint = member.value is None and member.function is None
            if is_hint and not sqlmodel and not _annotation(project, member).mapped and member.name in found:
                continue
            found[member.name] = member
    return list(found.values())


def _annotation(project: Project, member: Member) -> Annotation:
    if member.annotation is None:
        return Annotation()
    return annotation_of(project, member.site, member.annotation)
