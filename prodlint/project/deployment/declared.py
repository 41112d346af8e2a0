"""What deployment files give to environment variables: images, compose files, manifests, `.env` files and samples."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec import Struct

from prodlint.facts import Constant, Dockerfile, Document, Mapping, Sequence, Value
from prodlint.finding import Location
from prodlint.project.requirements.requirement import is_development

if TYPE_CHECKING:
    from prodlint.project import Project

__all__ = [
    "Declared",
    "declared",
    "is_around",
    "is_compose",
    "is_for_development",
    "mounts_source",
    "near",
    "production_stages",
    "services",
]


class Declared(Struct, frozen=True):
    """A variable that a deployment file sets."""

    name: str
    value: str
    """As text, secrets masked; of `${NAME:-value}` the value, of `${NAME}` nothing."""
    location: Location
    kind: str
    """"image", "compose", "manifest", "unit" or "dotenv"."""
    production: bool
    """Whether nothing about the file says that it is for development, a test or a sample."""


_SILENT_ROLES = frozenset(["test", "example", "documentation"])
_SAMPLE = frozenset(["example", "sample", "template", "dist", "defaults"])
_PRODUCTION = frozenset(["prod", "production", "live", "staging", "stage", "deploy"])
_DEFAULTED = re.compile(r"\$\{[A-Za-z_]\w*:?-([^${}]*)\}")


def declared(project: Project) -> dict[str, tuple[Declared, ...]]:
    """All variables that deployment files set, by name; each by path and place."""
    found: dict[str, list[Declared]] = {}
    for path in sorted(project.sources):
        source = project.sources[path]
        if source.role in _SILENT_ROLES or source.kind not in ("dockerfile", "yaml", "dotenv", "toml", "ini"):
            continue
        if source.kind == "ini" and not path.endswith(".service"):
            continue
        if source.kind == "toml" and posixpath.basename(path) != "fly.toml":
            continue
        for each in _in_file(project, path):
            found.setdefault(each.name, []).append(each)
    return {name: tuple(several) for name, several in found.items()}


def is_around(folder: str, inner: str) -> bool:
    """Whether what stands in a component's folder concerns the component in another: it is the same, or above it."""
    return not folder or folder == inner or inner.startswith(f"{folder}/")


def near(project: Project, variables: dict[str, tuple[Declared, ...]], folder: str) -> dict[str, tuple[Declared, ...]]:
    """Those of the variables that concern the component in a folder."""
    found = {
        name: tuple(each for each in several if is_around(project.sources[each.location.path].project, folder))
        for name, several in variables.items()
    }
    return {name: several for name, several in found.items() if several}


def is_for_development(path: str) -> bool:
    """Whether the name of a deployment file, or its folder's, says that it is not for production."""
    folder, _, name = path.lower().rpartition("/")
    words = re.split(r"[^a-z0-9]+", f"{folder.rpartition('/')[2]} {name}")
    return "override" in words or is_development(name) or is_development(folder.rpartition("/")[2])


def _in_file(project: Project, path: str) -> Iterator[Declared]:
    content = project.facts(path).content
    if isinstance(content, Dockerfile):
        kept = production_stages(content)
        production = not is_for_development(path)
        for instruction in content.instructions:
            if instruction.keyword != "ENV":
                continue
            for word, place in zip(instruction.arguments, instruction.places):
                name, _, value = word.partition("=")
                yield _declared(name, value, path, place, "image", production and instruction.stage in kept)
    if not isinstance(content, Document):
        return
    name = posixpath.basename(path).lower()
    kind = project.sources[path].kind
    for document in content.values:
        if kind == "dotenv":
            production = any(word in _PRODUCTION for word in re.split(r"[^a-z0-9]+", name))
            sample = any(word in _SAMPLE for word in re.split(r"[^a-z0-9]+", name))
            yield from _pairs(document, path, "dotenv", production and not sample)
        elif kind == "ini":
            unit = document.get("Service") if isinstance(document, Mapping) else None
            for key, given in unit.items if isinstance(unit, Mapping) else ():
                if isinstance(key, Constant) and key.value == "environment":
                    yield from _pairs(given, path, "unit", not is_for_development(path))
        elif kind == "toml":
            yield from _pairs(document.get("env") if isinstance(document, Mapping) else None, path, "manifest", True)
        elif is_compose(document):
            for service in services(document):
                production = not is_for_development(path) and not mounts_source(project, path, service)
                yield from _pairs(service.get("environment"), path, "compose", production)
        elif isinstance(document, Mapping) and document.get("kind") is not None and document.get("spec") is not None:
            for container in _containers(document):
                yield from _pairs(container.get("env"), path, "manifest", not is_for_development(path))


def production_stages(content: Dockerfile) -> frozenset[int]:
    """The stages of an image that make up what is shipped: the last one that no name calls one for development, and
    those that it is built from."""
    names: dict[str, int] = {}
    bases: dict[int, str] = {}
    for each in content.instructions:
        if each.keyword == "FROM" and each.arguments:
            words = [word.lower() for word in each.arguments]
            bases[each.stage] = words[0]
            if len(words) > 2 and words[-2] == "as":
                names[words[-1]] = each.stage
    development = {stage for name, stage in names.items() if is_development(name)}
    stage: int | None = max((each for each in bases if each not in development), default=max(bases, default=0))
    kept: set[int] = set()
    while stage is not None and stage not in kept:
        kept.add(stage)
        stage = names.get(bases.get(stage, ""))
    return frozenset(kept)


def is_compose(document: Value) -> bool:
    """Whether a YAML document is a compose file."""
    keys = ("image", "build", "extends")
    return any(service.get(key) for service in services(document) for key in keys)


def services(document: Value) -> Iterator[Mapping]:
    """The services of a compose file."""
    listed = document.get("services") if isinstance(document, Mapping) else None
    for _, service in listed.items if isinstance(listed, Mapping) else ():
        if isinstance(service, Mapping):
            yield service


def mounts_source(project: Project, path: str, service: Mapping) -> bool:
    """Whether a service mounts Python code of the tree over the image's: it is then for development."""
    volumes = service.get("volumes")
    for volume in volumes.items if isinstance(volumes, Sequence) else ():
        written = volume.get("source") if isinstance(volume, Mapping) else volume
        text = str(written.value) if isinstance(written, Constant) else ""
        mounted = text.partition(":")[0]
        if not mounted.startswith("."):
            continue
        folder = posixpath.normpath(posixpath.join(posixpath.dirname(path), mounted))
        prefix = "" if folder == "." else f"{folder}/"
        if any(each.startswith(prefix) or each == folder for each in project.python_paths):
            return True
    return False


def _containers(document: Mapping) -> Iterator[Mapping]:
    """The containers of a Kubernetes manifest, at whatever depth its pod template stands."""
    stack: list[Value] = [document]
    while stack:
        value = stack.pop()
        if isinstance(value, Mapping):
            for key, item in value.items:
                named = isinstance(key, Constant) and key.value in ("containers", "initContainers")
                if named and isinstance(item, Sequence):
                    yield from (each for each in item.items if isinstance(each, Mapping))
                elif isinstance(item, (Mapping, Sequence)):
                    stack.append(item)
        elif isinstance(value, Sequence):
            stack.extend(value.items)


def _pairs(value: Value | None, path: str, kind: str, production: bool) -> Iterator[Declared]:
    """The variables of a mapping, of a list of `NAME=value`, or of a list of `{name, value}`."""
    if isinstance(value, Mapping):
        for key, item in value.items:
            if isinstance(key, Constant) and isinstance(item, Constant) and item.value is not None:
                yield _declared(str(key.value), str(item.value), path, key.place, kind, production)
    for item in value.items if isinstance(value, Sequence) else ():
        if isinstance(item, Constant) and isinstance(item.value, str) and "=" in item.value:
            name, _, text = item.value.partition("=")
            yield _declared(name, text, path, item.place, kind, production)
        elif isinstance(item, Mapping):
            named, given = item.get("name"), item.get("value")
            if isinstance(named, Constant) and isinstance(given, Constant):
                yield _declared(str(named.value), str(given.value), path, item.place, kind, production)


def _declared(name: str, value: str, path: str, place: int, kind: str, production: bool) -> Declared:
    text = value.strip()
    for quote in ("'", '"'):
        if len(text) > 1 and text.startswith(quote) and text.endswith(quote):
            text = text[1:-1]
    defaulted = _DEFAULTED.match(text)
    if defaulted is not None:
        text = defaulted[1] + text[defaulted.end() :]
    elif text.startswith("$"):
        text = ""
    return Declared(name.strip(), text, Location(path, place), kind, production)
