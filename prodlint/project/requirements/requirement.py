"""One requirement of a manifest, whatever the manifest's format: its name, and what fixes its version."""

from __future__ import annotations

import re
from collections.abc import Iterator

from msgspec import Struct

from prodlint.facts import Constant, Mapping, Sequence, Value

__all__ = [
    "Dependency",
    "Listed",
    "at",
    "canonical",
    "is_development",
    "key_place",
    "parsed",
    "pin_of",
    "public",
    "reference_pin",
    "strings",
    "tables",
]


class Dependency(Struct, frozen=True, array_like=True):
    """One direct requirement."""

    name: str
    """Normalised as PEP 503 says; "" for a path or URL that tells none."""
    written: str
    """For a person: name, extras and version, or the URL without its credentials."""
    place: int
    pin: str
    """What fixes the version: "version", "commit", "tag", "local" (a path or a workspace member), "unknown" (a
    variable), or "" for nothing."""
    group: str = ""
    """The extra or dependency group; "" for what is always installed."""
    conditional: bool = False
    """Whether an environment marker stands behind it, so that a lock file may do without it."""


class Listed(Struct, frozen=True, array_like=True):
    """One list of requirements: a file's, or one `pip install` of a Dockerfile."""

    dialect: str
    """"pyproject", "poetry", "pdm", "setup.cfg", "setup.py", "pipfile", "conda", "requirements" or "pip install"."""
    place: int
    """Of the list's key; of the first requirement where it has none."""
    dependencies: tuple[Dependency, ...]
    constraints: tuple[str, ...] = ()
    """Constraints files as written."""


_REQUIREMENT = re.compile(
    r"\s*([A-Za-z0-9][\w.-]*)\s*(\[[^\]]*\])?\s*(?:@\s*([^;\s]+)|\(?([^;()]*)\)?)\s*(?:;.*)?", re.DOTALL
)
_LONGEST = 1000
_EXACT = re.compile(r"===?\s*[^\s,*=]+\s*(?:,|$)")
_COMMIT = re.compile(r"[0-9a-f]{7,40}")
_TAG = re.compile(r"[A-Za-z_-]*[-_/]?v?\d+(?:\.\d+)+\S*|v\d+")
_MOVING = re.compile(r"(?:refs/heads/|/(?:archive|zipball|tarball)/(?:main|master|develop|dev|trunk|HEAD)\b|latest)")
_DEVELOPMENT = frozenset(
    """bench benchmark benchmarks ci contrib coverage cov debug dev develop development devcontainer doc docs
    documentation e2e example examples format formatting ipython jupyter lint linter linters linting local mypy notebook
    notebooks playground precommit profile profiling quality release ruff style test tests testing tooling typecheck
    typechecking types typing""".split()
)


def canonical(name: str) -> str:
    """The name as PEP 503 normalises it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def is_development(name: str) -> bool:
    """Whether the name of a group, extra or file says that what it lists is not for production."""
    return any(word in _DEVELOPMENT for word in re.split(r"[^a-z0-9]+", name.lower()))


def at(value: Value | None, *keys: str) -> Value | None:
    """The value below nested keys, or None."""
    for key in keys:
        if not isinstance(value, Mapping):
            return None
        value = value.get(key)
    return value


def parsed(text: str, place: int, group: str = "") -> Dependency | None:
    """The requirement that a string names as PEP 508 writes it, or None."""
    found = _REQUIREMENT.fullmatch(text) if len(text) < _LONGEST else None
    if found is None:
        return None
    name, extras, url, specifier = found[1], found[2] or "", found[3] or "", (found[4] or "").strip()
    written = f"{name}{extras} @ {public(url)}" if url else f"{name}{extras}{specifier}"
    return Dependency(canonical(name), written, place, pin_of(specifier, url), group, ";" in text.partition("#")[0])


def pin_of(specifier: str, url: str = "") -> str:
    """`Dependency.pin` of a version specifier, or of a URL where there is one."""
    if not url:
        if "$" in specifier or "{" in specifier:
            return "unknown"
        return "version" if _EXACT.search(specifier) else ""
    location, _, _ = url.partition("#")
    if "$" in location or "{" in location:
        return "unknown"
    if re.match(r"(?:git|hg|svn|bzr)\+", location):
        path = re.sub(r"^[a-z+]+://[^/]*", "", location)
        return reference_pin(path.rpartition("@")[2] if "@" in path else "")
    if not re.match(r"https?://", location):
        return "local"
    return "" if _MOVING.search(location) else "version"


def reference_pin(reference: str) -> str:
    """What a commit, tag or branch fixes."""
    if "$" in reference:
        return "unknown"
    if _COMMIT.fullmatch(reference):
        return "commit"
    return "tag" if _TAG.fullmatch(reference) else ""


def public(url: str) -> str:
    """The URL without the credentials before its host."""
    return re.sub(r"(?<=//)[^/@\s]+@", "", url)


def strings(value: Value | None, group: str = "") -> Iterator[Dependency]:
    """The requirements of a list of PEP 508 strings."""
    if isinstance(value, Constant):
        value = Sequence("list", (value,), value.place)
    if isinstance(value, Sequence):
        for item in value.items:
            if isinstance(item, Constant) and isinstance(item.value, str):
                dependency = parsed(item.value, item.place, group)
                if dependency is not None:
                    yield dependency


def tables(value: Value | None) -> Iterator[tuple[str, int, Value]]:
    """The pairs of a mapping whose keys are strings: key, place of the key, value."""
    if isinstance(value, Mapping):
        for key, item in value.items:
            if isinstance(key, Constant) and isinstance(key.value, str):
                yield key.value, key.place, item


def key_place(value: Value | None, key: str, otherwise: int = 0) -> int:
    """Where a key of a mapping stands; `otherwise` where it has none."""
    return next((place for name, place, _ in tables(value) if name == key), otherwise)
