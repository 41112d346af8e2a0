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
    parts = [__version__, sys.version]
    for folder in ("facts", "readers", "syntax", "libraries"):
        parts += _signatures(os.path.join(_PACKAGE, folder))
    for name in _LIBRARIES:
        found = PathFinder.find_spec(name)
        if found is not None and found.origin:
            status = os.stat(found.origin)
            parts.append(f"{found.origin}:{status.st_size}:{status.st_mtime_ns}")
    return hashlib.blake2b("\n".join(parts).encode("utf-8", "surrogateescape"), digest_size=16).hexdigest()


@cache
def of_everything() -> str:
    """What a report depends on."""
    return "\n".join([of_readers(), *_signatures(_PACKAGE)])


def _signatures(folder: str) -> Iterator[str]:
    with os.scandir(folder) as entries:
        for entry in sorted(entries, key=lambda each: each.name):
            if entry.is_dir():
                if entry.name not in ("__pycache__", "rules"):
                    yield from _signatures(entry.path)
            elif entry.name.endswith(".py"):
                status = entry.stat()
                yield f"{entry.path}:{status.st_size}:{status.st_mtime_ns}"
