"""The model of deployment: servers with workers and replicas, services as they are laid over, command lines."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from prodlint import rule
from prodlint.engine import Request, load
from prodlint.facts import Patterns
from prodlint.project import Project
from prodlint.project.deployment.actions import actions
from prodlint.project.deployment.context import leaves_out
from prodlint.project.deployment.shell import programs

RULES = rule.load()


def project(folder: Path, files: dict[str, str]) -> Project:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    request = Request(
        paths=(str(folder),), catalogue=RULES, rules=(), options={}, use_cache=False, today=date(2026, 5, 4)
    )
    return load(request)


def test_workers_and_replicas(tmp_path: Path) -> None:
    found = project(
        tmp_path,
        {
            "Dockerfile": 'FROM python:3.12\nENV WEB_CONCURRENCY=3\nCOPY start.sh /s.sh\nENTRYPOINT ["/s.sh"]\n',
            "start.sh": "#!/bin/sh\nBIND=${BIND:-0.0.0.0:9000}\nexec gunicorn -b $BIND -c conf.py app:app\n",
            "conf.py": "import os\nworkers = int(os.getenv('WORKERS', '5'))\n",
            "compose.yml": "services:\n  api:\n    build: .\n    command: uvicorn app:app --workers ${N:-2}\n"
            "    entrypoint: []\n    deploy:\n      replicas: 4\n  many:\n    build: .\n    entrypoint: []\n"
            "    command: uvicorn app:app --workers $(nproc)\n",
            "Procfile": "web: fastapi run main.py\n",
        },
    ).deployment.servers
    assert [(each.server, each.workers, each.port, each.start.kind, each.start.replicas) for each in found] == [
        ("gunicorn", 5, "9000", "image", 1),
        ("uvicorn", 2, "8000", "compose", 4),
        ("uvicorn", None, "8000", "compose", 1),
        ("fastapi", 1, "8000", "Procfile", None),
    ]


def test_services_are_laid_over(tmp_path: Path) -> None:
    services = project(
        tmp_path,
        {
            "compose.yml": "x-base: &base\n  image: app\nservices:\n  web:\n    <<: *base\n    command: a\n",
            "compose.override.yml": "services:\n  web:\n    command: b\n    environment: [A=1]\n",
            "compose.prod.yml": "services:\n  web:\n    environment:\n      A: ${A:-2}\n",
        },
    ).deployment.services
    said = [
        (each.path, each.text("image"), each.text("command"), each.environment, each.production) for each in services
    ]
    assert said == [
        ("compose.override.yml", "app", "b", {"A": "1"}, False),
        ("compose.prod.yml", "app", "a", {"A": "2"}, True),
        ("compose.yml", "app", "a", {}, False),
    ]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ('sh -c "cd app && exec python -m uvicorn main:app"', ["cd", "uvicorn"]),
        ("A=1 poetry run alembic upgrade head || true", ["alembic", "true"]),
        ("tini -- gosu app /srv/bin/gunicorn app:app", ["gunicorn"]),
        ("if ! uv run --no-sync pytest; then exit 1; fi", ["pytest", "exit", "fi"]),
    ],
)
def test_programs(text: str, names: list[str]) -> None:
    assert [each.name for each in programs(text)] == names


@pytest.mark.parametrize(
    ("lines", "path", "left_out"),
    [
        ((".env",), ".env", True),
        ((".env",), "config/.env", False),
        (("**/.env",), "config/.env", True),
        ((".*", "!.env"), ".env", False),
        (("*", "!src"), ".git", True),
        (("/.git/",), ".git", True),
        (("# .git", ""), ".git", False),
    ],
)
def test_dockers_patterns(lines: tuple[str, ...], path: str, left_out: bool) -> None:
    assert leaves_out(Patterns(lines), path) is left_out


def test_what_an_action_gets_hold_of(tmp_path: Path) -> None:
    workflow = """\
on: push
jobs:
  bare:
    permissions: {}
    steps: [{uses: one/report@v1}]
  token:
    steps: [{uses: one/pages@v1, with: {token: "${{ secrets.GITHUB_TOKEN }}"}}]
  secret:
    steps: [{uses: one/ssh@v1}, {run: ./deploy, env: {KEY: "${{ secrets.DEPLOY_KEY }}"}}]
  all:
    uses: one/flows/.github/workflows/release.yml@main
    secrets: inherit
"""
    found = actions(project(tmp_path, {".github/workflows/ci.yml": workflow}))
    assert {each.name.rpartition("/")[2]: (each.reach.secrets, each.reach.token) for each in found} == {
        "report": ((), False),
        "pages": ((), True),
        "ssh": (("DEPLOY_KEY",), True),
        "release.yml": (("*",), True),
    }
