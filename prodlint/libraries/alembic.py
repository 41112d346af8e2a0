"""Alembic's operations: which changes they make, and the order of their arguments (Alembic 1.13 to 1.18)."""

from __future__ import annotations

__all__ = ["OPERATIONS", "POSITIONS", "WITHOUT_EFFECT"]

OPERATIONS = {
    "add_column": "add column",
    "alter_column": "alter column",
    "create_check_constraint": "add constraint",
    "create_exclude_constraint": "add constraint",
    "create_foreign_key": "add constraint",
    "create_index": "create index",
    "create_primary_key": "add constraint",
    "create_table": "create table",
    "create_unique_constraint": "add constraint",
    "drop_column": "drop column",
    "drop_constraint": "drop constraint",
    "drop_index": "drop index",
    "drop_table": "drop table",
    "rename_table": "rename table",
}

POSITIONS: dict[str, tuple[str, ...]] = {
    "add_column": ("table_name", "column"),
    "alter_column": ("table_name", "column_name"),
    "create_check_constraint": ("constraint_name", "table_name", "condition"),
    "create_exclude_constraint": ("constraint_name", "table_name"),
    "create_foreign_key": ("constraint_name", "source_table", "referent_table", "local_cols", "remote_cols"),
    "create_index": ("index_name", "table_name", "columns"),
    "create_primary_key": ("constraint_name", "table_name", "columns"),
    "create_table": ("table_name",),
    "create_unique_constraint": ("constraint_name", "table_name", "columns"),
    "drop_column": ("table_name", "column_name"),
    "drop_constraint": ("constraint_name", "table_name", "type_"),
    "drop_index": ("index_name", "table_name"),
    "drop_table": ("table_name",),
    "rename_table": ("old_table_name", "new_table_name"),
}
"""A method of `batch_alter_table` takes the same without the table."""

WITHOUT_EFFECT = frozenset(
    """f get_bind get_context inline_literal create_table_comment drop_table_comment bulk_insert create_schema
    drop_schema create_entity drop_entity replace_entity create_view drop_view replace_view create_function
    drop_function create_trigger drop_trigger create_sp drop_sp replace_sp create_sequence drop_sequence
    sync_enum_values create_extension drop_extension autogenerate_context run_async invoke""".split()
)
"""Operations, of Alembic and of its common extensions, that leave tables and indexes as they are."""
