"""The order in which revisions run: every one after those that it follows or depends on."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from prodlint.project.migrations.model import Revision

__all__ = ["circular", "ordered"]


def ordered(revisions: Iterable[Revision]) -> tuple[Revision, ...]:
    """Revisions in an order in which Alembic may run them; a branch is followed to its end where that is possible.
    Those of a circle come last, by path."""
    waiting = sorted(revisions, key=lambda each: each.path)
    by_id: dict[str, Revision] = {}
    for revision in waiting:
        by_id.setdefault(revision.id, revision)
    labels = {label: revision.id for revision in waiting for label in revision.labels}
    following: dict[str, list[Revision]] = {}
    missing: dict[str, int] = {}
    for revision in waiting:
        before = {
            target
            for each in (*revision.down, *revision.depends)
            if (target := _target(each, by_id, labels)) is not None and by_id[target] is not revision
        }
        missing[revision.path] = len(before)
        for each in before:
            following.setdefault(each, []).append(revision)
    ready = [revision for revision in reversed(waiting) if not missing[revision.path]]
    found: list[Revision] = []
    seen: set[str] = set()
    while ready:
        revision = ready.pop()
        found.append(revision)
        if revision.id in seen:  # A second file with one id: nothing follows it.
            continue
        seen.add(revision.id)
        for other in reversed(following.get(revision.id, [])):
            missing[other.path] -= 1
            if not missing[other.path]:
                ready.append(other)
    done = {revision.path for revision in found}
    return (*found, *(revision for revision in waiting if revision.path not in done))


def _target(reference: str, by_id: dict[str, Revision], labels: dict[str, str]) -> str | None:
    """The revision that a reference means: an id, the beginning of one, or a label."""
    if reference in by_id:
        return reference
    if reference in labels:
        return labels[reference]
    found = [each for each in by_id if each.startswith(reference)] if len(reference) > 3 else []
    return found[0] if len(found) == 1 else None


def circular(revisions: tuple[Revision, ...]) -> list[Revision]:
    """The revisions that come after themselves, or after a circle. Those that a squashed one replaces are left out."""
    stands = {old: revision.id for revision in revisions for old in revision.replaces}
    waiting = {revision.id: revision for revision in revisions if revision.id not in stands}
    before = {
        key: {stands.get(down, down) for down in (*revision.down, *revision.depends)} & waiting.keys()
        for key, revision in waiting.items()
    }
    following: dict[str, list[str]] = {}
    for key, several in before.items():
        for each in several:
            following.setdefault(each, []).append(key)
    ready = [key for key, several in before.items() if not several]
    while ready:
        key = ready.pop()
        del waiting[key]
        for other in following.get(key, ()):
            before[other].discard(key)
            if not before[other]:
                ready.append(other)
    return [revision for revision in revisions if waiting.get(revision.id) is revision]


def targets(revisions: Iterable[Revision]) -> Callable[[str], str | None]:
    """A function that gives the revision that a reference means, None for none."""
    by_id: dict[str, Revision] = {}
    labels: dict[str, str] = {}
    for revision in revisions:
        by_id.setdefault(revision.id, revision)
        labels.update(dict.fromkeys(revision.labels, revision.id))
    return lambda reference: _target(reference.partition("@")[0], by_id, labels)


def label_of(revisions: tuple[Revision, ...], head: Revision) -> str:
    """The label of the branch that a head ends, as one of its predecessors sets it; "" for none."""
    by_id = {revision.id: revision for revision in revisions}
    waiting, seen = [head], set()
    while waiting:
        revision = waiting.pop()
        if revision.path in seen:
            continue
        seen.add(revision.path)
        if revision.labels:
            return revision.labels[0]
        waiting += [by_id[down] for down in revision.down if down in by_id]
    return ""
