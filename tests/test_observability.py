"""What is known of the libraries that watch an application, held against the installed ones; modules that hide others."""

from __future__ import annotations

import importlib

import pytest

from prodlint.libraries.observability import HEALTH_MODULES, INTEGRATIONS, STRUCTURED_CLASSES
from prodlint.project.observability.health import database_touched, health_routes
from prodlint.project.observability.logs import log_format
from tests.tree import project_of

_PLACES = {
    "sentry_sdk": {"init": "sentry_sdk"},
    "prometheus_client": {
        "generate_latest": "prometheus_client",
        "make_asgi_app": "prometheus_client",
        "make_wsgi_app": "prometheus_client",
        "start_http_server": "prometheus_client",
        "start_wsgi_server": "prometheus_client",
        "MetricsHandler": "prometheus_client",
        "push_to_gateway": "prometheus_client",
    },
    "prometheus_fastapi_instrumentator": {"instrument": "prometheus_fastapi_instrumentator.Instrumentator"},
    "structlog": {
        "configure": "structlog",
        "ProcessorFormatter": "structlog.stdlib",
        "JSONRenderer": "structlog.processors",
        "LogfmtRenderer": "structlog.processors",
        "KeyValueRenderer": "structlog.processors",
    },
    "pythonjsonlogger": {"JsonFormatter": "pythonjsonlogger.json"},
    "asgi_correlation_id": {"CorrelationIdMiddleware": "asgi_correlation_id"},
    "starlette_context": {"RawContextMiddleware": "starlette_context.middleware"},
    "slowapi": {"limit": "slowapi.Limiter", "SlowAPIMiddleware": "slowapi.middleware"},
}
"""Where the installed library has a name that attaches it."""


@pytest.mark.parametrize("module", sorted(_PLACES))
def test_names_that_attach_a_library_are_its_own(module: str) -> None:
    integration = next(each for each in INTEGRATIONS if each.module == module)
    for name, place in _PLACES[module].items():
        assert name in integration.starts
        holder, _, last = place.rpartition(".")
        try:
            found = importlib.import_module(place)
        except ModuleNotFoundError:
            found = getattr(importlib.import_module(holder), last)
        assert hasattr(found, name), f"{place} has no {name}"


def test_structlog_writes_for_consoles_unless_it_is_told_otherwise() -> None:
    structlog = pytest.importorskip("structlog")
    assert isinstance(structlog.get_config()["processors"][-1], structlog.dev.ConsoleRenderer)


def test_loguru_writes_text_unless_it_is_told_to_serialize() -> None:
    logger = pytest.importorskip("loguru").logger
    lines: list[str] = []
    plain, fields = logger.add(lines.append, format="{message}"), logger.add(lines.append, serialize=True)
    logger.info("paid")
    logger.remove(plain)
    logger.remove(fields)
    assert sorted(line.startswith("{") for line in lines) == [False, True]


def test_a_longer_module_stands_before_the_one_that_it_continues() -> None:
    modules = [each.module for each in INTEGRATIONS]
    for index, module in enumerate(modules):
        assert not any(other.startswith(f"{module}.") for other in modules[index:])
    assert len(set(modules)) == len(modules)
    assert HEALTH_MODULES and STRUCTURED_CLASSES


APPLICATION = """
from fastapi import Depends, FastAPI

app = FastAPI()


def session():
    yield None


@app.get("/health")
def health(db=Depends(session)):
    {body}
"""


@pytest.mark.parametrize(
    ("body", "answer"),
    [
        ("return {}", "no"),
        ("db.execute('SELECT 1')", "yes"),
        ("return {'redis': cache.ping()}", "no"),
        ("return all([])", "no"),
        ("return Item.objects.exists()", "yes"),
        ("return db.query(Item).first()", "yes"),
        ("return pool.fetchval('select 1')", "yes"),
        ("return platform.check_database()", "unknown"),
        ("return redis_client.get('up')", "no"),
    ],
)
def test_whether_a_handler_asks_the_database(body: str, answer: str) -> None:
    text = APPLICATION.format(body=body) + "\n\nfrom company import Item, cache, platform, pool, redis_client\n"
    project = project_of({"main.py": text})
    (application,) = project.web_applications
    (route,) = health_routes(project, application)
    assert database_touched(project, route).answer.value == answer


@pytest.mark.parametrize(
    ("configuration", "answer"),
    [
        ("logging.basicConfig(level='INFO')", "no"),
        ('logging.basicConfig(format=\'{"time": "%(asctime)s"}\')', "yes"),
        ("logging.basicConfig(format=settings.FORMAT)", "no"),
        ("logging.config.dictConfig(load())", "unknown"),
        ("logging.config.fileConfig('elsewhere.ini')", "unknown"),
    ],
)
def test_the_format_of_records(configuration: str, answer: str) -> None:
    text = f"import logging\nimport logging.config\nfrom fastapi import FastAPI\n{configuration}\napp = FastAPI()\n"
    project = project_of({"main.py": f"{text}\n@app.get('/')\ndef root():\n    return 1\n"})
    (application,) = project.web_applications
    assert log_format(project, application).structured.value == answer


def test_a_file_of_the_application_configures_logging() -> None:
    main = "import logging.config\nfrom fastapi import FastAPI\nlogging.config.fileConfig('log.ini')\napp = FastAPI()\n"
    main += "\n@app.get('/')\ndef root():\n    return 1\n"
    plain = "[formatters]\nkeys=a\n[handlers]\nkeys=b\n[loggers]\nkeys=root\n[formatter_a]\nformat=%(message)s\n"
    project = project_of({"main.py": main, "log.ini": plain})
    assert log_format(project, project.web_applications[0]).structured.value == "no"
    fields = plain.replace("format=%(message)s", "class=pythonjsonlogger.json.JsonFormatter")
    project = project_of({"main.py": main, "log.ini": fields})
    assert log_format(project, project.web_applications[0]).structured.value == "yes"


def test_a_module_inside_a_package_does_not_hide_the_standard_library() -> None:
    project = project_of(
        {
            "shop/__init__.py": "",
            "shop/logging.py": "import logging\n",
            "json.py": "",
            "types/part.py": "",
            "main.py": "",
        }
    )
    assert project.modules.find("logging", "shop/logging.py") is None
    assert project.modules.find("json", "main.py") == "json.py"
    assert project.modules.find("types", "main.py") is None
