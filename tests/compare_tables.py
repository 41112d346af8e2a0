"""Compares `inspect tables` with what SQLAlchemy itself says of an application's metadata.

    python -m tests.compare_tables APPLICATION --python VENV/bin/python --path src --import app.models \\
        --metadata app.db:Base.metadata

The application is imported by the interpreter given, never by this one. Prints each difference; exit status 1 if any.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

from tests.comparing import parser, variables

DUMP = r"""
import importlib, json, sys
sys.path[:0] = PATHS
for name in IMPORTS:
    importlib.import_module(name)
module, _, attribute = METADATA.partition(":")
value = importlib.import_module(module)
for part in attribute.split("."):
    value = getattr(value, part)
if "registry" in dir(value):
    value.registry.configure()
out = []
from sqlalchemy import UniqueConstraint
def plain(expression):
    if hasattr(expression, "table"):
        return expression.key
    # `desc(column)` and `text("name")` stand for the column in our rows, other expressions for themselves.
    inner = getattr(expression, "element", expression)
    if isinstance(inner, str):
        return inner
    if inner is not expression:
        return plain(inner)
    text = str(getattr(expression, "text", ""))
    return text.split()[0] if text else "(...)"
def target(key):
    text = key._get_colspec()
    return text if isinstance(text, str) else "?"
for table in value.tables.values():
    out.append({
        "name": table.name, "schema": table.schema,
        "columns": {
            column.name: {
                "nullable": bool(column.nullable),
                "primary_key": column.primary_key,
                "unique": bool(column.unique),
                "foreign_key": sorted(map(target, column.foreign_keys)),
            }
            for column in table.columns
        },
        "primary_key": [column.name for column in table.primary_key.columns],
        "indexes": sorted(
            [str(index.name), [*map(plain, index.expressions)], bool(index.unique)] for index in table.indexes
        ),
        "uniques": sorted(
            [column.name for column in each.columns] for each in table.constraints if isinstance(each, UniqueConstraint)
        ),
    })
print("@@@" + json.dumps(out))
"""


def truth(
    python: str, folder: Path, paths: list[str], imports: list[str], metadata: str, environment: dict[str, str]
) -> list[Any]:
    """The tables as the application's own interpreter sees them."""
    code = f"PATHS = {[str(folder / path) for path in paths]!r}\nIMPORTS = {imports!r}\nMETADATA = {metadata!r}\n{DUMP}"
    run = subprocess.run(
        [python, "-c", code], cwd=folder, env={**os.environ, **environment}, capture_output=True, text=True, timeout=300
    )
    if "@@@" not in run.stdout:
        raise SystemExit(f"The application cannot be imported:\n{run.stderr[-3000:]}")
    return list(json.loads(run.stdout.rpartition("@@@")[2]))


def ours(
    folder: Path, use_cache: bool = False
) -> tuple[list[dict[str, Any]], dict[tuple[str | None, str], tuple[str, ...]]]:
    """The rows of `inspect tables`, and the primary keys in order."""
    from prodlint.engine import Request, load
    from prodlint.project.tables.rows import rows

    request = Request(paths=(str(folder),), catalogue={}, rules=(), use_cache=use_cache, jobs=1, today=date(2026, 1, 1))
    project = load(request)
    return rows(project), {(table.schema or None, table.name): table.primary_key for table in project.tables}


def plain(column: str) -> str:
    return "(...)" if column.startswith("(") else column


def differences(expected: list[Any], found: list[dict[str, Any]], keys: dict[Any, tuple[str, ...]]) -> list[str]:
    """One sentence for each difference."""
    said: list[str] = []
    by_name = {(row["schema"], row["name"]): row for row in found}
    for table in expected:
        name = (table["schema"], table["name"])
        label = ".".join(part for part in name if part)
        row = by_name.pop(name, None)
        if row is None:
            said.append(f"{label}: missing")
            continue
        columns = {column["name"]: column for column in row["columns"]}
        for column, facts in table["columns"].items():
            own = columns.pop(column, None)
            if own is None:
                said.append(f"{label}.{column}: missing")
                continue
            for key in ("nullable", "primary_key", "unique"):
                if own[key] != facts[key]:
                    said.append(f"{label}.{column}: {key} is {facts[key]}, not {own[key]}")
            keys_found = [own["foreign_key"]] if own["foreign_key"] else []
            if keys_found != facts["foreign_key"]:
                said.append(f"{label}.{column}: foreign key is {facts['foreign_key']}, not {keys_found}")
        said += [f"{label}.{column}: too many" for column in columns]
        if list(keys.get(name, ())) != table["primary_key"]:
            said.append(f"{label}: primary key is {table['primary_key']}, not {list(keys.get(name, ()))}")
        indexes = sorted([index["name"], [*map(plain, index["columns"])], index["unique"]] for index in row["indexes"])
        if indexes != table["indexes"]:
            said.append(f"{label}: indexes are {table['indexes']}, not {indexes}")
        if sorted(row["uniques"]) != table["uniques"]:
            said.append(f"{label}: uniques are {table['uniques']}, not {sorted(row['uniques'])}")
    said += [f"{row['name'] or '?'} ({row['file']}:{row['line']}): too many" for row in by_name.values()]
    return said


def main(arguments: list[str]) -> int:
    taken = parser(__doc__)
    taken.add_argument("--import", dest="imports", action="append", default=[])
    taken.add_argument("--metadata", required=True)
    taken.add_argument("--cache", action="store_true", help="keep what was read inside the application's folder")
    given = taken.parse_args(arguments)
    folder = given.application.resolve()
    expected = truth(given.python, folder, given.path or ["."], given.imports, given.metadata, variables(given))
    found, keys = ours(folder, given.cache)
    said = differences(expected, found, keys)
    columns = sum(len(table["columns"]) for table in expected)
    print(f"{len(expected)} tables, {columns} columns; {len(said)} differences")
    print("\n".join(said))
    return 1 if said else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
