"""What operations do that run SQL or code, or keep the models and the database apart."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from prodlint.facts.ddl import Change
from prodlint.finding import Location
from prodlint.project.migrations.machine import Stopped
from prodlint.project.migrations.meanings import FileText, FunctionValue, Made, Unknown
from prodlint.project.migrations.operations import send

if TYPE_CHECKING:
    from prodlint.project.migrations.django.runner import Runner

__all__ = ["run_python", "run_sql", "separate"]

_STATEMENTS = ("execute", "executescript", "create_model", "delete_model", "add_field", "remove_field", "alter_field",
               "add_index", "remove_index", "add_constraint", "remove_constraint", "alter_db_table")  # fmt: skip
"""What a function mentions that changes the schema itself."""


def run_sql(runner: Runner, given: dict[str, Any], location: Location) -> None:
    """SQL is run; what it means for the models may be said beside it."""
    if not runner.silent:
        sql = given.get("sql")
        for each in sql if isinstance(sql, (list, tuple)) else [sql]:
            text = each[0] if isinstance(each, (list, tuple)) and each else each
            if isinstance(text, (str, FileText, Unknown)):
                send(runner, text, location, is_operation=True)
    operations = given.get("state_operations")
    if operations:
        _only_state(runner, operations, location)


def run_python(runner: Runner, given: dict[str, Any], location: Location) -> None:
    """Code is run. It is looked at only where it may send SQL."""
    if runner.silent:
        return
    runner.record(Change("data"), location)
    code = given.get("code")
    if not isinstance(code, FunctionValue):
        return
    names = runner.project.identifiers(code.defined.path)
    if not any(f" {each} " in names for each in _STATEMENTS):
        return
    editor = Made("django.schema_editor", (), {}, location)
    held, runner.is_data = runner.is_data, True
    try:
        runner.call(code, [Unknown("models of the migration"), editor], {})
    except Stopped:
        pass  # It raises on some way, which is not the one to the head.
    except RecursionError:
        runner.unknown("", "a function of a migration nests calls too deeply", location)
    finally:
        runner.is_data = held


def separate(runner: Runner, given: dict[str, Any], location: Location) -> None:
    """Other operations for the database than for the models."""
    held = runner.state
    database = given.get("database_operations")
    if database:
        runner.state = held.copy()
        runner.run_all(database, location)
        runner.state = held
    state = given.get("state_operations")
    if state:
        _only_state(runner, state, location)


def _only_state(runner: Runner, operations: Any, location: Location) -> None:
    runner.silent += 1
    try:
        runner.run_all(operations, location)
    finally:
        runner.silent -= 1
