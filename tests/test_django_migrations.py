"""Django's migrations replayed, compared with what Django's own `migrate` makes of the same files."""

from __future__ import annotations

import json
import subprocess
import sys
from inspect import signature
from pathlib import Path
from typing import Any

import pytest

from prodlint.libraries.django_migrations import POSITIONS, WITHOUT_EFFECT
from prodlint.project.migrations.model import Environment
from tests.tree import project_of

SETTINGS = """
SECRET_KEY = "x"
AUTH_USER_MODEL = "people.Person"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
INSTALLED_APPS = ["django.contrib.contenttypes", "django.contrib.auth", "people", "shop.apps.ShopConfig"]
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}
"""
HEAD = """
from django.conf import settings
from django.db import migrations, models
"""
FIELDS = """[
    ("id", models.BigAutoField(primary_key=True, serialize=False)),
    ("name", models.CharField(max_length=30)),
    ("slug", models.SlugField()),
]"""
FILES = {
    "settings.py": SETTINGS,
    "people/__init__.py": "",
    "people/models.py": """
from django.contrib.auth.models import AbstractUser
class Person(AbstractUser):
    pass
""",
    "people/migrations/__init__.py": "",
    "people/migrations/0001_initial.py": f"""{HEAD}
class Migration(migrations.Migration):
    initial = True
    run_before = [("store", "0001_initial")]
    dependencies = [("auth", "0012_alter_user_first_name_max_length")]
    operations = [migrations.CreateModel("Person", [
        ("id", models.BigAutoField(primary_key=True)),
        ("password", models.CharField(max_length=128)), ("last_login", models.DateTimeField(null=True)),
        ("is_superuser", models.BooleanField(default=False)), ("username", models.CharField(max_length=150, unique=True)),
        ("first_name", models.CharField(max_length=150)), ("last_name", models.CharField(max_length=150)),
        ("email", models.EmailField()), ("is_staff", models.BooleanField()), ("is_active", models.BooleanField()),
        ("date_joined", models.DateTimeField()),
        ("groups", models.ManyToManyField(to="auth.group")),
        ("user_permissions", models.ManyToManyField(to="auth.permission")),
    ])]
""",
    "shop/__init__.py": "",
    "shop/apps.py": """
from django.apps import AppConfig
class ShopConfig(AppConfig):
    name = "shop"
    label = "store"
""",
    "shop/migrations/__init__.py": "",
    "shop/migrations/0001_initial.py": f"""{HEAD}
def noted(name):
    return (name, models.TextField(null=True))
class Migration(migrations.Migration):
    dependencies = [migrations.swappable_dependency(settings.AUTH_USER_MODEL)]
    operations = [
        migrations.CreateModel("Brand", {FIELDS}),
        migrations.CreateModel("Item", [
            ("id", models.BigAutoField(primary_key=True)), *[noted(each) for each in ("note", "remark")],
            ("owner", models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE)),
            ("brand", models.ForeignKey("Brand", models.PROTECT, db_column="brand_key")),
            ("only", models.OneToOneField("store.brand", models.CASCADE, null=True, related_name="+")),
            ("free", models.ForeignKey("Brand", models.CASCADE, db_index=False, related_name="+")),
            ("related", models.ManyToManyField("self")),
            ("brands", models.ManyToManyField("Brand", related_name="+")),
        ], options={{"unique_together": {{("owner", "brand")}}, "db_table": "items", "indexes": [
            models.Index(fields=["-note", "owner"], name="note_owner")]}}),
        migrations.CreateModel("Seen", [("id", models.AutoField(primary_key=True))], {{"managed": False}}),
        migrations.CreateModel("Other", [("id", models.AutoField(primary_key=True))], {{"swappable": "AUTH_USER_MODEL"}}),
        migrations.CreateModel("Book", [
            ("item_ptr", models.OneToOneField("store.Item", models.CASCADE, parent_link=True, primary_key=True)),
            ("pages", models.IntegerField()),
        ], bases=("store.item",)),
    ]
""",
    "shop/migrations/0002_old.py": f"""{HEAD}
class Migration(migrations.Migration):
    dependencies = [("store", "0001_initial")]
    operations = [migrations.AddField("item", "old", models.IntegerField(default=1))]
""",
    "shop/migrations/0002_squashed.py": f"""{HEAD}
class Migration(migrations.Migration):
    replaces = [("store", "0002_old")]
    dependencies = [("store", "0001_initial")]
    operations = [migrations.AddField("item", "size", models.IntegerField(default=1, db_index=True))]
""",
    "shop/migrations/0003_more.py": f"""{HEAD}
def fill(apps, schema_editor):
    for item in apps.get_model("store", "Item").objects.all():
        item.save()
class Migration(migrations.Migration):
    dependencies = [("store", "0002_old")]
    operations = [
        migrations.RunPython(fill, migrations.RunPython.noop),
        migrations.AlterField("item", "size", models.IntegerField(null=True)),
        migrations.AlterField("item", "remark", models.CharField(max_length=9, unique=True, null=True)),
        migrations.RemoveIndex("item", "note_owner"),
        migrations.RenameField("item", "note", "text"),
        migrations.RenameModel("Brand", "Maker"),
        migrations.AlterUniqueTogether("item", {{("owner", "size")}}),
        migrations.AddIndex("item", models.Index(fields=["size", "brand"], name="size_brand")),
        migrations.AddConstraint("item", models.UniqueConstraint(fields=["text"], name="one_text",
            condition=models.Q(size__gt=1))),
        migrations.AddConstraint("item", models.UniqueConstraint(fields=["size", "brand"], name="one_size")),
        migrations.AddConstraint("item", models.CheckConstraint(name="big", condition=models.Q(size__gt=1))),
        migrations.RunSQL([("CREATE INDEX by_pages ON store_book (pages)", None)], migrations.RunSQL.noop),
        migrations.SeparateDatabaseAndState(
            [migrations.RunSQL("ALTER TABLE store_book ADD COLUMN year integer NULL", "")],
            [migrations.AddField("book", "year", models.IntegerField(null=True))]),
        migrations.SeparateDatabaseAndState(state_operations=[
            migrations.AddField("book", "month", models.IntegerField(null=True))]),
        migrations.AlterModelOptions("item", {{"ordering": ["size"]}}),
    ]
""",
    "shop/migrations/0004_rest.py": f"""{HEAD}
class Migration(migrations.Migration):
    dependencies = [("store", "0003_more"), ("people", "__latest__")]
    operations = [
        migrations.RemoveConstraint("item", "one_size"),
        migrations.AlterModelTable("maker", "makers"),
        migrations.AlterField("maker", "slug", models.CharField(max_length=50)),
        migrations.RemoveField("item", "free"),
        migrations.AlterField("item", "only", models.ForeignKey("people.person", models.CASCADE, null=True,
            related_name="+")),
        migrations.CreateModel("Gone", {FIELDS}),
        migrations.AddField("gone", "items", models.ManyToManyField("store.item", related_name="+")),
        migrations.RenameField("gone", "items", "things"),
        migrations.CreateModel("Line", [
            ("id", models.BigAutoField(primary_key=True)),
            ("item", models.ForeignKey("item", models.CASCADE, related_name="+")),
            ("maker", models.ForeignKey("maker", models.CASCADE, related_name="+")),
        ], {{"order_with_respect_to": "item"}}),
        migrations.AddField("maker", "lines", models.ManyToManyField("item", through="Line", related_name="+")),
        migrations.CreateModel("Brief", {FIELDS}),
        migrations.DeleteModel("Brief"),
        migrations.RenameIndex("item", "brand_size", "size_brand"),
    ]
""",
}
PROBE = """
import json, os
os.environ["DJANGO_SETTINGS_MODULE"] = "settings"
import django
django.setup()
from django.core.management import call_command
from django.db import connection
call_command("migrate", verbosity=0)
out = {}
with connection.cursor() as cursor:
    for table in connection.introspection.table_names(cursor):
        rows = connection.introspection.get_table_description(cursor, table)
        held = connection.introspection.get_constraints(cursor, table).values()
        out[table] = {
            "columns": {each.name: bool(each.null_ok) for each in rows},
            "foreign": {each["columns"][0]: each["foreign_key"][0] for each in held if each["foreign_key"]},
            "indexes": sorted([each["columns"], bool(each["unique"])] for each in held
                if (each["index"] or each["unique"]) and not each["primary_key"]),
        }
print("@@@" + json.dumps(out))
"""


def site(**more: str) -> Environment:
    """The environment of the files above and of more of them."""
    found = project_of({**FILES, **more}).migrations
    assert len(found) == 1
    return found[0]


def test_replaying_gives_what_migrating_gives(tmp_path: Path) -> None:
    for path, text in FILES.items():
        target = tmp_path / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)
    run = subprocess.run([sys.executable, "-c", PROBE], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert "@@@" in run.stdout, run.stderr[-3000:]
    real: dict[str, Any] = json.loads(run.stdout.rpartition("@@@")[2])
    real = {name: each for name, each in real.items() if not name.startswith(("django_", "auth_"))}
    found = site()
    assert not found.unknown and not [table for table in found.tables if table.unknown]
    said = {
        table.name: {
            "columns": {column.name: column.nullable for column in table.columns},
            "foreign": {
                column.name: column.foreign_key.split(".")[0] for column in table.columns if column.foreign_key
            },
            "indexes": sorted(
                [*([list(each.columns), each.unique] for each in table.indexes),
                 *([list(columns), True] for columns in table.uniques)]
            ),
        }
        for table in found.tables
    }  # fmt: skip
    assert said == real


def test_the_graph() -> None:
    found = site()
    assert found.heads == ("people.0001_initial", "store.0004_rest")
    order = [revision.id for revision in found.revisions]
    assert order.index("people.0001_initial") < order.index("store.0001_initial")
    assert order.index("store.0002_squashed") < order.index("store.0003_more")
    assert found.by_id["store.0003_more"].down == ("store.0002_old",)
    assert not found.replayed["shop/migrations/0002_old.py"].operations


def test_the_newest_come_last_across_applications() -> None:
    late = "# Generated by Django 5.2 on 2025-03-01 10:00\n"
    early = "# Generated by Django 4.2 on 2023-03-01 10:00\n"
    body = "class Migration(migrations.Migration):\n    operations = []\n"
    files = {
        "a/migrations/0001_initial.py": f"{late}{HEAD}{body}",
        "b/migrations/0001_initial.py": f"{early}{HEAD}{body}",
        "b/migrations/_ignored.py": f"{HEAD}{body}",
    }
    (found,) = project_of(files).migrations
    assert [revision.id for revision in found.revisions] == ["b.0001_initial", "a.0001_initial"]


OWN = """
from django.db.migrations.operations.base import Operation
class Speed(Operation):
    def __init__(self, model_name):
        self.model_name = model_name
    def database_forwards(self, app_label, schema_editor, from_state, to_state):
        schema_editor.execute("...")
class Rows(migrations.RunPython):
    reduces_to_sql = False
"""


@pytest.mark.parametrize(
    ("operations", "unknown", "table"),
    [
        ('Speed(model_name="item")', (), "`Speed` is an operation of the project's own, which is not replayed"),
        ("Speed(MODEL)", ("`Speed` is an operation of the project's own, which is not replayed",), ""),
        ("Rows(print)", (), ""),
        ("*computed()", ("the operations of a migration are computed",), ""),
        ('migrations.AddField("item", "x", make())', (), "the field `x` is computed"),
        ('migrations.AlterUniqueTogether("item", names())', (), "`unique_together` is computed"),
        ('migrations.RunSQL("DO $$ ALTER TABLE items ADD x int $$")', (), "a block of SQL code may change it"),
        ("migrations.RunSQL(open('x.sql').read())", ("SQL is executed that is not seen: the file `x.sql` is not seen",), ""),
        ("migrations.RunPython(lambda apps, editor: None)", (), ""),
    ],
)
def test_what_cannot_be_replayed_is_unknown(operations: str, unknown: tuple[str, ...], table: str) -> None:
    body = f'{HEAD}{OWN}class Migration(migrations.Migration):\n    dependencies = [("store", "0004_rest")]\n'
    found = site(**{"shop/migrations/0005_odd.py": f"{body}    operations = [{operations}]\n"})
    made = found.table("items")
    assert found.unknown == unknown and made is not None and made.unknown == table


def test_code_of_rows_that_sends_sql() -> None:
    body = f"""{HEAD}
from django.db import connection
def speed(apps, schema_editor):
    if schema_editor.connection.vendor != "sqlite":
        return
    with connection.cursor() as cursor:
        cursor.execute("CREATE INDEX by_size ON items (size)")
    schema_editor.execute("ALTER TABLE items DROP COLUMN text")
class Migration(migrations.Migration):
    dependencies = [("store", "0004_rest")]
    operations = [migrations.RunPython(speed)]
"""
    found = site(**{"shop/migrations/0005_sql.py": body})
    made = found.table("items")
    assert found.dialect == "sqlite" and made is not None and not made.unknown and made.column("text") is None
    assert ("by_size", ("size",)) in [(index.name, index.columns) for index in made.indexes]


def test_what_is_known_of_django_holds() -> None:
    from django.contrib.postgres import operations as postgresql
    from django.db.migrations import operations

    for name, positions in POSITIONS.items():
        made = getattr(operations, name, None) or getattr(postgresql, name, None)
        if made is not None:
            assert tuple(signature(made).parameters) == positions, name
    for name in WITHOUT_EFFECT:
        assert hasattr(operations, name) or hasattr(postgresql, name), name
