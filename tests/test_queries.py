"""Queries: followed through variables, branches, helpers and repositories."""

from __future__ import annotations

from prodlint.project import Project
from prodlint.project.queries.rows import rows
from tests.tree import project_of

MODELS = """
from datetime import datetime
from sqlalchemy import Boolean, ForeignKey, Index
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

class Base(DeclarativeBase):
    pass

class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    items: Mapped[list["Item"]] = relationship(back_populates="owner")

class Item(Base):
    __tablename__ = "items"
    id: Mapped[int] = mapped_column(primary_key=True)
    owner_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    title: Mapped[str]
    done: Mapped[bool]
    created_at: Mapped[datetime]
    owner: Mapped["User"] = relationship(back_populates="items")
"""


def project(**files: str) -> Project:
    return project_of({"models.py": MODELS, **{f"{name}.py": text for name, text in files.items()}})


def read(text: str, **files: str) -> list[dict[str, object]]:
    return [row for row in rows(project(app=text, **files)) if row["file"] == "app.py"]


HEAD = "from sqlalchemy import and_, func, or_, select\nfrom models import Item, User\n"


def test_a_statement_grows_through_a_variable() -> None:
    (row,) = read(
        HEAD
        + """
def items(session, user, limit, done):
    stmt = select(Item).where(Item.owner_id == user.id)
    if done:
        stmt = stmt.where(Item.done == True)
    stmt = stmt.order_by(Item.created_at.desc()).limit(20)
    return session.execute(stmt).scalars().all()
"""
    )
    assert row["filters"] == ["owner_id", "done ?"]
    assert row["sorts"] == ["created_at desc"]
    assert row["limit"] == 20
    assert row["index"] == ["wanted (owner_id, created_at)"]


def test_branches_that_exclude_each_other_are_two_queries() -> None:
    one, two = read(
        HEAD
        + """
def items(session, user):
    if user.admin:
        stmt = select(Item)
    else:
        stmt = select(Item).where(Item.owner_id == user.id)
    return session.scalars(stmt.order_by(Item.created_at).limit(5)).all()
"""
    )
    assert (one["filters"], two["filters"]) == ([], ["owner_id"])
    assert one["index"] == ["wanted (created_at)"]
    assert two["index"] == ["wanted (owner_id, created_at)"]


def test_a_count_of_a_statement_and_its_rows_are_two_queries() -> None:
    found = read(
        HEAD
        + """
def page(session, user):
    base = select(Item).where(Item.owner_id == user.id)
    total = session.scalar(select(func.count()).select_from(base.subquery()))
    return total, session.scalars(base.order_by(Item.title).limit(9)).all()
"""
    )
    assert [(row["kind"], row["filters"], row["sorts"]) for row in found] == [
        ("select", ["owner_id"], ["title"]),
        ("count", ["owner_id"], []),
    ]


def test_helpers_narrow_and_make_queries() -> None:
    helpers = """
def start():
    return select(Item).where(Item.title == "x")

def mine(stmt, user):
    return stmt.where(Item.owner_id == user.id)
"""
    app = "from helpers import mine, start\n\ndef items(session, user):\n    return session.scalars(mine(start(), user)).all()\n"
    (row,) = rows(project(app=HEAD + app, helpers=HEAD + helpers))
    assert row["file"] == "helpers.py"
    assert row["filters"] == ["title", "owner_id"]


def test_conditions_in_a_list() -> None:
    (row,) = read(
        HEAD
        + """
def items(session, user, title):
    conditions = [Item.owner_id == user.id]
    if title:
        conditions.append(Item.title == title)
    return session.scalars(select(Item).where(*conditions)).all()
"""
    )
    assert row["filters"] == ["owner_id", "title ?"]
    assert row["unknown"] is None


def test_what_cannot_be_read_is_unknown() -> None:
    (row,) = read(HEAD + "def items(session, **by):\n    return session.query(Item).filter_by(**by).all()\n")
    assert row["unknown"] and row["index"] == []


def test_a_generic_repository_works_on_each_model() -> None:
    found = read(
        HEAD
        + """
class Repository:
    def __init__(self, session, model):
        self.session = session
        self.model = model

    def by_id(self, key):
        return self.session.query(self.model).filter(self.model.id == key).first()

class Users(Repository):
    def __init__(self, session):
        super().__init__(session, User)

    def by_name(self, name):
        return self.session.query(self.model).filter(self.model.name == name).first()

items = Repository(None, Item)
"""
    )
    listed = sorted((row["tables"], row["filters"], row["index"]) for row in found)
    assert listed == [
        (["items"], ["id"], ["served (id)"]),
        (["users"], ["id"], ["served (id)"]),
        (["users"], ["name"], ["wanted (name)"]),
    ]


def test_flags_and_searches_want_no_ordinary_index() -> None:
    flag, search = read(
        HEAD
        + """
def done(session):
    return session.query(Item).filter(Item.done.is_(True)).all()

def search(session, text):
    return session.query(Item).filter(Item.title.ilike(f"%{text}%")).all()
"""
    )
    assert flag["index"] == ["poor (done)"]
    assert search["index"] == ["search (title)"]


def test_loops_routes_and_loads() -> None:
    (row,) = read(
        """
from fastapi import FastAPI
from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload
from models import Item, User

app = FastAPI()

def of(session, key):
    return session.scalars(
        select(User).where(User.id == key).options(selectinload(User.items).joinedload(Item.owner))
    ).one()

@app.get("/users")
def users(session, keys: list[int]):
    return [of(session, key) for key in keys]
"""
    )
    assert row["routes"] == ["GET /users"]
    assert row["loads"] == ["items (selectinload)", "items.owner (joinedload)"]


def test_both_sides_of_an_or_need_an_index() -> None:
    (row,) = read(
        HEAD + "def f(s, x):\n    return s.scalars(select(User).where(or_(User.email == x, User.name == x))).all()\n"
    )
    assert row["index"] == ["wanted (name)"]


def test_a_condition_on_a_joined_table_narrows_through_the_indexed_key() -> None:
    models = MODELS.replace('mapped_column(ForeignKey("users.id"))', 'mapped_column(ForeignKey("users.id"), index=True)')
    app = HEAD + (
        "def f(s, x, y):\n"
        "    return s.query(Item).join(User).filter(User.email == x, Item.title == y).all()\n"
    )
    (row,) = rows(project_of({"models.py": models, "app.py": app}))
    assert row["index"] == ["served (owner_id)", "served users (email)"]


def test_a_slice_without_limits_is_no_obstacle() -> None:
    app = "def f(s, keys):\n    own = keys[:]\n    return s.scalars(select(Item).where(Item.owner_id == own)).all()\n"
    (row,) = read(HEAD + app)
    assert row["filters"] == ["owner_id"]
