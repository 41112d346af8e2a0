"""Django's operations that are irreversible where they are given no way back.

Source: `django.db.migrations.operations.special` (Django 4.2 to 5.2): `reversible` is False without `reverse_code` or
`reverse_sql`; pinned by tests/test_migrations.py.
"""

from __future__ import annotations

__all__ = ["IRREVERSIBLE"]

IRREVERSIBLE: dict[str, tuple[str, int]] = {
    "django.db.migrations.RunPython": ("reverse_code", 1),
    "django.db.migrations.RunSQL": ("reverse_sql", 1),
    "django.db.migrations.operations.RunPython": ("reverse_code", 1),
    "django.db.migrations.operations.RunSQL": ("reverse_sql", 1),
}
"""The argument that makes each reversible, and where it stands."""
