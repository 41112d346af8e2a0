"""Reads one column from the expression that declares it: `Column(...)`, `mapped_column(...)`, `Mapped[...]`,
SQLModel's `Field(...)`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec.structs import replace

from prodlint.facts import Attribute, Call, Constant, Operation, Reference, Subscript, Value
from prodlint.finding import Location
from prodlint.libraries.database import COLUMN_TYPES, DOCUMENT_TYPES, ENUM_TYPES, construct
from prodlint.project.tables.annotations import Annotation, text_of
from prodlint.project.tables.schema import Column
from prodlint.project.values.bindings import Defined, External
from prodlint.project.values.outcomes import Choice, Given, Instance, Items, Known, Meaning, Pairs

if TYPE_CHECKING:
    from prodlint.project import Project

__all__ = ["column_of", "constructed", "items_of", "keywords_of", "known"]


def constructed(project: Project, given: Given, meaning: Meaning | None = None) -> tuple[str, Given | None]:
    """What a value constructs (see `libraries.database.construct`) and the call that does, functions of the tree that
    return it followed; ("", None) for anything else."""
    found = meaning if meaning is not None else project.values.given(given).meaning
    if isinstance(found, Choice):
        found = found.options[0]
    if not isinstance(found, Instance) or not isinstance(found.of, External) or found.call is None:
        return "", None
    kind = construct(found.of.name)
    call = found.call
    if kind == "ddl_if" and isinstance(call.value, Call) and isinstance(call.value.function, Attribute):
        return constructed(project, Given(call.site, call.value.function.value))
    if kind in ("deferred", "column_property") and isinstance(call.value, Call):
        inner = call.value.positional(0)
        return constructed(project, Given(call.site, inner)) if inner is not None else ("", None)
    return kind, call if kind else None


def keywords_of(project: Project, call: Given) -> tuple[dict[str, Given], str]:
    """The keyword arguments of a call, those of a `**` mapping included, and why there may be more."""
    assert isinstance(call.value, Call)
    found: dict[str, Given] = {}
    doubt = ""
    for argument in call.value.arguments:
        if argument.name:
            found[argument.name] = Given(call.site, argument.value)
        elif argument.star == "**":
            spread = project.values.evaluate(call.site, argument.value).meaning
            if isinstance(spread, Pairs) and all(key and isinstance(key.value, Constant) for key, _ in spread.pairs):
                found.update({str(key.value.value): item for key, item in spread.pairs if key})  # type: ignore[union-attr]
            else:
                doubt = "arguments are spread with `**`"
    return found, doubt


def known(project: Project, given: Given | None) -> object:
    """The constant that a value is; None for none, and for what is computed."""
    meaning = project.values.given(given).meaning if given is not None else None
    return meaning.value if isinstance(meaning, Known) else None


def items_of(project: Project, given: Given) -> tuple[list[Given], str]:
    """The elements of a tuple or list, sums and starred parts resolved, and why there may be more."""
    value = given.value
    if isinstance(value, Operation) and value.operator == "+":
        parts = [items_of(project, Given(given.site, operand)) for operand in value.operands]
        return [each for items, _ in parts for each in items], next((doubt for _, doubt in parts if doubt), "")
    meaning = project.values.given(given).meaning
    if not isinstance(meaning, Items):
        return [], "it is computed"
    found: list[Given] = []
    doubt = ""
    for each in meaning.values:
        if isinstance(each.value, Operation) and each.value.operator == "*":
            several, reason = items_of(project, Given(each.site, each.value.operands[0]))
            found += several
            doubt = doubt or reason
        else:
            found.append(each)
    return found, doubt


def _type_text(value: Value) -> str:
    """A database type, without the module that it comes from: `sa.String(30)` is `String(30)`."""
    head, bracket, rest = text_of(value).partition("(")
    return head.rpartition(".")[2] + bracket + rest


def column_of(
    project: Project,
    name: str,
    location: Location,
    call: Given | None,
    annotation: Annotation | None = None,
    field: bool = False,
) -> Column:
    """The column that a class binds to `name`: from a `Column` or `mapped_column` call, from an annotation, or both.
    With `field` the call is SQLModel's `Field`, and the annotation decides what may be null."""
    column = Column(name, name, location)
    given = []
    if annotation is not None:
        column = replace(column, type=annotation.text, nullable=annotation.nullable)
        given = [each for each in (constructed(project, extra) for extra in annotation.extras) if each[1] is not None]
        if annotation.bare is not None:
            column = replace(column, family=_family(project, annotation.bare))
    if call is not None:
        given.append(("Field" if field else "Column", call))
    for kind, each in given:
        assert each is not None
        if kind == "Field":
            column = _with_field(project, column, each)
        elif kind in ("Column", "mapped_column"):
            column = _with_column(project, column, each)
    return column


def _with_field(project: Project, column: Column, call: Given) -> Column:
    keywords, doubt = keywords_of(project, call)
    whole = constructed(project, keywords["sa_column"]) if "sa_column" in keywords else ("", None)
    if whole[1] is not None:
        return _with_column(project, Column(column.name, column.name, column.location, type=column.type), whole[1])
    column = _with_flags(project, replace(column, doubt=column.doubt or doubt), keywords)
    if "foreign_key" in keywords:
        target = known(project, keywords["foreign_key"])
        if target is not None or project.values.given(keywords["foreign_key"]).meaning != Known(None):
            rule = known(project, keywords.get("ondelete"))
            column = replace(column, foreign_key=str(target or "?"), ondelete=str(rule or "").upper())
    if "sa_type" in keywords:
        column = _with_type(project, column, keywords["sa_type"])
    for argument in _elements(project, keywords.get("sa_column_args")):
        column = _with_argument(project, column, argument)
    more = project.values.given(keywords["sa_column_kwargs"]).meaning if "sa_column_kwargs" in keywords else None
    if isinstance(more, Pairs):
        pairs = {str(known(project, key)): item for key, item in more.pairs if key is not None}
        column = _with_flags(project, column, pairs)
    elif more is not None:
        column = replace(column, doubt="`sa_column_kwargs` is computed")
    return column


def _elements(project: Project, given: Given | None) -> Iterator[Given]:
    if given is not None:
        yield from items_of(project, given)[0]


def _with_column(project: Project, column: Column, call: Given) -> Column:
    assert isinstance(call.value, Call)
    keywords, doubt = keywords_of(project, call)
    column = replace(column, doubt=column.doubt or doubt)
    for argument in call.value.arguments:
        if argument.star == "*":
            spread, reason = items_of(project, Given(call.site, argument.value))
            column = replace(column, doubt=column.doubt or (reason and "arguments are spread with `*`"))
            for each in spread:
                column = _with_argument(project, column, each)
        elif not argument.name and not argument.star:
            column = _with_argument(project, column, Given(call.site, argument.value))
    if "type_" in keywords:
        column = _with_type(project, column, keywords["type_"])
    return _with_flags(project, column, keywords)


def _with_flags(project: Project, column: Column, keywords: dict[str, Given]) -> Column:
    """A column with what `primary_key=`, `index=`, `unique=`, `nullable=` and `name=` say."""
    changes: dict[str, bool] = {}
    for flag in ("primary_key", "index", "unique", "nullable"):
        if flag in keywords:
            value = known(project, keywords[flag])
            if value is None and project.values.given(keywords[flag]).meaning != Known(None):
                if flag != "nullable":
                    column = replace(column, doubt=f"`{flag}` is computed")
            elif value is not None:
                changes[flag] = bool(value)
    if changes.get("primary_key") and "nullable" not in changes:
        changes["nullable"] = False
    name = known(project, keywords.get("name"))
    if isinstance(name, str) and name:
        column = replace(column, name=name)
    return replace(
        column,
        primary_key=changes.get("primary_key", column.primary_key),
        index=changes.get("index", column.index),
        unique=changes.get("unique", column.unique),
        nullable=changes.get("nullable", column.nullable),
    )


def _with_argument(project: Project, column: Column, given: Given) -> Column:
    """A column with one more positional argument: its name, its type, or a foreign key."""
    meaning = project.values.given(given).meaning
    if isinstance(meaning, Known):
        return replace(column, name=meaning.value) if isinstance(meaning.value, str) and meaning.value else column
    kind, call = constructed(project, given, meaning)
    if kind == "ForeignKey" and call is not None and isinstance(call.value, Call):
        keywords, _ = keywords_of(project, call)
        target = call.value.positional(0)
        written = Given(call.site, target) if target is not None else keywords.get("column")
        rule = known(project, keywords.get("ondelete"))
        text = known(project, written)
        column = replace(column, ondelete=str(rule or "").upper())
        return replace(column, foreign_key=text if isinstance(text, str) else "?", target=written)
    if kind and kind not in ("Column", "mapped_column"):
        return column
    return _with_type(project, column, given)


def _with_type(project: Project, column: Column, given: Given) -> Column:
    return replace(column, type=_type_text(given.value), family=_family(project, given))


def _family(project: Project, given: Given) -> str:
    """Whether a type is one that an ordinary index does not serve well."""
    value = given.value
    while isinstance(value, (Subscript, Call)):
        if isinstance(value, Subscript) and getattr(value.value, "name", "").rpartition(".")[2] == "Literal":
            return "enum"
        value = value.value if isinstance(value, Subscript) else value.function
    if not isinstance(value, Reference):
        return ""
    last = value.name.rpartition(".")[2]
    symbol, _ = project.names.resolve(given.site.path, given.site.scope, value.name)
    if isinstance(symbol, Defined) and project.names.derives_from(symbol, ENUM_TYPES):
        return "enum"
    if last in ENUM_TYPES:
        return "enum"
    return COLUMN_TYPES.get(last, "document" if last in DOCUMENT_TYPES else "")
