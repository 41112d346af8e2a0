"""Compose files: services as they are after `extends` and the files that are laid over others.

A compose file is rarely the whole story: `compose.override.yml` is laid over `compose.yml` on a developer's machine,
`compose.prod.yml` in production. A service here is a stack of layers, each a mapping with its file, the uppermost
first, so that every value still knows where it stands. Which stacks there are is told by the names of the files: one
whose name says production makes stacks with the file beneath it, unless it is whole in itself.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct

from prodlint.facts import Constant, Document, Mapping, Sequence, Value
from prodlint.finding import Location
from prodlint.libraries.debug import PRODUCTION
from prodlint.project.deployment.declared import is_compose, is_for_development, mounts_source
from prodlint.project.deployment.shell import defaulted

if TYPE_CHECKING:
    from prodlint.project import Project

__all__ = ["Service", "find_services"]

_BASE = re.compile(r"(?:docker-)?compose\.ya?ml")
_NAME = re.compile(r"compose|docker", re.IGNORECASE)
_DEVELOPMENT_PROFILES = frozenset("dev develop development test tests testing debug local tools".split())


class Service(Struct, frozen=True):
    """A service of a compose file with what other files lay over it."""

    name: str
    layers: tuple[tuple[str, Mapping], ...]
    """Path and mapping, the uppermost first."""
    production: bool
    """Whether nothing says that it is for development: not the file's name, a profile, or code mounted from disk."""
    place: int
    folder: str
    """The project that the file belongs to."""
    sibling: str = ""
    """The Dockerfile of the service that builds the image which this one only names."""

    @property
    def path(self) -> str:
        """The file of the uppermost layer."""
        return self.layers[0][0]

    @property
    def location(self) -> Location:
        """Where the service is named."""
        return Location(self.path, self.place)

    def get(self, *keys: str) -> tuple[Value, Location] | None:
        """What stands under a path of keys in the uppermost layer that has it."""
        for path, layer in self.layers:
            value: Value | None = layer
            for key in keys:
                value = value.get(key) if isinstance(value, Mapping) else None
            if value is not None:
                return value, Location(path, value.place)
        return None

    def text(self, *keys: str) -> str:
        """What stands there as text, with the defaults of its variables; "" for nothing."""
        found = self.get(*keys)
        value = found[0] if found is not None else None
        return defaulted(str(value.value)) if isinstance(value, Constant) and value.value is not None else ""

    @property
    def environment(self) -> dict[str, str]:
        """The variables that it sets, as text."""
        found: dict[str, str] = {}
        for _, layer in reversed(self.layers):
            value = layer.get("environment")
            for key, item in value.items if isinstance(value, Mapping) else ():
                if isinstance(key, Constant) and isinstance(item, Constant):
                    found[str(key.value)] = defaulted("" if item.value is None else str(item.value))
            for each in value.items if isinstance(value, Sequence) else ():
                if isinstance(each, Constant) and isinstance(each.value, str):
                    name, _, text = each.value.partition("=")
                    found[name] = defaulted(text)
        return found

    @property
    def replicas(self) -> str:
        """How many containers it has, as written; "1" where nothing says so."""
        return self.text("deploy", "replicas") or self.text("scale") or "1"

    @property
    def context(self) -> str | None:
        """The build context, relative to the root; None where it is not built here, or from elsewhere."""
        build = self.get("build")
        if build is None:
            return None
        value, location = build
        if isinstance(value, Mapping):
            at = self.get("build", "context")
            text, location = (self.text("build", "context"), at[1]) if at is not None else (".", location)
        else:
            text = self.text("build")
        if "://" in text or "$" in text or text.startswith(("git@", "/")):
            return None
        folder = posixpath.normpath(posixpath.join(posixpath.dirname(location.path), text or "."))
        return "" if folder == "." else folder

    @property
    def dockerfile(self) -> str:
        """The Dockerfile that it is built with, relative to the root; "" where it is not known."""
        context = self.context
        if context is None or context.startswith(".."):
            return self.sibling
        written = self.text("build", "dockerfile") or "Dockerfile"
        return posixpath.normpath(posixpath.join(context, written))


def find_services(project: Project) -> tuple[Service, ...]:
    """All services, by file and name; of files that are laid over others each stack once."""
    documents: dict[str, Mapping] = {}
    for path, source in sorted(project.sources.items()):
        if source.kind != "yaml" or source.role not in ("application", "script"):
            continue
        if not _NAME.search(path.rpartition("/")[2]) and not _NAME.search(path.rpartition("/")[0]):
            continue
        content = project.facts(path).content
        for document in content.values if isinstance(content, Document) else ():
            if isinstance(document, Mapping) and isinstance(document.get("services"), Mapping):
                documents[path] = document
    extended: dict[str, Mapping] = {}
    for path in _extended(documents):
        named = project.facts(path).content if path in project.sources and path not in documents else None
        for document in named.values if isinstance(named, Document) else ():
            if isinstance(document, Mapping):
                extended[path] = document
    found = tuple(_services(project, documents, extended))
    built = {each.text("image"): each.dockerfile for each in found if each.text("image") and each.dockerfile}
    return tuple(
        each if each.dockerfile else msgspec.structs.replace(each, sibling=built.get(each.text("image"), ""))
        for each in found
    )


def _extended(documents: dict[str, Mapping]) -> Iterator[str]:
    """The files whose services those of compose files extend, whatever their names are."""
    for path, document in documents.items():
        for _, service in _items(document.get("services")):
            extends = service.get("extends") if isinstance(service, Mapping) else None
            file = extends.get("file") if isinstance(extends, Mapping) else None
            if isinstance(file, Constant):
                yield posixpath.normpath(posixpath.join(posixpath.dirname(path), str(file.value)))


def _services(project: Project, documents: dict[str, Mapping], extended: dict[str, Mapping]) -> Iterator[Service]:
    known = documents | extended
    beneath = {path: _beneath(path, documents) for path in documents}
    for path, document in documents.items():
        under = beneath[path]
        shared = [other for other, base in beneath.items() if base == path and _is_production(other)]
        listed = document.get("services")
        names = [name for name, _ in _items(listed)]
        if under:
            names += [name for name, _ in _items(documents[under].get("services")) if name not in names]
        if not under and not is_compose(document):
            continue
        for name in names:
            layers = list(_layers(project, known, path, name, 0))
            layers += list(_layers(project, known, under, name, 0)) if under else []
            if not layers:
                continue
            own = next((key.place for key, _ in _pairs(listed) if key.value == name), layers[0][1].place)
            # What `compose.prod.yml` is laid over runs nowhere as it stands.
            production = not shared and not is_for_development(path) and not _develops(project, layers)
            yield Service(name, tuple(layers), production, own, project.sources[path].project)


def _beneath(path: str, documents: dict[str, Mapping]) -> str:
    """The file that this one is laid over: the plain compose file beside it, where this one is not whole."""
    folder, _, name = path.rpartition("/")
    if _BASE.fullmatch(name.lower()):
        return ""
    base = next((each for each in documents if each.rpartition("/")[0] == folder and _is_base(each)), "")
    services = [service for _, service in _items(documents[path].get("services"))]
    partial = any(
        isinstance(service, Mapping) and not any(service.get(key) for key in ("image", "build", "extends"))
        for service in services
    )
    return base if base and (partial or "override" in name.lower()) else ""


def _is_base(path: str) -> bool:
    return bool(_BASE.fullmatch(path.rpartition("/")[2].lower()))


def _is_production(path: str) -> bool:
    return bool(PRODUCTION - {"docker"} & set(re.split(r"[^a-z0-9]+", path.rpartition("/")[2].lower())))


def _layers(
    project: Project, documents: dict[str, Mapping], path: str, name: str, depth: int
) -> Iterator[tuple[str, Mapping]]:
    """The service of one file, and below it what it extends."""
    listed = documents[path].get("services") if path in documents else None
    service = listed.get(name) if isinstance(listed, Mapping) else None
    if not isinstance(service, Mapping) or depth > 5:
        return
    yield path, service
    extends = service.get("extends")
    if isinstance(extends, Constant):
        yield from _layers(project, documents, path, str(extends.value), depth + 1)
    elif isinstance(extends, Mapping):
        file, of = extends.get("file"), extends.get("service")
        where = path
        if isinstance(file, Constant):
            where = posixpath.normpath(posixpath.join(posixpath.dirname(path), str(file.value)))
        if isinstance(of, Constant):
            yield from _layers(project, documents, where, str(of.value), depth + 1)


def _develops(project: Project, layers: list[tuple[str, Mapping]]) -> bool:
    """Whether a layer mounts the code, or all profiles of the service are for development."""
    if any(mounts_source(project, path, layer) for path, layer in layers):
        return True
    profiles = layers[0][1].get("profiles")
    words = (
        [str(each.value) for each in profiles.items if isinstance(each, Constant)]
        if isinstance(profiles, Sequence)
        else []
    )
    return bool(words) and all(word in _DEVELOPMENT_PROFILES for word in words)


def _pairs(value: Value | None) -> Iterator[tuple[Constant, Value]]:
    for key, item in value.items if isinstance(value, Mapping) else ():
        if isinstance(key, Constant):
            yield key, item


def _items(value: Value | None) -> Iterator[tuple[str, Value]]:
    for key, item in _pairs(value):
        yield str(key.value), item
