"""Whether a lock file still answers what its manifest asks for."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec import Struct

from prodlint.facts import Constant, Document, Sequence
from prodlint.project.requirements.dependencies import Component, Lock, Manifest
from prodlint.project.requirements.recorded import is_of_another_manifest, recorded_by_uv
from prodlint.project.requirements.requirement import Dependency, at

if TYPE_CHECKING:
    from packaging.specifiers import SpecifierSet

    from prodlint.project import Project

__all__ = ["Stale", "specifier_of", "stale"]

_MANIFESTS = {
    "uv": ("pyproject",),
    "poetry": ("pyproject", "poetry"),
    "pdm": ("pyproject", "pdm"),
    "pipenv": ("pipfile",),
    "pylock": ("pyproject",),
}
"""The lists that each tool locks."""
_NAMED = re.compile(r"[A-Za-z0-9][\w.-]*\s*(?:\[[^\]]*\])?\s*(.*)", re.DOTALL)


class Stale(Struct, frozen=True):
    """A requirement that a lock file does not answer."""

    lock: Lock
    manifest: Manifest
    requirement: Dependency | None
    """None for the manifest as a whole, whose digest the lock file does not have."""
    place: int
    why: str
    """What the lock file says instead, for a person."""
    locked: bool = False
    """Whether the package is in the lock file."""


def stale(project: Project, component: Component) -> Iterator[Stale]:
    """The requirements of a component's manifest that its lock file lacks, or fixes to a version outside the range, or
    was not made for. What a marker makes optional, and what is fixed to several versions, is passed over."""
    for lock in component.locks:
        own = recorded_by_uv(project, lock.path, component.folder) if lock.tool == "uv" else None
        beside = posixpath.dirname(lock.path) == component.folder
        if not lock.versions or not (beside or own is not None):
            continue
        for manifest in component.manifests:
            if posixpath.dirname(manifest.path) != component.folder:
                continue
            found = False
            for listed in manifest.lists:
                if listed.dialect not in _dialects(lock, manifest):
                    continue
                for row in listed.dependencies:
                    why = _why_stale(row, listed.dialect, lock, own)
                    if why and row.group in _groups(project, lock, row.group):
                        found = True
                        yield Stale(lock, manifest, row, row.place, why, row.name in lock.versions)
            if not found and lock.tool in ("poetry", "pipenv") and _is_manifest_of(lock.tool, manifest.path):
                if is_of_another_manifest(project, lock.path, lock.tool, manifest.path):
                    place = manifest.lists[0].place
                    why = f"its digest is not that of `{posixpath.basename(manifest.path)}`"
                    yield Stale(lock, manifest, None, place, why)


def _dialects(lock: Lock, manifest: Manifest) -> tuple[str, ...]:
    """The lists of a manifest that a lock file answers for; a compiled list answers for the file that it is made of."""
    if lock.tool == "requirements":
        return ("requirements",) if lock.path == re.sub(r"\.in$", ".txt", manifest.path) != manifest.path else ()
    return _MANIFESTS.get(lock.tool, ())


def _is_manifest_of(tool: str, path: str) -> bool:
    return posixpath.basename(path) == {"poetry": "pyproject.toml", "pipenv": "Pipfile"}[tool]


def _groups(project: Project, lock: Lock, group: str) -> frozenset[str]:
    """Whether a group is locked at all: PDM and pylock files hold those that they were made for."""
    if not group or lock.tool not in ("pdm", "pylock"):
        return frozenset([group])
    content = project.facts(lock.path).content
    root = content.values[0] if isinstance(content, Document) and content.values else None
    listed = at(root, "metadata", "groups") if lock.tool == "pdm" else at(root, "dependency-groups")
    items = listed.items if isinstance(listed, Sequence) else ()
    return frozenset(str(item.value) for item in items if isinstance(item, Constant))


def _why_stale(row: Dependency, dialect: str, lock: Lock, own: dict[str, str] | None) -> str:
    """What a lock file says instead of a requirement; "" where it answers it."""
    if not row.name or row.conditional or row.pin in ("local", "unknown"):
        return ""
    if row.name not in lock.versions:
        return "it is not in it"
    if row.pin in ("commit", "tag"):
        return ""
    if not _answers(row, dialect, lock):
        return f"it fixes {lock.versions[row.name]}"
    if own is None or row.group or "://" in row.written:
        return ""
    if row.name not in own:
        return "it was made without it" if own else ""
    made, wanted = specifier_of(own[row.name]), specifier_of(_specifier(row))
    return f"it was made for `{row.name}{own[row.name]}`" if made != wanted else ""


def _specifier(row: Dependency) -> str:
    found = _NAMED.fullmatch(row.written)
    return found[1] if found is not None else ""


def _answers(row: Dependency, dialect: str, lock: Lock) -> bool:
    from packaging.version import InvalidVersion, Version

    version = lock.versions[row.name]
    if not version or row.name in lock.several or "://" in row.written:
        return True
    wanted = specifier_of(_specifier(row), dialect in ("poetry", "pipfile"))
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
