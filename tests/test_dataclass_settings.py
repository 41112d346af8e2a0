"""Dataclasses whose fields ask the environment: what `inspect settings` says of them, and where their values go."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from prodlint import rule
from prodlint.engine import Request, load, run
from prodlint.project.settings import rows

SETTINGS = """\
import os
from dataclasses import dataclass, field

from env import from_env, plain


@dataclass
class Settings:
    name: str
    debug: bool = field(default_factory=from_env("APP_DEBUG", True))
    secret_key: str = field(default_factory=lambda: os.environ["SECRET_KEY"])
    workers: int = field(default_factory=lambda: int(os.getenv("WORKERS", "2")))
    region: str | None = os.getenv("REGION")
    plain: bool = field(default_factory=plain("NO_VARIABLE", True))
    tags: list[str] = field(default_factory=list)


@dataclass
class Other:
    tags: list[str] = field(default_factory=list)
"""
ENV = """\
import os


def from_env(key, default):
    return lambda: read(key, default)


def read(key, default):
    text = os.getenv(key)
    return default if text is None else text == "true"


def plain(key, default):
    return lambda: default
"""
MAIN = """\
from fastapi import FastAPI

from settings import Settings

settings = Settings("shop")
quiet = Settings("shop", debug=False)
app = FastAPI(debug=settings.debug)
other = FastAPI(debug=quiet.debug)


@app.get("/")
def index() -> dict:
    return {}
"""


def request(folder: Path, *rules: str) -> Request:
    for name, text in {"settings.py": SETTINGS, "env.py": ENV, "main.py": MAIN, "requirements.txt": "fastapi"}.items():
        (folder / name).write_text(text)
    return Request(
        paths=(str(folder),), catalogue=rule.load(), rules=rules, options={}, use_cache=False, today=date(2026, 5, 4)
    )


def test_fields_that_ask_the_environment(tmp_path: Path) -> None:
    (only,) = rows(load(request(tmp_path)))
    fields = {
        each["name"]: (each["env"], each["default"], each["required"], each["secret"])
        for each in only["fields"]  # type: ignore[attr-defined]
    }
    assert only["class"] == "settings.Settings"
    assert fields == {
        "debug": ("APP_DEBUG", True, False, False),
        "secret_key": ("SECRET_KEY", None, True, True),
        "workers": ("WORKERS", 2, False, False),
        "region": ("REGION", None, False, False),
    }


def test_a_default_reaches_its_use_unless_another_value_is_passed(tmp_path: Path) -> None:
    report = run(request(tmp_path, "debug-mode"))
    assert [(each.finding.location.path, each.finding.location.place >> 42) for each in report.findings] == [
        ("settings.py", 10)
    ]
    assert ("main.py", 7) in [
        (step.location.path, step.location.place >> 42) for step in report.findings[0].finding.steps
    ]
