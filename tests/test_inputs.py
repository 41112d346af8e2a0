"""What a client can send to a route, compared with what the installed FastAPI takes."""

import importlib
from pathlib import Path
from typing import Any

import pytest

from tests.tree import project_of

DECLARED = """
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Annotated, Any, Generic, Optional, TypeVar, Union
from uuid import UUID

from fastapi import Cookie, Depends, FastAPI, File, Form, Header, Path, Query, Request, Response, UploadFile
from fastapi.security import APIKeyQuery, OAuth2PasswordRequestForm
from pydantic import BaseModel, EmailStr, Field

app = FastAPI()
T = TypeVar("T")
Word = Annotated[str, Query(max_length=9)]


class Kind(str, Enum):
    A = "a"


class Base(BaseModel):
    id: int
    tags: list[str] = []


class Owner(BaseModel):
    owner_id: int = Field(alias="ownerId")


class Thing(Base):
    mail: str
    owner: Owner | None = None
    many: list[Owner] = []


class Page(BaseModel, Generic[T]):
    items: list[T]


class Options(BaseModel):
    limit: int = 10
    user_id: int | None = None


@dataclass
class Filter:
    words: str = ""
    owner: int = 0


class Pager:
    def __init__(self, page: int = 1, x_token: str = Header("")):
        self.page = page


def number(name: str, inner: Annotated[int, Depends(lambda: 1)] = 1):
    return name


def user(user_id: Optional[UUID] = None, kind: Kind = Kind.A, session: Annotated[str, Cookie(alias="sid")] = ""):
    return user_id


@app.post("/a/{item_id}")
def a(item_id: int, thing: Thing, word: Word, request: Request, response: Response, who=Depends(user),
      narrowed: Filter = Depends(), pager: Pager = Depends(Pager), many: list[int] = Query([]),
      either: Union[int, str, None] = None, when: datetime = None, untyped=None, anything: Any = None):
    return 1


@app.get("/b/{name}")
def b(counted: int = Depends(number), options: Annotated[Options, Query()] = None, key=Depends(APIKeyQuery(name="k"))):
    return 1


@app.post("/c")
def c(page: Page[Owner], second: Base, words: list[str], table: dict = {}):
    return 1


@app.post("/d")
def d(upload: UploadFile, text: Annotated[str, Form()], files: list[UploadFile] = File([])):
    return 1


@app.post("/e")
def e(form: OAuth2PasswordRequestForm = Depends()):
    return 1


@app.get("/f/{key}")
def f(key: Annotated[str, Path(min_length=1)], x_request_id: Annotated[str, Header()] = "", auth: str = Header("")):
    return 1
"""


def taken_by_fastapi(route: Any) -> set[tuple[str, str]]:
    """The parameters of a running route, those of its dependencies included, by place and name."""
    found: set[tuple[str, str]] = set()
    stack = [route.dependant]
    while stack:
        dependant = stack.pop()
        stack += dependant.dependencies
        for source in ("path", "query", "header", "cookie"):
            for each in getattr(dependant, f"{source}_params"):
                fields = getattr(each.field_info.annotation, "model_fields", None)
                for name in fields or [each.alias]:
                    found.add((source, name))
        for each in dependant.body_params:
            kind = type(each.field_info).__name__.lower()
            found.add((kind, each.alias))
    return found


def test_the_same_parameters_as_fastapi(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("fastapi")
    # Only registered, never called: the parser of forms is not needed.
    monkeypatch.setattr("fastapi.dependencies.utils.ensure_multipart_is_installed", lambda: None)
    tmp_path.joinpath("declared_inputs.py").write_text(DECLARED)
    monkeypatch.syspath_prepend(str(tmp_path))
    running = {
        route.path: route
        for route in importlib.import_module("declared_inputs").app.routes
        if hasattr(route, "dependant")
    }
    project = project_of({"main.py": DECLARED})
    compared = 0
    for route in project.routes:
        own = {
            (each.source, each.name)
            for each in project.inputs.taken(route)
            if not (each.is_whole and each.source == "query")
            and not (each.dependency is not None and each.dependency.external.endswith("APIKeyQuery"))
        }
        assert own == taken_by_fastapi(running[route.path]), route.path
        compared += 1
    assert compared == 6


def names(source: str, path: str = "/a") -> list[tuple[str, str, str]]:
    """What a client can send to the route of a path: place, name, and the keys that lead to it."""
    project = project_of({"main.py": source})
    route = next(each for each in project.routes if each.path == path)
    return [(each.source, each.name, ".".join(each.keys)) for each in project.inputs.of(route)]


def test_fields_of_bodies() -> None:
    found = {each for each in names(DECLARED, "/a/{item_id}") if each[0] == "body"}
    assert found == {
        ("body", "thing", ""), ("body", "id", "id"), ("body", "tags", "tags"), ("body", "mail", "mail"),
        ("body", "owner", "owner"), ("body", "ownerId", "owner.owner_id"), ("body", "many", "many"),
        ("body", "ownerId", "many.*.owner_id"),
    }  # fmt: skip
    assert ("body", "ownerId", "items.*.owner_id") in names(DECLARED, "/c")


def test_what_a_handler_reads_from_its_request() -> None:
    source = """
from fastapi import FastAPI, Request

app = FastAPI()


def session(incoming):
    return incoming.cookies.get("sid")


@app.post("/a")
async def a(request: Request):
    data = await request.json()
    owner = data["owner_id"]
    form = await request.form()
    name = form.get("name")
    cache = {}
    cache.get("nothing")
    return owner, name, request.query_params["q"], request.headers.get("X-Key"), session(request)
"""
    assert set(names(source)) == {
        ("body", "", ""), ("body", "owner_id", ""), ("form", "", ""), ("form", "name", ""), ("query", "q", ""),
        ("header", "X-Key", ""), ("cookie", "sid", ""),
    }  # fmt: skip


def test_what_a_handler_of_flask_reads() -> None:
    source = """
from flask import Flask, request

app = Flask(__name__)


@app.route("/a", methods=["POST"])
def a():
    return request.args.get("q"), request.get_json()["owner_id"], request.form["name"], both()


def both():
    return request.values["either"], request.headers["X-Key"]
"""
    assert set(names(source)) == {
        ("query", "q", ""), ("body", "owner_id", ""), ("form", "name", ""), ("values", "either", ""),
        ("header", "X-Key", ""),
    }  # fmt: skip
