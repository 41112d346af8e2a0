"""Files of hosting platforms and process managers: what they start and which path they ask to see whether it lives.

Procfile (Heroku and its kin), systemd units, supervisord, fly.toml, render.yaml, railway.json and railway.toml,
app.json, App Engine's app.yaml, and DigitalOcean's app specifications.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec import Struct

from prodlint.facts import Constant, Document, Mapping, Script, Sequence, Value
from prodlint.finding import Location
from prodlint.project.deployment.declared import is_for_development
from prodlint.project.deployment.manifests import text
from prodlint.project.requirements.requirement import at

if TYPE_CHECKING:
    from prodlint.project import Project

__all__ = ["Entry", "HealthPath", "find_entries", "find_health_paths"]


class Entry(Struct, frozen=True):
    """A command that such a file starts."""

    command: str
    location: Location
    kind: str
    """"Procfile", "unit", "supervisord", "platform"."""
    name: str
    """The process or section."""
    production: bool
    user: str = ""
    replicas: int | None = None


class HealthPath(Struct, frozen=True):
    """A path that a platform asks for over HTTP."""

    path: str
    location: Location
    key: str
    """The key that gives it: `healthCheckPath`."""


_HEALTH_KEYS = frozenset({"healthCheckPath", "healthcheckPath", "health_check_path", "healthcheck_path", "http_path"})


def find_entries(project: Project) -> tuple[Entry, ...]:
    """All commands, by file and place."""
    return tuple(entry for path in _paths(project) for entry in _entries(project, path))


def find_health_paths(project: Project) -> tuple[HealthPath, ...]:
    """All such paths, by file and place."""
    found = []
    for path in _paths(project):
        name = path.rpartition("/")[2].lower()
        if project.sources[path].kind not in ("toml", "yaml", "json") or is_for_development(path):
            continue
        for document in _values(project, path):
            if name == "fly.toml" or name.startswith("fly."):
                found += list(_fly_checks(document, path))
            for key, value in _walk(document):
                if str(key.value) in _HEALTH_KEYS and text(value).startswith("/"):
                    found.append(HealthPath(text(value), Location(path, value.place), str(key.value)))
    return tuple(found)


def _fly_checks(document: Value, path: str) -> Iterator[HealthPath]:
    """`[[http_service.checks]]`, `[[services.http_checks]]` and `[checks.name]` with `type = "http"`."""
    for key, value in _walk(document):
        if key.value == "path" and text(value).startswith("/"):
            yield HealthPath(text(value), Location(path, value.place), "path")


def _paths(project: Project) -> Iterator[str]:
    for path, source in sorted(project.sources.items()):
        if source.role not in ("application", "script"):
            continue
        name = path.rpartition("/")[2].lower()
        is_platform = name in _PLATFORMS or (name.startswith(("fly.", "railway.")) and source.kind in ("toml", "json"))
        is_unit = source.kind == "ini" and (name.endswith(".service") or "supervisor" in path.lower())
        if name.startswith("procfile") or is_platform or is_unit:
            yield path


_PLATFORMS = frozenset(
    ["fly.toml", "render.yaml", "render.yml", "railway.json", "railway.toml", "app.json", "app.yaml", "nixpacks.toml"]
)


def _values(project: Project, path: str) -> tuple[Value, ...]:
    content = project.facts(path).content
    return content.values if isinstance(content, Document) else ()


def _entries(project: Project, path: str) -> Iterator[Entry]:
    content = project.facts(path).content
    production = not is_for_development(path)
    if isinstance(content, Script):
        for line in content.lines:
            yield Entry(line.text, Location(path, line.place), "Procfile", line.name, production)
        return
    kind = "platform"
    if project.sources[path].kind == "ini":
        kind = "unit" if path.endswith(".service") else "supervisord"
    for document in _values(project, path):
        if kind != "platform":
            yield from _sections(document, path, kind, production)
            continue
        for owner, key, value in _owned(document):
            if key.value in _COMMANDS and " " in text(value):
                count = owner.get("numInstances") or owner.get("instance_count") or owner.get("numReplicas")
                replicas = count.value if isinstance(count, Constant) and isinstance(count.value, int) else None
                named = text(owner.get("name"))
                yield Entry(text(value), Location(path, value.place), kind, named, production, "", replicas)
        processes = at(document, "processes")
        for process, value in processes.items if isinstance(processes, Mapping) else ():
            if isinstance(process, Constant) and isinstance(value, Constant):
                yield Entry(text(value), Location(path, value.place), kind, str(process.value), production)


_COMMANDS = frozenset({"startCommand", "start_command", "run_command", "entrypoint", "cmd"})
"""Keys of the start command: Railway and Render, DigitalOcean, App Engine, nixpacks."""


def _sections(document: Value, path: str, kind: str, production: bool) -> Iterator[Entry]:
    for key, section in document.items if isinstance(document, Mapping) else ():
        for name in ("execstart", "command") if isinstance(section, Mapping) else ():
            value = section.get(name) if isinstance(section, Mapping) else None
            if value is None or not isinstance(section, Mapping):
                continue
            # A command that is continued on the next line comes as a list of lines.
            lines = value.items if isinstance(value, Sequence) else (value,)
            command = " ".join(text(each).rstrip("\\") for each in lines)
            if command:
                command = re.sub(r"^[-@:+!]+", "", command)
                numprocs = text(section.get("numprocs"))
                replicas = int(numprocs) if numprocs.isdigit() else None
                named = str(key.value) if isinstance(key, Constant) else ""
                yield Entry(
                    command, Location(path, value.place), kind, named, production, text(section.get("user")), replicas
                )


def _walk(value: Value) -> Iterator[tuple[Constant, Value]]:
    for _, key, item in _owned(value):
        yield key, item


def _owned(value: Value) -> Iterator[tuple[Mapping, Constant, Value]]:
    """All pairs of all mappings, at any depth, each with its mapping."""
    stack = [value]
    while stack:
        current = stack.pop()
        if isinstance(current, Mapping):
            for key, item in current.items:
                if isinstance(key, Constant):
                    yield current, key, item
            stack.extend(item for _, item in reversed(current.items))
        elif isinstance(current, Sequence):
            stack.extend(reversed(current.items))
