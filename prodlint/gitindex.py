"""Git's index, read as a file: which files of some kind the repository holds. Git itself is never run, since its
configuration can name programs.

The format is that of https://git-scm.com/docs/index-format, versions 2 to 4. An index that is not understood (or that
shares its entries with another one) gives no answer, which is not the answer that nothing is committed.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Callable, Iterator

__all__ = ["committed"]

MAX_BYTES = 1 << 28
_HEADER = 12
_FIXED = 40
"""Bytes of an entry before the object's name: times, device, inode, mode, owner, size."""
_OBJECT_NAMES = (20, 32)
"""Bytes of an object's name: SHA-1, and SHA-256 in repositories that ask for it."""
_KINDS = frozenset({0o100644, 0o100755, 0o120000, 0o160000, 0o040000, 0o100664})


class _Unread(Exception):
    """The index is not what it looks like."""


def committed(root: str, hint: bytes, wanted: Callable[[str], bool]) -> tuple[str, ...] | None:
    """The paths (relative to `root`, the folder with `.git`) of the files in git's index that are wanted, sorted; None
    where there is no index or it cannot be read. `hint` is an expression without which no wanted path can be in it."""
    path = os.path.join(root, ".git", "index")
    try:
        if not stat.S_ISDIR(os.lstat(os.path.dirname(path)).st_mode) or not stat.S_ISREG(os.lstat(path).st_mode):
            return None
        with open(path, "rb") as file:
            data = file.read(MAX_BYTES)
    except OSError:
        return None
    if data[:4] != b"DIRC" or len(data) < _HEADER:
        return None
    version, count = int.from_bytes(data[4:8], "big"), int.from_bytes(data[8:12], "big")
    if version not in (2, 3, 4):
        return None
    # Names of version 4 are cut where they begin like the one before; those of the others are whole.
    looks_wanted = re.compile(hint).search
    if version != 4 and looks_wanted(data) is None:
        return None if b"link" in data[-64:] else ()
    for size in _OBJECT_NAMES:
        try:
            names = [
                name.decode("utf-8", "replace") for name in _names(data, version, count, size) if looks_wanted(name)
            ]
            return tuple(sorted(filter(wanted, names)))
        except _Unread:
            continue
    return None


def _names(data: bytes, version: int, count: int, size: int) -> Iterator[bytes]:
    at, last = _HEADER, b""
    for _ in range(count):
        start = at
        if at + _FIXED + size + 2 > len(data) or int.from_bytes(data[at + 24 : at + 28], "big") not in _KINDS:
            raise _Unread
        flags = int.from_bytes(data[at + _FIXED + size : at + _FIXED + size + 2], "big")
        at += _FIXED + size + (4 if flags & 0x4000 else 2)
        kept = 0
        if version == 4:
            strip, at = _variable(data, at)
            kept = len(last) - strip
            if kept < 0:
                raise _Unread
        end = data.find(b"\0", at)
        if end < 0:
            raise _Unread
        last = last[:kept] + data[at:end]
        if flags & 0xFFF != min(len(last), 0xFFF):
            raise _Unread
        # An entry of the older versions is padded to a multiple of eight bytes, with at least one.
        at = end + 1 if version == 4 else start + (end - start + 8) // 8 * 8
        yield last
    if data[at : at + 4] == b"link":
        raise _Unread


def _variable(data: bytes, at: int) -> tuple[int, int]:
    """A number in the encoding of pack offsets, and what follows it."""
    if at >= len(data):
        raise _Unread
    byte = data[at]
    number = byte & 0x7F
    while byte & 0x80:
        at += 1
        if at >= len(data) or number > 1 << 32:
            raise _Unread
        byte = data[at]
        number = (number + 1) << 7 | byte & 0x7F
    return number, at + 1
