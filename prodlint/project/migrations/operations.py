"""Alembic's operations and SQL as changes of the schema that is replayed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from prodlint.facts.ddl import Change
from prodlint.finding import Location
from prodlint.libraries.alembic import OPERATIONS, POSITIONS, WITHOUT_EFFECT
from prodlint.libraries.ddl import DATA, SCHEMA, TABLES
from prodlint.project.migrations import files
from prodlint.project.migrations.declarations import column_of, constraint_of, indexed, type_of
from prodlint.project.migrations.holes import filled
from prodlint.project.migrations.meanings import Batch, FileText, Made, Unknown, text_of
from prodlint.project.migrations.naming import truncated

if TYPE_CHECKING:
    from prodlint.project.migrations.machine import Machine

__all__ = ["operate", "send"]

_CONSTRAINTS = {
    "create_check_constraint": "check",
    "create_exclude_constraint": "exclude",
    "create_foreign_key": "foreign key",
    "create_primary_key": "primary key",
    "create_unique_constraint": "unique",
}
_TOGETHER = {"add constraint": "or replace", "drop index": "if exists"}
_TYPES = {"foreignkey": "foreign key", "primary": "primary key", "unique": "unique", "check": "check"}


def dialect_of(machine: Machine) -> str:
    """The database that is replayed for; "" where it is not known."""
    return machine.run.dialect if machine.run is not None else ""


def operate(
    machine: Machine,
    name: str,
    batch: Batch | None,
    arguments: list[Any],
    keywords: dict[str, Any],
    location: Location,
    incomplete: str,
) -> Any:
    """Run one operation; what it gives."""
    if name == "f":
        made = arguments[0] if arguments else Unknown("nothing is given")
        return truncated(made) if isinstance(made, str) and dialect_of(machine) == "postgresql" else made
    if name == "batch_alter_table":
        table = arguments[0] if arguments else keywords.get("table_name")
        convention = keywords.get("naming_convention")
        schema = keywords.get("schema", arguments[1] if len(arguments) > 1 else None)
        return Batch(table, schema, convention if isinstance(convention, dict) else {})
    if name == "execute":
        if arguments or keywords:
            send(machine, arguments[0] if arguments else keywords.get("sqltext"), location, is_operation=True)
        return None
    if name == "bulk_insert":
        machine.record(Change("data"), location)
        return None
    if name in ("create_made_table", "drop_made_table"):
        _made_table(machine, name, arguments[0], location)
        return None
    if name not in OPERATIONS:
        if name not in WITHOUT_EFFECT and batch is None:
            machine.doubt(f"`op.{name}` is not known to Alembic, and what it changes cannot be told")
        return Made(f"alembic.op.{name}", tuple(arguments), keywords, location)
    given = _bound(name, batch, arguments, keywords)
    change = _change(machine, name, given, arguments, location)
    if change is None:
        return None
    if incomplete and change.kind != "unknown":
        change = Change("unknown", change.table, change.schema, text=incomplete)
    if batch is not None and dialect_of(machine) == "sqlite" and change.kind in _TOGETHER:
        # The table is made anew with all changes at once: an index may go with its column, a constraint be replaced.
        change = replace(change, flags=(*change.flags, _TOGETHER[change.kind]))
    if batch is not None and batch.convention:
        machine.with_convention(batch.convention, change, location)
    else:
        machine.record(change, location)
    new = given.get("new_column_name")
    if name == "alter_column" and isinstance(new, str) and change.kind == "alter column":
        machine.record(Change("rename column", change.table, change.schema, change.name, new), location)
    return None


def _bound(name: str, batch: Batch | None, arguments: list[Any], keywords: dict[str, Any]) -> dict[str, Any]:
    """The arguments of an operation by name."""
    names = POSITIONS[name]
    table = "source_table" if name == "create_foreign_key" else "table_name"
    if batch is not None:
        names = tuple(each for each in names if each != table)
    given = dict(zip(names, arguments)) | keywords
    if batch is not None:
        given[table] = batch.table
        given.setdefault("source_schema" if name == "create_foreign_key" else "schema", batch.schema)
    return given


def _change(
    machine: Machine, name: str, given: dict[str, Any], arguments: list[Any], location: Location
) -> Change | None:
    table = given.get("table_name", given.get("source_table", given.get("old_table_name", given.get("tablename"))))
    schema = given.get("schema", given.get("source_schema"))
    kind = OPERATIONS[name]
    if name == "drop_index" and table is None:
        table = ""
    if not isinstance(table, str) or isinstance(schema, Unknown):
        return Change("unknown", text=f"`{name}` is about a table whose name is computed")
    schema = schema if isinstance(schema, str) else ""
    flags = []
    if given.get("if_exists") is True:
        flags.append("if exists")
    if given.get("if_not_exists") is True:
        flags.append("if not exists")

    def unknown(why: str) -> Change:
        return Change("unknown", table, schema, text=why)

    if name == "create_table":
        return _created(machine, table, schema, arguments[1:], flags)
    if name == "drop_table":
        return Change(kind, table, schema, flags=tuple(flags))
    if name == "rename_table":
        new = given.get("new_table_name")
        return Change(kind, table, schema, to=new) if isinstance(new, str) else unknown("its new name is computed")
    if name == "add_column":
        column = given.get("column")
        declared, more = column_of(column, dialect_of(machine)) if isinstance(column, Made) else (None, [])
        if declared is None:
            return unknown("a column is added that is computed")
        constraints = tuple(Change("add constraint", table, schema, each, constraint="check") for each in more)
        return Change(kind, table, schema, declared.name, declared=(declared,), constraints=constraints,
                      flags=tuple(flags))  # fmt: skip
    if name in ("drop_column", "alter_column"):
        column = given.get("column_name")
        if not isinstance(column, str):
            return unknown("a column is changed whose name is computed")
        if name == "drop_column":
            return Change(kind, table, schema, column, flags=tuple(flags))
        return Change(kind, table, schema, column, set=_altered(given), flags=tuple(flags))
    if name in ("create_index", "drop_index"):
        return _index(machine, name, given, table, schema, flags)
    constraint = given.get("constraint_name", given.get("name"))
    if isinstance(constraint, Unknown):
        return unknown("a constraint is changed whose name is computed")
    constraint = constraint if isinstance(constraint, str) else ""
    if name == "drop_constraint":
        type_ = given.get("type_")
        what = _TYPES.get(type_, "") if isinstance(type_, str) else ""
        return Change(kind, table, schema, constraint, constraint=what, flags=tuple(flags))
    return _constraint(name, given, table, schema, constraint)


def _constraint(name: str, given: dict[str, Any], table: str, schema: str, constraint: str) -> Change:
    kind = _CONSTRAINTS[name]
    columns = given.get("local_cols" if name == "create_foreign_key" else "columns", [])
    columns = [columns] if isinstance(columns, str) else columns
    if not isinstance(columns, (list, tuple)) or not all(isinstance(each, str) for each in columns):
        return Change("unknown", table, schema, text="a constraint is created whose columns are computed")
    flags = ("not valid",) if given.get("postgresql_not_valid") is True else ()
    target = ""
    targets: tuple[str, ...] = ()
    if kind == "foreign key":
        referent, inside = given.get("referent_table"), given.get("referent_schema")
        if not isinstance(referent, str):
            return Change("unknown", table, schema, text="a foreign key points to a table that is computed")
        target = f"{inside}.{referent}" if isinstance(inside, str) else referent
        remote = given.get("remote_cols")
        remote = [remote] if isinstance(remote, str) else remote
        targets = tuple(str(each) for each in remote) if isinstance(remote, (list, tuple)) else ()
    ondelete = given.get("ondelete")
    return Change(
        "add constraint", table, schema, constraint, columns=tuple(map(str, columns)), constraint=kind, target=target,
        targets=targets, ondelete=str(ondelete).upper() if isinstance(ondelete, str) else "", flags=flags,
        text=text_of(given.get("condition")) if kind == "check" else "", unique=kind == "unique",
    )  # fmt: skip


def _index(machine: Machine, name: str, given: dict[str, Any], table: str, schema: str, flags: list[str]) -> Change:
    index = given.get("index_name", given.get("name"))
    if isinstance(index, Unknown):
        return Change("unknown", table, schema, text="an index is changed whose name is computed")
    index = index if isinstance(index, str) else ""
    if given.get("postgresql_concurrently") is True:
        flags.append("concurrently")
    if name == "drop_index":
        return Change("drop index", table, schema, index, flags=tuple(flags))
    columns = given.get("columns", [])
    columns = [columns] if isinstance(columns, str) else columns
    if not isinstance(columns, (list, tuple)):
        return Change("unknown", table, schema, text="an index is created whose columns are computed")
    dialect = dialect_of(machine)
    where = ""
    for key, value in given.items():
        if key.endswith("_where") and value is not None and (not dialect or key.startswith(dialect)):
            where = text_of(value)
    method = given.get("postgresql_using")
    flags += ["partial"] if where else []
    flags += [method] if isinstance(method, str) and dialect in ("", "postgresql") else []
    return Change(
        "create index", table, schema, index, columns=tuple(indexed(each) for each in columns),
        unique=given.get("unique") is True, text=where, flags=tuple(flags),
    )  # fmt: skip


def _altered(given: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    found: list[tuple[str, str]] = []
    if given.get("type_") is not None:
        text, family = type_of(given["type_"])
        found += [("type", text), ("family", family)]
        if isinstance(given.get("existing_type"), (Made,)) or given.get("existing_type") is not None:
            found.append(("existing", type_of(given["existing_type"])[0]))
    nullable = given.get("nullable")
    if isinstance(nullable, bool):
        found.append(("nullable", "yes" if nullable else "no"))
    elif isinstance(nullable, Unknown):
        found.append(("doubt", "whether it may be null is computed"))
    default = given.get("server_default", False)
    if default is not False:
        found.append(("default", "" if default is None else text_of(default)))
    if isinstance(given.get("postgresql_using"), str):
        found.append(("using", given["postgresql_using"]))
    return tuple(found)


def _created(machine: Machine, table: str, schema: str, arguments: list[Any], flags: list[str]) -> Change:
    declared, constraints, doubt, dialect = [], [], "", dialect_of(machine)
    for each in arguments:
        column, checks = column_of(each, dialect) if isinstance(each, Made) else (None, [])
        if column is not None:
            declared.append(column)
            constraints += [Change("add constraint", table, schema, name, constraint="check") for name in checks]
            continue
        if isinstance(each, Made) and each.keywords.get("use_alter") is True and dialect != "sqlite":
            continue  # Alembic leaves it out: it has to be created by an operation of its own. SQLite has no such.
        constraint = constraint_of(each, table, schema) if isinstance(each, Made) else None
        if constraint is not None:
            constraints.append(constraint)
        elif each is not None and not (isinstance(each, Made) and each.name in _NO_PARTS):
            doubt = doubt or "a part of it is computed"
    constraints.sort(key=lambda change: change.constraint != "primary key")
    return Change("create table", table, schema, declared=tuple(declared), constraints=tuple(constraints), text=doubt,
                  flags=tuple(flags))  # fmt: skip


_NO_PARTS = frozenset({"MetaData", "Comment", "DDL"})


def _made_table(machine: Machine, name: str, table: Made, location: Location) -> None:
    """A `Table(...)` object that is created or dropped with a connection."""
    label = table.arguments[0] if table.arguments else None
    schema = table.keywords.get("schema")
    schema = schema if isinstance(schema, str) else ""
    if not isinstance(label, str):
        machine.record(Change("unknown", text="a table is created whose name is computed"), location)
    elif name == "drop_made_table":
        machine.record(Change("drop table", label, schema), location)
    else:
        machine.record(_created(machine, label, schema, list(table.arguments[2:]), []), location)


# --- SQL --------------------------------------------------------------------------------------------------------------


def send(machine: Machine, value: Any, location: Location, is_operation: bool) -> None:
    """Run SQL that is sent to the database: a text, a construct of SQLAlchemy, or a list of them."""
    if isinstance(value, (list, tuple)):
        for each in value:
            send(machine, each, location, is_operation)
        return
    if isinstance(value, Made):
        if value.name in ("text", "DDL", "dedent") and value.arguments:
            send(machine, value.arguments[0], location, is_operation)
        elif value.name in _CONSTRUCTS:
            machine.record(Change("unknown", text=f"`{value.name}(...)` is executed"), location)
        elif any(f".{each}" in f".{value.of}" for each in ("update", "insert", "delete")):
            machine.record(Change("data"), location)
        elif value.name in ("bindparams", "execution_options", "columns") and value.arguments:
            send(machine, value.arguments[0], location, is_operation)
        return
    if isinstance(value, FileText):
        path = files.text(machine.project, value)
        if isinstance(path, Unknown):
            machine.record(Change("unknown", text=f"SQL is executed that is not seen: {path.reason}"), location)
            return
        changes = [change for sql in machine.project.facts(path).changes for change in sql.changes]
        for change in changes or [Change("data")]:
            machine.record(change, location)
        return
    origin = getattr(value, "origin", None)
    if origin is not None:
        facts = machine.project.facts(origin[0])
        sql = next((each for each in facts.changes if each.place == origin[1]), None)
        for change in sql.changes if sql is not None else ():
            machine.record(filled(change, value.holes), location)
        if sql is not None:
            return
    text = value if isinstance(value, str) else getattr(value, "text", "")
    if text and SCHEMA.search(text):
        tables = [one or other for one, other in TABLES.findall(text)]
        for name in tables or [""]:
            schema, _, table = name.replace('"', "").rpartition(".")
            name = "" if "?" in table else table
            machine.record(Change("unknown", name, schema, text="its SQL is put together at run time"), location)
    elif text and DATA.match(text):
        machine.record(Change("data"), location)
    elif is_operation and isinstance(value, Unknown):
        machine.record(Change("unknown", text=f"SQL is executed that is not seen: {value.reason}"), location)


_CONSTRUCTS = frozenset("CreateTable DropTable CreateIndex DropIndex AddConstraint DropConstraint DropSchema".split())
