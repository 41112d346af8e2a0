"""Columns, types, constraints and indexes that a migration constructs with SQLAlchemy, as changes."""

from __future__ import annotations

import re
from typing import Any

from prodlint.facts.ddl import Change, Declared
from prodlint.libraries.database import COLUMN_TYPES, DOCUMENT_TYPES, ENUM_TYPES
from prodlint.project.migrations.meanings import ClassValue, Made, Method, Unknown, text_of
from prodlint.project.values.bindings import External

__all__ = ["column_of", "constraint_of", "indexed", "type_of"]

_ORDERED = re.compile(r"\s*[\"`]?(\w+)[\"`]?(?:\s+(?:asc|desc))?(?:\s+nulls\s+(?:first|last))?\s*", re.IGNORECASE)
_ORDERINGS = frozenset("asc desc nulls_first nulls_last nullsfirst nullslast".split())
_COLUMNS = frozenset({"Column", "mapped_column"})
_NO_TYPES = frozenset(
    "ForeignKey CheckConstraint Sequence Identity Computed FetchedValue DefaultClause UniqueConstraint text".split()
)


def type_of(value: Any) -> tuple[str, str]:
    """The text and the family (see `Column.family`) of a type."""
    text = text_of(value)
    last = text.partition("(")[0].rpartition(".")[2]
    if last in ENUM_TYPES or last.upper() == "ENUM":
        return text, "enum"
    return text, COLUMN_TYPES.get(last, "document" if last in DOCUMENT_TYPES else "")


def column_of(made: Made, dialect: str) -> tuple[Declared | None, list[str]]:
    """The column that a call makes and the names of its check constraints; None where it makes none."""
    if made.name not in _COLUMNS or not isinstance(made.of, str):
        return None, []
    arguments = list(made.arguments)
    name = made.keywords.get("name")
    if arguments and isinstance(arguments[0], str):
        name = arguments.pop(0)
    if not isinstance(name, str):
        return None, []
    type_, family, doubt, default = "", "", "", ""
    references, key, ondelete = "", "", ""
    checks: list[str] = []
    given = made.keywords.get("type_")
    is_identity = False
    for each in [*([given] if given is not None else []), *arguments]:
        kind = each.name if isinstance(each, Made) else ""
        if kind == "ForeignKey" and isinstance(each, Made):
            if each.keywords.get("use_alter") is True and dialect != "sqlite":
                continue  # Alembic leaves it out: it has to be created by an operation of its own.
            references, key, ondelete = _foreign_key(each)
        elif kind == "CheckConstraint":
            label = each.keywords.get("name")
            checks.append(label if isinstance(label, str) else "")
        elif kind in ("Identity", "Computed"):
            default, is_identity = "generated", kind == "Identity"
        elif kind not in _NO_TYPES and isinstance(each, (Made, External, ClassValue, Method, Unknown)):
            type_, family = type_of(each)
    flags = {flag: made.keywords.get(flag) for flag in ("nullable", "primary_key", "unique", "index")}
    for flag, value in flags.items():
        if isinstance(value, Unknown):
            doubt = f"`{flag}` is computed"
    primary_key = flags["primary_key"] is True
    nullable = flags["nullable"] if isinstance(flags["nullable"], bool) else not primary_key and not is_identity
    if made.keywords.get("server_default") is not None:
        default = text_of(made.keywords["server_default"])
    column = Declared(
        name, type_, nullable, default, primary_key, flags["unique"] is True, flags["index"] is True, references, key,
        ondelete, doubt, family,
    )  # fmt: skip
    return column, checks


def _foreign_key(made: Made) -> tuple[str, str, str]:
    target = made.arguments[0] if made.arguments else made.keywords.get("column")
    name, ondelete = made.keywords.get("name"), made.keywords.get("ondelete")
    return (
        str(target) if isinstance(target, str) else "?",
        str(name) if isinstance(name, str) else "",
        str(ondelete).upper() if isinstance(ondelete, str) else "",
    )


def constraint_of(made: Made, table: str, schema: str) -> Change | None:
    """The constraint or index that a call makes for a table; None for anything else."""
    name = made.keywords.get("name")
    name = str(name) if isinstance(name, str) else ""
    arguments = list(made.arguments)
    match made.name:
        case "PrimaryKeyConstraint" | "UniqueConstraint":
            kind = "unique" if made.name == "UniqueConstraint" else "primary key"
            if not all(isinstance(each, str) for each in arguments):
                return None
            return Change("add constraint", table, schema, name, columns=tuple(map(str, arguments)), constraint=kind)
        case "ForeignKeyConstraint" if len(arguments) >= 2:
            columns, targets = arguments[:2]
            if not isinstance(columns, (list, tuple)) or not isinstance(targets, (list, tuple)):
                return None
            if not columns or not all(isinstance(each, str) for each in [*columns, *targets]):
                return None
            ondelete = made.keywords.get("ondelete")
            return Change(
                "add constraint", table, schema, name, columns=tuple(columns), constraint="foreign key",
                target=targets[0].rpartition(".")[0] if targets else "",
                targets=tuple(each.rpartition(".")[2] for each in targets),
                ondelete=str(ondelete).upper() if isinstance(ondelete, str) else "",
            )  # fmt: skip
        case "CheckConstraint":
            text = text_of(arguments[0]) if arguments else ""
            return Change("add constraint", table, schema, name, constraint="check", text=text)
        case "ExcludeConstraint":
            return Change("add constraint", table, schema, name, constraint="exclude")
        case "Index" if arguments:
            if not name:
                name = str(arguments.pop(0))
            partial = any(key.endswith("_where") for key in made.keywords)
            return Change(
                "create index", table, schema, name, columns=tuple(indexed(each) for each in arguments),
                unique=made.keywords.get("unique") is True, flags=("partial",) if partial else (),
                text="?" if partial else "",
            )  # fmt: skip
    return None


def indexed(value: Any) -> str:
    """The column that a part of an index is, orderings taken off; an expression in brackets."""
    if isinstance(value, str):
        return str(value)
    if isinstance(value, Made) and value.arguments:
        first = value.arguments[0]
        if value.name in _ORDERINGS:
            return indexed(first)
        if value.name in ("text", "literal_column", "column") and isinstance(first, str):
            found = _ORDERED.fullmatch(first)
            return found[1] if found else f"({first})"
    if isinstance(value, Made) and isinstance(value.of, str) and value.of.rpartition(".")[2] in _ORDERINGS:
        return f"({text_of(value)})"
    return f"({text_of(value)})"
