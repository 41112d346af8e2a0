"""The reports of earlier runs, and when they are still true.

A report is true as long as all that it was made from is. The cheap ways to know come first:

- *signatures*: no file has another size, time or inode. Nothing is read;
- *contents*: files were touched, checked out anew or brought back by a cache of CI, and hold what they held;
- *facts*: files were edited where no fact stands (comments, blank lines, layout), or so that facts only went to other
  lines. What the report says of these files moves with them.

What any of them cannot show to be true is not used, and the rules run.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Mapping
from datetime import date
from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct

from prodlint import stamps
from prodlint.cache import Cache
from prodlint.report.model import Report

if TYPE_CHECKING:
    from prodlint.engine import Request
    from prodlint.sources import Source, Workspace
    from prodlint.store import Store

__all__ = ["RACY", "by_content", "by_signature", "keep"]

RACY = 1_000_000_000
"""Nanoseconds within which two changes of a file may leave it with one time, so that its time proves nothing."""

MANY = 64
"""Changed files from which on comparing their facts is not tried."""


class Kept(Struct, frozen=True, array_like=True):
    """A report, and the days on which it is true: ignore comments end (`until=`). After `since` (ISO, "" for ever),
    up to and with `until` ("" for ever)."""

    report: Report
    since: str = ""
    until: str = ""


def by_signature(cache: Cache, request: Request, workspace: Workspace) -> Report | None:
    """The report on files that look as they do now, or None."""
    key = cache.memo(_by_signature(request, workspace))
    # A poisoned key is one that no row has.
    return _recall(cache, key.decode("ascii", "replace"), request) if key is not None else None


def by_content(cache: Cache, request: Request, workspace: Workspace, store: Store) -> Report | None:
    """The report on files that hold what they do now, or the same but for lines; None where there is none."""
    found = _recall(cache, _by_content(request, workspace, store.keys), request)
    if found is not None or not 0 < len(store.replaced) <= MANY:
        return found
    before = _recall(cache, _by_content(request, workspace, {**store.keys, **store.replaced}), request)
    if before is None:
        return None
    from prodlint.facts.moves import moves

    lines: dict[str, dict[int, int]] = {}
    for path in store.replaced:
        old = store.earlier(path)
        found_lines = moves(old, store.load(path)) if old is not None else None
        if found_lines is None:
            return None
        lines[path] = found_lines
    from prodlint.report.moving import MovedError, on_other_lines

    secrets = {path: store.load(path).secrets for path in lines}
    try:
        return on_other_lines(before, lines, secrets, request.catalogue)
    except MovedError:
        return None


def keep(cache: Cache, request: Request, workspace: Workspace, store: Store, report: Report, started: int) -> None:
    """Keep the report of a run that began at `started` (nanoseconds since the epoch), if it is without errors."""
    if report.errors or not _still(workspace, report):
        return
    from prodlint.store import PRAGMAS

    day = request.today.isoformat()
    ends = {pragma.until for path in store.marked(PRAGMAS) for pragma in store.load(path).pragmas if pragma.until}
    kept = Kept(
        report,
        max((end for end in ends if end < day), default=""),
        min((end for end in ends if end >= day), default=""),
    )
    key = _by_content(request, workspace, store.keys)
    cache.keep_memo(key, msgspec.msgpack.encode(kept))
    if _is_settled(workspace, started):
        cache.keep_memo(_by_signature(request, workspace), key.encode())


def _recall(cache: Cache, key: str, request: Request) -> Report | None:
    encoded = cache.memo(key)
    if encoded is None:
        return None
    try:
        kept = msgspec.msgpack.decode(encoded, type=Kept)
    except (msgspec.MsgspecError, RecursionError, ValueError):
        return None
    day = request.today.isoformat()
    return kept.report if kept.since < day and (not kept.until or day <= kept.until) else None


def _is_settled(workspace: Workspace, started: int) -> bool:
    """Whether no file was changed just before the run, when one more change might leave it with the same time."""
    return not any(abs(started - source.modified) < RACY for source in workspace.sources.values())


def _still(workspace: Workspace, report: Report) -> bool:
    """Whether the files whose lines the report shows are those that were read: their text was read once more."""
    for path in {each.finding.location.path for each in report.findings}:
        source = workspace.sources.get(path)
        if source is None:
            continue  # A folder that cannot be read.
        try:
            status = os.stat(os.path.join(workspace.root, path))
        except OSError:
            return False
        if (status.st_size, status.st_mtime_ns) != (source.size, source.modified):
            return False
    return True


# --- Keys -------------------------------------------------------------------------------------------------------------


def _by_signature(request: Request, workspace: Workspace) -> str:
    return _digest(request, workspace, (msgspec.msgpack.encode(workspace.sources),))


def _by_content(request: Request, workspace: Workspace, keys: Mapping[str, bytes]) -> str:
    parts = [b"contents"]
    for path, source in workspace.sources.items():
        text = f"{path}\0{source.kind}\0{source.role}\0{source.project}\0".encode("utf-8", "surrogatepass")
        parts.append(text + (keys.get(path) or _signature(source)))
    return _digest(request, workspace, parts)


def _signature(source: Source) -> bytes:
    """What stands for the content of a file that was not read: one too large, or one that cannot be opened."""
    return f"{source.size}:{source.modified}:{source.inode}".encode()


def _digest(request: Request, workspace: Workspace, parts: Iterable[bytes]) -> str:
    """Of all else that a report depends on, and the parts. Sets have another order in each process, unless told."""
    asked = msgspec.structs.replace(request, jobs=0, progress=False, today=date.min)
    where = msgspec.structs.replace(workspace, sources={})
    digest = hashlib.blake2b(stamps.of_everything().encode(), digest_size=16)
    for each in (asked, where):
        digest.update(msgspec.msgpack.encode(each, order="deterministic"))
    for part in parts:
        digest.update(len(part).to_bytes(4, "big") + part)
    return digest.hexdigest()
