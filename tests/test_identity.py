"""The model of identity: what comes from the caller, what is proven, which tables are owned."""

from __future__ import annotations

import pytest
from tree import project_of

from prodlint.project import Project
from prodlint.project.identity.clients import chosen_identities
from prodlint.project.identity.events import CALLER
from prodlint.project.identity.identity import Answered
from prodlint.project.identity.isolation import exposed_rows
from prodlint.project.identity.roles import demanded
from prodlint.project.identity.tools import find_tools

MODELS = """
from sqlalchemy import Column, ForeignKey, Integer, String
from sqlalchemy.orm import declarative_base
Base = declarative_base()

class User(Base):
    __tablename__ = "users"
    id = Column(Integer, primary_key=True)
    email = Column(String, unique=True)
    hashed_password = Column(String)

class Item(Base):
    __tablename__ = "items"
    id = Column(Integer, primary_key=True)
    owner_id = Column(Integer, ForeignKey("users.id"))
    name = Column(String)
"""

HEAD = """
from fastapi import Depends, FastAPI, HTTPException, Request
from fastapi.security import HTTPBearer
from sqlalchemy import select
from sqlalchemy.orm import Session
from models import Item, User
app = FastAPI()
bearer = HTTPBearer()

def get_db():
    yield Session()

def me(token=Depends(bearer), db=Depends(get_db)):
    user = db.query(User).filter(User.email == decode(token)).first()
    if user is None:
        raise HTTPException(401)
    return user

@app.get("/items")
def own_items(user=Depends(me), db=Depends(get_db)):
    return db.query(Item).filter(Item.owner_id == user.id).all()
"""


def tree(code: str, **files: str) -> Project:
    more = {f"{name}.py": text for name, text in files.items()}
    return project_of({"models.py": MODELS, "main.py": HEAD + code, **more})


def route(project: Project, subject: str) -> Answered:
    return next(each for each in project.identity.answered if each.route.subject == subject)


def exposed(project: Project) -> list[tuple[str, str]]:
    return [(each.answered.route.subject, each.doubt) for each in exposed_rows(project.identity)]


def test_the_column_that_a_route_filters_by_the_caller_owns_the_table() -> None:
    project = tree("")
    ownership = project.identity.evidence.of["models.Item"]
    assert ownership.filtered == {"owner_id"}
    assert ownership.read_in_lists == {"GET /items"}
    assert project.identity.evidence.users == {"models.User"}


def test_what_a_dependency_returns_for_a_credential_is_the_caller() -> None:
    answered = route(tree(""), "GET /items")
    assert CALLER in answered.proof.caller
    assert all(label in answered.proof.proven for label in answered.walked.returns)


@pytest.mark.parametrize(
    "check",
    [
        "if item.owner_id != user.id:\n        raise HTTPException(404)",
        "if user.id not in (item.owner_id,):\n        raise HTTPException(404)",
        "if not mine(item, user):\n        raise HTTPException(403)",
        "Guard(user).demand(item)",
        "allowed = item.owner_id == user.id\n    assert allowed",
        "owner = {'id': item.owner_id}\n    if owner['id'] != user.id:\n        raise HTTPException(403)",
    ],
)
def test_a_comparison_with_the_caller_isolates(check: str) -> None:
    code = f"""
def mine(item, user):
    return item.owner_id == user.id

class Guard:
    def __init__(self, user):
        self.user = user

    def demand(self, row):
        if row.owner_id != self.user.id:
            raise HTTPException(403)

@app.delete("/items/{{key}}")
def delete(key: int, user=Depends(me), db=Depends(get_db)):
    item = db.get(Item, key)
    {check}
    db.delete(item)
"""
    assert exposed(tree(code)) == []


@pytest.mark.parametrize(
    "query",
    [
        "db.get(Item, key)",
        "db.query(Item).get(key)",
        "db.query(Item).filter(Item.id == int(key)).first()",
        "db.query(Item).filter_by(id=key).one()",
        "db.execute(select(Item).where(Item.id.in_([key]))).scalar_one()",
        "load(db, Item, key)",
        "store.find(key)",
    ],
)
def test_a_row_by_its_key_alone_is_exposed(query: str) -> None:
    code = f"""
from store import Store
store = Store(Item, Session())

def load(db, model, key):
    statement = select(model)
    statement = statement.where(model.id == key)
    return db.scalar(statement)

@app.delete("/items/{{key}}")
def delete(key: int, user=Depends(me), db=Depends(get_db)):
    db.delete({query})
"""
    store = """
class Store:
    def __init__(self, model, session):
        self.model = model
        self.session = session

    def find(self, key):
        return self.session.get(self.model, key)
"""
    assert exposed(tree(code, store=store)) == [("DELETE /items/{key}", "")]


def test_code_that_cannot_be_followed_leaves_it_open() -> None:
    code = """
from elsewhere import permitted

@app.delete("/items/{key}")
def delete(key: int, user=Depends(me), db=Depends(get_db)):
    item = db.get(Item, key)
    permitted(user, item)
    db.delete(item)
"""
    found = exposed(tree(code))
    assert [subject for subject, _ in found] == ["DELETE /items/{key}"]
    assert "permitted" in found[0][1]


def test_queries_that_something_else_narrows_are_undecided() -> None:
    code = """
from sqlalchemy import event
from sqlalchemy.orm import with_loader_criteria

@app.delete("/items/{key}")
def delete(key: int, user=Depends(me), db=Depends(get_db)):
    db.delete(db.get(Item, key))
"""
    assert "may narrow" in exposed(tree(code))[0][1]


def test_identities_of_routes_and_tools() -> None:
    code = """
from mcp.server.fastmcp import FastMCP
mcp = FastMCP("x")

@app.get("/users/{owner_id}/items")
def items_of(owner_id: int, user=Depends(me), db=Depends(get_db)):
    return db.query(Item).filter(Item.owner_id == owner_id).all()

@app.get("/people/{owner_id}/items")
def items_of_me(owner_id: int, user=Depends(me), db=Depends(get_db)):
    if owner_id != user.id:
        raise HTTPException(403)
    return db.query(Item).filter(Item.owner_id == owner_id).all()

@mcp.tool()
def items(owner_id: int):
    return Session().query(Item).filter(Item.owner_id == owner_id).all()
"""
    project = tree(code)
    identity = project.identity
    chosen = [(each.route.subject, one.name) for each in identity.answered for one in chosen_identities(identity, each)]
    assert chosen == [("GET /users/{owner_id}/items", "owner_id")]
    assert [each.name for each in find_tools(identity)] == ["main.items"]


def test_a_function_that_calls_itself_ends() -> None:
    code = """
def down(db, key, user):
    return up(db, key, user)

def up(db, key, user):
    return down(db, key, user) or db.get(Item, key)

@app.delete("/items/{key}")
def delete(key: int, user=Depends(me), db=Depends(get_db)):
    db.delete(up(db, key, user))
"""
    assert len(exposed(tree(code))) <= 1


def owners(project: Project) -> dict[str, tuple[str, tuple[str, ...]]]:
    found = {route.subject: project.identity.owner(route) for route in project.routes}
    return {subject: (owner.status, owner.by) for subject, owner in found.items() if owner is not None}


def test_who_owns_says_what_binds_the_rows_of_a_route_to_the_caller() -> None:
    assert owners(
        tree("""
@app.get("/items/{item_id}")
def compared(item_id: int, user=Depends(me), db=Depends(get_db)):
    item = db.get(Item, item_id)
    if item.owner_id != user.id:
        raise HTTPException(403)
    return item

@app.delete("/items/{item_id}")
def open_to_all(item_id: int, user=Depends(me), db=Depends(get_db)):
    item = db.get(Item, item_id)
    db.delete(item)

@app.post("/items")
def made(name: str, user=Depends(me), db=Depends(get_db)):
    db.add(Item(name=name, owner_id=user.id))

@app.post("/users/{user_id}/items")
def made_for(user_id: int, name: str, user=Depends(me), db=Depends(get_db)):
    if user_id != user.id:
        raise HTTPException(403)
    db.add(Item(name=name, owner_id=user_id))

@app.get("/me")
def mine(user=Depends(me)):
    return user

@app.get("/version")
def version(user=Depends(me)):
    return 1
""")
    ) == {
        "GET /items": ("caller", ("Item.owner_id",)),
        "GET /items/{item_id}": ("caller", ("Item.owner_id",)),
        "DELETE /items/{item_id}": ("none", ()),
        "POST /items": ("caller", ("Item.owner_id",)),
        "POST /users/{user_id}/items": ("caller", ("Item.owner_id", "user_id")),
        "GET /me": ("caller", ("the caller's own row",)),
    }


def test_who_owns_knows_roles_and_what_cannot_be_followed() -> None:
    assert owners(
        tree("""
from somewhere import may_see

def admin(user=Depends(me)):
    if not user.is_admin:
        raise HTTPException(403)
    return user

@app.get("/all", dependencies=[Depends(admin)])
def everything(db=Depends(get_db)):
    return db.query(Item).all()

@app.get("/items/{item_id}")
def checked_elsewhere(item_id: int, user=Depends(me), db=Depends(get_db)):
    item = db.get(Item, item_id)
    may_see(user, item)
    return item

@app.get("/open/{item_id}")
def without_authentication(item_id: int, db=Depends(get_db)):
    return db.get(Item, item_id)
""")
    ) == {
        "GET /items": ("caller", ("Item.owner_id",)),
        "GET /all": ("role", ("is_admin",)),
        "GET /items/{item_id}": ("unknown", ()),
        "GET /open/{item_id}": ("none", ()),
    }


def test_a_name_that_is_the_callers_does_not_bind_a_row_that_is_loaded_by_its_key() -> None:
    found = owners(
        tree("""
@app.get("/{email}/items/{item_id}")
def by_key(email: str, item_id: int, user=Depends(me), db=Depends(get_db)):
    if email != user.email:
        raise HTTPException(403)
    return db.get(Item, item_id)
""")
    )
    assert found["GET /{email}/items/{item_id}"] == ("none", ())


def test_a_decorator_that_hands_the_function_to_another_demands_a_role() -> None:
    project = project_of(
        {
            "main.py": """
import functools
from flask import Flask, abort
from flask_login import current_user, login_required
app = Flask(__name__)

class require_permissions:
    def __init__(self, names):
        self.names = names
    def __call__(self, function):
        @functools.wraps(function)
        def decorated(*args, **kwargs):
            if current_user.has_permissions(self.names):
                return function(*args, **kwargs)
            abort(403)
        return decorated

def require_permission(name):
    return require_permissions((name,))

def require_admin(function):
    return require_permission("admin")(function)

@app.route("/all")
@require_admin
@login_required
def everything():
    return ""

@app.route("/some")
@login_required
def some():
    return ""
"""
        }
    )
    assert {route.path: demanded(project, route) for route in project.routes} == {
        "/all": "main.require_admin",
        "/some": "",
    }


def test_schemas_that_a_connection_chooses_are_named_as_the_reason() -> None:
    files = {
        "cli.py": "import click\nengine.execution_options(schema_translate_map={None: name})\n",
        "core.py": "def session(name):\n    return engine.execution_options(schema_translate_map={None: name})\n",
        "env.py": "connection.execute('set search_path to x')\n",
    }
    assert "`core.py`" in project_of(files).identity.hidden
