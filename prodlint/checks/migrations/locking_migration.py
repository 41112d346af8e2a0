"""Steps of new migrations that make PostgreSQL hold a lock on a filled table for as long as it reads or rewrites it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from prodlint.finding import Finding, Undecided
from prodlint.project.migrations.recent import exempt, recent
from prodlint.project.migrations.types import is_rewritten

if TYPE_CHECKING:
    from prodlint.project import Project
    from prodlint.project.migrations.model import Operation

_VOLATILE = ("gen_random_uuid", "uuid_generate", "random(", "clock_timestamp", "timeofday", "nextval", "generated")
_WRITES = "nobody can write to the table until all of it is read"
_ALL = "nobody can read or write the table until all of it is {}"


def check(project: Project) -> Iterator[Finding | Undecided]:
    """One finding for each step of a revision after the mark that runs on PostgreSQL."""
    options = project.options("locking-migration")
    version = int(options.get("postgresql", 14))
    for environment in project.migrations:
        if environment.dialect not in ("", "postgresql"):
            continue
        for revision in recent(environment, options):
            operations = environment.replayed[revision.path].operations
            made = exempt(operations)
            for operation in operations:
                change = operation.change
                if change.table in made or operation.problem:
                    continue
                what, why = _locking(operation, version)
                if not what:
                    continue
                subject = f"{revision.id} {change.kind} {change.table}.{change.name}".rstrip(".")
                if not environment.dialect:
                    reason = "nothing says which database the migrations are for"
                    yield Undecided(operation.location, f"step {subject}", reason)
                else:
                    yield Finding(operation.location, subject, {"what": what, "why": why})


def _locking(operation: Operation, version: int) -> tuple[str, str]:
    """What a step does and what that blocks; ("", "") for one that is done in a moment."""
    change, before = operation.change, operation.before
    name = f"{change.table}.{change.name}"
    match change.kind:
        case "create index" if "concurrently" not in change.flags:
            return f"creates the index `{change.name}` without CONCURRENTLY", _WRITES
        case "add constraint" if "not valid" not in change.flags and "using index" not in change.flags:
            if change.constraint in ("foreign key", "check"):
                return f"adds a {change.constraint} to `{change.table}` without NOT VALID", _WRITES
            return f"adds a {change.constraint} constraint to `{change.table}`", _ALL.format("indexed")
        case "add column":
            column = change.declared[0]
            is_volatile = any(each in column.default.lower() for each in _VOLATILE)
            if column.default and (is_volatile or version < 11):
                return f"adds `{name}` with a default that is computed for each row", _ALL.format("rewritten")
            if column.unique or column.index:
                return f"adds `{name}` with an index", _ALL.format("indexed")
        case "alter column":
            column_before = before.column(change.name) if before is not None else None
            wanted = dict(change.set)
            old = column_before.type if column_before is not None else wanted.get("existing", "")
            if wanted.get("type") and old and is_rewritten(old, wanted["type"]):
                return f"changes the type of `{name}` from `{old}` to `{wanted['type']}`", _ALL.format("rewritten")
            if wanted.get("nullable") == "no" and not _is_checked(operation, version):
                if column_before is None or column_before.nullable:
                    return f"makes `{name}` NOT NULL", _ALL.format("read")
    return "", ""


def _is_checked(operation: Operation, version: int) -> bool:
    """Whether a valid CHECK says already that a column is not null, so that PostgreSQL from 12 on reads nothing."""
    before, name = operation.before, operation.change.name
    if before is None or version < 12:
        return False
    wanted = f"{name} is not null"
    return any(key.validated and wanted in key.text.lower().replace('"', "") for key in before.keys_of("check"))
