"""Queries of libraries' repositories, and what their tables say, held against the libraries."""

from __future__ import annotations

import inspect

import pytest

from prodlint.libraries.repositories import METHODS, RESERVED, kind_of
from prodlint.project.queries.rows import rows
from tests.tree import project_of

MODELS = """
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

class Base(DeclarativeBase):
    pass

class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    at: Mapped[float]
    done: Mapped[bool]
"""


def read(app: str) -> list[dict[str, object]]:
    return [row for row in rows(project_of({"models.py": MODELS, "app.py": app})) if row["file"] == "app.py"]


def test_fastcrud_filters_by_keyword() -> None:
    found = read(
        """
from fastcrud import FastCRUD
from models import User

CRUDUser = FastCRUD[User, None, None, None, None, None]
crud_users = CRUDUser(User)

class Mine(FastCRUD[User, None, None, None, None, None]):
    async def own(self, db, name):
        return await self.get(db, name=name)

async def users(db, name, more):
    await crud_users.get(db=db, schema_to_select=None, email="x", done=False)
    await crud_users.get_multi(db, offset=0, limit=20, sort_columns="at", name=name)
    await crud_users.get_multi(db, at__gt=3, return_total_count=False)
    await crud_users.exists(db, **more)
    await crud_users.db_delete(db=db, id=1)
    return {}.get("email")
"""
    )
    assert [
        (row["kind"], row["filters"], row["ranges"], row["sorts"], row["limit"], row["unknown"]) for row in found
    ] == [
        ("select", ["name"], [], [], 1, None),
        ("select", ["email", "done"], [], [], 1, None),
        ("select", ["name"], [], ["at"], 20, None),
        ("select", [], ["at"], [], "yes", None),
        ("select", [], [], [], 1, "its conditions are spread"),
        ("delete", ["id"], [], [], "no", None),
    ]


def test_advanced_alchemy_filters_by_condition_and_keyword() -> None:
    found = read(
        """
from advanced_alchemy import repository, service
from models import User

class Users(service.SQLAlchemyAsyncRepositoryService[User]):
    async def recent(self, since):
        return await self.list(User.at >= since, order_by=[User.at.desc()])

    async def exists(self, name):
        return await self.repository.exists(name=name)

class Repo(repository.SQLAlchemySyncRepository):
    model_type = User

async def users(users: Users, repo: Repo, filters, email):
    await users.get_one_or_none(email=email, load=[])
    await users.get(3)
    await users.list_and_count(*filters)
    await users.exists(email)
    repo.count(User.name == "x")
"""
    )
    assert [(row["kind"], row["filters"], row["ranges"], row["sorts"], row["unknown"]) for row in found] == [
        ("select", [], ["at"], ["at desc"], None),
        ("count", ["name"], [], [], None),
        ("select", ["email"], [], [], None),
        ("get", ["id"], [], [], None),
        ("select", [], [], [], "its conditions are spread"),
        ("count", ["name"], [], [], None),
    ]


def test_the_methods_of_fastcrud() -> None:
    fastcrud = pytest.importorskip("fastcrud")
    assert kind_of("fastcrud.FastCRUD") == "fastcrud"
    for name in METHODS["fastcrud"]:
        parameters = inspect.signature(getattr(fastcrud.FastCRUD, name)).parameters
        assert "kwargs" in parameters
        assert set(parameters) - {"self", "kwargs"} <= RESERVED["fastcrud"]


def test_the_methods_of_advanced_alchemy() -> None:
    repository = pytest.importorskip("advanced_alchemy.repository")
    service = pytest.importorskip("advanced_alchemy.service")
    for module, name in (
        (repository, "SQLAlchemyAsyncRepository"),
        (repository, "SQLAlchemySyncSlugRepository"),
        (service, "SQLAlchemyAsyncRepositoryReadService"),
        (service, "SQLAlchemySyncRepositoryService"),
    ):
        assert kind_of(f"{module.__name__}.{name}") == "advanced_alchemy"
        for method, known in METHODS["advanced_alchemy"].items():
            function = getattr(getattr(module, name), method, None)
            if function is None:  # A service that only reads deletes nothing; older ones have no `get_many`.
                continue
            parameters = inspect.signature(function).parameters
            assert ("item_id" in parameters) == known.is_by_key
            assert set(parameters) - {"self", "kwargs", "filters"} <= RESERVED["advanced_alchemy"]
    assert kind_of("fastapi_users_db_sqlalchemy.SQLAlchemyUserDatabase") == "fastapi_users"
    assert kind_of("advanced_alchemy.base.UUIDBase") == ""
