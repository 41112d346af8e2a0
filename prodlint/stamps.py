"""What kept facts and kept reports depend on beside the inspected tree: prodlint's own code, and the libraries that its
readers use, by size and time of their files, which is much cheaper than by content."""

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
_LIBRARIES = ("libcst", "detect_secrets", "yaml", "packaging", "msgspec", "sqlparse", "tomli")
"""Libraries that readers use; another version of one may read differently."""


@cache
def of_readers() -> str:
    """What the facts of a file depend on."""
    folders = (os.path.join(_PACKAGE, folder) for folder in ("facts", "readers", "syntax", "libraries"))
    return _digest([*_outside(), *(each for folder in folders for each in _signatures(folder))])


@cache
def of_everything() -> str:
    """What a report depends on."""
    return _digest([*_outside(), *_signatures(_PACKAGE)])


def _digest(parts: list[str]) -> str:
    return hashlib.blake2b("\n".join(parts).encode("utf-8", "surrogateescape"), digest_size=16).hexdigest()


def _outside() -> Iterator[str]:
    """Prodlint's version, the interpreter, and the libraries."""
    yield from (__version__, sys.version)
    for name in _LIBRARIES:
        found = PathFinder.find_spec(name)
        if found is not None and found.origin:
            status = os.stat(found.origin)
            yield f"{found.origin}:{status.st_size}:{status.st_mtime_ns}"


def _signatures(folder: str) -> Iterator[str]:
    with os.scandir(folder) as entries:
        for entry in sorted(entries, key=lambda each: each.name):
            if entry.is_dir():
                if entry.name not in ("__pycache__", "rules"):
                    yield from _signatures(entry.path)
            elif entry.name.endswith(".py"):
                status = entry.stat()
                yield f"{entry.path}:{status.st_size}:{status.st_mtime_ns}"
