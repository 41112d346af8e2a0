"""Files that configure logging: `logging.yaml`, `log_config.json`, `logging.ini`."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from typing import TYPE_CHECKING

from prodlint.facts import Constant, Document, Mapping, Value, walk
from prodlint.finding import Answer, Location
from prodlint.libraries.observability import STRUCTURED_CLASSES
from prodlint.project.observability.formats import LogFormat, has_fields, unknown_formatter
from prodlint.project.requirements.requirement import at, is_development

if TYPE_CHECKING:
    from prodlint.project import Project

__all__ = ["logging_documents", "of_document"]

_KINDS = frozenset({"yaml", "json", "ini", "toml"})
_KEYS = ("formatters", "loggers", "handlers")


def logging_documents(project: Project) -> Iterator[tuple[str, Value]]:
    """The documents of the application that have the shape of `logging.config`'s dictionary or file, by path.

    Only files whose name speaks of logs are looked at; `alembic.ini` configures the logs of migrations alone. Those for
    development and tests are left out.
    """
    for path in sorted(project.sources):
        source = project.sources[path]
        if is_development(posixpath.basename(path)):
            continue
        if source.kind not in _KINDS or source.role not in {"application", "script"}:
            continue
        if "log" not in posixpath.basename(path).lower():
            continue
        content = project.facts(path).content
        for value in content.values if isinstance(content, Document) else ():
            inner = at(value, "logging") or value
            if isinstance(inner, Mapping) and sum(at(inner, key) is not None for key in _KEYS) >= 2:
                yield path, inner


def of_document(path: str, document: Value) -> LogFormat:
    """What a document that configures logging says of the format."""
    texts = [str(each.value) for each in walk(document) if isinstance(each, Constant)]
    location = Location(path, document.place)
    if any(has_fields(text) or text.rpartition(".")[2] in STRUCTURED_CLASSES for text in texts):
        return LogFormat(Answer.YES, location, "a formatter with fields")
    other = unknown_formatter(texts)
    if other:
        return LogFormat(Answer.UNKNOWN, location, reason=f"what `{other}` writes is not known")
    return LogFormat(Answer.NO, location, "this configuration has only formatters for plain text")
