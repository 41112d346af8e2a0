"""How an application writes its log records: as text, or with fields that a program can read."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from prodlint.facts import Call, Constant, Mapping, Reference, Value, walk
from prodlint.finding import Answer, Location
from prodlint.libraries.observability import STRUCTURED_CLASSES
from prodlint.libraries.servers import SERVING_CALLS
from prodlint.project.deployment.surroundings import has_main
from prodlint.project.observability.applications import WebApplication, own_python
from prodlint.project.observability.documents import logging_documents, of_document
from prodlint.project.observability.formats import LogFormat, has_fields, texts_in, unknown_formatter, used_texts
from prodlint.project.observability.integrations import serving
from prodlint.project.observability.server_logs import of_file, of_servers
from prodlint.project.values.bindings import Defined, External
from prodlint.project.values.outcomes import Known, Opaque, Pairs, Site, options

if TYPE_CHECKING:
    from prodlint.project import CallSite, Project

__all__ = ["LogFormat", "log_format"]

_CONFIGURE = frozenset(
    {
        "logging.basicConfig",
        "logging.config.dictConfig",
        "logging.config.fileConfig",
        "logging.Formatter",
        "colorlog.basicConfig",
        "coloredlogs.install",
        "loguru.logger.add",
        "loguru.logger.configure",
        "structlog.configure",
        "structlog.configure_once",
    }
)
_DUMPS = frozenset({"dumps", "encode", "dump", "to_json", "model_dump_json", "JSONEncoder"})
_OTHER_RENDERERS = ("builtins.", "rest_framework", "drf_", "djangorestframework", "pyramid.")
"""Where classes of the same names write responses, as REST framework's `JSONRenderer` does."""
_SETUP = re.compile(r"log", re.IGNORECASE)


def log_format(project: Project, application: WebApplication) -> LogFormat:
    """The format of the application's log records; one place that writes fields is enough."""
    found = serving(project, application, "structured")
    plain: LogFormat | None = None
    django = tuple(_of_django(project, application))
    # A formatter that stands in the settings and that no handler has formats nothing.
    unused = {each.location.path for each in django if each.structured is Answer.NO and each.location is not None}
    is_unused = found is not None and found.location is not None and found.location.path in unused
    if found is not None and found.integration.module != "structlog" and not is_unused:
        return LogFormat(Answer.YES, found.location, f"`{found.integration.module}` writes fields")
    own = _own_formatter(project, application) or _named_class(project, application)
    if own is not None:
        return LogFormat(Answer.YES, own, "a formatter writes fields")
    doubt: LogFormat | None = None
    for site in _sites(project, application):
        answer = _of_call(project, site)
        if answer.structured is Answer.YES:
            return answer
        if answer.structured is Answer.UNKNOWN:
            doubt = doubt or answer
        else:
            plain = plain or answer
    documents = (of_document(path, document) for path, document in logging_documents(project))
    for answer in (*django, *documents, *of_servers(project, application)):
        if answer.structured is Answer.YES:
            return answer
        if answer.structured is Answer.UNKNOWN:
            doubt = doubt or answer
        else:
            plain = plain or answer
    if doubt is not None and not (doubt.what and plain is not None):
        return doubt
    return plain or _elsewhere(project, application)


# --- what writes fields ---


def _own_formatter(project: Project, application: WebApplication) -> Location | None:
    """A subclass of `logging.Formatter` that makes JSON of a record, or a sink that does."""
    for path in own_python(project, application, "Formatter", "Handler", "StreamHandler"):
        python = project.python(path)
        for index, scope in enumerate(python.scopes if python is not None else ()):
            if scope.kind != "class":
                continue
            above = [each.name for each in project.names.ancestors(path, index) if isinstance(each, External)]
            if any(name.startswith(("logging.", "uvicorn.logging.", "gunicorn.")) for name in above) and any(
                _last(call.function) in _DUMPS for call in _calls_below(project, path, index)
            ):
                return Location(path, scope.place)
    return None


def _calls_below(project: Project, path: str, scope: int) -> Iterator[Call]:
    """The calls of a class's methods."""
    python = project.python(path)
    for index, inner in enumerate(python.scopes if python is not None else ()):
        if inner.parent == scope:
            yield from project.calls_of(Defined(path, index))


def _named_class(project: Project, application: WebApplication) -> Location | None:
    """A reference to a class that writes fields, imported from a package."""
    for path in own_python(project, application, *(STRUCTURED_CLASSES - {"LoggingHandler", "setup_logging"})):
        python = project.python(path)
        assert python is not None
        for value, block in project.values_in(path):
            for each in walk(value):
                name = getattr(each, "name", "")
                if not isinstance(each, Reference) or name.rpartition(".")[2] not in STRUCTURED_CLASSES:
                    continue
                meaning = project.values.evaluate(Site(path, python.blocks[block].scope), each).meaning
                if isinstance(meaning, External) and not meaning.name.startswith(_OTHER_RENDERERS):
                    return Location(path, each.place)
    for path in own_python(project, application, "LoggingHandler"):
        if any(f" {name} " in project.identifiers(path) for name in ("_logs", "opentelemetry")):
            return Location(path, 1 << 42)
    return None


# --- what configures ---


def _sites(project: Project, application: WebApplication) -> Iterator[CallSite]:
    last = {name.rpartition(".")[2] for name in _CONFIGURE}
    files = [path for path in own_python(project, application, *last) if project.role(path) == "application"]
    served = {application.location.path, *(route.application.path for route in application.routes)}
    for site in project.calls(_CONFIGURE, files):
        # What configures logging for a program of its own says nothing about the application.
        if site.name == "logging.Formatter" and not site.call.arguments:
            continue  # It has the default format, and is mostly made for `formatException`.
        own = not has_main(project, site.path) or site.path in served or _starts(project, site.path)
        if own and not site.path.endswith("env.py"):
            yield site


def _starts(project: Project, path: str) -> bool:
    """Whether a program starts the server: `run.py` that ends in `run_app(app)`."""
    return any(True for _ in project.calls(SERVING_CALLS, {path}))


def _of_call(project: Project, site: CallSite) -> LogFormat:
    location = Location(site.path, site.call.place)
    if site.name.startswith("loguru."):
        return _of_loguru(project, site, location)
    if site.name.startswith("structlog."):
        if (
            any(f" {name} " in project.identifiers(site.path) for name in ("ConsoleRenderer", "dev"))
            or not site.call.arguments
        ):
            return LogFormat(Answer.NO, location, "`structlog` is left with a renderer for consoles")
        return LogFormat(Answer.UNKNOWN, location, reason="structlog's renderer is not found")
    written = f"`{site.name.removeprefix('logging.config.')}`"
    for text in texts_in(project, site) if site.name.endswith("Config") else ():
        if text.endswith((".ini", ".cfg", ".conf", ".yaml", ".yml", ".json", ".toml")):
            for answer in of_file(project, text, location):
                return answer
    if site.name.endswith("fileConfig"):
        return LogFormat(Answer.UNKNOWN, location, written, "its configuration stands in another file")
    if site.name.endswith("dictConfig"):
        given = site.call.positional(0) or site.call.keyword("config")
        meaning = project.values.evaluate(site.site, given).meaning if given is not None else Opaque("")
        if not isinstance(meaning, Pairs):
            return LogFormat(Answer.UNKNOWN, location, written, "the dictionary is put together when it runs")
        texts = list(used_texts(project, meaning))
        if any(has_fields(text) for text in texts):
            return LogFormat(Answer.YES, location, f"{written} has a formatter with fields")
        other = _other_formatter(project, texts)
        if other:
            return LogFormat(Answer.UNKNOWN, location, written, f"what `{other}` writes is not known")
        if any("json" in text.lower() or "logfmt" in text.lower() for text in texts):
            return LogFormat(Answer.UNKNOWN, location, written, "it names a format for machines that is not found")
        return LogFormat(Answer.NO, location, f"{written} has only formatters for plain text")
    if any(has_fields(text) for text in texts_in(project, site)):
        return LogFormat(Answer.YES, location, f"{written} has a format with fields")
    return LogFormat(Answer.NO, location, f"{written} writes plain text")


def _of_loguru(project: Project, site: CallSite, location: Location) -> LogFormat:
    call = site.call
    written = call.keyword("serialize")
    if written is not None:
        meanings = list(options(project.values.evaluate(site.site, written).meaning))
        if not all(isinstance(each, Known) and not each.value for each in meanings):
            return LogFormat(Answer.YES, location, "loguru serialises its records")
    for each in walk(call):
        for key, item in each.items if isinstance(each, Mapping) else ():
            if not isinstance(key, Constant) or key.value != "serialize" or item is None:
                continue
            meaning = project.values.evaluate(site.site, item).meaning
            if isinstance(meaning, Known) and not meaning.value:
                continue
            return LogFormat(Answer.YES, location, "loguru serialises its records")
    sink = call.positional(0) or call.keyword("sink")
    formatted = call.keyword("format")
    for given in (sink, formatted):
        of = project.values.evaluate(site.site, given).meaning if given is not None else None
        if isinstance(of, Defined) and project.scope_of(of).kind == "function":
            if any(_last(inner.function) in _DUMPS for inner in project.calls_of(of)):
                return LogFormat(Answer.YES, location, "a sink of loguru writes JSON")
    return LogFormat(Answer.NO, location, "loguru writes plain text, as nothing sets `serialize=True`")


def _of_django(project: Project, application: WebApplication) -> Iterator[LogFormat]:
    """The setting `LOGGING`."""
    for path in own_python(project, application, "LOGGING"):
        python = project.python(path)
        for statement in python.statements if python is not None else ():
            targets = getattr(statement, "targets", ())
            value = getattr(statement, "value", None)
            if value is None or not any(getattr(each, "name", "") == "LOGGING" for each in targets):
                continue
            meaning = project.values.evaluate(Site(path), value).meaning
            location = Location(path, statement.place)
            texts = list(used_texts(project, meaning)) if isinstance(meaning, Pairs) else []
            if any(has_fields(text) for text in texts):
                yield LogFormat(Answer.YES, location, "`LOGGING` has a formatter with fields")
            elif any(_is_own_handler(project, text) for text in texts):
                yield LogFormat(Answer.UNKNOWN, location, "`LOGGING`", "a handler of its own writes the records")
            elif other := _other_formatter(project, texts):
                yield LogFormat(Answer.UNKNOWN, location, "`LOGGING`", f"what `{other}` writes is not known")
            elif isinstance(meaning, Pairs):
                yield LogFormat(Answer.NO, location, "`LOGGING` has only formatters for plain text")


def _other_formatter(project: Project, texts: list[str]) -> str:
    """A formatter of a package outside the tree; those of the tree were looked at before."""
    found = unknown_formatter(texts)
    return "" if found and project.modules.find(found.rpartition(".")[0], "settings.py") is not None else found


def _is_own_handler(project: Project, name: str) -> bool:
    """Whether a dotted name is that of a class of the tree."""
    module, _, last = name.rpartition(".")
    path = project.modules.find(module, "settings.py") if module else None
    found = project.names.module_member(path, last) if path is not None else None
    others = {"logging.Filter", "logging.Formatter"}
    return isinstance(found, Defined) and project.names.derives_from(found, others) is not True


def _elsewhere(project: Project, application: WebApplication) -> LogFormat:
    """What is left where nothing of the tree configures logging: a package may do it."""
    for path in own_python(project, application, "setup_logging", "configure_logging", "init_logging", "setup_logger"):
        python = project.python(path)
        assert python is not None
        for call, block in project.calls_in(path):
            if not _SETUP.search(_last(call.function)):
                continue
            name = project.values.external_name(Site(path, python.blocks[block].scope), call.function)
            if name and "." in name and not name.startswith(("logging.", "builtins.", "structlog.", "loguru.")):
                reason = f"`{name}` may configure it"
                return LogFormat(Answer.UNKNOWN, Location(path, call.place), reason=reason)
    return LogFormat(Answer.NO, None, "logging is never configured")


def _last(function: Value) -> str:
    return str(getattr(function, "name", "")).rpartition(".")[2]
