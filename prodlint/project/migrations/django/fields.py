"""The fields that a migration of Django constructs, and the columns that they make."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from prodlint.facts.ddl import Declared
from prodlint.libraries.django_models import INDEXED_FIELDS, ONE_TO_ONE, field_kind
from prodlint.project.migrations.meanings import ClassValue, Made, Unknown, text_of
from prodlint.project.tables.django.fields import Field, defaults_set_by, family_of, lineage_of
from prodlint.project.values.bindings import External

if TYPE_CHECKING:
    from prodlint.project import Project

__all__ = ["NOTHING", "column_name", "declared", "field_of"]

NOTHING = "nothing"
"""The kind of a field that makes no column."""
_USER = ("django.conf.settings.AUTH_USER_MODEL", "django.contrib.auth.get_user_model")
_LENGTHS = {"EmailField": 254, "FileField": 100, "ImageField": 100, "SlugField": 50, "URLField": 200}
"""Lengths where none is given."""


def field_of(project: Project, user: str, name: str, made: Any) -> Field | None:
    """The field that a value is; None where it is none that is known. `user` is the label of the user model. What it
    references stays as it is written."""
    if not isinstance(made, Made):
        return None
    of = made.of.defined if isinstance(made.of, ClassValue) else External(made.of)
    lineage = lineage_of(project, of)
    kinds = [kind for kind in map(field_kind, lineage) if kind]
    if not kinds:
        is_unseen = isinstance(made.of, ClassValue) and not any(lineage)
        doubt = f"the class of `{name}` is not known to be a field" if is_unseen else ""
        return Field(name, NOTHING, made.location, "", made.name, doubt=doubt)
    kind = next((each for each in ("foreign", "many") if each in kinds), "column")
    lasts = {each.rpartition(".")[2] for each in lineage}
    doubt = defaults_set_by(project, of) if isinstance(made.of, ClassValue) else ""

    def flag(key: str, default: bool = False) -> bool:
        nonlocal doubt
        value = made.keywords.get(key, default)
        if isinstance(value, (bool, int)):
            return bool(value)
        doubt = doubt or f"`{key}` is computed"
        return default

    def text(key: str) -> str:
        value = made.keywords.get(key)
        return str(value) if isinstance(value, (str, int)) and not isinstance(value, bool) else ""

    primary = flag("primary_key")
    length = text("max_length") or str(next((_LENGTHS[each] for each in _LENGTHS if each in lasts), ""))
    rule = made.keywords.get("on_delete", made.arguments[1] if len(made.arguments) > 1 else None)
    through = made.keywords.get("through") is not None
    default = made.keywords.get("db_default")
    if "GeneratedField" in lasts:
        default = "generated"
    return Field(
        name=name,
        kind=kind,
        location=made.location,
        owner="",
        type=made.name + (f"({length})" if length else ""),
        column=text("db_table" if kind == "many" else "db_column"),
        nullable=flag("null") and not primary,
        primary_key=primary,
        unique=flag("unique") or primary or bool(lasts & ONE_TO_ONE),
        index=flag("db_index", kind == "foreign" or bool(lasts & INDEXED_FIELDS)),
        to=_target(made, user) if kind != "column" else "",
        to_field=text("to_field"),
        ondelete=text_of(rule).replace("_", " ") if isinstance(rule, External) else "",
        constrained=flag("db_constraint", True),
        through=through,
        family=family_of(lasts, "choices" in made.keywords),
        doubt=doubt,
        parent_link=flag("parent_link"),
        default="" if default is None else text_of(default),
        filled=any(made.keywords.get(each) not in (None, False) for each in ("auto_now", "auto_now_add"))
        or made.keywords.get("default") is not None,
    )


def _target(made: Made, user: str) -> str:
    """What a field references, as it is written: `app.Model`, `Model` or "self"; "?" where it is computed."""
    to = made.keywords.get("to", made.arguments[0] if made.arguments else None)
    if isinstance(to, Made) and not isinstance(to.of, ClassValue) and to.of in _USER:
        return user
    if isinstance(to, External):
        parts = to.name.split(".")
        if to.name in _USER:
            return user
        return f"{parts[-3]}.{parts[-1]}" if len(parts) > 2 and parts[-2] == "models" else "?"
    return str(to) if isinstance(to, str) and not isinstance(to, Unknown) else "?"


def column_name(field: Field) -> str:
    """The column of a field."""
    return field.column or (f"{field.name}_id" if field.kind == "foreign" else field.name)


def declared(field: Field, target: str) -> Declared:
    """The column of a field as a statement declares it; `target` is the `table.column` that it references."""
    return Declared(
        column_name(field),
        field.type,
        field.nullable,
        field.default,
        field.primary_key,
        field.unique and not field.primary_key,
        references=target if field.kind == "foreign" and field.constrained else "",
        ondelete=field.ondelete,
        doubt=field.doubt,
        family=field.family,
    )
