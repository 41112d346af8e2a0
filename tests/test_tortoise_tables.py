"""The tables of Tortoise's models, compared with the schema that Tortoise generates for the same source."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.compare_tables import differences, ours
from tests.compare_tortoise_tables import truth
from tests.tree import project_of

MODELS = """
from enum import Enum

from tortoise import fields
from tortoise.indexes import Index
from tortoise.models import Model


class Color(str, Enum):
    RED = "red"


class Stamped:
    created_at = fields.DatetimeField(auto_now_add=True)


class Kept(Model):
    id = fields.UUIDField(primary_key=True)
    note = fields.TextField(null=True)

    class Meta:
        abstract = True


class Owner(Stamped, Kept):
    mail = fields.CharField(max_length=80, unique=True)
    nick = fields.CharField(max_length=20, db_index=True, source_field="nick_name")
    friends = fields.ManyToManyField("models.Owner", related_name="friend_of")


class Item(Model):
    owner = fields.ForeignKeyField("models.Owner", related_name="items", on_delete=fields.SET_NULL, null=True)
    twin = fields.OneToOneField("models.Item", null=True)
    by_mail = fields.ForeignKeyField("models.Owner", related_name="mailed", to_field="mail", source_field="mail")
    color = fields.CharEnumField(Color)
    done = fields.BooleanField(default=False, db_index=True)
    tags = fields.ManyToManyField("models.Tag", through="item_tags", forward_key="label")

    class Meta:
        table = "items"
        unique_together = (("owner", "done"), ("color", "done"))
        indexes = [("owner", "color"), Index(fields=["color"], name="ix_color")]


class Tag(Model):
    name = fields.CharField(max_length=20, primary_key=True)
    size = fields.IntField()
    items: fields.ManyToManyRelation["Item"]

    class Meta:
        unique_together = ("size", "name")
"""


def test_the_tables_are_what_tortoise_makes_of_the_source(tmp_path: Path) -> None:
    pytest.importorskip("tortoise")
    (tmp_path / "models.py").write_text(MODELS, encoding="utf-8")
    expected = truth(sys.executable, tmp_path, ["."], ["models"], {})
    assert len(expected) == 5
    assert "\n".join(differences(expected, *ours(tmp_path))) == ""


def test_a_base_that_is_not_in_the_tree_is_said() -> None:
    source = (
        "from tortoise import fields\nfrom tortoise.models import Model\nfrom shared import Stamped\n"
        "class Item(Stamped, Model):\n    name = fields.CharField(max_length=9)\n"
    )
    [table] = project_of({"models.py": source}).tables
    assert table.unknown == "its base class `shared.Stamped` is not in the tree"
