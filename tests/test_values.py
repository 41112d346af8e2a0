"""Names and values across files: what an expression is, and why."""

import pytest

from prodlint.facts import Assign
from prodlint.project import Project
from prodlint.project.values.bindings import Defined, External, Module, Unresolved
from prodlint.project.values.outcomes import (
    Choice,
    Environment,
    Instance,
    Items,
    Known,
    Meaning,
    Opaque,
    Outcome,
    Site,
    Text,
)
from tests.tree import project_of


def outcome(project: Project, name: str, path: str = "main.py") -> Outcome:
    """What the last assignment to a module's variable gives."""
    python = project.python(path)
    assert python is not None
    found = [
        each for each in python.statements if isinstance(each, Assign) and getattr(each.targets[0], "name", "") == name
    ]
    value = found[-1].value
    assert value is not None
    return project.values.evaluate(Site(path, python.blocks[found[-1].block].scope), value)


def meaning(text: str, **others: str) -> Meaning:
    files = {"main.py": text, **{f"{name}.py": each for name, each in others.items()}}
    return outcome(project_of(files), "x").meaning


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x = 60 * 24 * 8", Known(11520)),
        ("a = 'b'\nx = a + '-' + f'{a}'", Known("b-b")),
        ("x = 'A,B'.lower().split(',')[1]", Known("b")),
        ("x = {'a': {'b': 3}}['a']['b']", Known(3)),
        ("x = dict(a=1).get('a', 2)", Known(1)),
        ("x = not (1 > 2)", Known(True)),
        ("x = 1 if 'a' in 'abc' else 2", Known(1)),
        ("x = None or 'y'", Known("y")),
        ("x = 'a' in ['a', 'b']", Known(True)),
        ("from typing import cast\nx = cast(int, 4)", Known(4)),
        ("x = int('12') + 1", Known(13)),
        ("import other\nx = other.A.B", Known(5)),
        ("from other import *\nx = C", Known(6)),
        ("from other import f\nx = f()", Known(6)),
        ("from other import f\nx = f(7)", Known(7)),
        ("a, b = 1, 2\nx = b", Known(2)),
    ],
)
def test_constants_are_evaluated(text: str, expected: Meaning) -> None:
    other = "C = 6\nclass A:\n    B = 5\ndef f(n=C):\n    return n\n"
    assert meaning(text, other=other) == expected


def test_what_is_not_known_is_not_guessed() -> None:
    assert isinstance(meaning("x = undefined"), Opaque)
    assert isinstance(meaning("x = 1\nx += 2\ny = x\nx = y"), Opaque)
    assert isinstance(meaning("import random\nx = random.random() * 2"), Opaque)
    assert meaning("import os\nif os.path.exists('a'):\n    y = 1\nelse:\n    y = 2\nx = y") == Choice(
        (Known(1), Known(2))
    )


def test_names_that_define_each_other_end() -> None:
    assert isinstance(meaning("from other import a\nx = a", other="from main import x as a"), Opaque)
    assert isinstance(meaning("def f(n):\n    return f(n)\nx = f(1)"), Opaque)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("import os\nx = os.getenv('A', 'b')", Environment("A", Known("b"))),
        ("import os\nx = os.environ['A']", Environment("A", None)),
        ("import os\nx = os.getenv('D', 'False').lower() == 'true'", Environment("D", Known(False))),
        ("import os\nx = os.environ.get('D', '1') in ('1', 'true')", Environment("D", Known(True))),
        ("from os import getenv\nx = getenv('A') or 'c'", Environment("A", Known("c"))),
        (
            "from starlette.config import Config\nc = Config()\nx = c('D', cast=bool, default='no')",
            Environment("D", Known(False)),
        ),
        ("from decouple import config\nx = config('D', default=True, cast=bool)", Environment("D", Known(True))),
        ("import environ\ne = environ.Env()\nx = e.bool('D', default=False)", Environment("D", Known(False))),
    ],
)
def test_environment_reads_keep_their_fallback(text: str, expected: Meaning) -> None:
    assert meaning(text) == expected


def test_settings_are_read_through_their_factory() -> None:
    settings = """
from functools import lru_cache
from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

class Base(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="APP_")
    debug: bool = False
    port: int = Field(8000, ge=1)
    key: str

    @property
    def url(self) -> str:
        return f"http://localhost:{self.port}"

class Settings(Base):
    debug: bool = True

@lru_cache
def get_settings() -> Settings:
    return Settings()
"""
    start = "from settings import get_settings\ns = get_settings()\n"
    assert meaning(start + "x = s.debug", settings=settings) == Environment("APP_DEBUG", Known(True))
    assert meaning(start + "x = s.key", settings=settings) == Environment("APP_KEY", None)
    assert meaning(start + "x = s.url", settings=settings) == Environment("APP_PORT", Known("http://localhost:8000"))


def test_an_outcome_shows_the_chain_of_places() -> None:
    project = project_of(
        {"a.py": "LIMIT = 5\n", "b.py": "from a import LIMIT as L\n", "main.py": "from b import L\nx = L\n"}
    )
    found = outcome(project, "x")
    assert found.meaning == Known(5)
    assert [step.location.path for step in found.steps] == ["main.py", "a.py"]


def test_instances_know_their_class() -> None:
    text = """
import requests
from typing import Annotated
Session = Annotated[requests.Session, 1]
def f(session: Session, other: "requests.Session | None" = None):
    with requests.Session() as inner:
        a = session.get
        b = other.get
        c = inner.get
"""
    project = project_of({"main.py": text})
    assert {outcome(project, name).meaning for name in "abc"} == {External("requests.Session.get")}


def test_text_that_is_known_in_part() -> None:
    found = meaning("import socket\nx = f'postgresql://{socket.gethostname()}/db'")
    assert found == Text(("postgresql://", None, "/db"))


def test_init_arguments_reach_attributes() -> None:
    other = "class A:\n    def __init__(self, names, size=3):\n        self.names = names\n        self.size = size\n"
    assert meaning("from other import A\na = A(['x'])\nx = a.size", other=other) == Known(3)
    names = meaning("from other import A\na = A(['x'])\nx = a.names", other=other)
    assert isinstance(names, Items) and len(names.values) == 1


# --- names ---

LAYOUT = {
    "backend/app/__init__.py": "",
    "backend/app/main.py": "from app.core.config import settings\nfrom . import routes\nfrom .core import config\nx = 1\n",
    "backend/app/core/__init__.py": "from .config import settings as exported\n",
    "backend/app/core/config.py": "settings = 1\n",
    "backend/app/routes/__init__.py": "from . import items, app\n",
    "backend/app/routes/items.py": "try:\n    import orjson as json\nexcept ImportError:\n    import json\n",
    "backend/app/routes/app.py": "",
    "src/lib/__init__.py": "",
    "src/lib/tools.py": "def tool(): ...\n",
    "scripts/run.py": "from lib.tools import tool\nfrom lib import missing\nimport alembic\nfrom alembic import op\n",
    "scripts/dependencies.py": "",
    "scripts/dependencies/x.py": "",
    "scripts/other.py": "import dependencies\nimport dependencies.x\n",
    "alembic/env.py": "",
}


@pytest.mark.parametrize(
    ("path", "name", "expected"),
    [
        ("backend/app/main.py", "routes.items", Module("backend/app/routes/items.py")),
        ("backend/app/main.py", "routes.app", Module("backend/app/routes/app.py")),
        ("backend/app/main.py", "config", Module("backend/app/core/config.py")),
        ("backend/app/routes/items.py", "json.dumps", External("orjson.dumps")),
        ("scripts/run.py", "tool", Defined("src/lib/tools.py", 1)),
        ("scripts/run.py", "op.create_index", External("alembic.op.create_index")),
        ("scripts/other.py", "dependencies", Module("scripts/dependencies.py")),
    ],
)
def test_names_are_followed_across_the_tree(path: str, name: str, expected: object) -> None:
    symbol, rest = project_of(LAYOUT).names.resolve(path, 0, name)
    assert (symbol, rest) == (expected, "")


def test_what_is_not_in_a_module_is_unresolved() -> None:
    symbol, _ = project_of(LAYOUT).names.resolve("scripts/run.py", 0, "missing")
    assert isinstance(symbol, Unresolved)


def test_canonical_names() -> None:
    modules = project_of(LAYOUT).modules
    assert modules.name("backend/app/core/config.py") == "app.core.config"
    assert modules.name("backend/app/core/__init__.py") == "app.core"
    assert modules.name("src/lib/tools.py") == "lib.tools"


def test_type_checking_imports_are_followed() -> None:
    text = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from other import A\nx: 'A'\n"
    project = project_of({"main.py": text, "other.py": "class A: ...\n"})
    assert project.names.resolve("main.py", 0, "A")[0] == Defined("other.py", 1)


def test_ancestors_of_a_class() -> None:
    project = project_of(
        {
            "main.py": "import base\nclass A(base.B): ...\nclass C(A, undefined): ...\n",
            "base.py": "class B(dict): ...\n",
        }
    )
    assert project.names.derives_from(Defined("main.py", 1), {"builtins.dict"}) is True
    assert project.names.derives_from(Defined("main.py", 1), {"builtins.list"}) is False
    assert project.names.derives_from(Defined("main.py", 2), {"builtins.list"}) is None


def test_an_instance_is_known_by_its_call() -> None:
    found = meaning("from fastapi import APIRouter\nx = APIRouter(prefix='/a')")
    assert isinstance(found, Instance) and found.of == External("fastapi.APIRouter") and found.call is not None
