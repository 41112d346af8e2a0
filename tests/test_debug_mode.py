"""Debug switches: what deployment files say about them, and what surrounds them."""

from pathlib import Path

import pytest
from test_engines import project

from prodlint.checks.config.debug_mode import check
from prodlint.facts import span
from prodlint.finding import Finding, Severity, Undecided
from prodlint.project.deployment.debug import is_for_development
from prodlint.project.deployment.declared import declared
from prodlint.project.deployment.declared import is_for_development as is_development_file

RUN = "from flask import Flask\napp = Flask(__name__)\nif __name__ == '__main__':\n    app.run(debug=True)\n"
SWITCH = "from fastapi import FastAPI\napp = FastAPI(debug=bool(os.getenv('D', '1')))\n"
COMPOSE = "services:\n  web:\n    image: web\n    environment:\n"


def found(folder: Path, files: dict[str, str]) -> list[tuple[str, int, Severity | str | None]]:
    rows: list[tuple[str, int, Severity | str | None]] = []
    for each in check(project(folder, files)):
        line = span(each.location.place).line
        rows.append((each.location.path, line, each.severity if isinstance(each, Finding) else each.reason))
    return rows


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("DevelopmentConfig", True),
        ("settings.local", True),
        ("TestingConfig", True),
        ("run_dev", True),
        ("devices", False),
        ("LocaleConfig", False),
        ("latest", False),
        ("ProductionConfig", False),
    ],
)
def test_names_for_development(name: str, expected: bool) -> None:
    assert is_for_development(name) is expected


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("compose.yaml", False),
        ("compose.override.yml", True),
        ("docker-compose.dev.yml", True),
        (".devcontainer/compose.yaml", True),
        ("deploy/prod/compose.yaml", False),
        ("Dockerfile.test", True),
    ],
)
def test_deployment_files_for_development(path: str, expected: bool) -> None:
    assert is_development_file(path) is expected


@pytest.mark.parametrize(
    "files",
    [
        {"Dockerfile": 'FROM python:3.13\nCMD ["python", "/srv/app.py"]\n'},
        {"Dockerfile": "FROM python:3.13\nCMD python app.py\n"},
        {"Dockerfile": 'FROM python:3.13\nENTRYPOINT ["sh", "-c", "exec python -m app"]\n'},
        {"compose.yaml": "services:\n  web:\n    build: .\n    command: python app.py\n"},
        {"web.service": "[Service]\nExecStart=/usr/bin/python /srv/app.py\n"},
    ],
)
def test_what_a_deployment_starts_is_production(tmp_path: Path, files: dict[str, str]) -> None:
    assert found(tmp_path, {"app.py": RUN, **files}) == [("app.py", 4, None)]


@pytest.mark.parametrize(
    "files",
    [
        {"Dockerfile": 'FROM python:3.13\nCMD ["gunicorn", "app:app"]\n'},
        {"Dockerfile": 'FROM python:3.13\nCMD ["python", "other_app.py"]\n'},
        {"Dockerfile": 'FROM python:3.13 AS dev\nCMD ["python", "app.py"]\nFROM python:3.13\n'},
        {"compose.override.yaml": "services:\n  web:\n    build: .\n    command: python app.py\n"},
        {"compose.yaml": "services:\n  web:\n    build: .\n    volumes: ['.:/srv']\n    command: python app.py\n"},
        {},
    ],
)
def test_what_only_a_developer_starts_is_a_note(tmp_path: Path, files: dict[str, str]) -> None:
    assert found(tmp_path, {"app.py": RUN, **files}) == [("app.py", 4, Severity.NOTE)]


@pytest.mark.parametrize(
    ("files", "when"),
    [
        ({"app.py": RUN}, "when this file is run"),
        ({"app.py": RUN, "Dockerfile": 'FROM python:3.13\nCMD ["python", "main.py"]\n'}, "when this file is run"),
        ({"app.py": RUN, "Dockerfile": 'FROM python:3.13\nCMD ["python", "app.py"]\n'}, "in production"),
        ({"app.py": RUN.replace("True", "os.getenv('D', '1')")}, "when this file is run, unless `D` is set"),
        ({"app.py": "import uvicorn\nuvicorn.run('m:a', host='localhost', reload=True)\n"}, "when this file is run"),
        (
            {"app.py": "import uvicorn\ndef serve():\n    uvicorn.run('m:a', host='::1', reload=True)\n"},
            "when `serve` is called",
        ),
        ({"app.py": SWITCH}, "unless `D` is set"),
        ({"app.py": SWITCH, "Dockerfile": "FROM python:3.13\nENV D=0\n"}, "unless `D` is set"),
        ({"app.py": SWITCH, "Dockerfile": "FROM python:3.13\nENV D=1\n"}, "in production"),
        ({"app.py": SWITCH.replace("os.getenv('D', '1')", "True")}, "in production"),
    ],
)
def test_when_it_is_on(tmp_path: Path, files: dict[str, str], when: str) -> None:
    files = {"app.py": f"import os\n{files['app.py']}", **{name: files[name] for name in files if name != "app.py"}}
    (finding,) = check(project(tmp_path, files))
    assert isinstance(finding, Finding)
    assert finding.fields["when"] == when


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ("      APP_DEBUG: 'true'\n", [("compose.yaml", 5, None)]),
        ("      APP_DEBUG: ${APP_DEBUG:-true}\n", [("compose.yaml", 5, None)]),
        ("      APP_DEBUG: ${APP_DEBUG:-false}\n", []),
        ("      APP_DEBUG: ${APP_DEBUG}\n", []),
        ("      - APP_DEBUG=1\n", [("compose.yaml", 5, None)]),
        ("      OTHER_DEBUG: 1\n", []),
    ],
)
def test_a_variable_that_compose_sets(tmp_path: Path, environment: str, expected: list[object]) -> None:
    code = "import os\nfrom fastapi import FastAPI\napp = FastAPI(debug=bool(os.getenv('APP_DEBUG')))\n"
    assert found(tmp_path, {"main.py": code, "compose.yaml": COMPOSE + environment}) == expected


def test_a_name_of_an_environment_turns_a_default_off(tmp_path: Path) -> None:
    code = "import os\nfrom fastapi import FastAPI\napp = FastAPI(debug=os.getenv('STAGE', 'dev') == 'dev')\n"
    assert found(tmp_path / "open", {"main.py": code}) == [("main.py", 3, None)]
    closed = {"main.py": code, "Dockerfile": "FROM python:3.13\nENV STAGE=production\n"}
    assert found(tmp_path / "closed", closed) == [("main.py", 3, Severity.NOTE)]


def test_the_chain_from_default_to_use_is_the_evidence(tmp_path: Path) -> None:
    files = {
        "settings.py": "import pydantic_settings as p\nclass Settings(p.BaseSettings):\n    debug: bool = True\n",
        "main.py": "from fastapi import FastAPI\nfrom settings import Settings\nFastAPI(debug=Settings().debug)\n",
    }
    (finding,) = check(project(tmp_path, files))
    assert isinstance(finding, Finding)
    assert (finding.location.path, span(finding.location.place).line) == ("settings.py", 3)
    assert finding.steps[0].location.path == "main.py"


def test_only_the_stages_that_are_shipped_count(tmp_path: Path) -> None:
    image = (
        "FROM python:3.13 AS base\nENV FLASK_DEBUG=1\nFROM base AS build\nENV QUART_DEBUG=1\n"
        "FROM base\nRUN pip check\nFROM base AS dev\nENV PYTHONASYNCIODEBUG=1\n"
    )
    assert found(tmp_path, {"Dockerfile": image}) == [("Dockerfile", 2, None)]


def test_kubernetes_and_samples(tmp_path: Path) -> None:
    manifest = (
        "kind: Deployment\nspec:\n  template:\n    spec:\n      containers:\n        - name: web\n"
        "          env:\n            - name: FLASK_DEBUG\n              value: '1'\n"
    )
    files = {"k8s/web.yaml": manifest, ".env.example": "FLASK_DEBUG=1\n", ".env": "FLASK_DEBUG=1\n"}
    linked = project(tmp_path, files)
    assert {each.kind: each.production for each in declared(linked)["FLASK_DEBUG"]} == {
        "manifest": True,
        "dotenv": False,
    }
    assert [each.location.path for each in check(linked)] == ["k8s/web.yaml"]


def test_a_computed_value_is_undecided(tmp_path: Path) -> None:
    code = "from fastapi import FastAPI\nfrom unknown import flag\napp = FastAPI(debug=flag('x'))\n"
    (undecided,) = check(project(tmp_path, {"main.py": code}))
    assert isinstance(undecided, Undecided)
    assert undecided.reason
