"""What kept facts and kept reports depend on beside the inspected tree: prodlint's own code, and the libraries that its
readers use.

Where a package was installed, what it was installed from says that it is the same, so that a cache that CI restores is
good in a new environment; where it runs from a checkout, size and time of each file do, which is much cheaper than
their content.
"""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Iterator
from functools import cache
from importlib.machinery import PathFinder

from prodlint import __version__

__all__ = ["of_everything", "of_readers"]

_PACKAGE = os.path.dirname(os.path.abspath(__file__))
_LIBRARIES = {
    "libcst": "libcst", "detect_secrets": "detect_secrets", "yaml": "pyyaml", "packaging": "packaging",
    "msgspec": "msgspec", "sqlparse": "sqlparse", "tomli": "tomli",
}  # fmt: skip
"""Libraries that readers use, another version of which may read differently: the package, and its distribution."""


@cache
def of_readers() -> str:
    """What the facts of a file depend on."""
    return _digest([*_outside(), *_own("facts", "readers", "syntax", "libraries")])


@cache
def of_everything() -> str:
    """What a report depends on."""
    return _digest([*_outside(), *_own("")])


def _digest(parts: list[str]) -> str:
    return hashlib.blake2b("\n".join(parts).encode("utf-8", "surrogateescape"), digest_size=16).hexdigest()


def _outside() -> Iterator[str]:
    """Prodlint's version, the interpreter, and the libraries."""
    yield from (__version__, sys.version)
    for package, distribution in _LIBRARIES.items():
        found = PathFinder.find_spec(package)
        if found is None or not found.origin:
            continue
        folder = os.path.dirname(os.path.dirname(found.origin))
        # The folder of a distribution's metadata (https://packaging.python.org/en/latest/specifications/
        # recording-installed-packages/) is named after its version.
        installed = [each for each in _metadata(folder) if each.lower().startswith(distribution + "-")]
        if len(installed) == 1:
            yield installed[0]
        else:
            status = os.stat(found.origin)
            yield f"{found.origin}:{status.st_size}:{status.st_mtime_ns}"


@cache
def _metadata(folder: str) -> tuple[str, ...]:
    try:
        return tuple(each for each in os.listdir(folder or ".") if each.endswith(".dist-info"))
    except OSError:
        return ()


def _own(*folders: str, package: str = _PACKAGE) -> Iterator[str]:
    """Prodlint's own files: by the list of digests that they were installed with, and by their time where they were
    written after it or where there is none."""
    record = os.path.join(os.path.dirname(package), f"prodlint-{__version__}.dist-info", "RECORD")
    try:
        with open(record, "rb") as file:
            # The command's script, which names the interpreter, is in it as well.
            yield _digest([line for line in file.read().decode().splitlines() if line.startswith("prodlint/")])
            installed = os.fstat(file.fileno()).st_mtime_ns
    except (OSError, UnicodeDecodeError):
        installed = 0
    for folder in folders:
        yield from _signatures(os.path.join(package, folder), len(package), installed)


def _signatures(folder: str, start: int, installed: int) -> Iterator[str]:
    with os.scandir(folder) as entries:
        for entry in sorted(entries, key=lambda each: each.name):
            if entry.is_dir():
                if entry.name not in ("__pycache__", "rules"):
                    yield from _signatures(entry.path, start, installed)
            elif entry.name.endswith(".py"):
                status = entry.stat()
                when = status.st_mtime_ns if status.st_mtime_ns > installed else 0
                yield f"{entry.path[start:]}:{status.st_size}:{when}"
