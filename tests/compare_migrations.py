"""Compares `inspect migrations` with the schema that Alembic makes of the same revisions on a real database.

    python -m tests.compare_migrations FOLDER_OF_REVISIONS --python VENV/bin/python [--path src] [--server] [--prodlint APP]

With `--server` a PostgreSQL cluster is started on the loopback interface in a temporary folder, as user postgres where
this runs as root, and thrown away; without it SQLite is used. The revisions run under a minimal `env.py`, so that the
application's own settings are not needed. Prints each difference; exit status 1 if any.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

BINARIES = Path("/usr/lib/postgresql/15/bin")
ENV = """
from alembic import context
from sqlalchemy import create_engine
with create_engine(context.config.get_main_option("sqlalchemy.url")).connect() as connection:
    context.configure(connection=connection, render_as_batch=connection.dialect.name == "sqlite")
    with context.begin_transaction():
        context.run_migrations()
"""
DUMP = r"""
import json, sys
sys.path[:0] = PATHS
from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine, inspect
config = Config()
config.set_main_option("script_location", SCRIPTS)
config.set_main_option("version_locations", REVISIONS)
config.set_main_option("path_separator", "newline")
config.set_main_option("sqlalchemy.url", URL)
command.upgrade(config, "heads")
found = inspect(create_engine(URL))
out = {}
for table in found.get_table_names():
    if table == "alembic_version":
        continue
    uniques = [each["column_names"] for each in found.get_unique_constraints(table)]
    out[table] = {
        "columns": {each["name"]: bool(each["nullable"]) for each in found.get_columns(table)},
        "key": found.get_pk_constraint(table)["constrained_columns"],
        "foreign": sorted([each["constrained_columns"], each["referred_table"]] for each in found.get_foreign_keys(table)),
        "indexes": sorted(
            [each["name"], bool(each["unique"])] for each in found.get_indexes(table)
            if "duplicates_constraint" not in each
        ),
        "uniques": sorted(uniques),
    }
print("<<<" + json.dumps(out))
"""


def main() -> int:
    """Run the comparison; the number of differences is shown."""
    parser = argparse.ArgumentParser()
    parser.add_argument("revisions")
    parser.add_argument("--python", default=sys.executable)
    parser.add_argument("--path", action="append", default=[])
    parser.add_argument("--server", action="store_true")
    parser.add_argument("--prodlint", default="")
    arguments = parser.parse_args()
    revisions = Path(arguments.revisions).resolve()
    # Readable by the user postgres too, whose home the cluster's folder is.
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        stop, url = _server(folder) if arguments.server else (None, f"sqlite:///{folder}/database")
        try:
            real = _migrated(folder, revisions, url, arguments.python, arguments.path)
        finally:
            if stop is not None:
                subprocess.run(stop, check=False, stdout=subprocess.DEVNULL)
    said = _replayed(revisions, arguments.prodlint or str(revisions))
    differences = list(_differences(real, said))
    for line in differences:
        print(line)
    print(f"{len(real)} tables, {len(differences)} differences")
    return 1 if differences else 0


def _server(folder: Path) -> tuple[list[str], str]:
    data = folder / "cluster"
    data.mkdir()
    prefix: list[str] = []
    if os.geteuid() == 0:
        shutil.chown(data, "postgres")
        prefix = ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups"]
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    run = {"check": True, "stdout": subprocess.DEVNULL, "cwd": data}
    subprocess.run([*prefix, str(BINARIES / "initdb"), "-D", str(data), "-A", "trust", "-U", "postgres"], **run)
    options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={data} -c fsync=off"
    start = [*prefix, str(BINARIES / "pg_ctl"), "-D", str(data), "-w", "-l", str(data / "log"), "-o", options, "start"]
    subprocess.run(start, **run)
    stop = [*prefix, str(BINARIES / "pg_ctl"), "-D", str(data), "-m", "immediate", "stop"]
    time.sleep(0.2)
    return stop, f"postgresql+psycopg://postgres@127.0.0.1:{port}/postgres"


def _migrated(folder: Path, revisions: Path, url: str, python: str, paths: list[str]) -> dict[str, Any]:
    scripts = folder / "scripts"
    scripts.mkdir()
    (scripts / "env.py").write_text(ENV)
    names = {"PATHS": paths, "SCRIPTS": str(scripts), "REVISIONS": str(revisions), "URL": url}
    code = "\n".join(f"{name} = {value!r}" for name, value in names.items()) + DUMP
    done = subprocess.run([python, "-c", code], capture_output=True, text=True, cwd=folder, check=False)
    if "<<<" not in done.stdout:
        raise SystemExit(done.stderr[-2000:])
    found: dict[str, Any] = json.loads(done.stdout.partition("<<<")[2])
    return found


def _replayed(revisions: Path, application: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "prodlint", "inspect", "migrations", "--format", "json", "--no-cache", application]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    for environment in json.loads(done.stdout):
        files = [each["file"] for each in environment["revisions"]]
        if any(str(revisions).endswith(str(Path(file).parent)) for file in files):
            print("unknown:", environment["unknown"])
            return {table["name"]: table for table in environment["tables"]}
    raise SystemExit("prodlint finds no environment there")


def _differences(real: dict[str, Any], said: dict[str, Any]) -> Any:
    for name in sorted(real.keys() ^ said.keys()):
        yield f"{name}: only {'in the database' if name in real else 'replayed'}"
    for name in sorted(real.keys() & said.keys()):
        table, wanted = said[name], real[name]
        uniques = sorted(table["uniques"])
        ours = {
            "columns": {each["name"]: each["nullable"] for each in table["columns"]},
            "key": sorted(each["name"] for each in table["columns"] if each["primary_key"]),
            "indexes": sorted([each["name"], each["unique"]] for each in table["indexes"]),
            "uniques": uniques,
        }
        foreign = {each["name"]: each["foreign_key"] for each in table["columns"] if each["foreign_key"]}
        pointed = {column: target for columns, target in wanted["foreign"] for column in columns}
        for what, value in ours.items():
            held = sorted(wanted[what]) if what == "key" else wanted[what]
            if held != value:
                yield f"{name}: {what}: database {held}, replayed {value}"
        if {key: value.split(".")[-2] if "." in value else value for key, value in foreign.items()} != pointed:
            yield f"{name}: foreign keys: database {pointed}, replayed {foreign}"


if __name__ == "__main__":
    sys.exit(main())
