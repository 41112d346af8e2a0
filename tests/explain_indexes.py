"""Shows on a real PostgreSQL that the indexes which `missing-index` proposes serve the queries that it names.

    python -m tests.explain_indexes APPLICATION ...

For each application the tables of its models are made in a new database, with the indexes that they declare, and filled.
Then the plan of each query that wants an index is asked for (`EXPLAIN`), the proposed index is made, and the plan is
asked for again: a sequential scan has to have become one of that index. The server is started in a temporary folder, on
loopback only, as the user `postgres` where the script runs as root; it needs Debian's package `postgresql` (the folder
of its programs may be given in `POSTGRES`). Nothing of the application is imported. Exit status 1 if an index does not
serve its query.
"""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

from prodlint.asked import choose, engine_request
from prodlint.engine import load
from prodlint.facts import span
from prodlint.project.queries.indexes import Advice, advise
from prodlint.project.queries.query import Use
from prodlint.project.tables.schema import Column, Table

PROGRAMS = Path(os.environ.get("POSTGRES", "/usr/lib/postgresql/15/bin"))
ROWS = 60_000
TYPES = (
    (r"big|snowflake", "bigint"), (r"^(small)?int|integer|serial|autofield|foreignkey|^$", "integer"),
    (r"bool", "boolean"), (r"datetime|timestamp|arrow", "timestamp"), (r"date", "date"),
    (r"float|numeric|decimal|double|real", "double precision"), (r"uuid|guid", "uuid"),
)  # fmt: skip
"""PostgreSQL's types by what a model writes; all else is text."""
VALUES = {
    "bigint": "i", "integer": "i", "boolean": "i % 2 = 0", "timestamp": "now() - i * interval '1 minute'",
    "date": "current_date - i % 3000", "double precision": "i * 1.5", "uuid": "md5(i::text)::uuid", "text": "md5(i::text)",
}  # fmt: skip
SAMPLES = {
    "bigint": "77", "integer": "77", "boolean": "true", "timestamp": "now() - interval '1 hour'",
    "date": "current_date - 1", "double precision": "7.5", "uuid": "md5('77')::uuid", "text": "md5('77')",
}  # fmt: skip


class Server:
    """A PostgreSQL that lives as long as the script."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="prodlint-explain-"))
        self.user = ["runuser", "-u", "postgres", "--"] if os.getuid() == 0 else []
        if self.user:
            shutil.chown(self.folder, "postgres")
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = str(free.getsockname()[1])
        data = str(self.folder / "data")
        self._run("initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync")
        settings = f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories='' -c fsync=off"
        self._run("pg_ctl", "-D", data, "-w", "-l", str(self.folder / "log"), "-o", settings, "start")

    def _run(self, program: str, *arguments: str) -> None:
        subprocess.run(
            [*self.user, str(PROGRAMS / program), *arguments], check=True, stdout=subprocess.DEVNULL, cwd=self.folder
        )

    def ask(self, database: str, text: str) -> str:
        """What the server answers to SQL; raises `CalledProcessError` for what it refuses."""
        command = [str(PROGRAMS / "psql"), "-h", "127.0.0.1", "-p", self.port, "-U", "postgres", "-d", database]
        done = subprocess.run([*command, "-AtqX", "-v", "ON_ERROR_STOP=1"], input=text, text=True, capture_output=True)
        if done.returncode:
            raise RuntimeError(f"{done.stderr.strip()}\n{text}")
        return done.stdout

    def stop(self) -> None:
        """End the server and remove its folder."""
        self._run("pg_ctl", "-D", str(self.folder / "data"), "-m", "immediate", "stop")
        shutil.rmtree(self.folder, ignore_errors=True)


def quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def type_of(column: Column) -> str:
    written = column.type.lower()
    return next((name for pattern, name in TYPES if re.search(pattern, written)), "text")


def types_of(table: Table, tables: dict[str, Table]) -> dict[str, str]:
    """The type of each column; that of a foreign key is its target's."""
    found = {}
    for column in table.columns:
        name, _, key = column.foreign_key.rpartition(".")
        target = tables.get(name.rpartition(".")[2])
        referenced = target.column(key) if target is not None else None
        found[column.name] = type_of(referenced if referenced is not None else column)
    return found


def make(server: Server, database: str, table: Table, types: dict[str, str]) -> None:
    """Make a table with the keys and indexes that its model declares, and fill it."""
    name = quoted(table.name)
    lines = [f"{quoted(column)} {kind}" for column, kind in types.items()]
    if table.primary_key:
        lines.append(f"PRIMARY KEY ({', '.join(map(quoted, table.primary_key))})")
    statements = [f"CREATE TABLE {name} ({', '.join(lines)})"]
    known = {quoted(column): column for column in types}
    plain = [index.columns for index in table.indexes if not index.partial] + list(table.uniques)
    for columns in plain:
        if all(quoted(column) in known for column in columns):
            statements.append(f"CREATE INDEX ON {name} ({', '.join(map(quoted, columns))})")
    values = ", ".join(VALUES[kind] for kind in types.values())
    listed = ", ".join(map(quoted, types))
    statements.append(f"INSERT INTO {name} ({listed}) SELECT {values} FROM generate_series(1, {ROWS}) AS i")
    statements.append(f"ANALYZE {name}")
    server.ask(database, ";\n".join(statements) + ";")


def query_of(advice: Advice, types: dict[str, str]) -> str:
    """The query that wants the index, as SQL with sample values."""
    own = [use for use in advice.query.uses if use.table.location == advice.table.location and not use.conditional]
    conditions = [_condition(use, types) for use in own if use.kind in ("equal", "range")]
    if not conditions:
        conditions = [_condition(use, types) for use in advice.uses if use.kind in ("either", "join")]
    sorts = [quoted(use.column) + (" DESC" if use.descending else "") for use in own if use.kind == "order"]
    text = f"SELECT * FROM {quoted(advice.table.name)}"
    text += f" WHERE {' AND '.join(dict.fromkeys(conditions))}" if conditions else ""
    text += f" ORDER BY {', '.join(sorts)}" if sorts else ""
    return text + (f" LIMIT {advice.query.draft.bound or 20}" if advice.query.draft.limit else "")


def _condition(use: Use, types: dict[str, str]) -> str:
    operator = ">" if use.kind == "range" else "="
    return f"{quoted(use.column)} {operator} {SAMPLES[types[use.column]]}"


def explain(server: Server, application: str) -> list[str]:
    """Lines that say, for each query that wants an index, what its plan was and is; `FAILED` begins those that fail."""
    request = engine_request(choose((application,), None), (application,), no_cache=True, jobs=1, quiet=True)
    project = load(request)
    tables = {table.name: table for query in project.queries for table in query.tables}
    tables |= {table.name: table for table in project.tables}
    keys = {place: cover.keys for place, cover in project.covers.items()}
    database = re.sub(r"\W", "_", Path(application).name)
    server.ask("postgres", f"CREATE DATABASE {database}")
    said, made, seen = [], set(), set()
    for query in project.queries:
        for advice in advise(query, keys):
            table = advice.table
            key = (table.name, advice.columns)
            if advice.verdict != "wanted" or key in seen or table.unknown or not table.name:
                continue
            seen.add(key)
            types = types_of(table, tables)
            if table.name not in made:
                make(server, database, table, types)
                made.add(table.name)
            text = query_of(advice, types)
            before = server.ask(database, f"EXPLAIN {text};")
            columns = ", ".join(map(quoted, advice.columns))
            server.ask(database, f"CREATE INDEX proposed ON {quoted(table.name)} ({columns}); ANALYZE;")
            after = server.ask(database, f"EXPLAIN {text};")
            server.ask(database, "DROP INDEX proposed;")
            good = "Seq Scan" in before and "proposed" in after and "Seq Scan" not in after
            place = f"{query.location.path}:{span(query.location.place).line}"
            verdict = "seq scan -> index scan" if good else "FAILED"
            said.append(f"{verdict}  {table.name} ({', '.join(advice.columns)})  {place}  {text}")
            if not good:
                said += [f"    {line}" for line in (*before.splitlines(), "->", *after.splitlines())]
    return said


def main(applications: list[str]) -> int:
    server = Server()
    failed = 0
    try:
        for application in applications:
            lines = explain(server, application)
            good = sum(line.startswith("seq scan") for line in lines)
            bad = sum(line.startswith("FAILED") for line in lines)
            failed += bad
            print(f"{Path(application).name}: {good} served, {bad} not")
            print("\n".join(f"  {line}" for line in lines))
    finally:
        server.stop()
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
