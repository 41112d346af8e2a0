"""What is written down of each request: its id in every record, and a line or a number for itself."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec import Struct

from prodlint.facts import Assign, Call, Constant, Import, Value, walk
from prodlint.finding import Answer, Location
from prodlint.libraries.logging import LOG_METHODS
from prodlint.libraries.observability import ACCESS_LOG_PROGRAMS, REQUEST_ID_NAMES
from prodlint.project.deployment.surroundings import commands
from prodlint.project.observability.applications import WebApplication, own_python
from prodlint.project.observability.documents import logging_documents
from prodlint.project.observability.integrations import serving
from prodlint.project.observability.meters import of_requests

if TYPE_CHECKING:
    from prodlint.project import Project

__all__ = ["Told", "request_id", "request_log"]

_HEADER = re.compile(
    r"x[-_](?:request|correlation|trace|amzn[-_]trace|cloud[-_]trace)[-_](?:id|context)|traceparent", re.I
)
_FIELD = re.compile(
    r"%\((?:\w*_)?(?:request_?id|correlation_?id|trace_?id|req_?id)\w*\)|\{(?:extra\[)?\w*(?:request|correlation|trace)_?id"
)
_BINDERS = frozenset("bind_contextvars bound_contextvars contextualize bind configure".split())
_GIVEN = (
    "logger_dependency", "get_request_logger", "request_logger", "RequestLoggingMiddleware", "LoggingMiddleware",
    "RequestLoggerMiddleware", "RequestContextMiddleware", "get_logger_dependency",
)  # fmt: skip
"""What packages call a logger of one request, and middleware that logs."""
_MIDDLEWARE = ("BaseHTTPMiddleware", "middleware", "before_request", "process_request", "__call__", "get_response")


class Told(Struct, frozen=True):
    """An answer with the place that gives it."""

    answer: Answer
    location: Location | None = None
    reason: str = ""


def request_id(project: Project, application: WebApplication) -> Told:
    """Whether an id of the request is bound to log records: by a library, by a tracer, or by code of the tree."""
    found = serving(project, application, "request-id", "tracing")
    if found is not None:
        return Told(Answer.YES, found.location)
    seen: Location | None = None
    for path in own_python(project, application, *(_BINDERS - {"configure"})):
        bound = _binds(project, path)
        if bound is not None:
            return Told(Answer.YES, bound)
    for path in own_python(project, application, *REQUEST_ID_NAMES):
        names = project.identifiers(path)
        bound = _binds(project, path)
        if bound is not None:
            return Told(Answer.YES, bound)
        if any(
            f" {each} " in names
            for each in ("ContextVar", "Filter", "LoggerAdapter", "LogRecord", "setLogRecordFactory")
        ):
            return Told(Answer.YES, Location(path, 1 << 42))
        if any(f" {each} " in names for each in _MIDDLEWARE):
            seen = seen or Location(path, 1 << 42)
    for path, document in logging_documents(project):
        for each in walk(document):
            if isinstance(each, Constant) and _FIELD.search(str(each.value)):
                return Told(Answer.YES, Location(path, each.place))
    for text, location in _texts(project, application):
        if _FIELD.search(text):
            return Told(Answer.YES, location)
        if _HEADER.fullmatch(text.strip()):
            seen = seen or location
    outside = _logger_from_outside(project, application)
    if outside is not None:
        return outside
    if seen is not None:
        return Told(Answer.UNKNOWN, seen, "an id of the request is read, and it is not seen how log records get it")
    return Told(Answer.NO)


def _logger_from_outside(project: Project, application: WebApplication) -> Told | None:
    """A logger or middleware that a package outside the tree makes for each request, with whatever it binds."""
    for path in own_python(project, application, *_GIVEN):
        python = project.python(path)
        for statement in python.statements if python is not None else ():
            if isinstance(statement, Import) and statement.name in _GIVEN:
                if project.modules.find(statement.module, path) is None:
                    name = f"{statement.module}.{statement.name}"
                    return Told(Answer.UNKNOWN, Location(path, statement.place), f"what `{name}` binds is not known")
    return None


def _binds(project: Project, path: str) -> Location | None:
    """A call that binds an id, or writes one into a record: `bind_contextvars(request_id=...)`,
    `log.info("...", extra={"request_id": ...})`."""
    for call, _ in project.calls_in(path):
        last = str(getattr(call.function, "name", "")).rpartition(".")[2]
        if last in _BINDERS and any(each.name in REQUEST_ID_NAMES for each in call.arguments):
            return Location(path, call.place)
        if last in LOG_METHODS and any(_mentions(each.value) for each in call.arguments):
            return Location(path, call.place)
    return None


def _mentions(value: Value) -> bool:
    for each in walk(value):
        name = str(getattr(each, "name", "")).rpartition(".")[2]
        if name in REQUEST_ID_NAMES or (isinstance(each, Constant) and each.value in REQUEST_ID_NAMES):
            return True
    return False


def _texts(project: Project, application: WebApplication) -> Iterator[tuple[str, Location]]:
    """The strings of middleware and of files that configure logging."""
    for path in own_python(project, application, *_MIDDLEWARE, "Formatter", "dictConfig", "basicConfig", "LOGGING"):
        python = project.python(path)
        assert python is not None
        targets = [target for each in python.statements if isinstance(each, Assign) for target in each.targets]
        for value in (*(value for value, _ in project.values_in(path)), *targets):
            for each in walk(value):
                if isinstance(each, Constant) and isinstance(each.value, str):
                    yield each.value, Location(path, each.place)


def request_log(project: Project, application: WebApplication) -> Told:
    """Whether each request leaves a line or a number: the server's access log, a middleware, metrics."""
    found = serving(project, application, "metrics", "tracing")
    if found is not None and of_requests(project, application, found)[0] is not Answer.NO:
        return Told(Answer.YES, found.location)
    for path in own_python(project, application, "BaseHTTPMiddleware", "middleware", "after_request", "get_response"):
        for call, _ in project.calls_in(path):
            if _is_log_of_request(call):
                return Told(Answer.YES, Location(path, call.place))
    started = False
    for command in commands(project, application.folder):
        programs = {word.rpartition("/")[2] for word in command.words}
        if "gunicorn" in programs:
            started = True
            if any(word.startswith("--access-log") for word in command.words):
                return Told(Answer.YES, command.location)
            if any("Uvicorn" in word for word in command.words) or any(
                word in {"-c", "--config"} for word in command.words
            ):
                return Told(
                    Answer.UNKNOWN, command.location, "the server's own configuration decides about its access log"
                )
        elif programs & ACCESS_LOG_PROGRAMS:
            started = True
            if "--no-access-log" not in command.words:
                return Told(Answer.YES, command.location)
    if not started:
        return Told(Answer.UNKNOWN, application.location, "it is not seen how the server is started")
    return Told(Answer.NO)


def _is_log_of_request(call: Call) -> bool:
    """A log call that speaks of the path, the method, the status or the time of a request."""
    last = str(getattr(call.function, "name", "")).rpartition(".")[2]
    if last not in LOG_METHODS:
        return False
    names = {
        str(getattr(each, "name", "")).rpartition(".")[2] for value in call.arguments for each in walk(value.value)
    }
    return bool(names & {"path", "url", "method", "status_code", "process_time", "duration", "elapsed", "full_path"})
