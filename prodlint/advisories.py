"""Known vulnerabilities, from a local export of an advisory database in the OSV format.

What is read: one JSON file with an advisory or a list of them, a folder of such files, or the `all.zip` that osv.dev
offers for an ecosystem (https://google.github.io/osv.dev/data/). Only advisories for PyPI count. The format:
https://ossf.github.io/osv-schema/.
"""

from __future__ import annotations

import os
import zipfile
from collections.abc import Iterator

import msgspec
from msgspec import Struct

from prodlint.config import ConfigError
from prodlint.project.requirements.requirement import canonical
from prodlint.project.requirements.vulnerabilities import Advisory, Bound
from prodlint.sources import read_regular, reason_of

__all__ = ["AdvisoryError", "load", "signature"]

LARGEST = 256 << 20
"""Bytes of one file, and of all that a zip holds."""
MOST = 500_000
"""Files in a folder or zip."""


class AdvisoryError(ConfigError):
    """An export that cannot be read; the text is a sentence."""


class _Event(Struct):
    introduced: str = ""
    fixed: str = ""
    last_affected: str = ""


class _Range(Struct):
    type: str = ""
    events: list[_Event] = []


class _Package(Struct, frozen=True):
    ecosystem: str = ""
    name: str = ""


class _Affected(Struct):
    package: _Package = _Package()
    ranges: list[_Range] = []
    versions: list[str] = []


class _Osv(Struct):
    id: str
    summary: str = ""
    details: str = ""
    withdrawn: str = ""
    aliases: list[str] = []
    affected: list[_Affected] = []


def signature(path: str) -> str:
    """What changes when the export does: path, size and time of the file or folder. Raises `AdvisoryError`."""
    try:
        status = os.stat(path)
    except OSError as error:
        raise AdvisoryError(f"The advisories {path} cannot be read: {reason_of(error)}.") from None
    return f"{os.path.abspath(path)}:{status.st_size}:{status.st_mtime_ns}"


def load(path: str) -> tuple[Advisory, ...]:
    """The advisories for PyPI, withdrawn ones left out, sorted by package and id. Raises `AdvisoryError`."""
    try:
        found = [advisory for data in _documents(path) for each in _decoded(data) for advisory in _advisories(each)]
    except OSError as error:
        raise AdvisoryError(f"The advisories {path} cannot be read: {reason_of(error)}.") from None
    except (
        msgspec.MsgspecError,
        zipfile.BadZipFile,
        UnicodeDecodeError,
        RecursionError,
        RuntimeError,
        NotImplementedError,
    ):
        raise AdvisoryError(f"The advisories {path} are not in the OSV format.") from None
    return tuple(sorted(found, key=lambda each: (each.package, each.id)))


def _documents(path: str) -> Iterator[bytes]:
    if os.path.isdir(path):
        names = sorted(name for name in os.listdir(path)[:MOST] if name.endswith(".json"))
        for name in names:
            yield read_regular(os.path.join(path, name), LARGEST)
    elif path.endswith(".zip"):
        with zipfile.ZipFile(path) as archive:
            left = LARGEST
            for member in archive.infolist()[:MOST]:
                if member.filename.endswith(".json") and member.file_size <= left:
                    left -= member.file_size
                    yield archive.read(member)
    else:
        yield read_regular(path, LARGEST)


def _decoded(data: bytes) -> list[_Osv]:
    if data.lstrip()[:1] == b"[":
        return msgspec.json.decode(data, type=list[_Osv])
    return [msgspec.json.decode(data, type=_Osv)]


def _advisories(osv: _Osv) -> Iterator[Advisory]:
    if osv.withdrawn:
        return
    for affected in osv.affected:
        if affected.package.ecosystem != "PyPI":
            continue
        bounds: list[Bound] = []
        for each in affected.ranges:
            if each.type == "ECOSYSTEM":
                bounds += _bounds(each)
        summary = osv.summary or osv.details.strip().partition("\n")[0][:120]
        versions = frozenset(affected.versions)
        yield Advisory(canonical(affected.package.name), osv.id, tuple(osv.aliases), summary, tuple(bounds), versions)


def _at(event: _Event) -> tuple[object, int]:
    """Where an event stands among the versions; a span ends before the next one begins at the same version."""
    from packaging.version import InvalidVersion, Version

    try:
        version = Version(event.introduced or event.fixed or event.last_affected or "0")
    except InvalidVersion:
        version = Version("0")
    return version, 1 if event.introduced else 0


def _bounds(each: _Range) -> Iterator[Bound]:
    """The spans of versions of a range. Its events come in any order, as the schema allows."""
    begun: str | None = None
    for event in sorted(each.events, key=_at):
        if event.introduced:
            begun = event.introduced
        elif begun is not None and (event.fixed or event.last_affected):
            yield Bound(begun, event.fixed, event.last_affected)
            begun = None
    if begun is not None:
        yield Bound(begun, "", "")
