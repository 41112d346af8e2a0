"""Evidence: what of a small application speaks for an item, against it, or leaves it open, and where that stands."""

import pytest

from prodlint.checklist import ITEMS
from prodlint.facts import span
from prodlint.finding import Answer
from prodlint.scorecard import applicable
from prodlint.scorecard.application import Application
from prodlint.scorecard.evidence import EVIDENCE
from tests.tree import project_of

MAIN = """
import os
from datetime import datetime, timedelta, timezone

import jwt
from fastapi import Depends, FastAPI, HTTPException
from fastapi.security import OAuth2PasswordBearer
from passlib.context import CryptContext
from pydantic import BaseModel, Field
from sqlalchemy import create_engine, select
from sqlalchemy.orm import Session

from app.models import Item

app = FastAPI()
scheme = OAuth2PasswordBearer("login")
hasher = CryptContext(schemes=["bcrypt"])
KEY = os.environ["SECRET_KEY"]
engine = create_engine(os.environ["DATABASE_URL"], pool_size=10, max_overflow=20)


class NewItem(BaseModel):
    name: str = Field(max_length=100)


def current_user(token: str = Depends(scheme)) -> int:
    return jwt.decode(token, KEY, algorithms=["HS256"])["sub"]


def access_token(user: int) -> str:
    expires = datetime.now(timezone.utc) + timedelta(minutes=30)
    return jwt.encode({"sub": user, "exp": expires}, KEY, algorithm="HS256")


@app.post("/login")
def login(name: str, password: str):
    if not hasher.verify(password, stored(name)):
        raise HTTPException(401, "Wrong name or password")
    return {"access_token": access_token(1), "token_type": "bearer"}


@app.get("/items")
def items(user: int = Depends(current_user)):
    with Session(engine) as session:
        return session.scalars(select(Item).where(Item.owner_id == user)).all()


@app.post("/items")
def add(item: NewItem, user: int = Depends(current_user)):
    \"\"\"Add an item.\"\"\"
    with Session(engine) as session:
        session.add(Item(name=item.name, owner_id=user))
"""
MODELS = """
from sqlalchemy import ForeignKey
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
    hashed_password: Mapped[str]


class Item(Base):
    __tablename__ = "items"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    owner_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
"""
TESTS = """
from fastapi.testclient import TestClient
from sqlalchemy.orm import Session

from app.main import app

client = TestClient(app)


def test_login():
    assert client.post("/login?name=a&password=b").status_code == 401
"""
FILES = {"app/main.py": MAIN, "app/models.py": MODELS, "tests/test_main.py": TESTS}


def said(name: str, files: dict[str, str] = FILES, answer: Answer = Answer.YES) -> list[str]:
    """What the evidence of an item says with one answer, each with its line."""
    found = EVIDENCE[name](Application(project_of(files)))
    return [
        f"{each.text} @{each.location.path}:{span(each.location.place).line}" if each.location else each.text
        for each in found
        if each.answer is answer
    ]


def line(text: str, source: str = MAIN) -> int:
    return source.splitlines().index(next(each for each in source.splitlines() if text in each)) + 1


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("protected-routes", "2 of 3 routes are guarded by `current_user`: "),
        ("signing-key", "the key that signs JSON web tokens is taken from `SECRET_KEY`, without which "),
        ("access-token-lifetime", "an access token lives 30 minutes @app/main.py:"),
        ("user-isolation", "`Item.owner_id` is filtered by the caller, as in `GET /items` @app/models.py:"),
        ("input-checked", "1 handler takes its body as a model that checks it: `NewItem`"),
        ("input-length", "1 text of clients has a `max_length`: `name`"),
        ("sql-injection", "1 query compares columns and binds its values through SQLAlchemy"),
        ("secrets-from-environment", "1 secret comes from the environment: `SECRET_KEY`"),
        ("database-password-hidden", "how to open the database is read from `DATABASE_URL`"),
        ("connection-pool", "`create_engine` is given pool_size=10, max_overflow=20 @app/main.py:"),
        ("owner-index", f"`Item.owner_id` has an index @app/models.py:{line('owner_id', MODELS)}"),
        ("pooling-active", "`create_engine` runs once, when the module is imported"),
        ("authentication-documented", "2 protected routes use a security scheme, which the schema shows"),
        ("endpoints-documented", "1 of 3 handlers have a docstring"),
        ("signup-to-chat-tested", "`POST /login` is called in 1 place of the tests @tests/test_main.py:11"),
        ("database-integration-tested", "`Session` is used in 1 file of the tests"),
        ("a02-cryptography", f"`CryptContext` hashes passwords @app/main.py:{line('CryptContext(')}"),
        ("a07-authentication", "the signature of a token is verified"),
        ("friendly-errors", "1 error is raised with a message that somebody wrote"),
    ],
)
def test_what_speaks_for_an_item(name: str, text: str) -> None:
    assert any(each.startswith(text) for each in said(name)), said(name)


def test_what_speaks_against_an_item() -> None:
    assert said("migrations-exist", answer=Answer.NO) == ["there are no migrations"]
    hidden = MAIN.replace("Depends(scheme)", "Header()").replace("import Depends,", "import Depends, Header,")
    refusing = hidden.replace("    return jwt", "    if not token:\n        raise HTTPException(401)\n    return jwt")
    (text,) = said("authentication-documented", {**FILES, "app/main.py": refusing}, Answer.NO)
    assert text.startswith("2 protected routes ask for a credential that the schema does not show")
    wildcard = MAIN + "\nfrom fastapi.middleware.cors import CORSMiddleware\n"
    wildcard += "app.add_middleware(CORSMiddleware, allow_origins=['*'])\n"
    assert said("cors-origins", {**FILES, "app/main.py": wildcard}, Answer.NO)[0].startswith("`CORSMiddleware` allows ")


def test_what_stands_around_an_application() -> None:
    readme = {**FILES, "README.md": "# Shop\n\nStart it with `make`.\n"}
    (text,) = said("rollback-documented", readme, Answer.NO)
    assert text.startswith("neither the README nor a document about operation")
    assert said("rollback-documented", {**FILES, "README.md": "How to roll back a release\n"}, Answer.NO) == []
    labels = "[traefik.http.routers.web.rule=Host(`shop.example.org`)]"
    proxy = {**FILES, "compose.yml": f"services:\n  web:\n    image: shop\n    labels: {labels}\n"}
    assert said("allowed-hosts", proxy)[-1].startswith("this proxy names the hosts")
    workflow = "on: push\njobs:\n  ship:\n    steps:\n      - run: kubectl apply -f k8s\n"
    (text,) = said("tests-before-deploy", {**FILES, ".github/workflows/ship.yml": workflow}, Answer.NO)
    assert text.startswith("the job `ship` deploys and waits for no tests")


def test_a_deployment_that_waits_for_staging_shows_the_order() -> None:
    def jobs(needs: str) -> dict[str, str]:
        deploy = "steps: [{run: kubectl apply -f k8s}]"
        text = f"on: push\njobs:\n  staging: {{{deploy}}}\n  ship: {{{needs}{deploy}}}\n"
        return {**FILES, ".github/workflows/ship.yml": text.replace("steps: [{", "steps: [{")}

    assert said("staging-first", jobs("needs: [staging], "))[-1].startswith("the job `ship` deploys after `staging`")
    assert [each for each in said("staging-first", jobs("")) if "after" in each] == []


SORTED = """
from fastapi import FastAPI
from sqlalchemy import ForeignKey, create_engine, select
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

app = FastAPI()


class Base(DeclarativeBase):
    pass


class Message(Base):
    __tablename__ = "messages"
    id: Mapped[int] = mapped_column(primary_key=True)
    talk_id: Mapped[int]
    created_at: Mapped[str]


def history(session, talk):
    found = select(Message).where(Message.talk_id == talk).order_by(Message.created_at).limit(50)
    return session.scalars(found).all()
"""


def test_what_queries_sort_by_is_held_against_the_indexes() -> None:
    (text,) = said("time-index", {"app/main.py": SORTED}, Answer.NO)
    assert text.startswith(
        "a query sorts by `Message.created_at` and no index serves it: one on `(talk_id, created_at)`"
    )
    sorted_by = SORTED.replace("created_at: Mapped[str]", "created_at: Mapped[str] = mapped_column(index=True)")
    assert said("time-index", {"app/main.py": sorted_by})[0].startswith("`Message.created_at` has an index")
    found = SORTED.replace("talk_id: Mapped[int]", "talk_id: Mapped[int] = mapped_column(index=True)")
    assert said("time-index", {"app/main.py": found})[0].startswith("an index on `talk_id` finds the rows that are ")
    assert said("time-index", {"app/main.py": found}, Answer.NO) == []


COUNTING = """
from fastapi import FastAPI
from statsd import StatsClient

app = FastAPI()
statsd = StatsClient()


@app.get("/")
def root():
    return {}
"""


def test_a_meter_that_is_told_of_no_request_monitors_none() -> None:
    jobs = {
        "app/main.py": COUNTING,
        "app/jobs.py": "from app.main import statsd\n\n\ndef send():\n    statsd.incr('a')\n",
    }
    assert said("response-time-monitoring", jobs, Answer.NO)[0].startswith("`statsd` is told of other things")
    assert said("performance-logged", jobs)[0].startswith("`statsd` records figures")
    middleware = COUNTING + "\n\n@app.middleware('http')\nasync def timed(request, call_next):\n"
    middleware += "    statsd.incr('requests')\n    return await call_next(request)\n"
    assert said("response-time-monitoring", {"app/main.py": middleware})[0].startswith("`statsd` records how long")
    handler = COUNTING.replace("    return {}", "    statsd.incr('a')\n    return {}")
    assert len(said("response-time-monitoring", {"app/main.py": handler}, Answer.UNKNOWN)) == 1


def test_a_tracker_that_nothing_starts_monitors_nothing() -> None:
    plain = COUNTING.replace("from statsd import StatsClient\n", "").replace("statsd = StatsClient()\n", "")
    files = {"app/main.py": "import sentry_sdk\n" + plain, "requirements.txt": "fastapi==0.115.0\nsentry-sdk==2.0.0\n"}
    assert said("error-rate-monitoring", files, Answer.NO)[0].startswith("`sentry-sdk` does nothing, for nothing calls")
    mails = "from logging.handlers import SMTPHandler\nSMTPHandler('m', 'a', ['b'], 'c')\n" + plain
    (text,) = said("error-rate-monitoring", {"app/main.py": mails}, Answer.NO)
    assert text.startswith("errors are mailed one by one, and nothing counts them")
    told = said("errors-logged", {"app/main.py": mails})
    assert any(each.startswith("errors are sent to somebody by mail") for each in told)


@pytest.mark.parametrize(
    ("hashers", "text"),
    [("", "Django hashes passwords with PBKDF2, its default"),
     ('PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]',
      "Django hashes passwords with `Argon2PasswordHasher`")],
)  # fmt: skip
def test_the_hasher_that_django_is_given_first(hashers: str, text: str) -> None:
    settings = f"INSTALLED_APPS = []\nMIDDLEWARE = []\n{hashers}\n"
    models = "from django.db import models\n\n\nclass Item(models.Model):\n    name = models.CharField(max_length=9)\n"
    views = "def join(user, text):\n    user.set_password(text)\n"
    files = {"shop/settings.py": settings, "shop/models.py": models, "shop/views.py": views}
    assert said("a02-cryptography", files)[0].startswith(text)


def test_a_key_from_a_file_is_not_random() -> None:
    settings = "INSTALLED_APPS = []\nMIDDLEWARE = []\nSECRET_KEY = {}\nMIDDLEWARE = ['django.contrib.sessions.middleware.SessionMiddleware']\n"
    read = {"shop/settings.py": "from pathlib import Path\n" + settings.format("Path('key').read_text().strip()")}
    made = {"shop/settings.py": "import os\n" + settings.format("os.urandom(32)")}
    assert [each.partition(" @")[0].rpartition(" is ")[2] for each in said("signing-key", read)] == ["read from a file"]
    assert [each.partition(" @")[0].rpartition(" is ")[2] for each in said("signing-key", made)] == [
        "made of random bytes"
    ]


def test_hosts_of_the_environment_are_hosts() -> None:
    settings = """
import os
from urllib.parse import urlparse

from django.http.request import split_domain_port

INSTALLED_APPS = []
MIDDLEWARE = []
ROOT_URLCONF = "shop.urls"
if v := os.getenv("ALLOWED_HOSTS"):
    ALLOWED_HOSTS = v.split(",")
else:
    domain, _ = split_domain_port(urlparse(os.getenv("ROOT", "http://localhost")).netloc)
    ALLOWED_HOSTS = [domain]
"""
    urls = "from django.http import HttpResponse\nfrom django.urls import path\n\n\ndef root(request):\n"
    urls += "    return HttpResponse('x')\n\n\nurlpatterns = [path('', root)]\n"
    files = {"shop/settings.py": settings, "shop/urls.py": urls}
    assert any(each.startswith("`ALLOWED_HOSTS` names hosts") for each in said("allowed-hosts", files))
    anyone = {**files, "shop/settings.py": settings.replace("[domain]", "['*']")}
    assert [each for each in said("allowed-hosts", anyone) if "ALLOWED_HOSTS" in each] == []


def test_secrets_that_a_function_of_the_application_reads() -> None:
    settings = """
import os


def secret(name, default=None):
    return os.getenv(name, default)


API_KEY = secret("API_KEY")
"""
    (text,) = said("secrets-from-environment", {"app/settings.py": settings})
    assert text.startswith("1 secret comes from the environment: `API_KEY`")


def test_django_without_a_pool() -> None:
    def settings(options: str) -> dict[str, str]:
        entry = f"'ENGINE': 'django.db.backends.postgresql', 'NAME': 'shop', 'OPTIONS': {options}"
        return {"shop/settings.py": f"INSTALLED_APPS = []\nDATABASES = {{'default': {{{entry}}}}}\n"}

    assert len(said("connection-pool", settings("{'sslmode': 'require'}"), Answer.NO)) == 1
    assert len(said("pool-monitoring", settings("{'sslmode': 'require'}"), Answer.NO)) == 1
    assert said("connection-pool", settings("{'pool': True}"), Answer.NO) == []
    assert said("connection-pool", settings("computed()"), Answer.NO) == []


@pytest.mark.parametrize(
    ("age", "answer"), [("", Answer.NO), ('"CONN_MAX_AGE": 60', Answer.YES), ('"CONN_MAX_AGE": age()', Answer.UNKNOWN)]
)
def test_django_keeps_a_connection_only_when_it_is_told_to(age: str, answer: Answer) -> None:
    entry = f"'ENGINE': 'django.db.backends.postgresql', 'NAME': 'shop', {age}"
    settings = f"INSTALLED_APPS = []\nDATABASES = {{'default': {{{entry}}}}}\n"
    assert len(said("pooling-active", {"shop/settings.py": settings}, answer)) == 1


def test_a_threshold_of_coverage_is_read_wherever_it_stands() -> None:
    enough = {**FILES, "pyproject.toml": "[tool.coverage.report]\nfail_under = 85\n"}
    assert said("coverage", enough) == ["tests fail below 85 % coverage @pyproject.toml:2"]
    few = {**FILES, "pyproject.toml": '[tool.pytest.ini_options]\naddopts = "--cov --cov-fail-under=60"\n'}
    assert said("coverage", few, Answer.NO)[0].startswith("tests fail below 60 % coverage, which is less than 80 %")


def test_a_token_for_somebody_else_is_no_access_token() -> None:
    client = """
        import jwt

        def ask(key):
            return jwt.encode({"iss": "app", "exp": 1}, key, algorithm="RS256")
        """
    files = {"app/client.py": client.replace("\n        ", "\n"), "app/main.py": "from fastapi import FastAPI\n"
             "app = FastAPI()\n\n\n@app.get('/')\ndef root():\n    return {}\n"}  # fmt: skip
    answer, reason = applicable.tokens(Application(project_of(files)))
    assert (answer, reason) == (Answer.NO, "the application issues no access tokens")


def test_tools_described_as_data_are_tools() -> None:
    tools = 'TOOLS = [{"type": "function", "function": {"name": "add_task", "parameters": {}}}]\nimport openai\n'
    app = Application(project_of({**FILES, "app/tools.py": tools}))
    assert [name for name, _ in app.tool_schemas] == ["add_task"]
    assert applicable.tools(app)[0] is Answer.YES
    assert applicable.tools(Application(project_of(FILES)))[0] is Answer.NO


@pytest.mark.parametrize("name", EVIDENCE)
def test_nothing_fails_on_an_empty_tree(name: str) -> None:
    app = Application(project_of({"empty.py": ""}))
    assert [
        each for each in EVIDENCE[name](app) if each.answer is Answer.YES and " searched for " not in each.text
    ] == []


@pytest.mark.parametrize("need", sorted({need for item in ITEMS.values() for need in item.needs}))
def test_without_an_application_nothing_is_ruled_out(need: str) -> None:
    assert getattr(applicable, need)(Application(project_of({"sums.py": "A = 1\n"})))[0] is Answer.UNKNOWN
