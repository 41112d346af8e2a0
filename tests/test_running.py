"""What the rules on the event loop and on sessions take for granted, held against the installed libraries."""

import asyncio
import importlib
import threading
from collections.abc import Iterator

import pytest

from prodlint.libraries.blocking import BLOCKING, ENGINE_METHODS, SESSION_METHODS, waits_for
from prodlint.libraries.sessions import FACTORIES, SESSION_CLASSES

INSTALLED = ("builtins", "time", "requests", "httpx", "urllib", "smtplib", "socket", "subprocess", "os", "sqlite3", "io",
             "pathlib", "shutil", "jwt", "psycopg")  # fmt: skip


def found(name: str) -> object:
    """What a dotted name is, importing as many of its parts as are modules."""
    parts = name.split(".")
    for cut in range(len(parts) - 1, 0, -1):
        try:
            value: object = importlib.import_module(".".join(parts[:cut]))
        except ImportError:
            continue
        for part in parts[cut:]:
            value = getattr(value, part)
        return value
    raise AssertionError(f"{name} is not importable")


@pytest.mark.parametrize("name", sorted(each for each in BLOCKING if each.partition(".")[0] in INSTALLED))
def test_a_blocking_call_is_there_and_no_coroutine(name: str) -> None:
    pytest.importorskip(name.partition(".")[0])
    called = found(name)
    assert callable(called)
    assert not asyncio.iscoroutinefunction(called)


def test_the_methods_of_sessions_and_engines_are_theirs() -> None:
    orm = pytest.importorskip("sqlalchemy.orm")
    sqlmodel = pytest.importorskip("sqlmodel")
    assert {name for name in SESSION_METHODS if not hasattr(orm.Session, name)} == {"exec"}
    assert hasattr(sqlmodel.Session, "exec")
    engine = importlib.import_module("sqlalchemy").Engine
    assert {name for name in ENGINE_METHODS if not hasattr(engine, name)} == {"execute"}  # Of 1.x.


@pytest.mark.parametrize("name", sorted({*SESSION_CLASSES, *FACTORIES}))
def test_what_opens_a_session_is_there(name: str) -> None:
    pytest.importorskip("sqlmodel")
    assert callable(found(name))


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("requests.get", "network"),
        ("sqlalchemy.orm.Session.execute", "database"),
        ("sqlalchemy.orm.Session.execute.mappings", ""),
        ("sqlalchemy.orm.Session.add", ""),
        ("sqlalchemy.ext.asyncio.AsyncSession.execute", ""),
        ("openai.OpenAI.chat.completions.create", "network"),
        ("openai.AsyncOpenAI.chat.completions.create", ""),
        ("redis.Redis.get", "database"),
        ("redis.asyncio.Redis.get", ""),
        ("boto3.client.put_object", "network"),
        ("boto3.client.generate_presigned_url", ""),
    ],
)
def test_waits_for(name: str, kind: str) -> None:
    assert waits_for(name) == kind


def test_fastapi_runs_plain_functions_in_threads_and_coroutines_on_the_loop() -> None:
    # https://fastapi.tiangolo.com/async/#path-operation-functions
    fastapi = pytest.importorskip("fastapi")
    client = pytest.importorskip("starlette.testclient")
    app = fastapi.FastAPI()

    async def on_the_loop() -> int:
        return threading.get_ident()

    def in_a_thread() -> int:
        return threading.get_ident()

    @app.get("/async")
    async def handler(
        loop: int = fastapi.Depends(on_the_loop), thread: int = fastapi.Depends(in_a_thread)
    ) -> list[bool]:
        return [threading.get_ident() == loop, threading.get_ident() == thread]

    @app.get("/plain")
    def plain(loop: int = fastapi.Depends(on_the_loop)) -> bool:
        return threading.get_ident() == loop

    with client.TestClient(app) as session:
        assert session.get("/async").json() == [True, False]
        assert session.get("/plain").json() is False


def test_fastapi_throws_a_failure_into_a_dependency() -> None:
    # https://fastapi.tiangolo.com/tutorial/dependencies/dependencies-with-yield/#dependencies-with-yield-and-try
    fastapi = pytest.importorskip("fastapi")
    client = pytest.importorskip("starlette.testclient")
    app, events = fastapi.FastAPI(), []

    def plain() -> Iterator[None]:
        yield
        events.append("closed")

    def protected() -> Iterator[None]:
        try:
            yield
        finally:
            events.append("closed in finally")

    @app.get("/", dependencies=[fastapi.Depends(plain), fastapi.Depends(protected)])
    def fail() -> None:
        raise fastapi.HTTPException(404)

    with client.TestClient(app) as session:
        assert session.get("/").status_code == 404
    assert events == ["closed in finally"]


def test_a_generator_that_is_thrown_away_cleans_up_at_once() -> None:
    events = []

    def get_db() -> Iterator[str]:
        try:
            yield "session"
        finally:
            events.append("closed")

    session = next(get_db())
    assert (session, events) == ("session", ["closed"])
