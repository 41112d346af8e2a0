"""What SQLAlchemy's inspector says of the schema that a migration has come to."""

from __future__ import annotations

from typing import Any

from prodlint.project.migrations.apply import UNSEEN
from prodlint.project.migrations.meanings import Listing, Unknown, text_of
from prodlint.project.migrations.state import Schema, TableState

__all__ = ["inspected"]


def inspected(schema: Schema, name: str, arguments: list[Any], keywords: dict[str, Any]) -> Any:
    """The answer of a method of the inspector."""
    if name == "get_table_names":
        names = [table.name for table in schema.tables.values()]
        return Listing(names, _incomplete(schema))
    if name == "get_schema_names":
        return Unknown("the schemas of the database")
    table = arguments[0] if arguments else keywords.get("table_name")
    if not isinstance(table, str):
        return Unknown("the name of a table is computed")
    inside = keywords.get("schema", arguments[1] if len(arguments) > 1 else None)
    state = schema.get(inside if isinstance(inside, str) else "", table)
    if name == "has_table":
        if state is not None:
            return True if not state.unknown or state.unknown == UNSEEN else Unknown(state.unknown)
        return Unknown(_incomplete(schema)) if _incomplete(schema) else False
    if state is None:
        return Unknown("no revision is seen to create the table")
    found = _METHODS.get(name)
    return Listing(found(state), state.unknown) if found is not None else _single(state, name)


def _incomplete(schema: Schema) -> str:
    """Why there may be more tables; "" where there are none."""
    if schema.unknown:
        return schema.unknown[0]
    return UNSEEN if any(table.unknown == UNSEEN for table in schema.tables.values()) else ""


def _single(state: TableState, name: str) -> Any:
    if name == "get_pk_constraint":
        key = next(state.keys_of("primary key"), None)
        if state.unknown:
            return Unknown(state.unknown)
        return {"constrained_columns": list(key.columns) if key else [], "name": key.name if key else None}
    return Unknown("the inspector's answer is not known")


def _columns(state: TableState) -> list[Any]:
    key = next(state.keys_of("primary key"), None)
    names = key.columns if key is not None else ()
    return [
        {
            "name": column.name,
            "type": Unknown(f"the type {text_of(column.type)}"),
            "nullable": column.nullable and column.name not in names,
            "default": column.default or None,
        }
        for column in state.columns
    ]


def _indexes(state: TableState) -> list[Any]:
    return [
        {"name": index.name, "column_names": list(index.columns), "unique": index.unique} for index in state.indexes
    ]


def _keys(kind: str) -> Any:
    def found(state: TableState) -> list[Any]:
        return [
            {
                "name": key.name or None,
                "column_names": list(key.columns),
                "constrained_columns": list(key.columns),
                "referred_table": key.target.rpartition(".")[2],
                "referred_columns": list(key.targets),
                "sqltext": Unknown("the text of a constraint"),
                "options": {"ondelete": key.ondelete} if key.ondelete else {},
            }
            for key in state.keys_of(kind)
        ]

    return found


_METHODS: dict[str, Any] = {
    "get_columns": _columns,
    "get_indexes": _indexes,
    "get_unique_constraints": _keys("unique"),
    "get_foreign_keys": _keys("foreign key"),
    "get_check_constraints": _keys("check"),
}
