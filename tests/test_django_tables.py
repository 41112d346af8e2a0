"""The tables of Django's models, compared with what Django's schema editor makes of the same source."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from prodlint.project.tables.schema import Table
from tests.compare_django_tables import truth
from tests.compare_tables import differences, ours
from tests.tree import project_of

SETTINGS = """
SECRET_KEY = "x"
AUTH_USER_MODEL = "people.Person"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "people",
    "site_shop.apps.ShopConfig",
]
"""
APPS = """
from django.apps import AppConfig


class ShopConfig(AppConfig):
    name = "site_shop"
    label = "shop"
"""
PEOPLE = """
from django.contrib.auth.models import AbstractUser
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models


class Person(AbstractUser):
    nick = models.SlugField()
    last_login = None


class Visit(AbstractBaseSession):
    person_id = models.IntegerField(null=True, db_index=True)
"""
BASES = """
from django.db import models


class LowerField(models.CharField):
    def get_prep_value(self, value):
        return value.lower()


class Stamped(models.Model):
    created = models.DateTimeField(auto_now_add=True, db_index=True)
    note = models.TextField(null=True)

    class Meta:
        abstract = True
        indexes = [models.Index(fields=["-created"], name="%(app_label)s_%(class)s_new")]
        ordering = ["-created"]


class Owned(models.Model):
    owner = models.ForeignKey("people.Person", on_delete=models.CASCADE, related_name="+")
    fans = models.ManyToManyField("people.Person", related_name="+")

    class Meta:
        abstract = True
"""
SHOP = """
import uuid
from django.conf import settings
from django.contrib.auth.models import Group
from django.contrib.contenttypes.fields import GenericForeignKey
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower

from site_shop.bases import LowerField, Owned, Stamped


class State(models.TextChoices):
    NEW = "new"


class Category(models.Model):
    code = LowerField(max_length=9, primary_key=True)
    parent = models.ForeignKey("self", null=True, on_delete=models.SET_NULL)
    related = models.ManyToManyField("self")
    kind = models.SlugField(db_index=False)
    ref = models.UUIDField(default=uuid.uuid4, unique=True)

    class Meta:
        db_table = "shop_categories"
        unique_together = ("kind", "parent")


class Item(Owned, Stamped):
    note = None
    title = models.CharField("what it is called", max_length=80)
    category = models.ForeignKey(Category, models.PROTECT, db_column="cat")
    by_ref = models.ForeignKey(Category, models.PROTECT, to_field="ref", related_name="+", db_index=False)
    editor = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    loose = models.ForeignKey(Group, models.DO_NOTHING, db_constraint=False)
    state = models.CharField(max_length=9, choices=State.choices)
    content_type = models.ForeignKey(ContentType, on_delete=models.CASCADE)
    object_id = models.PositiveIntegerField()
    target = GenericForeignKey("content_type", "object_id")
    sellers = models.ManyToManyField(settings.AUTH_USER_MODEL, through="Sale", related_name="sold")
    tags = models.ManyToManyField("Tag", db_table="shop_labels")

    class Meta(Stamped.Meta):
        abstract = False
        indexes = [
            *Stamped.Meta.indexes,
            models.Index(fields=["content_type", "object_id"]),
            models.Index(fields=["-title", "state"]),
            models.Index(Lower("title"), F("state").desc(), name="item_lower"),
            models.Index(fields=["title"], condition=Q(state="new"), name="item_new"),
        ]
        indexes.append(models.Index(fields=["title", "object_id"], name="item_added"))
        indexes += [models.Index(fields=["state"], name="item_more")]
        constraints = [
            models.UniqueConstraint(fields=["owner", "title"], name="%(app_label)s_one"),
            models.UniqueConstraint(fields=["title"], condition=Q(state="new"), name="one_new"),
            models.UniqueConstraint(Lower("title"), name="one_lower"),
            models.CheckConstraint(**{CHECK}=Q(state="new"), name="only_new"),
        ]


class Sale(models.Model):
    item = models.ForeignKey(Item, on_delete=models.CASCADE)
    person = models.OneToOneField("people.Person", on_delete=models.CASCADE, primary_key=True)

    class Meta:
        unique_together = [["item", "person"]]


class Tag(models.Model):
    pass


class Book(Item):
    pages = models.IntegerField()


class Paper(Book):
    book = models.OneToOneField(Book, on_delete=models.CASCADE, parent_link=True)


class Cheap(Book):
    class Meta:
        proxy = True


class View(models.Model):
    total = models.FloatField()

    class Meta:
        managed = False
        db_table = "totals"
"""


def files() -> dict[str, str]:
    django = pytest.importorskip("django")
    check = "condition" if django.VERSION >= (5, 1) else "check"
    return {
        "shop_settings.py": SETTINGS,
        "people/__init__.py": "",
        "people/models.py": PEOPLE,
        "site_shop/__init__.py": "",
        "site_shop/apps.py": APPS,
        "site_shop/bases.py": BASES,
        "site_shop/models.py": SHOP.replace("**{CHECK}", check),
    }


def tables(given: dict[str, str]) -> dict[str, Table]:
    """The tables by the names of their classes."""
    return {table.label: table for table in project_of(given).tables}


def test_the_tables_are_what_the_schema_editor_makes_of_the_source(tmp_path: Path) -> None:
    for name, text in files().items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    expected = truth(sys.executable, tmp_path, ["."], "shop_settings", "sqlite://", {})
    assert len(expected) == 14
    assert "\n".join(differences(expected, *ours(tmp_path))) == ""


def test_a_view_is_not_managed_and_a_proxy_has_no_table() -> None:
    found = tables(files())
    assert [label for label, table in found.items() if not table.managed] == ["View"]
    assert "Cheap" not in found
    assert [project_of(files()).scope_of(each).name for each in found["Book"].of] == ["Book", "Cheap"]


def test_columns_say_what_kind_of_values_they_hold() -> None:
    item = tables(files())["Item"]
    said = {column.attribute: (column.type, column.family, column.owner) for column in item.columns}
    assert said["title"] == ("CharField(80)", "", "Item")
    assert said["state"] == ("CharField(9)", "enum", "Item")
    assert said["owner"] == ("ForeignKey", "", "Owned")


def test_what_cannot_be_known_is_said() -> None:
    source = (
        "from django.db import models\nfrom shared.models import Stamped\nfrom .made import INDEXES, options\n"
        "class Item(Stamped, models.Model):\n    name = models.CharField(max_length=9, **options())\n"
        "class Other(models.Model):\n    class Meta:\n        indexes = INDEXES\n"
        "class Third(models.Model):\n    class Meta:\n        db_table = options()\n"
        "class Fourth(models.Model):\n    to = models.ForeignKey('gone.Gone', models.CASCADE)\n"
    )
    source += "class Fifth(Stamped):\n    size = models.IntegerField()\nclass Form(Stamped):\n    size = Stamped.IntegerField()\nclass Add(models.Func):\n    output_field = models.IntegerField()\n"
    found = tables({"shop/__init__.py": "", "shop/models.py": source})
    assert not {"Form", "Add"} & found.keys()
    assert [column.name for column in found["Fifth"].columns] == ["size"]
    assert found["Fifth"].unknown == "its base class `shared.models.Stamped` is not in the tree"
    assert found["Item"].unknown == "its base class `shared.models.Stamped` is not in the tree"
    assert [column.doubt for column in found["Item"].columns if column.name == "name"] == [
        "arguments are spread with `**`"
    ]
    assert found["Other"].unknown == "`indexes` is computed"
    assert (found["Third"].name, found["Third"].unknown) == ("", "its name is computed")
    assert [column.foreign_key for column in found["Fourth"].columns] == ["", "?"]


def test_models_of_tests_are_no_tables() -> None:
    source = "from django.db import models\nclass Item(models.Model):\n    pass\n"
    assert project_of({"tests/models.py": source}).tables == ()
