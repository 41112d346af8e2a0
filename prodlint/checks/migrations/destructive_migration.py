"""Steps of new migrations that break the version of the application that still runs while they do."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from prodlint.finding import Finding, Undecided
from prodlint.project.migrations.recent import exempt, recent
from prodlint.project.migrations.types import is_narrower

if TYPE_CHECKING:
    from prodlint.project import Project
    from prodlint.project.migrations.model import Operation

_GONE = {
    "alembic": "a version that still runs and maps it fails at every query of that table",
    "django": "the version before has it in its models and fails at every query of them",
}
_UNSET = "a version that still runs and does not set it can insert no row"
_RENAMED = "a version that still runs knows the old name alone"


def check(project: Project) -> Iterator[Finding | Undecided]:
    """One finding for each step of a revision after the mark."""
    options = project.options("destructive-migration")
    for environment in project.migrations:
        for revision in recent(environment, options):
            operations = environment.replayed[revision.path].operations
            made = exempt(operations)
            added: set[tuple[str, str]] = set()
            for operation in operations:
                change = operation.change
                if change.table in made or operation.problem or operation.unused:
                    continue
                if operation.before is not None and operation.before.name in made:
                    continue
                if change.kind == "add column":
                    added.add((change.table, change.name))
                what, why = _breaking(operation, added, environment.tool)
                if what:
                    subject = f"{revision.id} {change.kind} {change.table}.{change.name}".rstrip(".")
                    fields = {"what": what, "why": why}
                    yield Finding(operation.location, subject, fields)


def _breaking(operation: Operation, added: set[tuple[str, str]], tool: str) -> tuple[str, str]:
    """What a step does and why that breaks; ("", "") for one that breaks nothing."""
    change, before = operation.change, operation.before
    name = f"{change.table}.{change.name}"
    is_new = (change.table, change.name) in added
    match change.kind:
        case "drop table":
            return f"drops the table `{change.table}`", _GONE[tool]
        case "rename table":
            return f"renames the table `{change.table}`", _RENAMED
        case "drop column" if not is_new and (before is None or before.unknown or before.column(change.name)):
            return f"drops the column `{name}`", _GONE[tool]
        case "rename column" if not is_new:
            return f"renames the column `{name}`", _RENAMED
        case "add column":
            column = change.declared[0]
            if not column.nullable and not column.default and not column.primary_key and not column.doubt:
                # Django gives a value to the rows that exist, and keeps no default.
                why = _UNSET if tool == "django" else "rows that exist have no value for it"
                return f"adds `{name}` as NOT NULL without a server default", why
        case "alter column":
            return _altered(operation, name, is_new)
        case "create index" | "add constraint" if change.unique:
            several = {(change.table, column) for column in change.columns}
            if "using index" in change.flags or several <= added or _was_unique(operation):
                return "", ""
            columns = ", ".join(change.columns)
            return f"makes `{change.table}` ({columns}) unique", "rows that exist may not be, and then it fails"
    return "", ""


def _altered(operation: Operation, name: str, is_new: bool) -> tuple[str, str]:
    change, before = operation.change, operation.before
    column = before.column(change.name) if before is not None else None
    wanted = dict(change.set)
    if wanted.get("nullable") == "no" and not is_new and column is not None and column.nullable:
        if not column.default and not wanted.get("default") and not wanted.get("filled"):
            return f"makes `{name}` NOT NULL without a server default", _UNSET
    new, old = wanted.get("type", ""), column.type if column is not None else wanted.get("existing", "")
    if new and old and not is_new and is_narrower(old, new):
        return f"narrows `{name}` from `{old}` to `{new}`", "values that exist may not fit"
    return "", ""


def _was_unique(operation: Operation) -> bool:
    """Whether rows were unique by these columns, or some of them, before; or may have been."""
    before = operation.before
    if before is None:
        return True
    wanted = set(operation.change.columns)
    held = [set(key.columns) for key in before.keys if key.kind in ("unique", "primary key")]
    held += [set(index.columns) for index in before.indexes if index.unique and not index.text]
    return any(each and each <= wanted for each in held)
