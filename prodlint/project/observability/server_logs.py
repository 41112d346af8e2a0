"""The configuration of logging that a web server is given: `--log-config`, gunicorn's `logconfig` and
`logconfig_dict`, `uvicorn.run(log_config=...)`.

Sources: https://www.uvicorn.org/settings/#logging, https://gunicorn.org/reference/settings/#logging,
https://hypercorn.readthedocs.io/en/latest/how_to_guides/configuring.html.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from typing import TYPE_CHECKING

from prodlint.facts import Assign, Document, Mapping, Reference, Value
from prodlint.finding import Answer, Location
from prodlint.libraries.servers import SERVING_CALLS
from prodlint.project.deployment.declared import is_around
from prodlint.project.deployment.servers import python_file
from prodlint.project.observability.applications import WebApplication, own_python
from prodlint.project.observability.documents import logging_documents, of_document
from prodlint.project.observability.formats import LogFormat, has_fields, unknown_formatter, used_texts
from prodlint.project.values.outcomes import Known, Pairs, Site

if TYPE_CHECKING:
    from prodlint.project import Project

__all__ = ["of_file", "of_servers"]

_OPTIONS = ("--log-config", "--log-config-json", "--logger-config")
_FILES = ("logconfig", "logconfig_json", "log_config")
_DICTIONARIES = ("logconfig_dict", "log_config", "logconfig_dict_class")


def of_servers(project: Project, application: WebApplication) -> Iterator[LogFormat]:
    """What each configuration that a server is given says of the format."""
    for start in project.deployment.starts:
        if not start.production or not is_around(start.folder, application.folder):
            continue
        program = start.program
        written = program.option(*_OPTIONS)
        if written:
            yield from of_file(project, written, start.location)
        if program.name == "gunicorn":
            given = program.option("-c", "--config") or "./gunicorn.conf.py"
            path = python_file(project, given.removeprefix("file:"), start.file)
            if path:
                yield from _of_gunicorn(project, path)
    last = {name.rpartition(".")[2] for name in SERVING_CALLS}
    own = set(own_python(project, application, *last))
    for site in project.calls(SERVING_CALLS, own):
        value = site.call.keyword("log_config")
        if value is not None:
            yield from _given(project, Site(site.path, site.scope), value, Location(site.path, site.call.place))


def _of_gunicorn(project: Project, path: str) -> Iterator[LogFormat]:
    python = project.python(path)
    for statement in python.statements if python is not None else ():
        if not isinstance(statement, Assign) or statement.value is None:
            continue
        for target in statement.targets:
            if isinstance(target, Reference) and target.name in {*_FILES, *_DICTIONARIES}:
                yield from _given(project, Site(path), statement.value, Location(path, statement.place))


def _given(project: Project, site: Site, value: Value, location: Location) -> Iterator[LogFormat]:
    """A path, or the dictionary itself."""
    meaning = project.values.evaluate(site, value).meaning
    if isinstance(meaning, Known) and isinstance(meaning.value, str):
        yield from of_file(project, meaning.value, location)
    elif isinstance(meaning, Pairs):
        texts = list(used_texts(project, meaning))
        if any(has_fields(text) for text in texts):
            yield LogFormat(Answer.YES, location, "the server's configuration has a formatter with fields")
        elif other := unknown_formatter(texts):
            yield LogFormat(Answer.UNKNOWN, location, reason=f"what `{other}` writes is not known")
        else:
            yield LogFormat(Answer.NO, location, "the server's configuration has only formatters for plain text")
    elif not (isinstance(meaning, Known) and meaning.value is None):
        yield LogFormat(Answer.UNKNOWN, location, reason="the server's configuration of logging is computed")


def of_file(project: Project, written: str, location: Location) -> Iterator[LogFormat]:
    """What a file of the tree that a path names says of the format."""
    found = _file(project, written)
    content = project.facts(found).content if found else None
    if not isinstance(content, Document) or not content.values:
        if found not in {path for path, _ in logging_documents(project)}:
            reason = f"`{posixpath.basename(written)}`, which configures the server's logs, is not read"
            yield LogFormat(Answer.UNKNOWN, location, reason=reason)
        return
    for value in content.values:
        if isinstance(value, Mapping):
            yield of_document(found, value)


def _file(project: Project, written: str) -> str:
    """The file of the tree that a path names, by its end; "" for none or for several."""
    parts = posixpath.normpath(written.removeprefix("file:")).lstrip("/").split("/")
    while parts:
        ending = "/".join(parts)
        found = [path for path in project.sources if path == ending or path.endswith(f"/{ending}")]
        if found:
            return found[0] if len(found) == 1 else ""
        parts = parts[1:]
    return ""
