"""Django's migration operations: what they are called, the order of their arguments, which cannot be taken back.

Source: `django.db.migrations.operations` and `django.contrib.postgres.operations` of Django 4.2 to 6.0; pinned by
tests/test_django_migrations.py and tests/test_migrations.py.
"""

from __future__ import annotations

__all__ = [
    "IRREVERSIBLE",
    "MIGRATION_BASES",
    "OPERATION_PACKAGES",
    "POSITIONS",
    "WITHOUT_EFFECT",
    "WITHOUT_EFFECT_ROOTS",
]

MIGRATION_BASES = frozenset({"django.db.migrations.Migration", "django.db.migrations.migration.Migration"})

IRREVERSIBLE: dict[str, tuple[str, int]] = {
    "django.db.migrations.RunPython": ("reverse_code", 1),
    "django.db.migrations.RunSQL": ("reverse_sql", 1),
    "django.db.migrations.operations.RunPython": ("reverse_code", 1),
    "django.db.migrations.operations.RunSQL": ("reverse_sql", 1),
}
"""The argument that makes each reversible, and where it stands: `reversible` is False without it."""

OPERATION_PACKAGES = ("django.db.migrations.", "django.contrib.postgres.operations.")

POSITIONS: dict[str, tuple[str, ...]] = {
    "AddConstraint": ("model_name", "constraint"),
    "AddConstraintNotValid": ("model_name", "constraint"),
    "AddField": ("model_name", "name", "field", "preserve_default"),
    "AddIndex": ("model_name", "index"),
    "AddIndexConcurrently": ("model_name", "index"),
    "AlterConstraint": ("model_name", "name", "constraint"),
    "AlterField": ("model_name", "name", "field", "preserve_default"),
    "AlterIndexTogether": ("name", "index_together"),
    "AlterModelManagers": ("name", "managers"),
    "AlterModelOptions": ("name", "options"),
    "AlterModelTable": ("name", "table"),
    "AlterModelTableComment": ("name", "table_comment"),
    "AlterOrderWithRespectTo": ("name", "order_with_respect_to"),
    "AlterUniqueTogether": ("name", "unique_together"),
    "CreateModel": ("name", "fields", "options", "bases", "managers"),
    "DeleteModel": ("name",),
    "RemoveConstraint": ("model_name", "name"),
    "RemoveField": ("model_name", "name", "field"),
    "RemoveIndex": ("model_name", "name"),
    "RemoveIndexConcurrently": ("model_name", "name"),
    "RenameField": ("model_name", "old_name", "new_name"),
    "RenameIndex": ("model_name", "new_name", "old_name", "old_fields"),
    "RenameModel": ("old_name", "new_name"),
    "RunPython": ("code", "reverse_code", "atomic", "hints", "elidable"),
    "RunSQL": ("sql", "reverse_sql", "state_operations", "hints", "elidable"),
    "SeparateDatabaseAndState": ("database_operations", "state_operations"),
    "ValidateConstraint": ("model_name", "name"),
}

WITHOUT_EFFECT = frozenset(
    """AlterConstraint AlterModelManagers AlterModelTableComment BloomExtension BtreeGinExtension BtreeGistExtension
    CITextExtension CreateCollation CreateExtension CryptoExtension HStoreExtension RemoveCollation TrigramExtension
    UnaccentExtension""".split()
)
"""Operations that leave tables and indexes as they are."""

WITHOUT_EFFECT_ROOTS = frozenset({"django_migration_linter", "pghistory", "pgtrigger", "pgvector", "waffle"})
"""Packages whose operations do, too."""
