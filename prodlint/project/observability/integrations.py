"""Which of the libraries that watch an application are required, imported and attached."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from msgspec import Struct

from prodlint.facts import Constant, Import, Python, Script, walk
from prodlint.finding import Answer, Location
from prodlint.libraries.observability import (
    FRAMEWORKS,
    INTEGRATIONS,
    MEASURING_METHODS,
    TRACKER_START,
    TRACKER_TRACES,
    Integration,
)
from prodlint.project.deployment.declared import is_around
from prodlint.project.deployment.surroundings import commands
from prodlint.project.observability.applications import WebApplication, own_python
from prodlint.project.observability.documents import logging_documents
from prodlint.project.observability.uncalled import is_left_out

if TYPE_CHECKING:
    from prodlint.project import Project

__all__ = ["METERS", "Attached", "attached", "brought_from_outside", "inert", "measured", "serving"]

METERS = re.compile(r"metric|stats|prometheus|telemetry|meter", re.IGNORECASE)
"""What objects that measure are called."""
_LISTS = ("INSTALLED_APPS", "MIDDLEWARE", "LOGGING", "dictConfig", "MIDDLEWARE_CLASSES", "AUTHENTICATION_BACKENDS")
"""Identifiers of the files in which the name of a module as a string attaches it."""


class Attached(Struct, frozen=True):
    """How far a library has come."""

    integration: Integration
    answer: Answer
    """YES where it is attached, NO where it is imported at most."""
    location: Location | None
    """Where it is attached; else where it is imported, None where it is not."""


def attached(project: Project, application: WebApplication, integration: Integration) -> Attached:
    """Whether the application attaches a library."""
    imported: Location | None = None
    for path in own_python(project, application, integration.module.rpartition(".")[2]):
        where = _import(project.python(path), path, integration.module)
        if where is None:
            continue
        names = project.identifiers(path)
        if not integration.starts or (
            any(f" {name} " in names for name in integration.starts)
            and not is_left_out(project, path, integration.starts)
        ):
            return Attached(integration, Answer.YES, where)
        imported = imported or where
    for words, location in _started(project, application) if integration.commands else ():
        if not integration.commands.isdisjoint(word.rpartition("/")[2] for word in words):
            return Attached(integration, Answer.YES, location)
    if integration.settings:
        for text, location in _strings(project, application):
            if any(text == each or text.startswith(f"{each}.") for each in integration.settings):
                return Attached(integration, Answer.YES, location)
    for site in project.calls(integration.calls) if integration.calls and imported is not None else ():
        return Attached(integration, Answer.YES, Location(site.path, site.call.place))
    return Attached(integration, Answer.NO, imported)


def _started(project: Project, application: WebApplication) -> Iterator[tuple[Sequence[str], Location]]:
    """The command lines of deployment files as written, with what wraps the server."""
    for command in commands(project, application.folder):
        yield command.words, command.location
    for script in sorted({each.script for each in project.deployment.starts if each.script}):
        content = project.facts(script).content
        for line in content.lines if isinstance(content, Script) else ():
            yield line.text.split(), Location(script, line.place)
    for entry in project.deployment.entries:
        if is_around(project.sources[entry.location.path].project, application.folder):
            yield entry.command.split(), entry.location


def serving(project: Project, application: WebApplication, *purposes: str) -> Attached | None:
    """The first library for one of the purposes that the application attaches; None for none."""
    for integration in INTEGRATIONS:
        if integration.purposes.intersection(purposes):
            found = attached(project, application, integration)
            if found.answer is Answer.YES:
                return found
    # Its traces time requests; their ids are not in the log.
    return _traced_by_tracker(project, application) if "metrics" in purposes else None


def _traced_by_tracker(project: Project, application: WebApplication) -> Attached | None:
    """The error tracker, where it is told to time requests as well."""
    for site in project.calls({TRACKER_START}, set(own_python(project, application, "init"))):
        for name in TRACKER_TRACES:
            given = site.call.keyword(name)
            if given is not None and not (isinstance(given, Constant) and not given.value):
                integration = next(each for each in INTEGRATIONS if each.module == TRACKER_START.partition(".")[0])
                return Attached(integration, Answer.YES, Location(site.path, site.call.place))
    return None


def measured(project: Project, application: WebApplication) -> Location | None:
    """A call that measures through an object of the tree: `metrics.timer("requests")`, `stats.incr("orders")`."""
    for path in own_python(project, application, *MEASURING_METHODS):
        for call, _ in project.calls_in(path):
            owner, _, last = str(getattr(call.function, "name", "")).rpartition(".")
            if last in MEASURING_METHODS and METERS.search(owner):
                return Location(path, call.place)
    return None


def _required(project: Project, application: WebApplication) -> Iterator[tuple[Integration, Location]]:
    """The libraries that the application's own manifests list for production, once each, with the place."""
    by_name = {name: each for each in INTEGRATIONS for name in each.distributions}
    seen: set[str] = set()
    for component in project.requirements.components:
        if component.folder != application.folder:
            continue
        for manifest in component.manifests:
            if manifest.development or manifest.constraint or _is_compiled(project, manifest.path):
                continue
            for listed in manifest.lists:
                for row in listed.dependencies:
                    integration = by_name.get(row.name)
                    if integration is not None and not row.group and integration.module not in seen:
                        seen.add(integration.module)
                        yield integration, Location(manifest.path, row.place)


def inert(project: Project, application: WebApplication) -> Iterator[tuple[Attached, Location | None]]:
    """The libraries that are required, or imported without that, and not attached, with the place of the requirement.

    A limiter that is made and limits nothing is one whatever the manifests say; what else is imported and required by
    none of them comes with another package, which may attach it."""
    required = {each.module: place for each, place in _required(project, application)}
    for integration in INTEGRATIONS:
        place = required.get(integration.module)
        if place is None and not (integration.purposes == {"rate-limit"} and integration.starts):
            continue
        found = attached(project, application, integration)
        if found.answer is not Answer.NO or (place is None and found.location is None):
            continue
        if not _brought(project, application, integration):
            outside = _outside(project, application, integration)
            yield (found if outside is None else Attached(integration, Answer.UNKNOWN, outside)), place


def _outside(project: Project, application: WebApplication, integration: Integration) -> Location | None:
    """An import from a package outside the tree that may attach a library: `from company.sentry import start`."""
    word = "logging" if "structured" in integration.purposes else integration.module.partition("_")[0]
    for path in own_python(project, application, word, integration.module, f"lib{word}"):
        python = project.python(path)
        for statement in python.statements if python is not None else ():
            if not isinstance(statement, Import) or statement.type_checking or statement.module.startswith("."):
                continue
            first, *rest = f"{statement.module}.{statement.name}".lower().split(".")
            is_other = any(word in each for each in rest) and first not in (word, integration.module)
            if is_other and project.modules.find(statement.module, path) is None:
                return Location(path, statement.place)
    # `"class": "markus.backends.statsd.StatsdMetrics"`: a plugin that is found by its name.
    for location in _dotted(project, application, integration.module.partition(".")[0]):
        return location
    return None


def _dotted(project: Project, application: WebApplication, word: str) -> Iterator[Location]:
    """The dotted names in texts, of modules outside the tree, that have a word among their parts."""
    for path in own_python(project, application, "configure", "BACKENDS", "MARKUS_BACKENDS", *_LISTS):
        if project.role(path) != "application":
            continue
        for value, _ in project.values_in(path):
            for each in walk(value):
                text = each.value if isinstance(each, Constant) and isinstance(each.value, str) else ""
                parts = text.split(".")
                if len(parts) > 2 and word in parts[1:] and all(part.isidentifier() for part in parts):
                    if project.modules.find(".".join(parts[:-1]), path) is None:
                        yield Location(path, each.place)


def brought_from_outside(project: Project, application: WebApplication, *words: str) -> tuple[str, Location] | None:
    """The first import from a package outside the tree that no table knows and whose name says that it may do one of
    these things: `from company_platform.metrics import metrics_dependency`."""
    known = {each.module.partition(".")[0] for each in INTEGRATIONS}
    for path in own_python(project, application, *words):
        python = project.python(path)
        for statement in python.statements if python is not None else ():
            if not isinstance(statement, Import) or statement.type_checking or statement.module.startswith("."):
                continue
            first, *rest = f"{statement.module}.{statement.name}".split(".")
            if first in known or first in FRAMEWORKS or first in sys.stdlib_module_names:
                continue
            if not set(words).isdisjoint(rest) and project.modules.find(statement.module, path) is None:
                return f"{statement.module}.{statement.name}".rstrip("."), Location(path, statement.place)
    return None


def _brought(project: Project, application: WebApplication, integration: Integration) -> bool:
    """Whether another library stands in for it: exporters serve what `prometheus_client` counts."""
    if integration.module != "prometheus_client":
        return False
    others = (each for each in INTEGRATIONS if "metrics" in each.purposes and each.module != integration.module)
    return any(attached(project, application, each).answer is Answer.YES for each in others)


def _is_compiled(project: Project, path: str) -> bool:
    """Whether a tool wrote the list, so that most of it is there for other packages."""
    return bool(getattr(project.facts(path).content, "generated", ""))


def _import(python: Python | None, path: str, module: str) -> Location | None:
    """Where a file imports a module or something below it."""
    for statement in python.statements if python is not None else ():
        if not isinstance(statement, Import) or statement.type_checking:
            continue
        full = f"{statement.module}.{statement.name}" if statement.name else statement.module
        if full == module or full.startswith(f"{module}."):
            return Location(path, statement.place)
    return None


def _strings(project: Project, application: WebApplication) -> Iterator[tuple[str, Location]]:
    """The strings of settings modules and of files that configure logging."""
    for path in own_python(project, application, *_LISTS):
        for value, _ in project.values_in(path):
            for each in walk(value):
                if isinstance(each, Constant) and isinstance(each.value, str):
                    yield each.value, Location(path, each.place)
    for path, document in logging_documents(project):
        for each in walk(document):
            if isinstance(each, Constant) and isinstance(each.value, str):
                yield each.value, Location(path, each.place)
