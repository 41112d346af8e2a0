"""Whether a lock file still answers what its manifest asks for."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec import Struct

from prodlint.project.requirements.dependencies import Component, Lock, Manifest
from prodlint.project.requirements.requirement import Dependency

if TYPE_CHECKING:
    from packaging.specifiers import SpecifierSet

__all__ = ["Stale", "specifier_of", "stale"]

_MANIFESTS = {
    "uv": ("pyproject",),
    "poetry": ("pyproject", "poetry"),
    "pdm": ("pyproject", "pdm"),
    "pipenv": ("pipfile",),
}
"""The lists that each tool locks."""
_NAMED = re.compile(r"[A-Za-z0-9][\w.-]*\s*(?:\[[^\]]*\])?\s*(.*)", re.DOTALL)


class Stale(Struct, frozen=True):
    """A requirement that a lock file does not answer."""

    lock: Lock
    manifest: Manifest
    requirement: Dependency
    locked: str
    """The version in the lock file; "" where the package is not in it."""


def stale(component: Component) -> Iterator[Stale]:
    """The requirements of a component's manifest that the lock file beside it lacks or fixes to a version outside the
    range. What a marker makes optional, and what is fixed to several versions, is passed over."""
    for lock in component.locks:
        if lock.tool not in _MANIFESTS or posixpath.dirname(lock.path) != component.folder or not lock.versions:
            continue
        for manifest in component.manifests:
            if posixpath.dirname(manifest.path) != component.folder:
                continue
            for listed in manifest.lists:
                if listed.dialect not in _MANIFESTS[lock.tool]:
                    continue
                for row in listed.dependencies:
                    if not row.name or row.conditional or row.pin in ("local", "unknown"):
                        continue
                    if row.name not in lock.versions:
                        yield Stale(lock, manifest, row, "")
                    elif row.pin not in ("commit", "tag") and not _answers(row, listed.dialect, lock):
                        yield Stale(lock, manifest, row, lock.versions[row.name])


def _answers(row: Dependency, dialect: str, lock: Lock) -> bool:
    from packaging.version import InvalidVersion, Version

    version = lock.versions[row.name]
    if not version or row.name in lock.several or "://" in row.written:
        return True
    found = _NAMED.fullmatch(row.written)
    wanted = specifier_of(found[1], dialect in ("poetry", "pipfile")) if found is not None else None
    if wanted is None:
        return True
    try:
        return wanted.contains(Version(version), prereleases=True)
    except InvalidVersion:
        return True


def specifier_of(text: str, bare_is_exact: bool = False) -> SpecifierSet | None:
    """The versions that a manifest's text admits: PEP 440's specifiers, and Poetry's `^1.2`, `~1.2` and `1.2.*`
    (https://python-poetry.org/docs/dependency-specification/); None for what is neither."""
    from packaging.specifiers import InvalidSpecifier, SpecifierSet

    text = text.strip()
    if text in ("", "*", "latest"):
        return SpecifierSet()
    if "|" in text:
        return None
    try:
        parts = [_part(each.strip(), bare_is_exact) for each in text.split(",") if each.strip()]
        return SpecifierSet(",".join(parts))
    except (InvalidSpecifier, ValueError):
        return None


def _part(text: str, bare_is_exact: bool) -> str:
    if text[0] in "^~" and not text.startswith("~="):
        found = re.fullmatch(r"[\^~]\s*v?(\d+(?:\.\d+)*)\S*", text)
        if found is None:
            raise ValueError(text)
        numbers = [int(each) for each in found[1].split(".")]
        if text[0] == "~":
            kept = numbers[: 2 if len(numbers) > 1 else 1]
        else:
            first = next((index for index, each in enumerate(numbers) if each), len(numbers) - 1)
            kept = numbers[: first + 1]
        above = [*kept[:-1], kept[-1] + 1]
        return f">={text[1:].strip().lstrip('v')},<{'.'.join(map(str, above))}"
    if text[0].isdigit():
        if not bare_is_exact:
            raise ValueError(text)
        return f"=={text}"
    return re.sub(r"^=(?!=)", "==", text).replace(" ", "")
