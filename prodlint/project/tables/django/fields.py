"""The fields of Django models: what each makes of the model's table."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from prodlint.facts import Assign, Call, Constant, Reference
from prodlint.finding import Location
from prodlint.libraries.django_models import (
    BOOLEANS,
    DOCUMENTS,
    INDEXED_FIELDS,
    LIBRARY_BASES,
    ONE_TO_ONE,
    LibraryField,
    field_kind,
)
from prodlint.project.tables.columns import keywords_of
from prodlint.project.tables.django.classes import Classes
from prodlint.project.values.bindings import Defined, External
from prodlint.project.values.outcomes import Given, Instance, Known, Site

if TYPE_CHECKING:
    from prodlint.project import Project

__all__ = ["Field", "defaults_set_by", "family_of", "fields_of", "lineage_of"]


class Field(Struct, frozen=True):
    """A field of a model."""

    name: str
    kind: str
    """"column", "foreign" or "many"."""
    location: Location
    owner: str
    """The class whose body declares it."""
    type: str
    column: str = ""
    """The name in the database that it is given."""
    nullable: bool = False
    primary_key: bool = False
    unique: bool = False
    index: bool = False
    to: Given | str = ""
    """What it references: an expression, or a label."""
    to_field: str = ""
    ondelete: str = ""
    constrained: bool = True
    through: bool = False
    """The pairs have a model of their own."""
    family: str = ""
    doubt: str = ""
    inherited: bool = False
    parent_link: bool = False
    default: str = ""
    """What the database puts in (`db_default`), as written; "" for nothing."""
    related: str = ""
    """`related_name`."""
    filled: bool = False
    """Whether Django puts a value in where a row says nothing (`default`, `auto_now`)."""


def fields_of(project: Project, classes: Classes, defined: Defined) -> list[Field]:
    """The fields of a model's own table: those of its body and of its abstract ancestors, overridden ones once."""
    found: dict[str, Field | None] = {}
    above = {each for parent in classes.parents(defined) for each in classes.order(parent)}
    for symbol in classes.order(defined):
        if symbol in above:
            continue
        if isinstance(symbol, External):
            for field in LIBRARY_BASES.get(symbol.name, ()):
                found.setdefault(field.name, _brought(project, defined, symbol.name, field))
        elif isinstance(symbol, Defined) and (symbol == defined or classes.is_model(symbol)):
            for name, own in _declared(project, classes, symbol):
                found.setdefault(name, replace(own, inherited=symbol != defined) if own is not None else None)
    several = [field for field in found.values() if field is not None]
    return sorted(several, key=lambda field: not field.inherited)


def _brought(project: Project, of: Defined, base: str, field: LibraryField) -> Field:
    return Field(
        field.name,
        "many" if field.many else "foreign" if field.to else "column",
        Location(of.path, project.scope_of(of).place),
        base.rpartition(".")[2],
        field.type,
        nullable=field.nullable,
        primary_key=field.primary_key,
        unique=field.unique or field.primary_key,
        index=field.indexed,
        to=field.to,
        inherited=True,
    )


def _declared(project: Project, classes: Classes, of: Defined) -> Iterator[tuple[str, Field | None]]:
    """What a class body binds: fields, and None for a name that hides an inherited one."""
    site = Site(of.path, of.scope)
    last: dict[str, Field | None] = {}
    for statement in project.statements_of(of):
        if not isinstance(statement, Assign) or statement.value is None or statement.operator:
            continue
        for target in statement.targets:
            if not isinstance(target, Reference) or "." in target.name:
                continue
            if isinstance(statement.value, Constant):
                last[target.name] = None
                continue
            field = _field(project, classes, of, target.name, statement.place, Given(site, statement.value))
            if field is not None:
                last[target.name] = field
    yield from last.items()


def _field(project: Project, classes: Classes, of: Defined, name: str, place: int, given: Given) -> Field | None:
    if not isinstance(given.value, Call):
        return None
    meaning = project.values.given(given).meaning
    if not isinstance(meaning, Instance) or meaning.call is None or not isinstance(meaning.call.value, Call):
        return None
    lineage = lineage_of(project, meaning.of)
    kinds = [kind for kind in map(field_kind, lineage) if kind]
    if not kinds:
        return None
    kind = next((each for each in ("foreign", "many") if each in kinds), "column")
    keywords, doubt = keywords_of(project, meaning.call)
    lasts = {each.rpartition(".")[2] for each in lineage}
    own = isinstance(meaning.of, Defined)
    if own:
        doubt = doubt or defaults_set_by(project, meaning.of)
    label = lineage[0].rpartition(".")[2] or classes.name(meaning.of)  # type: ignore[arg-type]

    def flag(key: str, default: bool = False) -> bool:
        nonlocal doubt
        if key not in keywords:
            return default
        value = project.values.given(keywords[key]).meaning
        if isinstance(value, Known):
            return bool(value.value)
        doubt = doubt or f"`{key}` is computed"
        return default

    def text(key: str) -> str:
        value = project.values.given(keywords[key]).meaning if key in keywords else None
        return str(value.value) if isinstance(value, Known) and value.value is not None else ""

    primary = flag("primary_key")
    unique = flag("unique") or primary or bool(lasts & ONE_TO_ONE)
    target = _target(meaning.call, keywords) if kind != "column" else ""
    rule = keywords.get("on_delete") or _positional(meaning.call, 1)
    through = "through" in keywords and project.values.given(keywords["through"]).meaning != Known(None)
    return Field(
        name=name,
        kind=kind,
        location=Location(of.path, place),
        owner=classes.name(of),
        type=label + (f"({text('max_length')})" if text("max_length") else ""),
        column=text("db_table" if kind == "many" else "db_column"),
        nullable=flag("null") and not primary,
        primary_key=primary,
        unique=unique,
        index=flag("db_index", kind == "foreign" or bool(lasts & INDEXED_FIELDS)),
        to=target,
        to_field=text("to_field"),
        ondelete=_rule(rule) if kind == "foreign" else "",
        constrained=flag("db_constraint", True),
        through=through,
        family=family_of(lasts, "choices" in keywords),
        doubt=doubt,
        parent_link=flag("parent_link"),
        related=text("related_name"),
    )


def lineage_of(project: Project, of: Defined | External) -> list[str]:
    """The dotted names of a field's class and its ancestors; "" for a class of the tree."""
    if isinstance(of, External):
        return [of.name]
    found = []
    for each in project.names.ancestors(of.path, of.scope):
        found.append(each.name if isinstance(each, External) else "")
    return found


def defaults_set_by(project: Project, of: Defined | External) -> str:
    """Why a field class of the tree may set what no argument says."""
    if isinstance(of, Defined):
        init = project.names.class_member(of.path, of.scope, "__init__")
        if isinstance(init, Defined):
            for statement in project.statements_of(init):
                value = getattr(statement, "value", None)
                targets = getattr(statement, "targets", ())
                words = {"unique", "db_index", "primary_key", "null", "db_column"}
                for each in (*targets, value):
                    index = getattr(each, "index", None)
                    if isinstance(index, Constant) and index.value in words:
                        return f"its class sets `{index.value}`"
    return ""


def _target(call: Given, keywords: dict[str, Given]) -> Given | str:
    return keywords.get("to") or _positional(call, 0) or ""


def _positional(call: Given, index: int) -> Given | None:
    value = call.value.positional(index) if isinstance(call.value, Call) else None
    return Given(call.site, value) if value is not None else None


def _rule(given: Given | None) -> str:
    """What the database will be asked on a deletion; Django does it itself, row by row."""
    name = getattr(given.value, "name", "").rpartition(".")[2] if given is not None else ""
    return str(name).replace("_", " ") if name.isupper() else ""


def family_of(lasts: set[str], has_choices: bool) -> str:
    if lasts & BOOLEANS:
        return "boolean"
    if lasts & DOCUMENTS:
        return "document"
    return "enum" if has_choices else ""
