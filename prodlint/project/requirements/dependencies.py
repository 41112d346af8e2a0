"""What each application or library of the repository requires, and what fixes the versions.

A *component* is what stands in one project folder. Whether it is an application or a library decides much: a library
must leave its users ranges. Evidence of an application is an application object of a web framework, Django's
`manage.py`, a Procfile or an image; evidence of a library is metadata that only a package index shows (classifiers,
URLs) together with a build system.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec import Struct

from prodlint.facts import Constant, Document, Mapping, Requirements, Sequence, Value
from prodlint.finding import Answer, Step
from prodlint.project.requirements.application import application, candidates, for_development
from prodlint.project.requirements.manifests import read_manifest
from prodlint.project.requirements.requirement import Dependency, Listed, at, canonical

if TYPE_CHECKING:
    from prodlint.project import Project

__all__ = ["Component", "Dependencies", "Dependency", "Listed", "Lock", "Manifest", "dependencies"]


class Manifest(Struct, frozen=True, array_like=True):
    """A file that names requirements."""

    path: str
    lists: tuple[Listed, ...]
    development: bool = False
    """The file's name says that it is for development or tests only."""
    constraint: bool = False
    """A constraints file: it fixes versions and requires nothing."""
    unbounded: str = ""
    """A constraints or included file that is not in the tree, so that versions may be fixed there; "" for none."""


class Lock(Struct, frozen=True, array_like=True):
    """A lock file, or a requirements file that pins all it names."""

    path: str
    tool: str
    """"uv", "poetry", "pdm", "pipenv", "pylock", "conda-lock" or "requirements"."""
    versions: dict[str, str]
    """Normalised name to version."""
    several: frozenset[str] = frozenset()
    """Names that it fixes to more than one version, for different environments."""
    places: dict[str, int] = {}
    """Where each package stands."""
    rows: tuple[tuple[str, str, int], ...] = ()
    """Every version of every package, with its place."""


class Component(Struct, frozen=True, array_like=True):
    """The application or library in one folder."""

    folder: str
    application: Answer
    """NO for a library; UNKNOWN where the evidence contradicts itself or is missing."""
    evidence: Step | None
    manifests: tuple[Manifest, ...]
    locks: tuple[Lock, ...]
    """The nearest first: those of the folder itself, then of the folders above it."""

    @property
    def is_locked(self) -> bool:
        """Whether a lock file of a tool stands in the component's own folder."""
        return any(lock.tool != "requirements" and posixpath.dirname(lock.path) == self.folder for lock in self.locks)

    def fixes(self, name: str) -> str:
        """The path of a lock file, or of a list that pins all it names, with this package; "" for none."""
        return next((lock.path for lock in self.locks if name in lock.versions), "")


class Dependencies(Struct, frozen=True, array_like=True):
    """All components that name requirements, sorted by folder."""

    components: tuple[Component, ...]


_LOCKS = {"uv.lock": "uv", "poetry.lock": "poetry", "pdm.lock": "pdm", "pipfile.lock": "pipenv"}


def dependencies(project: Project) -> Dependencies:
    """The requirements of every component, read from the facts of its manifests and lock files."""
    manifests: dict[str, dict[str, Manifest]] = {}
    locks: list[Lock] = []
    for path in sorted(project.sources):
        source = project.sources[path]
        locks.extend(_lock(project, path))
        if source.role != "application":
            continue
        if not _may_list(path, source.kind):
            continue
        for manifest in _followed(project, path):
            known = manifests.setdefault(source.project, {})
            if manifest.path not in known or manifest.constraint:
                known[manifest.path] = manifest
    among = candidates(project)
    components = []
    for folder in sorted(manifests):
        own = tuple(manifests[folder][path] for path in sorted(manifests[folder]))
        above = [lock for lock in locks if _covers(posixpath.dirname(lock.path), folder, project, lock.path)]
        above.sort(key=lambda lock: (-lock.path.count("/"), lock.path))
        answer, evidence = application(project, folder, among)
        components.append(Component(folder, answer, evidence, own, (*above, *_pinning(own, project))))
    return Dependencies(tuple(components))


def _may_list(path: str, kind: str) -> bool:
    name = posixpath.basename(path).lower()
    if kind in ("requirements", "dockerfile"):
        return True
    return name in ("pyproject.toml", "setup.cfg", "setup.py", "pipfile") or (kind == "yaml" and "env" in name)


def _covers(lock_folder: str, folder: str, project: Project, path: str) -> bool:
    """Whether a lock file stands in the folder, above it, or elsewhere in the same project."""
    source = project.sources.get(path)
    if source is not None and source.project == folder:
        return True
    return not lock_folder or folder == lock_folder or folder.startswith(lock_folder + "/")


# --- Manifests and lock files -----------------------------------------------------------------------------------------


def _followed(project: Project, path: str) -> Iterator[Manifest]:
    """The manifest at a path and those that its `-r` and `-c` lines name, inside the root only, each once."""
    waiting, seen = [(path, "constraint" in posixpath.basename(path).lower())], set()
    while waiting:
        current, constraint = waiting.pop()
        if current in seen:
            continue
        seen.add(current)
        content = project.facts(current).content
        missing = ""
        if isinstance(content, Requirements):
            named = [(target, False) for target, _ in content.includes]
            named += [(target, True) for target, _ in content.constraints]
            for target, bounds in named:
                found = _inside(current, target)
                if found is not None and found in project.sources:
                    waiting.append((found, bounds or constraint))
                else:
                    missing = target
        lists = read_manifest(posixpath.basename(current), content)
        if any(each.dependencies for each in lists):
            yield Manifest(current, lists, for_development(current, content), constraint, missing)


def _inside(path: str, target: str) -> str | None:
    """The path that an include means, relative to the root; None outside it."""
    joined = posixpath.normpath(posixpath.join(posixpath.dirname(path), target))
    return None if joined.startswith(("..", "/")) or "://" in target else joined


def _lock(project: Project, path: str) -> Iterator[Lock]:
    name = posixpath.basename(path).lower()
    tool = _LOCKS.get(name, "")
    if re.fullmatch(r"pylock(?:\.[^.]+)?\.toml", name):
        tool = "pylock"
    elif re.fullmatch(r"conda-lock\.ya?ml", name):
        tool = "conda-lock"
    if not tool:
        return
    content = project.facts(path).content
    versions: dict[str, str] = {}
    places: dict[str, int] = {}
    several: set[str] = set()
    root = content.values[0] if isinstance(content, Document) and content.values else None
    rows = tuple(_packages(root))
    for package, version, place in rows:
        if package in versions and versions[package] != version:
            several.add(package)
        versions[package], places[package] = version, place
    yield Lock(path, tool, versions, frozenset(several), places, rows)


def _packages(root: Value | None) -> Iterator[tuple[str, str, int]]:
    """The packages of a lock file with their versions, "" for one without, and where they stand."""
    packages = at(root, "package") or at(root, "packages")
    for item in packages.items if isinstance(packages, Sequence) else ():
        package, version = at(item, "name"), at(item, "version")
        if isinstance(package, Constant):
            yield canonical(str(package.value)), str(version.value) if isinstance(version, Constant) else "", item.place
    for section in ("default", "develop"):
        table = at(root, section)
        for key, item in table.items if isinstance(table, Mapping) else ():
            version = at(item, "version")
            if isinstance(key, Constant):
                shown = str(version.value)[2:] if isinstance(version, Constant) else ""
                yield canonical(str(key.value)), shown, key.place


def _pinning(manifests: tuple[Manifest, ...], project: Project) -> Iterator[Lock]:
    """What the component's requirements and constraints files pin: any of them may be what an installation for
    production reads, but those for development."""
    for manifest in manifests:
        content = project.facts(manifest.path).content
        if isinstance(content, Requirements) and not manifest.development:
            pinned = {each.name: each.specifier.lstrip("= ") for each in content.requirements if "==" in each.specifier}
            fixed = {row.name for each in manifest.lists for row in each.dependencies if row.pin == "version"}
            versions = {name: version for name, version in pinned.items() if name in fixed}
            places = {each.name: each.place for each in content.requirements}
            if versions:
                rows = tuple((name, version, places[name]) for name, version in versions.items())
                yield Lock(manifest.path, "requirements", versions, frozenset(), places, rows)
