"""Compares `inspect migrations` with the schema that Alembic makes of the same revisions on a real database.

    python -m tests.compare_migrations FOLDER_OF_REVISIONS --python VENV/bin/python [--path src] [--server] [--prodlint APP]

With `--server` a PostgreSQL is started on the loopback interface in a temporary folder and thrown away; without it
SQLite is used. The revisions run under a minimal `env.py`, so that the application's own settings are not needed.
Prints each difference; exit status 1 if any.
"""

from __future__ import annotations

import sys
import tempfile
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from tests.comparing import as_reflected, asked, differences, parser, postgresql, reflected, replayed, variables

ENV = """
from alembic import context
from sqlalchemy import create_engine
with create_engine(context.config.get_main_option("sqlalchemy.url")).connect() as connection:
    context.configure(connection=connection, render_as_batch=connection.dialect.name == "sqlite")
    with context.begin_transaction():
        context.run_migrations()
"""
UPGRADE = r"""
import sys
sys.path[:0] = PATHS
from alembic import command
from alembic.config import Config
config = Config()
config.set_main_option("script_location", SCRIPTS)
config.set_main_option("version_locations", REVISIONS)
config.set_main_option("path_separator", "newline")
config.set_main_option("sqlalchemy.url", URL)
command.upgrade(config, "heads")
print("@@@null")
"""


def main(arguments: list[str]) -> int:
    """Run the comparison."""
    taken = parser(__doc__, application="revisions")
    taken.add_argument("--server", action="store_true", help="a PostgreSQL, not SQLite")
    taken.add_argument("--driver", default="psycopg", help="of PostgreSQL in the application's environment")
    taken.add_argument("--prodlint", type=Path, help="the application; the folder of revisions where it is not given")
    given = taken.parse_args(arguments)
    revisions = given.revisions.resolve()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "env.py").write_text(ENV)
        with postgresql() if given.server else nullcontext(f"sqlite:///{folder}/database") as url:
            names: dict[str, Any] = {
                "PATHS": [str(Path(path).resolve()) for path in given.path],
                "SCRIPTS": str(folder),
                "REVISIONS": str(revisions),
                "URL": url.replace("postgresql://", f"postgresql+{given.driver}://"),
            }
            asked(given.python, UPGRADE, names, folder, variables(given))
            real = reflected(url)
    real.pop("alembic_version", None)
    found = replayed(given.prodlint or revisions, "alembic", revisions)
    said = {name: as_reflected(table) for name, table in found.items()}
    lines = list(differences(real, said))
    print("\n".join(lines))
    print(f"{len(real)} tables, {len(lines)} differences")
    return 1 if lines else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
