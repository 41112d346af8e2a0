"""Compares `inspect tables` with the schema that Tortoise itself would generate for an application's models.

    python -m tests.compare_tortoise_tables APPLICATION --python VENV/bin/python --path project \\
        --models app.models.tortoise

The application is imported by the interpreter given, never by this one; the schema is written to SQLite in memory.
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
import asyncio, json, re, sys
sys.path[:0] = PATHS
from tortoise import Tortoise, connections

async def main():
    await Tortoise.init(db_url="sqlite://:memory:", modules={"models": MODELS})
    await Tortoise.generate_schemas(safe=False)
    connection = connections.get("default")
    async def rows(sql):
        return [dict(row) for row in await connection.execute_query_dict(sql)]
    out = []
    for table in await rows("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"):
        name = table["name"]
        keys = {}
        for key in await rows(f"PRAGMA foreign_key_list('{name}')"):
            keys[key["from"]] = f"{key['table']}.{key['to']}"
        indexes, uniques = [], []
        for index in await rows(f"PRAGMA index_list('{name}')"):
            columns = [each["name"] for each in await rows(f"PRAGMA index_info('{index['name']}')")]
            if index["origin"] == "u":
                uniques.append(columns)
            elif index["origin"] == "c":
                indexes.append([index["name"], columns, bool(index["unique"])])
        columns = await rows(f"PRAGMA table_info('{name}')")
        out.append({
            "name": name, "schema": None,
            "columns": {
                each["name"]: {
                    "nullable": not each["notnull"] and not each["pk"], "primary_key": bool(each["pk"]),
                    "unique": [each["name"]] in uniques,
                    "foreign_key": [keys[each["name"]]] if each["name"] in keys else [],
                }
                for each in columns
            },
            "primary_key": [each["name"] for each in columns if each["pk"]],
            "indexes": sorted(indexes), "uniques": sorted(uniques),
        })
    print("@@@" + json.dumps(out))
    await Tortoise.close_connections()

asyncio.run(main())
"""


def truth(python: str, folder: Path, paths: list[str], models: list[str], given: dict[str, str]) -> list[Any]:
    """The tables as the application's own interpreter makes them."""
    code = f"PATHS = {[str(folder / path) for path in paths]!r}\nMODELS = {models!r}\n{PROBE}"
    environment = {**os.environ, "PYTHONPATH": "", **given}
    run = subprocess.run(
        [python, "-W", "ignore", "-c", code],
        cwd=folder / paths[0],
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
    )
    if "@@@" not in run.stdout:
        raise SystemExit(f"The application cannot be imported:\n{run.stderr[-3000:]}")
    return list(json.loads(run.stdout.rpartition("@@@")[2]))


def main(arguments: list[str]) -> int:
    taken = parser(__doc__)
    taken.add_argument("--models", action="append", default=[])
    given = taken.parse_args(arguments)
    folder = given.application.resolve()
    expected = truth(given.python, folder, given.path or ["."], given.models, variables(given))
    found, keys = ours(folder)
    said = differences(expected, found, keys)
    columns = sum(len(table["columns"]) for table in expected)
    print(f"{len(expected)} tables, {columns} columns; {len(said)} differences")
    print("\n".join(said))
    return 1 if said else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
