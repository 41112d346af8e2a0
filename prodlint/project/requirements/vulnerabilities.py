"""Which of the versions that an application installs have a known vulnerability."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from msgspec import Struct

from prodlint.finding import Answer, Location
from prodlint.project.requirements.dependencies import Component
from prodlint.project.requirements.requirement import is_development

if TYPE_CHECKING:
    from prodlint.project import Project

__all__ = ["Advisory", "Bound", "Vulnerable", "pinned", "vulnerable"]

_EXACT = re.compile(r"[A-Za-z0-9][\w.-]*\s*(?:\[[^\]]*\])?\s*={0,3}\s*v?(\d[\w.!+-]*)")
"""A requirement with one version and nothing else: `name==1.2`, Poetry's `name 1.2`, conda's `name=1.2`."""


class Bound(Struct, frozen=True, array_like=True):
    """A span of versions: from `introduced` ("0" for the first) up to, without it, `fixed`, or with it `last`; both are
    "" for a span without an end."""

    introduced: str
    fixed: str
    last: str


class Advisory(Struct, frozen=True, array_like=True):
    """A vulnerability of one package."""

    package: str
    """Normalised as PEP 503 says."""
    id: str
    aliases: tuple[str, ...]
    summary: str
    bounds: tuple[Bound, ...]
    versions: frozenset[str] = frozenset()


class Vulnerable(Struct, frozen=True):
    """A package that is installed at a version with known vulnerabilities."""

    package: str
    version: str
    location: Location
    advisories: tuple[Advisory, ...]
    fixed: str
    """The lowest version in which all of them are mended; "" where there is none."""


def vulnerable(project: Project, advisories: Mapping[str, tuple[Advisory, ...]]) -> Iterator[Vulnerable]:
    """The pinned packages with an advisory, by file and place, each once. Lock files and exact pins are looked at; of
    a range nothing is known."""
    seen: set[tuple[str, str]] = set()
    for component in project.requirements.components:
        if component.application is Answer.NO:
            continue
        for package, version, location in pinned(project, component):
            if (package, version) in seen or package not in advisories:
                continue
            seen.add((package, version))
            hits = _distinct(each for each in advisories[package] if _affects(each, version))
            if hits:
                yield Vulnerable(package, version, location, hits, _fixed(hits, version))


def pinned(project: Project, component: Component) -> Iterator[tuple[str, str, Location]]:
    """The packages of which a lock file or an exact requirement of a component says the version, with its place."""
    for lock in component.locks:
        for package, version, place in sorted(lock.rows):
            if version:
                yield package, version, Location(lock.path, place)
    for manifest in component.manifests:
        if manifest.development or manifest.constraint:
            continue
        for listed in manifest.lists:
            # What an image installs by itself, no lock file of the project has a say in.
            for row in listed.dependencies if listed.dialect == "pip install" or not component.is_locked else ():
                found = _EXACT.fullmatch(row.written) if row.pin == "version" else None
                if found is not None and not is_development(row.group):
                    yield row.name, found[1], Location(manifest.path, row.place)


def _distinct(advisories: Iterable[Advisory]) -> tuple[Advisory, ...]:
    """One advisory for each vulnerability: databases give the same one several names."""
    known: set[str] = set()
    kept = []
    for each in sorted(advisories, key=lambda each: (not each.id.startswith("PYSEC-"), each.id)):
        names = {each.id, *each.aliases}
        if names.isdisjoint(known):
            kept.append(each)
        known |= names
    return tuple(kept)


def _affects(advisory: Advisory, version: str) -> bool:
    from packaging.version import InvalidVersion, Version

    if version in advisory.versions:
        return True
    try:
        own = Version(version)
        return any(_inside(own, each) for each in advisory.bounds)
    except InvalidVersion:
        return False


def _inside(own: object, bound: Bound) -> bool:
    from packaging.version import Version

    if bound.introduced not in ("", "0") and own < Version(bound.introduced):  # type: ignore[operator]
        return False
    if bound.fixed:
        return bool(own < Version(bound.fixed))  # type: ignore[operator]
    return not bound.last or bool(own <= Version(bound.last))  # type: ignore[operator]


def _fixed(advisories: tuple[Advisory, ...], version: str) -> str:
    """The lowest version above an installed one that none of the advisories speaks of."""
    from packaging.version import InvalidVersion, Version

    try:
        own = Version(version)
        ends = {Version(bound.fixed) for each in advisories for bound in each.bounds if bound.fixed}
    except InvalidVersion:
        return ""
    for candidate in sorted(each for each in ends if each > own):
        if not any(_affects(each, str(candidate)) for each in advisories):
            return str(candidate)
    return ""
