"""Compares `inspect tables` with the tables that Django's own schema editor would create for a site's models.

    python -m tests.compare_django_tables APPLICATION --python VENV/bin/python --path . --settings package.settings \\
        --database postgresql://postgres@127.0.0.1:5432/postgres

The site is imported by the interpreter given, never by this one. Nothing is created: the schema editor only writes down
its SQL, for which it asks the server's version where `--database` is PostgreSQL's; the default is SQLite in memory.
Models of installed packages are left out, and so are PostgreSQL's `_like` indexes, which exist beside those compared.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.compare_tables import differences, ours
from tests.comparing import parser, variables

PROBE = r"""
import json, os, re, sys, inspect
from urllib.parse import urlsplit
sys.path[:0] = PATHS
os.environ["DJANGO_SETTINGS_MODULE"] = SETTINGS
import django
from django.conf import settings
url = urlsplit(DATABASE)
if url.scheme == "postgresql":
    database = {"ENGINE": "django.db.backends.postgresql", "NAME": url.path[1:], "USER": url.username,
                "HOST": url.hostname, "PORT": url.port, "PASSWORD": url.password or ""}
else:
    database = {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}
settings.DATABASES = {"default": database}
settings.DATABASE_ROUTERS = []
django.setup()
from django.apps import apps
from django.db import connection
connection.ops.max_name_length = lambda: 63
ROOT = os.path.realpath(FOLDER) + os.sep

def parts(text):
    # Splits at the commas that no bracket encloses.
    found, depth, start = [], 0, 0
    for at, sign in enumerate(text):
        depth += (sign == "(") - (sign == ")")
        if sign == "," and not depth:
            found.append(text[start:at]); start = at + 1
    return [*found, text[start:]]

def bracketed(text):
    depth = 0
    for at, sign in enumerate(text):
        depth += (sign == "(") - (sign == ")")
        if depth == 0 and at:
            return text[1:at]

def column(text):
    found = re.fullmatch(r'\s*\(*"(\w+)"\)*(\s+\w+)*\s*', text)
    return found[1] if found else "(...)"

out = []
for model in apps.get_models(include_auto_created=True):
    meta = model._meta
    source = meta.auto_created or model
    file = inspect.getsourcefile(source)
    if meta.proxy or not os.path.realpath(file).startswith(ROOT) or "site-packages" in file:
        continue
    with connection.schema_editor(collect_sql=True, atomic=False) as editor:
        editor.create_model(model)
    fields = [field for field in meta.local_fields if field.column is not None]
    indexes, uniques = [], []
    for sql in editor.collected_sql:
        about = re.match(r'(?:CREATE|ALTER) TABLE "([^"]+)"|CREATE (?:UNIQUE )?INDEX [^(]*? ON "([^"]+)"', sql)
        if about is None or meta.db_table not in about.groups():  # The pairs of a many-to-many field.
            continue
        found = re.match(r'CREATE (UNIQUE )?INDEX (?:IF NOT EXISTS )?"([^"]+)" ON "[^"]+"\s*(?:USING \w+ )?(\(.*)', sql)
        if found and not found[2].endswith("_like"):
            indexes.append([found[2], [column(each) for each in parts(bracketed(found[3]))], bool(found[1])])
        for constraint in re.finditer(r'CONSTRAINT "[^"]+" UNIQUE (?:NULLS \w+ \w+ )?(\([^)]*\))', sql):
            uniques.append([column(each) for each in parts(bracketed(constraint[1]))])
    uniques += [[field.column] for field in fields if field.unique and not field.primary_key]
    if connection.vendor == "sqlite":  # There a group of names is an index.
        groups = [[meta.get_field(name).column for name in names] for names in meta.unique_together]
        uniques += groups
        indexes = [each for each in indexes if not (each[2] and each[1] in groups)]
    keys = {field.column: field for field in fields if field.remote_field and getattr(field, "db_constraint", True)}
    out.append({
        "name": meta.db_table, "schema": None,
        "columns": {
            field.column: {
                "nullable": field.null, "primary_key": field.primary_key,
                "unique": field.unique and not field.primary_key,
                "foreign_key": [f"{field.target_field.model._meta.db_table}.{field.target_field.column}"]
                if field.column in keys else [],
            }
            for field in fields
        },
        "primary_key": [field.column for field in fields if field.primary_key],
        "indexes": sorted(indexes), "uniques": sorted(uniques),
    })
print("@@@" + json.dumps(out))
"""


def truth(
    python: str, folder: Path, paths: list[str], settings: str, database: str, environment: dict[str, str]
) -> list[Any]:
    """The tables as the site's own interpreter sees them."""
    given = {
        "PATHS": [str(folder / path) for path in paths],
        "SETTINGS": settings,
        "DATABASE": database,
        "FOLDER": str(folder),
    }
    code = "\n".join(f"{name} = {value!r}" for name, value in given.items()) + PROBE
    run = subprocess.run(
        [python, "-c", code],
        cwd=folder / paths[0],
        env={**os.environ, "PYTHONPATH": "", **environment},
        capture_output=True,
        text=True,
        timeout=300,
    )
    if "@@@" not in run.stdout:
        raise SystemExit(f"The site cannot be imported:\n{run.stderr[-3000:]}")
    return list(json.loads(run.stdout.rpartition("@@@")[2]))


def main(arguments: list[str]) -> int:
    taken = parser(__doc__)
    taken.add_argument("--settings", required=True)
    taken.add_argument("--database", default="sqlite://")
    taken.add_argument("--cache", action="store_true", help="keep what was read inside the application's folder")
    given = taken.parse_args(arguments)
    folder = given.application.resolve()
    expected = truth(given.python, folder, given.path or ["."], given.settings, given.database, variables(given))
    found, keys = ours(folder, given.cache)
    said = differences(expected, found, keys)
    columns = sum(len(table["columns"]) for table in expected)
    print(f"{len(expected)} tables, {columns} columns; {len(said)} differences")
    print("\n".join(said))
    return 1 if said else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
