"""Compares `inspect migrations` with the schema that Django's own `migrate` makes on a real PostgreSQL.

    python -m tests.compare_django_migrations APPLICATION --python VENV/bin/python --path . --settings package.settings

The site is imported by the interpreter given, never by this one. All its migrations, those of installed packages too,
run on a PostgreSQL that is started on the loopback interface in a temporary folder and thrown away; then the schema is
reflected. Tables of packages are left out: they are those of models whose migrations are not in the tree. So are
PostgreSQL's `_like` indexes, which exist beside those compared. Prints each difference; exit status 1 if any.
"""

from __future__ import annotations

import sys
from typing import Any

from tests.comparing import as_reflected, asked, differences, parser, postgresql, reflected, replayed, variables

PROBE = r"""
import json, os, sys
from urllib.parse import urlsplit
sys.path[:0] = PATHS
os.environ["DJANGO_SETTINGS_MODULE"] = SETTINGS
import django
from django.conf import settings
url = urlsplit(DATABASE)
settings.DATABASES = {
    name: {"ENGINE": "django.db.backends.postgresql", "NAME": url.path[1:], "USER": url.username, "HOST": url.hostname,
           "PORT": url.port, "PASSWORD": ""}
    for name in settings.DATABASES
}
django.setup()
from django.core.management import call_command
from django.db import connection
from django.db.migrations.loader import MigrationLoader
call_command("migrate", verbosity=0, interactive=False)
ROOT = os.path.realpath(FOLDER) + os.sep
loader = MigrationLoader(connection)
def is_own(label):
    module = loader.migrations_module(label)[0]
    file = sys.modules[module].__file__ if module in sys.modules else ""
    return os.path.realpath(file or "").startswith(ROOT) and "site-packages" not in file
state = loader.project_state()
# Models of applications without migrations are made by no migration either.
outside = {
    model._meta.db_table for model in state.apps.get_models(include_auto_created=True)
    if model._meta.app_label not in loader.migrated_apps or not is_own(model._meta.app_label)
}
print("@@@" + json.dumps(sorted(outside | {"django_migrations"})))
"""


def main(arguments: list[str]) -> int:
    """Run the comparison."""
    taken = parser(__doc__)
    taken.add_argument("--settings", required=True)
    given = taken.parse_args(arguments)
    folder = given.application.resolve()
    paths = [str(folder / path) for path in given.path or ["."]]
    with postgresql() as url:
        names: dict[str, Any] = {"PATHS": paths, "SETTINGS": given.settings, "DATABASE": url, "FOLDER": str(folder)}
        outside = set(asked(given.python, PROBE, names, folder / (given.path or ["."])[0], variables(given)))
        real = {name: table for name, table in reflected(url).items() if name not in outside}
    said = {name: as_reflected(table) for name, table in replayed(folder, "django").items()}
    lines = list(differences(real, said))
    print("\n".join(lines))
    print(f"{len(real)} tables, {len(lines)} differences")
    return 1 if lines else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
