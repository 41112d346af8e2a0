"""Engines: which database they speak to and which arguments reach them."""

import inspect
from pathlib import Path

import pytest

from prodlint.libraries.engines import (
    DRIVER_SIZES,
    ENGINE_LOGGERS,
    MAX_OVERFLOW,
    POOL_EVENTS,
    POOL_READS,
    POOL_SIZE,
    UNPOOLED,
    dialect_of,
)
from prodlint.project import Project
from prodlint.project.engines.engine import Engine
from prodlint.readers import read
from prodlint.sources import discover


def project(folder: Path, files: dict[str, str]) -> Project:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    (folder / ".git").mkdir(exist_ok=True)
    workspace = discover([str(folder)])
    return Project(
        workspace.root,
        workspace.sources,
        lambda path: read(workspace.sources[path].kind, path, (folder / path).read_bytes()),
    )


def engine(folder: Path, code: str, **others: str) -> Engine:
    files = {"main.py": f"import os\nfrom sqlalchemy import create_engine\n{code}\n"}
    files |= {name.replace("__", "."): text for name, text in others.items()}
    found = project(folder, files).engines
    assert len(found) == 1
    return found[0]


def test_the_pool_has_the_size_that_the_message_names() -> None:
    # https://docs.sqlalchemy.org/en/20/core/engines.html#sqlalchemy.create_engine.params.pool_size
    sqlalchemy = pytest.importorskip("sqlalchemy")
    assert inspect.signature(sqlalchemy.QueuePool.__init__).parameters["pool_size"].default == POOL_SIZE
    assert inspect.signature(sqlalchemy.QueuePool.__init__).parameters["max_overflow"].default == MAX_OVERFLOW
    page = (Path(__file__).parents[1] / "rules/database/missing-pool-settings.md").read_text()
    assert f"{POOL_SIZE} + {MAX_OVERFLOW} connections" in page


def test_the_pool_that_an_engine_takes_by_itself() -> None:
    # https://docs.sqlalchemy.org/en/20/core/pooling.html#connection-pool-configuration
    sqlalchemy = pytest.importorskip("sqlalchemy")
    from sqlalchemy.dialects import mysql, postgresql, sqlite

    for dialect in (mysql.base.MySQLDialect, postgresql.base.PGDialect):
        assert dialect.get_pool_class(sqlalchemy.make_url("x://app@db/app")) is sqlalchemy.QueuePool
    asynchronous = postgresql.asyncpg.PGDialect_asyncpg.get_pool_class(sqlalchemy.make_url("postgresql://app@db/app"))
    assert asynchronous is sqlalchemy.AsyncAdaptedQueuePool
    assert issubclass(asynchronous, sqlalchemy.QueuePool)
    memory = sqlite.pysqlite.SQLiteDialect_pysqlite.get_pool_class(sqlalchemy.make_url("sqlite://"))
    assert memory.__name__ in UNPOOLED


def test_a_pool_asks_nothing_by_itself() -> None:
    # https://docs.sqlalchemy.org/en/20/core/pooling.html#dealing-with-disconnects
    sqlalchemy = pytest.importorskip("sqlalchemy")
    parameters = inspect.signature(sqlalchemy.Pool.__init__).parameters
    assert parameters["pre_ping"].default is False and parameters["recycle"].default == -1
    assert parameters["echo"].default is None


def test_the_names_of_events_and_numbers_are_the_library_s() -> None:
    sqlalchemy = pytest.importorskip("sqlalchemy")
    assert {name for name in sqlalchemy.event.base._registrars if name in POOL_EVENTS} == POOL_EVENTS
    assert {name for name in POOL_READS if hasattr(sqlalchemy.QueuePool, name)} == {"checkedout", "checkedin", "status"}


def test_echo_is_the_level_info_of_the_engine_s_logger() -> None:
    sqlalchemy = pytest.importorskip("sqlalchemy")
    from sqlalchemy import log

    assert log.InstanceLogger._echo_map[True] == 20 and log.InstanceLogger._echo_map["debug"] == 10
    assert sqlalchemy.Engine.__module__ == "sqlalchemy.engine.base"
    assert "sqlalchemy.engine.Engine" in ENGINE_LOGGERS


def test_the_classes_without_a_size_have_none() -> None:
    pool = pytest.importorskip("sqlalchemy.pool")
    names = {name for name in dir(pool) if name.endswith("Pool") and name != "Pool"}
    sized = {name for name in names if issubclass(getattr(pool, name), pool.QueuePool)}
    assert "AsyncAdaptedQueuePool" in sized
    # FallbackAsyncAdaptedQueuePool is gone in 2.1.
    assert names - sized == UNPOOLED


@pytest.mark.parametrize(
    ("text", "dialect"),
    [
        ("postgresql+asyncpg://a@b/c", "postgresql"),
        ("postgres://", "postgres"),
        ("sqlite:///x.db", "sqlite"),
        ("sqlite://", "sqlite"),
        ("mysql+pymysql", "mysql"),
        ("postgresql", "postgresql"),
        ("change-me", ""),
        ("", ""),
        ("/var/run: x", ""),
    ],
)
def test_dialect_of(text: str, dialect: str) -> None:
    assert dialect_of(text) == dialect


@pytest.mark.parametrize(
    ("url", "dialects"),
    [
        ("'postgresql://app@db/app'", ("postgresql",)),
        ("f\"postgresql://{os.environ['DB_USER']}@db/app\"", ("postgresql",)),
        ("'mysql://' + os.environ['DB_HOST']", ("mysql",)),
        ("'postgresql://%s/app' % os.environ['DB_HOST']", ("postgresql",)),
        ("os.getenv('DATABASE_URL', 'postgres://db').replace('postgres://', 'postgresql://')", ("postgresql",)),
        ("os.getenv('DATABASE_URL') or 'mssql+pyodbc://db'", ("mssql",)),
        ("'sqlite://' if os.getenv('TEST') else 'postgresql://db'", ("postgresql", "sqlite")),
        ("os.environ['DATABASE_URL']", ()),
    ],
)
def test_dialects(tmp_path: Path, url: str, dialects: tuple[str, ...]) -> None:
    found = engine(tmp_path, f"engine = create_engine({url})")
    assert tuple(sorted(found.database.dialects)) == dialects


def test_an_unknown_url_has_a_reason(tmp_path: Path) -> None:
    found = engine(tmp_path, "engine = create_engine(os.environ['DATABASE_URL'])")
    assert found.database.reason == "the environment variable `DATABASE_URL` decides"
    assert not found.is_server and not found.is_embedded


def test_a_sample_outweighs_a_default_of_sqlite(tmp_path: Path) -> None:
    code = "engine = create_engine(os.getenv('DATABASE_URL', 'sqlite:///x.db'))"
    assert engine(tmp_path, code).is_embedded
    (tmp_path / ".env.example").write_text("DATABASE_URL=postgresql://app:secret@db/app\n")
    found = engine(tmp_path, code)
    assert found.database.dialects == ("postgresql",)
    assert found.database.steps[-1].location.path == ".env.example"


def test_the_sample_of_another_application_tells_nothing(tmp_path: Path) -> None:
    files = {
        "one/requirements.txt": "sqlalchemy==2.0.0\n",
        "one/main.py": "import os\nfrom sqlalchemy import create_engine\ncreate_engine(os.environ['DATABASE_URL'])\n",
        "two/requirements.txt": "psycopg2==2.9.10\n",
        "two/.env.example": "DATABASE_URL=postgresql://app@db/app\n",
    }
    (found,) = project(tmp_path, files).engines
    assert found.database.dialects == ()


def test_a_driver_for_tests_tells_nothing(tmp_path: Path) -> None:
    code = "engine = create_engine(os.environ['DATABASE_URL'])"
    (tmp_path / "requirements-dev.txt").write_text("psycopg2==2.9.10\n")
    assert engine(tmp_path, code).database.dialects == ()
    (tmp_path / "requirements.txt").write_text("psycopg2==2.9.10\n")
    assert engine(tmp_path, code).database.dialects == ("postgresql",)


def test_drivers_of_several_databases_tell_nothing(tmp_path: Path) -> None:
    code = "engine = create_engine(os.getenv('DATABASE_URL', 'sqlite:///x.db'))"
    found = engine(tmp_path, code, requirements__txt="psycopg2==2.9.10\npymysql==1.1.1\n")
    assert found.database.dialects == ("sqlite",)
    decided = "the environment variable `DATABASE_URL` decides; without it, it is sqlite"
    assert found.database.reason == f"{decided}; drivers of MySQL and PostgreSQL are required"


def test_the_fall_back_is_the_evidence_before_any_driver(tmp_path: Path) -> None:
    code = (
        "if os.getenv('DATABASE_URL'):\n    url = os.environ['DATABASE_URL']\n"
        "else:\n    url = f\"postgresql://{os.environ['HOST']}/app\"\nengine = create_engine(url)"
    )
    found = engine(tmp_path, code, requirements__txt="psycopg2==2.9.10\nasyncpg==0.30.0\n")
    assert found.database.dialects == ("postgresql",)
    assert not any("driver" in step.message for step in found.database.steps)


def test_what_decides_between_urls_is_evidence(tmp_path: Path) -> None:
    code = (
        "kind, host = os.getenv('KIND', 'server'), os.getenv('HOST', 'db')\n"
        "def url():\n    if kind == 'memory':\n        return 'sqlite://'\n    return f'postgresql://{host}/app'\n"
        "engine = create_engine(url())"
    )
    found = engine(tmp_path, code)
    assert set(found.database.dialects) == {"sqlite", "postgresql"}
    assert found.database.steps[0].message == "`kind` decides which it is"


@pytest.mark.parametrize(
    ("driver", "call", "dialects"),
    [
        ("asyncpg", "create_engine(url)", ()),
        ("asyncpg", "create_async_engine(url)", ("postgresql",)),
        ("asyncpg", "AsyncEngine(create_engine(url))", ("postgresql",)),
        ("pymysql", "create_async_engine(url)", ()),
        ("psycopg", "create_engine(url)", ("postgresql",)),
        ("psycopg", "create_async_engine(url)", ("postgresql",)),
    ],
)
def test_only_a_driver_that_the_engine_can_use_tells(
    tmp_path: Path, driver: str, call: str, dialects: tuple[str, ...]
) -> None:
    wanted = "AsyncEngine, create_async_engine" if "AsyncEngine" in call else "create_async_engine"
    code = f"from sqlalchemy.ext.asyncio import {wanted}\nurl = os.environ['DATABASE_URL']\nengine = {call}"
    assert engine(tmp_path, code, requirements__txt=f"{driver}==1.0\n").database.dialects == dialects


def test_arguments_of_mappings_are_followed(tmp_path: Path) -> None:
    code = """
def options():
    found = {"echo": False}
    if os.getenv("SIZE"):
        found["pool_size"] = int(os.environ["SIZE"])
    found.update({"pool_recycle": 300}, pool_pre_ping=True)
    return found
engine = create_engine("postgresql://db", **options())"""
    found = engine(tmp_path, code)
    assert {name for name, _ in found.arguments} == {"echo", "pool_size", "pool_recycle", "pool_pre_ping"}
    assert found.incomplete == ""
    assert found.argument("pool_timeout") is None


def test_arguments_that_cannot_be_followed_are_said_to_be_missing(tmp_path: Path) -> None:
    code = "import json\nengine = create_engine('postgresql://db', echo=True, **json.loads(os.environ['OPTIONS']))"
    found = engine(tmp_path, code)
    assert [name for name, _ in found.arguments] == ["echo"]
    assert found.incomplete == "arguments come from `json.loads`, which cannot be followed"


@pytest.mark.parametrize(
    ("body", "used_up"),
    [
        ("    with engine.connect() as c:\n        c.execute('x')\n", True),
        ("    engine.connect()\n    engine.dispose()\n", True),
        ("    engine.connect()\n    return engine\n", False),
        ("    keep(engine)\n", False),
        ("    def inner():\n        return engine.connect()\n    return inner\n", True),
    ],
)
def test_an_engine_that_its_function_uses_up(tmp_path: Path, body: str, used_up: bool) -> None:
    found = engine(tmp_path, f"def run():\n    engine = create_engine('postgresql://db')\n{body}")
    assert found.is_disposed is used_up


def test_a_global_engine_is_not_used_up(tmp_path: Path) -> None:
    code = "def run():\n    global engine\n    engine = create_engine('postgresql://db')\n    engine.connect()\n"
    assert not engine(tmp_path, code).is_disposed


def test_a_server_process_is_no_script(tmp_path: Path) -> None:
    code = "engine = create_engine('postgresql://db')\nif __name__ == '__main__':\n    run()\n"
    assert engine(tmp_path, code).is_script
    assert not engine(tmp_path, f"import uvicorn\n{code}").is_script


def test_the_pools_of_drivers_have_these_sizes() -> None:
    asyncpg = pytest.importorskip("asyncpg")
    parameters = inspect.signature(asyncpg.create_pool).parameters
    assert (parameters["max_size"].default, 0) == DRIVER_SIZES["asyncpg"]
    psycopg_pool = pytest.importorskip("psycopg_pool")
    parameters = inspect.signature(psycopg_pool.ConnectionPool.__init__).parameters
    # Without `max_size` the pool has a fixed size, `min_size`.
    assert parameters["max_size"].default is None
    assert (parameters["min_size"].default, 0) == DRIVER_SIZES["psycopg_pool"]


def test_django_closes_connections_unless_it_is_told_to_keep_them() -> None:
    # https://docs.djangoproject.com/en/stable/ref/settings/#conn-max-age
    utils = pytest.importorskip("django.db.utils")
    databases = utils.ConnectionHandler({"default": {"ENGINE": "django.db.backends.sqlite3"}}).settings
    assert databases["default"]["CONN_MAX_AGE"] == 0
    assert databases["default"]["CONN_HEALTH_CHECKS"] is False


def test_databases_of_django(tmp_path: Path) -> None:
    files = {
        "requirements.txt": "django==5.2\n",
        "config/settings/base.py": (
            "import os\nimport environ\nenv = environ.Env()\n"
            "DATABASES = {'default': env.db('DATABASE_URL', default='postgres://app@db/app')}\n"
            "DATABASES['other'] = {'ENGINE': 'django.db.backends.mysql', 'NAME': 'x'}\n"
        ),
        "config/settings/production.py": (
            "from .base import *\nfrom .base import DATABASES\nDATABASES['other']['CONN_MAX_AGE'] = 60\n"
        ),
    }
    found = project(tmp_path, files).engines
    assert [(each.subject.rpartition(".")[2], each.database.dialects) for each in found] == [
        ("default", ("postgres",)),
        ("other", ("mysql",)),
    ]
    assert [name for name, _ in found[1].arguments] == ["ENGINE", "NAME", "CONN_MAX_AGE"]
    assert all(each.library == "django" for each in found)


def test_pools_of_drivers(tmp_path: Path) -> None:
    files = {
        "main.py": (
            "import asyncpg\nfrom psycopg_pool import AsyncConnectionPool\n"
            "async def start():\n    return await asyncpg.create_pool('postgresql://db', max_size=20)\n"
            "pool = AsyncConnectionPool('postgresql://db')\n"
        )
    }
    found = project(tmp_path, files).engines
    assert [(each.library, each.name, [name for name, _ in each.arguments]) for each in found] == [
        ("asyncpg", "create_pool", ["pool_size"]),
        ("psycopg_pool", "AsyncConnectionPool", []),
    ]


def test_a_subclass_of_the_flask_extension_may_set_options(tmp_path: Path) -> None:
    files = {
        "app.py": (
            "from flask_sqlalchemy import SQLAlchemy\nSQLALCHEMY_DATABASE_URI = 'postgresql://app@db/app'\n"
            "class Own(SQLAlchemy):\n    def apply_driver_hacks(self, app, info, options):\n        return options\n"
            "db = Own(engine_options={'echo': False})\n"
        )
    }
    (found,) = project(tmp_path, files).engines
    assert [name for name, _ in found.arguments] == ["echo"]
    assert found.incomplete == "`Own` sets options by itself"


def test_pools_of_libraries_that_are_told_a_url(tmp_path: Path) -> None:
    text = """
import os
from databases import Database
from tortoise import Tortoise
from tortoise.contrib.fastapi import register_tortoise

CONFIG = {
    "connections": {
        "default": {"engine": "tortoise.backends.asyncpg", "credentials": {"host": "db", "maxsize": 7}},
        "other": "mysql://db/app?maxsize=8",
    },
    "apps": {},
}
one = Database("postgresql+asyncpg://db/app", min_size=2, max_size=6)
register_tortoise(None, db_url="sqlite://:memory:")
register_tortoise(None, config=CONFIG)

async def create():
    await Tortoise.init(db_url="postgres://db/app")
    await Tortoise.generate_schemas()
    await Tortoise.close_connections()
"""
    found = project(tmp_path, {"app.py": text}).engines
    sizes = [getattr(getattr(each.argument("pool_size"), "value", None), "value", None) for each in found]
    assert [(each.library, each.database.dialects, each.is_disposed) for each in found] == [
        ("databases", ("postgresql",), False),
        ("tortoise", ("sqlite",), False),
        ("tortoise", ("postgresql",), False),
        ("tortoise", ("mysql",), False),
        ("tortoise", ("postgresql",), True),
    ]
    assert sizes == [6, None, 7, 8, None]


def test_the_pools_of_tortoise_have_these_sizes() -> None:
    pytest.importorskip("tortoise.backends.asyncpg.client")
    from tortoise.backends.asyncpg.client import AsyncpgDBClient

    client = AsyncpgDBClient("u", "p", "db", "host", 5432, connection_name="x")
    assert client.pool_maxsize == DRIVER_SIZES["tortoise"][0]
