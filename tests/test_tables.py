"""The tables of models: compared with what SQLAlchemy says of the same source, and by hand where that is not needed."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from prodlint.checks.database import missing_index
from prodlint.facts import span
from prodlint.finding import Finding
from prodlint.project.tables.created import mentioned_indexes
from prodlint.project.tables.rows import rows
from prodlint.project.tables.schema import Table
from tests.compare_tables import differences, ours, truth
from tests.tree import project_of

DECLARATIVE = """
import enum
import re
from typing import Annotated, Any, Optional

from sqlalchemy import (
    Boolean, Column, DateTime, Enum, ForeignKey, ForeignKeyConstraint, Index, Integer, MetaData, PrimaryKeyConstraint,
    String, Table, Text, UniqueConstraint, desc, func, text,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, declared_attr, deferred, mapped_column, relationship

INDEXED = {"index": True}
key = Annotated[int, mapped_column(primary_key=True)]
name50 = Annotated[Optional[str], mapped_column(String(50), index=True)]


def split(name):
    return "_".join(part.lower() for part in re.split("(?=[A-Z])", name) if part)


def stamp():
    return mapped_column(DateTime, nullable=False)


class Base(DeclarativeBase):
    metadata = MetaData(naming_convention={"ix": "ix_%(table_name)s__%(column_0_name)s"})

    @declared_attr.directive
    def __tablename__(cls):
        return split(cls.__name__)


class Stamped:
    created_at: Mapped[Any] = stamp()
    updated_at = Column(DateTime)


class Owned:
    @declared_attr
    def owner_id(cls) -> Mapped[int]:
        return mapped_column(ForeignKey("user_account.id", ondelete="CASCADE"))

    @declared_attr
    def owner(cls):
        return relationship("UserAccount")


class Color(enum.Enum):
    RED = 1


class UserAccount(Stamped, Base):
    id: Mapped[key]
    name: Mapped[name50]
    email: Mapped[str] = mapped_column("mail", String(80), unique=True, **INDEXED)
    nick: Mapped["Optional[str]"]
    bio = deferred(Column(Text))
    color: Mapped[Color | None] = mapped_column(Enum(Color))
    updated_at = None
    metadata_: Mapped[dict[str, Any]] = mapped_column("metadata", Text, nullable=True)


class Abstract(Base):
    __abstract__ = True
    id: Mapped[int] = mapped_column(primary_key=True)


class Item(Owned, Abstract):
    __table_args__ = (
        UniqueConstraint("owner_id", "title", name="uq_item"),
        Index("ix_item_title", desc("title"), text("owner_id DESC")),
        Index("ix_item_open", "title", postgresql_where=text("done IS NULL")),
    )
    title: Mapped[str] = mapped_column(index=True)
    done: Mapped[bool | None]
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("item.id"), unique=True)
    children = relationship("Item", foreign_keys=[parent_id])
    Index("ix_item_parent", parent_id, title)
    Index("ix_item_text", parent_id, "done")


class Shape(Base):
    __tablename__ = "shapes"
    id = Column(Integer, primary_key=True)
    kind = Column(String)
    __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "shape"}


class Circle(Shape):
    __tablename__ = None
    __mapper_args__ = {"polymorphic_identity": "circle"}
    radius = Column(Integer, nullable=True)


class Square(Shape):
    __tablename__ = "squares"
    __mapper_args__ = {"polymorphic_identity": "square"}
    id = Column(ForeignKey(Shape.id), primary_key=True)
    side = Column(Integer)


class Link(Base):
    __table_args__ = (
        PrimaryKeyConstraint("right_id", "left_id"),
        ForeignKeyConstraint(["left_id", "side"], ["squares.id", "squares.side"]),
        {"schema": "links"},
    )
    left_id = Column(Integer)
    side = Column(Integer)
    right_id = Column(ForeignKey("squares.id"))
    weight = Column(Integer)


class Tied(Base):
    __table__ = Table("tied", Base.metadata, Column("id", primary_key=True), Column("note", String, index=True))


tags = Table(
    "tags",
    Base.metadata,
    *[Column("item_id", ForeignKey(Item.id), primary_key=True), Column("tag", String, primary_key=True)],
    UniqueConstraint("tag", "item_id"),
    schema=None,
)
Index("ix_link_weight", Link.weight.desc(), Link.side)
Index(None, tags.c.tag)
Index("ix_lower", func.lower(UserAccount.name))
"""

SQLMODEL = """
import uuid
from datetime import datetime
from typing import ClassVar, Optional, Union

from sqlalchemy import TEXT, Column, DateTime, ForeignKey, Index, String
from sqlmodel import Field, Relationship, SQLModel

TABLE = {"index": True}


class Named(SQLModel):
    name: str = Field(index=True, max_length=10)
    note: Optional[str] = None
    kind: ClassVar[str] = "x"


class UUIDKey(SQLModel):
    id: uuid.UUID = Field(default_factory=uuid.uuid4, primary_key=True)


class Team(Named, UUIDKey, table=True):
    heroes: list["Hero"] = Relationship(back_populates="team")
    name: str = Field(unique=True)


class Hero(Named, UUIDKey, table=True):
    __tablename__ = "heroes"
    __table_args__ = (Index("ix_heroes_both", "team_id", "age"),)
    age: int | None = Field(default=None, **TABLE)
    power: Union[int, None] = Field(default=1, nullable=False)
    team_id: uuid.UUID = Field(foreign_key="team.id", ondelete="CASCADE")
    twin_id: Optional[uuid.UUID] = Field(sa_column=Column("twin", ForeignKey("heroes.id"), unique=True))
    born: datetime = Field(sa_type=DateTime(timezone=True), sa_column_kwargs={"name": "born_at", "index": True})
    text: str = Field(sa_column=TEXT)
    team: Optional[Team] = Relationship(back_populates="heroes")


class HeroPublic(Named):
    id: uuid.UUID
"""

FLASK = """
import functools

from flask import Flask
from flask_sqlalchemy import SQLAlchemy

db = SQLAlchemy()


class HTTPLog(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    user_id = db.Column(db.Integer, db.ForeignKey("app_user.id"), index=True)
    path = db.Column(db.String(80), unique=True)


class AppUser(db.Model):
    id = db.Column(db.Integer, primary_key=True)


class Guest(AppUser):
    note = db.Column(db.String)


Required = functools.partial(db.Column, nullable=False, index=True)


class Part(db.Model):
    id = Required(db.Integer, primary_key=True, index=None)
    name = Required(db.String)
    size = Required(db.Integer, nullable=True)


follows = db.Table(
    "follows",
    db.Column("a", db.ForeignKey("app_user.id"), primary_key=True),
    db.Column("b", db.ForeignKey("app_user.id"), primary_key=True),
)
app = Flask("x")
app.config["SQLALCHEMY_DATABASE_URI"] = "sqlite://"
db.init_app(app)
"""

CASES = {
    "sqlalchemy": (DECLARATIVE, "models:Base.metadata"),
    "sqlmodel": (SQLMODEL, "sqlmodel:SQLModel.metadata"),
    "flask_sqlalchemy": (FLASK, "models:db.metadata"),
}


@pytest.mark.parametrize("library", sorted(CASES))
def test_the_model_is_what_the_library_makes_of_the_source(library: str, tmp_path: Path) -> None:
    pytest.importorskip(library)
    source, metadata = CASES[library]
    (tmp_path / "models.py").write_text(source, encoding="utf-8")
    expected = truth(sys.executable, tmp_path, ["."], ["models"], metadata, {})
    assert len(expected) >= 2
    assert "\n".join(differences(expected, *ours(tmp_path))) == ""


def tables(*texts: str, **files: str) -> dict[str, Table]:
    """The tables of modules, by label."""
    named = {f"m{number}.py": text for number, text in enumerate(texts)}
    return {table.label: table for table in project_of({**named, **files}).tables}


def test_rows_are_the_contract() -> None:
    project = project_of({"shop/models.py": SQLMODEL})
    [hero, team] = rows(project)
    assert (hero["name"], hero["schema"], hero["model"]) == ("heroes", None, "shop.models.Hero")
    assert (hero["file"], hero["line"]) == ("shop/models.py", 27)
    columns = {column["name"]: column for column in hero["columns"]}  # type: ignore[attr-defined]
    assert list(columns) == ["id", "name", "note", "age", "power", "team_id", "twin", "born_at", "text"]
    assert columns["team_id"] == {
        "name": "team_id",
        "type": "uuid.UUID",
        "nullable": False,
        "primary_key": False,
        "unique": False,
        "foreign_key": "team.id",
    }
    assert [columns[name]["type"] for name in ("note", "twin", "born_at")] == [
        "str",
        "uuid.UUID",
        "DateTime(timezone=True)",
    ]
    assert {"name": "ix_heroes_both", "columns": ["team_id", "age"], "unique": False} in hero["indexes"]  # type: ignore[operator]
    assert team["uniques"] == [["name"]]
    assert "unknown" not in hero


def test_a_column_stands_where_it_is_written() -> None:
    [table] = project_of({"models.py": SQLMODEL}).tables[:1]
    places = {column.name: span(column.location.place).line for column in table.columns}
    assert places == {"id": 19, "name": 24, "note": 14}
    assert [column.name for column in table.columns if column.inherited] == ["id", "note"]


def test_a_base_of_the_tree_is_followed_through_packages() -> None:
    project = project_of(
        {
            "app/db/__init__.py": "from .base import Base as Base",
            "app/db/base.py": "from sqlalchemy import Column, Integer\nfrom sqlalchemy.orm import declarative_base\n"
            "class Plain:\n    id = Column(Integer, primary_key=True)\nBase = declarative_base(cls=Plain)",
            "app/models.py": "from app import db\nclass A(db.Base):\n    __tablename__ = 'a' + 's'",
        }
    )
    [table] = project.tables
    assert (table.name, table.model, table.primary_key, table.unknown) == ("as", "app.models.A", ("id",), "")


def test_what_cannot_be_determined_is_said() -> None:
    found = tables(
        "from sqlalchemy import Column, ForeignKey\nfrom .gone import Base\n"
        "class A(Base):\n    __tablename__ = 'a'\n    id = Column(primary_key=True)\n",
        "from sqlalchemy import Column, Index\nfrom sqlalchemy.orm import declarative_base\n"
        "from os import listdir\nBase = declarative_base()\n"
        "class B(Base):\n    __tablename__ = 'b'\n    __table_args__ = tuple(Index(x, x) for x in listdir())\n"
        "class C(Base):\n    __tablename__ = make()\n    id = Column(primary_key=True)\n"
        "    x = Column(index=listdir())\n",
    )
    assert found["A"].unknown == "a base class is unknown: the module `.gone` is not in the tree"
    assert found["B"].unknown == "`__table_args__` cannot be followed: it is computed"
    assert (found["C"].name, found["C"].unknown) == ("", "its name is computed")
    assert found["C"].columns[1].doubt == "`index` is computed"


def test_what_is_no_table() -> None:
    found = tables(
        "from sqlmodel import Field, SQLModel\nfrom pydantic import BaseModel\nfrom rich.table import Table, Column\n"
        "class In(SQLModel):\n    a: int = Field(foreign_key='x.id')\nclass Out(BaseModel):\n    user_id: int\n"
        "t = Table('x', Column('y'), Column('z'))\n",
        "from sqlalchemy import MetaData, Table\n"
        "def read(engine):\n    return Table('x', MetaData(), autoload_with=engine)\n",
        **{
            "tests/models.py": "from sqlmodel import Field, SQLModel\nclass T(SQLModel, table=True):\n    id: int\n",
            "db/versions/1.py": "from sqlalchemy import *\nt = Table('x', MetaData(), Column('y'))\n",
        },
    )
    assert found == {}


def test_a_description_of_a_table_for_statements_is_not_a_second_table() -> None:
    found = tables(
        "from sqlalchemy import Column, Integer, MetaData, Table\nfrom sqlalchemy.orm import declarative_base\n"
        "Base = declarative_base()\n"
        "class User(Base):\n    __tablename__ = 'user'\n    id = Column(Integer, primary_key=True)\n"
        "def seed():\n    users = Table('user', MetaData(), Column('id', Integer))\n"
    )
    assert list(found) == ["User"]


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("return cls.__name__.lower()", "httplog"),
        ("return f'app_{cls.__name__.lower()}s'", "app_httplogs"),
        ("return re.sub(r'(?<!^)(?=[A-Z])', '_', cls.__name__).lower()", "h_t_t_p_log"),
        ("return CAMEL.sub('_', cls.__name__).lower()", "http_log"),
        ("return inflection.underscore(cls.__name__)", "http_log"),
        ("return NAMES[cls]", ""),
    ],
)
def test_names_made_of_the_class(source: str, name: str) -> None:
    found = tables(
        "import re, inflection\nfrom sqlalchemy import Column\n"
        "from sqlalchemy.orm import DeclarativeBase, declared_attr\n"
        "CAMEL = re.compile('(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])')\n"
        f"class Base(DeclarativeBase):\n    @declared_attr.directive\n    def __tablename__(cls):\n        {source}\n"
        "class HTTPLog(Base):\n    id = Column(primary_key=True)\n"
    )
    assert found["HTTPLog"].name == name
    assert bool(found["HTTPLog"].unknown) is not bool(name)


MIGRATION = """
from alembic import op
import sqlalchemy as sa

def upgrade():
    op.create_table("a", sa.Column("id", sa.Integer, primary_key=True), sa.Column("x", sa.Integer, index=True),
                    sa.Column("y", sa.Integer), sa.UniqueConstraint("y", "x"))
    op.add_column("b", sa.Column("z", sa.Integer, unique=True))
    op.create_index(op.f("ix"), table_name="c", columns=["p", "q"])
    with op.batch_alter_table("d") as batch_op:
        batch_op.create_unique_constraint("uq", ["r"])
    op.execute('CREATE UNIQUE INDEX CONCURRENTLY "ix" ON public."e" USING btree ("s" DESC, t)')
    for table in TABLES:
        op.create_index(f"ix_{table}", table, ["u"])

def downgrade():
    op.create_index("ix", "f", ["v"])
"""


def test_migrations_mention_the_column_that_an_index_begins_with() -> None:
    found = mentioned_indexes(project_of({"db/versions/1.py": MIGRATION}))
    assert set(found) == {("a", "x"), ("a", "y"), ("b", "z"), ("c", "p"), ("d", "r"), ("e", "s"), ("", "u")}


QUERIES = """
from sqlalchemy import Column, and_, func, or_, select
from sqlalchemy.orm import aliased, declarative_base
Base = declarative_base()
class A(Base):
    __tablename__ = "a"
    id = Column(primary_key=True)
    b = Column()
    c = Column("see")
Other = aliased(A)
def f(session, flag: bool, x):
    select(A).where(A.b == 1, A.c != 1, A.id.is_(None))
    select(A).where(and_(A.b.in_([1]), or_(A.c == x, A.id == 5), or_(A.c == x, 5 < A.id)))
    session.query(A).filter_by(b=x, nothing=1).filter(~(A.c == x), func.lower(A.c) == x, A.b == flag)
    A.query.filter_by(c=x).order_by(A.b)
    select(Other).join(A, Other.b == A.id).where(Other.c.between(1, 2))
def g(session):
    return session.scalars(select(A).order_by(A.c.desc().nullslast(), "b").limit(1))
"""


def test_uses_of_columns_by_queries() -> None:
    found = project_of({"app.py": QUERIES, "tests/test_a.py": QUERIES}).queries
    asked = {"equal", "either", "range", "join", "order"}
    assert {query.location.path for query in found} == {"app.py"}
    uses = [use for query in found for use in query.uses]
    assert [(span(use.location.place).line, use.column, use.kind) for use in uses if use.kind in asked] == [
        (12, "b", "equal"),
        (13, "b", "equal"),
        (13, "see", "either"),
        (13, "id", "either"),
        (14, "b", "equal"),
        (14, "b", "equal"),
        (14, "b", "equal"),
        (15, "see", "equal"),
        (15, "b", "order"),
        (16, "b", "join"),
        (16, "id", "join"),
        (16, "see", "range"),
        (16, "b", "join"),
        (16, "id", "join"),
        (18, "see", "order"),
    ]
    assert len(found) == 6


def test_a_query_that_is_built_in_steps_is_one() -> None:
    source = QUERIES.partition("def f(")[0] + (
        "def f(session, x):\n    query = session.query(A)\n    if x:\n        query = query.filter(A.b == x)\n"
        "    query = query.filter(A.c > x)\n    return query.all()\n"
    )
    (query,) = project_of({"app.py": source}).queries
    assert [(use.column, use.conditional) for use in query.uses] == [("b", True), ("see", False)]


def test_a_variable_may_hold_one_query_after_the_other() -> None:
    source = QUERIES.partition("def f(")[0] + (
        "def f(session, x):\n    query = select(A).where(A.b == x)\n    query = narrowed(query)\n"
        "    session.execute(query.where(A.c == x))\n    query = select(A)\n    return query.where(A.b == x)\n"
    )
    found = project_of({"app.py": source}).queries
    assert [[use.column for use in query.uses] for query in found] == [["b"], ["b"]]


def test_aggregates_and_sorts_of_filtered_rows_are_no_uses() -> None:
    source = QUERIES.partition("def f(")[0] + (
        "import sqlalchemy as sa\n"
        "def f(session, conditions, condition):\n"
        "    session.query(func.count().filter(A.b > 1), sa.func.sum(A.b).filter(A.c > 1)).all()\n"
        "    select(A).where(*conditions).order_by(A.c).limit(1)\n"
        "    select(A).where(condition).order_by(A.c).limit(1)\n"
        "    select(A).where(A.b == None).order_by(A.c).limit(1)\n"
    )
    assert findings_of({"app.py": source}) == {}


def test_a_class_that_is_called_like_an_imported_model_comes_later() -> None:
    found = project_of(
        {
            "shop.py": "from sqlalchemy import Column\nfrom sqlalchemy.orm import declarative_base\n"
            "Base = declarative_base()\n"
            "class Shop(Base):\n    __tablename__ = 'shops'\n    id = Column(primary_key=True)\n",
            "item.py": "from sqlalchemy import Column, ForeignKey\nfrom shop import Base, Shop\n"
            "class Item(Base):\n    __tablename__ = 'items'\n    id = Column(primary_key=True)\n"
            "    shop_id = Column(ForeignKey(Shop.id))\nclass Shop:\n    pass\n",
        }
    ).tables
    assert [column.foreign_key for table in found for column in table.columns if column.foreign_key] == ["shops.id"]


def findings_of(files: dict[str, str]) -> dict[str, tuple[str, list[str]]]:
    """Why and at what cost, and the steps, of each finding by its subject."""
    found = [each for each in missing_index.check(project_of(files)) if isinstance(each, Finding)]
    return {
        each.subject: (f"{each.fields['why']}: {each.fields['cost']}", [step.message for step in each.steps])
        for each in found
    }


def test_what_the_rule_says_of_each_occasion() -> None:
    source = (
        "from sqlalchemy import Column, ForeignKey, Table, select\nfrom sqlalchemy.orm import declarative_base\n"
        "Base = declarative_base()\n"
        "class InProject:\n    project_id = Column(ForeignKey('project.id'))\n"
        "class A(Base, InProject):\n    __tablename__ = 'a'\n    id = Column(primary_key=True)\n"
        "    user_id = Column()\n    name = Column()\n    made = Column()\n    seen = Column()\n"
        "class B(Base, InProject):\n    __tablename__ = 'b'\n    id = Column(primary_key=True)\n"
        "links = Table('a_b', Base.metadata, Column('a', ForeignKey('a.id')))\n"
        "def f(session, x):\n    query = session.query(A)\n    if x:\n"
        "        query = query.filter(A.seen > x, A.seen < 9)\n    else:\n        query = query.filter(A.seen < x)\n"
        "    select(A).where(A.name == x)\n    select(A).where(A.name == x, A.made == 1)\n"
        "    return select(A).order_by(A.made).limit(1)\n"
    )
    assert findings_of({"app.py": source}) == {
        "InProject.project_id": (
            "references `project.id` in 2 tables (`A`, `B`): deleting or joining the parent reads the whole table",
            ["`A` inherits the column", "`B` inherits the column"],
        ),
        "a_b.a": ("references `a.id`: deleting or joining the parent reads the whole table", []),
        "A.name": (
            "is what 2 queries filter by: each query reads the whole table",
            ["a query filters by it", "a query filters by it; an index on `(name, made)` serves it"],
        ),
        "A.made": ("is what a query sorts by: the query reads the whole table", ["a query sorts by it"]),
        "A.seen": ("is what a query filters by: the query reads the whole table", ["a query filters by it"] * 2),
    }
