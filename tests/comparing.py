"""What the scripts that compare prodlint with running applications share: arguments, a PostgreSQL, reflection."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, inspect

BINARIES = Path(os.environ.get("POSTGRES", "/usr/lib/postgresql/15/bin"))
MARK = "@@@"


def parser(description: str | None, *, application: str = "application") -> argparse.ArgumentParser:
    """A parser with the arguments that every comparison takes."""
    made = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    made.add_argument(application, type=Path)
    made.add_argument("--python", default=sys.executable, help="the interpreter of the application's environment")
    made.add_argument("--path", action="append", default=[], help="a folder to import from")
    made.add_argument("--set", dest="variables", action="append", default=[], metavar="NAME=VALUE")
    return made


def variables(given: argparse.Namespace) -> dict[str, str]:
    """The environment variables of `--set`."""
    return dict(each.split("=", 1) for each in given.variables)


def asked(python: str, code: str, names: dict[str, Any], cwd: Path, environment: dict[str, str]) -> Any:
    """What a program that another interpreter runs prints as JSON after the mark; `names` are bound in it."""
    text = "\n".join(f"{name} = {value!r}" for name, value in names.items()) + "\n" + code
    variables = {**os.environ, "PYTHONPATH": "", **environment}
    run = subprocess.run([python, "-c", text], cwd=cwd, env=variables, capture_output=True, text=True, check=False)
    if MARK not in run.stdout:
        raise SystemExit(f"The application fails:\n{run.stdout[-1000:]}\n{run.stderr[-3000:]}")
    return json.loads(run.stdout.rpartition(MARK)[2])


@contextmanager
def postgresql() -> Iterator[str]:
    """A PostgreSQL on the loopback interface in a temporary folder, as user postgres where this runs as root, thrown
    away at the end; its URL without a driver. Needs Debian's package `postgresql`."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)  # The cluster's folder is of another user.
        data = folder / "cluster"
        data.mkdir()
        prefix: list[str] = []
        if os.geteuid() == 0:
            shutil.chown(data, "postgres")
            prefix = ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups"]
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        initialise = [*prefix, str(BINARIES / "initdb"), "-D", str(data), "-A", "trust", "-U", "postgres"]
        subprocess.run(initialise, check=True, stdout=subprocess.DEVNULL, cwd=data)
        options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={data} -c fsync=off"
        control = [*prefix, str(BINARIES / "pg_ctl"), "-D", str(data), "-w"]
        start = [*control, "-l", str(data / "log"), "-o", options, "start"]
        subprocess.run(start, check=True, stdout=subprocess.DEVNULL, cwd=data)
        try:
            yield f"postgresql://postgres@127.0.0.1:{port}/postgres"
        finally:
            stop = [*control, "-m", "immediate", "stop"]
            subprocess.run(stop, check=False, stdout=subprocess.DEVNULL, cwd=data)


def reflected(url: str, schemas: tuple[str | None, ...] = (None,), with_names: bool = False) -> dict[str, Any]:
    """The tables of a database, by name, with the schema in front where it is not the default one. `with_names` adds the
    constraints with their names: kind, name, columns, target. Also runs in applications' environments."""
    found = inspect(create_engine(url.replace("postgresql://", "postgresql+psycopg://")))
    tables: dict[str, Any] = {}
    for schema in schemas:
        columns, keys = found.get_multi_columns(schema=schema), found.get_multi_pk_constraint(schema=schema)
        foreign, uniques = (
            found.get_multi_foreign_keys(schema=schema),
            found.get_multi_unique_constraints(schema=schema),
        )
        indexes, checks = found.get_multi_indexes(schema=schema), found.get_multi_check_constraints(schema=schema)
        for where, rows in columns.items():
            own = [
                [each["name"], [name or "(...)" for name in each["column_names"]], bool(each["unique"])]
                for each in indexes.get(where, ())
                # PostgreSQL's own index of a constraint; Django's second one for LIKE.
                if "duplicates_constraint" not in each and not each["name"].endswith("_like")
            ]
            key = keys.get(where) or {"constrained_columns": [], "name": ""}
            tables[f"{schema}.{where[1]}" if schema else where[1]] = made = {
                "columns": {each["name"]: bool(each["nullable"]) for each in rows},
                "key": sorted(key["constrained_columns"]),
                "foreign": {
                    column: each["referred_table"]
                    for each in foreign.get(where, ())
                    for column in each["constrained_columns"]
                },
                "indexes": sorted(own),
                "uniques": sorted(each["column_names"] for each in uniques.get(where, ())),
            }
            if with_names:
                made["named"] = [
                    *(
                        ["primary key", key["name"] or "", key["constrained_columns"], ""]
                        for _ in key["constrained_columns"][:1]
                    ),
                    *(["unique", each["name"], each["column_names"], ""] for each in uniques.get(where, ())),
                    *(["check", each["name"], [], ""] for each in checks.get(where, ())),
                    *(
                        ["foreign key", each["name"], each["constrained_columns"], each["referred_table"]]
                        for each in foreign.get(where, ())
                    ),
                ]
    return tables


def replayed(application: Path, tool: str, folder: Path | None = None) -> dict[str, Any]:
    """What `inspect migrations` says of an application's environment of a tool, the one with files in a folder if one
    is given; says what is unknown."""
    command = [sys.executable, "-m", "prodlint", "inspect", "migrations", "--format", "json", "--no-cache"]
    done = subprocess.run([*command, str(application)], capture_output=True, text=True, check=True)
    for environment in json.loads(done.stdout):
        parents = {str(Path(each["file"]).parent) for each in environment["revisions"]}
        if environment["tool"] == tool and (folder is None or any(str(folder).endswith(each) for each in parents)):
            print("unknown:", environment["unknown"])
            tables = environment["tables"]
            return {f"{each['schema']}.{each['name']}" if each["schema"] else each["name"]: each for each in tables}
    raise SystemExit("prodlint finds no environment there")


def as_reflected(table: dict[str, Any]) -> dict[str, Any]:
    """A row of `inspect migrations` as reflection describes tables."""
    foreign = {each["name"]: each["foreign_key"] for each in table["columns"] if each["foreign_key"]}
    return {
        "columns": {each["name"]: each["nullable"] for each in table["columns"]},
        "key": sorted(each["name"] for each in table["columns"] if each["primary_key"]),
        "foreign": {column: target.split(".")[-2] if "." in target else target for column, target in foreign.items()},
        "indexes": sorted(
            [each["name"], [name if not name.startswith("(") else "(...)" for name in each["columns"]], each["unique"]]
            for each in table["indexes"]
        ),
        "uniques": sorted(table["uniques"]),
    }


def differences(real: dict[str, Any], said: dict[str, Any]) -> Iterator[str]:
    """One line for each difference between reflected and replayed tables."""
    for name in sorted(real.keys() ^ said.keys()):
        yield f"{name}: only {'in the database' if name in real else 'replayed'}"
    for name in sorted(real.keys() & said.keys()):
        for what, value in said[name].items():
            held = real[name][what]
            if held == value:
                continue
            if isinstance(held, list):
                left, right = [each for each in held if each not in value], [each for each in value if each not in held]
            else:
                left = {key: each for key, each in held.items() if value.get(key, ...) != each}
                right = {key: each for key, each in value.items() if held.get(key, ...) != each}
            yield f"{name}: {what}: database {left}, replayed {right}"
