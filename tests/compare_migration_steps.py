"""Compares the replay revision by revision, for an application whose first revision builds on `create_all`.

    python -m tests.compare_migration_steps REVISIONS --python VENV/bin/python --path src --import app.models \\
        --metadata app.db:Base.metadata --prodlint APP [--schema NAME] [--create NAME]

Such revisions cannot run on an empty database. So the tables of today's models are created on a PostgreSQL (those
without a schema in `--schema`, which is then the search path, and those of the schemas that `--create` names), as the
application does itself, and all revisions run from the first one on. Where one fails because something exists already
or does not exist yet, that is dropped or made beforehand, and it runs again. Before each revision the schema is
reflected and given to prodlint, which replays that one revision; afterwards both are compared. Exit status 1 for any
difference.
"""

from __future__ import annotations

import inspect
import sys
import tempfile
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

from prodlint.engine import Request, load
from prodlint.facts.ddl import Declared
from prodlint.finding import Location
from prodlint.project.migrations.model import Environment
from prodlint.project.migrations.replay import Player
from prodlint.project.migrations.state import IndexState, Key, Schema, TableState, table_of
from prodlint.project.tables.rows import row
from tests.comparing import as_reflected, asked, differences, parser, postgresql, reflected, variables

ENV = """
from alembic import context
connection = context.config.attributes["connection"]
context.configure(connection=connection)
with context.begin_transaction():
    context.run_migrations()
"""
STEPS = r"""
import importlib, json, re, sys
sys.path[:0] = PATHS
for name in IMPORTS:
    importlib.import_module(name)
module, _, attribute = METADATA.partition(":")
metadata = importlib.import_module(module)
for part in attribute.split("."):
    metadata = getattr(metadata, part)
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, text
from sqlalchemy.orm import configure_mappers
configure_mappers()
engine = create_engine(URL)
config = Config()
config.set_main_option("script_location", SCRIPTS)
config.set_main_option("version_locations", REVISIONS)
config.set_main_option("path_separator", "newline")
with engine.begin() as connection:
    for name in {*CREATE, *([SCHEMA] if SCHEMA else [])}:
        connection.execute(text(f'create schema if not exists "{name}"'))
    for name in EXTENSIONS:
        connection.execute(text(f'create extension if not exists "{name}"'))
    mapped = connection.execution_options(schema_translate_map={None: SCHEMA} if SCHEMA else {})
    chosen = {*CREATE, SCHEMA}
    metadata.create_all(mapped, tables=[each for each in metadata.tables.values() if (each.schema or SCHEMA) in chosen])
if SCHEMA:
    with engine.begin() as connection:
        connection.execute(text(f'alter role postgres set search_path to "{SCHEMA}"'))
    engine.dispose()
held = engine.connect()
config.attributes["connection"] = held
script = ScriptDirectory.from_config(config)
BEGIN = r'(?:ALTER TABLE(?: IF EXISTS)?|CREATE (?:UNIQUE )?INDEX[^(]*? ON|UPDATE|FROM|INTO)\s+("?[\w".]+)'
repairs = []
def repaired(error):
    # Makes what a revision misses, or drops what it makes; False where nobody knows how.
    message, statement = str(error.orig), error.statement or ""
    about = re.search(BEGIN, statement)
    table = about[1] if about else ""
    def found(pattern):
        return re.search(pattern, message)
    if (each := found(r'column "?(?:\w+\.)?(\w+)"? of relation "(\w+)" already exists')):
        todo = f'alter table "{each[2]}" drop column "{each[1]}" cascade'
    elif (each := found(r'constraint "(\w+)" for relation "(\w+)" already exists')):
        todo = f'alter table "{each[2]}" drop constraint "{each[1]}" cascade'
    elif (each := found(r'type "(\w+)" already exists')):
        todo = f'drop type "{each[1]}" cascade'
    elif (each := found(r'multiple primary keys for table "(\w+)"')):
        todo = f'alter table "{each[1]}" drop constraint "{each[1]}_pkey" cascade'
    elif (each := found(r'relation "(\w+)" already exists')):
        kind = "table" if re.search(r"\s*CREATE TABLE", statement) else "index"
        todo = f'drop {kind} "{each[1]}" cascade'
    elif (each := found(r'constraint "?(\w+)"? on table "?([\w.]+)"? depends')) and "cannot drop" in message:
        todo = f'alter table {each[2]} drop constraint "{each[1]}" cascade'
    elif (each := found(r'constraint "(\w+)" of relation "(\w+)" does not exist')):
        todo = f'alter table "{each[2]}" add constraint "{each[1]}" check (true)'
    elif (each := found(r'index "(\w+)" does not exist')):
        tables = inspect(held).get_table_names(schema=SCHEMA or None)
        some = max(tables, key=lambda name: len(name) if name in each[1] else 0)
        todo = f'create index "{each[1]}" on "{some}" ((1))'
    elif (each := found(r'column "?(?:\w+\.)?(\w+)"? of relation "(\w+)" does not exist')):
        todo = f'alter table "{each[2]}" add column "{each[1]}" {"integer" if each[1].endswith("id") else "varchar"}'
    elif (each := found(r'(?:table|relation) "([\w.]+)" does not exist')):
        todo = f'create table {each[1]} (id serial primary key)'
    elif (each := found(r'column "?(?:\w+\.)?(\w+)"? ')) and "does not exist" in message and table:
        todo = f'alter table {table} add column "{each[1]}" {"integer" if each[1].endswith("id") else "varchar"}'
    else:
        return False
    held.execute(text(todo))
    held.commit()
    repairs.append(todo)
    return True
def look():
    return reflected(engine.url.render_as_string(False), (SCHEMA or None,), True)
steps, skipped = [], []
order = [each for each in script.walk_revisions()]
for revision in reversed(order):
    down = revision.down_revision
    for _ in range(80):
        command.stamp(config, list(down) if isinstance(down, tuple) else down or "base", purge=True)
        held.commit()
        before = look()
        try:
            command.upgrade(config, revision.revision)
            held.commit()
            steps.append([revision.revision, before, look()])
            break
        except Exception as error:
            held.rollback()
            why = f"{type(error).__name__}: {str(error).splitlines()[0]}"
            try:
                if hasattr(error, "orig") and repaired(error):
                    continue
            except Exception as other:
                held.rollback()
                why += f"; {type(other).__name__}: {str(other).splitlines()[0]}"
            skipped.append([revision.revision, why])
            break
    else:
        skipped.append([revision.revision, "needs too many repairs"])
print("@@@" + json.dumps({"number": len(order), "steps": steps, "skipped": skipped, "repairs": repairs}))
"""


def main(arguments: list[str]) -> int:
    """Run the comparison."""
    taken = parser(__doc__, application="revisions")
    taken.add_argument("--import", dest="imports", action="append", default=[])
    taken.add_argument("--metadata", required=True)
    taken.add_argument("--schema", default="")
    taken.add_argument("--create", action="append", default=[], metavar="SCHEMA")
    taken.add_argument("--extension", action="append", default=[])
    taken.add_argument("--driver", default="psycopg", help="of PostgreSQL in the application's environment")
    taken.add_argument("--prodlint", type=Path, required=True, help="the application")
    given = taken.parse_args(arguments)
    revisions = given.revisions.resolve()
    with tempfile.TemporaryDirectory() as name, postgresql() as url:
        folder = Path(name)
        (folder / "env.py").write_text(ENV)
        names: dict[str, Any] = {
            "PATHS": [str(Path(path).resolve()) for path in given.path],
            "IMPORTS": given.imports,
            "METADATA": given.metadata,
            "SCRIPTS": str(folder),
            "REVISIONS": str(revisions),
            "URL": url.replace("postgresql://", f"postgresql+{given.driver}://"),
            "SCHEMA": given.schema,
            "CREATE": given.create,
            "EXTENSIONS": given.extension,
        }
        head = "from typing import Any\nfrom sqlalchemy import create_engine, inspect\n"
        code = head + inspect.getsource(reflected) + STEPS
        real = asked(given.python, code, names, folder, variables(given))
    lines = list(_compared(given.prodlint.resolve(), revisions, given.schema, real["steps"]))
    for name, why in real["skipped"]:
        print(f"{name} does not run: {why}")
    print("\n".join(lines))
    print(f"{len(real['steps'])} of {real['number']} revisions compared, {len(real['repairs'])} repairs before them, "
          f"{len(lines)} differences")  # fmt: skip
    return 1 if lines else 0


def _compared(application: Path, revisions: Path, schema: str, steps: list[Any]) -> Iterator[str]:
    """One line for each difference after a revision."""
    request = Request(
        paths=(str(application),), catalogue={}, rules=(), use_cache=False, jobs=1, today=date(2026, 1, 1)
    )
    project = load(request)
    environment = next(
        each
        for each in project.migrations
        if each.tool == "alembic" and any(str(revisions).endswith(str(Path(one.path).parent)) for one in each.revisions)
    )
    player = Player(project, environment)
    version = f"{schema}.alembic_version" if schema else "alembic_version"
    changed = 0
    for name, before, after in steps:
        before.pop(version, None)
        after.pop(version, None)
        changed += before != after
        player.schema = _schema(before, environment, schema)
        stopped = player.play(environment.by_id[name].path, environment.by_id[name].upgrade)
        if stopped:
            yield f"{name}: the replay ends: {stopped}"
        said = {}
        for state in player.schema.tables.values():
            own = state.schema or environment.default_schema
            if not own or own == schema:
                said[state.name] = as_reflected(row(table_of(state, "")))
            if state.unknown:
                print(f"{name}: {state.name} is unknown: {state.unknown}")
        for reason in player.schema.unknown:
            print(f"{name}: unknown: {reason}")
        for line in differences({_bare(key, schema): table for key, table in after.items()}, said):
            yield f"{name}: {line}"
    print(f"{changed} of them change the schema")


def _bare(name: str, schema: str) -> str:
    return name.removeprefix(f"{schema}.") if schema else name


def _schema(tables: dict[str, Any], environment: Environment, schema: str) -> Schema:
    """A reflected schema as the replay keeps it."""
    made = Schema(environment.default_schema)
    where = Location("reflected", 0)
    for name, table in tables.items():
        columns = tuple(Declared(column, "", nullable) for column, nullable in table["columns"].items())
        keys = [Key(kind, tuple(names), where, label, True, target) for kind, label, names, target in table["named"]]
        indexes = tuple(IndexState(label, tuple(names), where, unique) for label, names, unique in table["indexes"])
        made.put(TableState("", _bare(name, schema), where, columns, (where,) * len(columns), tuple(keys), indexes))
    return made


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
