"""What a lock file records of the manifest that it was made for: a digest, or the requirements themselves.

`poetry install` and `pipenv install --deploy` refuse a lock file whose digest is another one than the manifest's,
`uv sync --locked` one whose requirements are others, whatever the locked versions are.
"""

from __future__ import annotations

import hashlib
import json
import posixpath
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from prodlint.facts import Constant, Document, Mapping, Sequence, Value
from prodlint.project.requirements.requirement import at, canonical

if TYPE_CHECKING:
    from prodlint.project import Project

__all__ = ["is_of_another_manifest", "recorded_by_uv"]

_LEGACY = ("dependencies", "source", "extras", "dev-dependencies")
_PROJECT = ("requires-python", "dependencies", "optional-dependencies")


def recorded_by_uv(project: Project, path: str, folder: str) -> dict[str, str] | None:
    """The requirements for which a `uv.lock` was made, of the member in a folder: name to specifier; those of extras
    and with markers left out. None where the member is not in it, or the file does not say."""
    content = project.facts(path).content
    root = content.values[0] if isinstance(content, Document) and content.values else None
    packages = at(root, "package")
    for each in packages.items if isinstance(packages, Sequence) else ():
        written = at(each, "source", "virtual") or at(each, "source", "editable")
        if not isinstance(written, Constant):
            continue
        if posixpath.normpath(posixpath.join(posixpath.dirname(path), str(written.value))) != (folder or "."):
            continue
        listed = at(each, "metadata", "requires-dist")
        if not isinstance(listed, Sequence):
            return None
        found = {}
        for item in listed.items:
            name, specifier = at(item, "name"), at(item, "specifier")
            if isinstance(name, Constant) and at(item, "marker") is None:
                found[canonical(str(name.value))] = str(specifier.value) if isinstance(specifier, Constant) else ""
        return found
    return None


def is_of_another_manifest(project: Project, path: str, tool: str, manifest: str) -> bool:
    """Whether a lock file of Poetry or Pipenv names the digest of another manifest; false where it names none, or the
    manifest is not known to the letter."""
    lock, written = _root(project, path), _root(project, manifest)
    keys = ("metadata", "content-hash") if tool == "poetry" else ("_meta", "hash", "sha256")
    digest = at(lock, *keys)
    if not isinstance(digest, Constant) or digest.form or not isinstance(written, Mapping):
        return False
    try:
        data = _plain(written)
    except ValueError:
        return False
    digests = _of_poetry(data) if tool == "poetry" else _of_pipenv(data)
    return str(digest.value) not in set(digests)


def _root(project: Project, path: str) -> Value | None:
    content = project.facts(path).content if path in project.sources else None
    return content.values[0] if isinstance(content, Document) and content.values else None


def _plain(value: Value) -> Any:
    """The data of a document. Raises `ValueError` where a part of it is masked or no data."""
    match value:
        case Mapping(items):
            return {_plain(key): _plain(item) for key, item in items if key is not None}
        case Sequence(_, items):
            return [_plain(item) for item in items]
        case Constant(data, _, ""):
            return data
    raise ValueError


def _digest(data: object, separators: tuple[str, str] | None = None) -> str:
    return hashlib.sha256(json.dumps(data, sort_keys=True, separators=separators).encode()).hexdigest()


def _of_poetry(data: dict[str, Any]) -> Iterator[str]:
    """The digests that Poetry's versions make of a manifest: over `tool.poetry` alone, since 2.0 with what stands in
    `project`, since 2.2 with `dependency-groups`. https://github.com/python-poetry/poetry, `poetry.packages.locker`."""
    poetry = data.get("tool", {}).get("poetry", {})
    shown = {key: poetry[key] for key in (*_LEGACY, "group") if poetry.get(key) is not None}
    legacy = {key: poetry.get(key) for key in _LEGACY}
    yield _digest(legacy)
    yield _digest({**legacy, **shown})
    own = {key: data["project"][key] for key in _PROJECT if data.get("project", {}).get(key) is not None}
    for parts in ({"project": own}, {"project": own, "dependency-groups": data.get("dependency-groups", {})}):
        yield _digest({**{key: part for key, part in parts.items() if part}, "tool": {"poetry": shown}})


def _of_pipenv(data: dict[str, Any]) -> Iterator[str]:
    """The digest that Pipenv makes of a Pipfile. https://github.com/pypa/pipenv, `plette.pipfiles`."""
    relevant = {
        "_meta": {"sources": data.get("source", []), "requires": data.get("requires", {})},
        "default": data.get("packages", {}),
        "develop": data.get("dev-packages", {}),
    }
    yield _digest(relevant, (",", ":"))
