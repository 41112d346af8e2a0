"""The indexes and constraints that a migration of Django constructs, as changes of a table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from prodlint.facts.ddl import Change
from prodlint.libraries.django_models import INDEX_METHODS, index_name_of_columns, index_name_of_model
from prodlint.project.migrations.meanings import ClassValue, Made, Unknown, text_of
from prodlint.project.tables.django.fields import lineage_of

if TYPE_CHECKING:
    from prodlint.project import Project

__all__ = ["constraint_change", "foreign_index", "groups_of", "index_change"]

_WRAPPERS = frozenset({"F", "OrderBy", "OpClass", "asc", "desc"})


def _last(project: Project, made: Made) -> str:
    """The name of the class of Django that a value is made by."""
    if not isinstance(made.of, ClassValue):
        return made.name
    names = [name for name in lineage_of(project, made.of.defined) if name.startswith("django.")]
    return names[0].rpartition(".")[2] if names else ""


def foreign_index(table: str, columns: tuple[str, ...], suffix: str = "") -> Change:
    """The index that a field or a group of names brings."""
    return Change("create index", table, name=index_name_of_columns(table, columns, suffix), columns=columns)


def index_change(project: Project, table: str, columns: dict[str, str], made: Any) -> Change | None:
    """The change that makes an `Index`; None where it is not known."""
    kind = INDEX_METHODS.get(_last(project, made)) if isinstance(made, Made) else None
    found = _columns(made, columns) if kind is not None else None
    if kind is None or not found:
        return None
    names, descending = tuple(name for name, _ in found), tuple(down for _, down in found)
    name = made.keywords.get("name")
    if not isinstance(name, str):
        if name is not None or any(each.startswith("(") for each in names):
            return None
        name = index_name_of_model(table, names, descending, kind)
    condition = made.keywords.get("condition")
    flags = [] if kind in ("idx", "btree") else [kind]
    flags += ["partial"] if condition is not None else []
    text = text_of(condition) if condition is not None else ""
    return Change("create index", table, name=str(name), columns=names, text=text, flags=tuple(flags))


def constraint_change(project: Project, table: str, columns: dict[str, str], made: Any) -> Change | None:
    """The change that makes a constraint: an index where no constraint of SQL can say it. None for an unknown one."""
    kind = _last(project, made) if isinstance(made, Made) else ""
    name = made.keywords.get("name", made.arguments[1] if kind == "CheckConstraint" and made.arguments[1:] else None) \
        if kind else None  # fmt: skip
    if not isinstance(name, str):
        return None
    if kind == "CheckConstraint":
        check = made.keywords.get("condition", made.keywords.get("check"))
        return Change("add constraint", table, name=str(name), constraint="check", text=text_of(check))
    if kind == "ExclusionConstraint":
        return Change("add constraint", table, name=str(name), constraint="exclude")
    if kind != "UniqueConstraint":
        return None
    found = _columns(made, columns)
    if not found:
        return None
    names = tuple(each for each, _ in found)
    condition = made.keywords.get("condition")
    is_index = condition is not None or made.keywords.get("include") or made.keywords.get("opclasses")
    if is_index or "fields" not in made.keywords:
        flags = ("partial",) if condition is not None else ()
        text = text_of(condition) if condition is not None else ""
        return Change("create index", table, name=str(name), columns=names, unique=True, text=text, flags=flags)
    return Change("add constraint", table, name=str(name), columns=names, constraint="unique", unique=True)


def _columns(made: Made, columns: dict[str, str]) -> list[tuple[str, bool]]:
    """The columns of an index and which of them run backwards; none where one is computed."""
    fields = made.keywords.get("fields", ())
    if not isinstance(fields, (list, tuple)) or not all(isinstance(each, str) for each in fields):
        return []
    found = [(columns.get(name.lstrip("-"), name.lstrip("-")), name.startswith("-")) for name in map(str, fields)]
    return found + [_expression(each, columns) for each in made.arguments]


def _expression(value: Any, columns: dict[str, str]) -> tuple[str, bool]:
    """A column, or the text of an expression in brackets."""
    if isinstance(value, str):
        return columns.get(value.lstrip("-"), value.lstrip("-")), value.startswith("-")
    if isinstance(value, Made) and value.name in _WRAPPERS and value.arguments:
        name, is_descending = _expression(value.arguments[0], columns)
        return name, is_descending or value.name == "desc"
    return f"({text_of(value)})", False


def groups_of(value: Any) -> frozenset[tuple[str, ...]] | None:
    """The groups of `unique_together` or `index_together`: several, or one alone; None where it is computed."""
    if value is None:
        return frozenset()
    if isinstance(value, Unknown) or not isinstance(value, (list, tuple, set, frozenset)):
        return None
    items = list(value)
    if items and all(isinstance(each, str) for each in items):
        items = [items]
    if not all(isinstance(each, (list, tuple)) and all(isinstance(one, str) for one in each) for each in items):
        return None
    return frozenset(tuple(str(one) for one in each) for each in items)
