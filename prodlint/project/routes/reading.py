"""Whether a route only reads: told from its methods, or where those are not limited from what its handler does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prodlint.facts import Attribute, Call, Reference, walk

if TYPE_CHECKING:
    from prodlint.project import Project
    from prodlint.project.routes.route import Route

READING = frozenset({"GET", "HEAD", "OPTIONS"})
_SENT = frozenset({"POST", "FILES", "body", "method", "data"})
"""Attributes of a request that a handler looks at which does more than answer GET."""
_CHANGES = frozenset(
    "save create update delete bulk_create bulk_update get_or_create update_or_create add set remove clear flush send "
    "execute executemany asave acreate aupdate adelete aget_or_create aupdate_or_create login logout is_valid eval "
    "exec run Popen system check_output delay apply_async write write_text unlink rmtree".split()
)
"""Last names of calls that change something."""


def only_reads(project: Project, route: Route) -> bool:
    """Whether a route answers reading methods only. A Django view that answers every method ("*") counts as reading
    where it looks neither at the method nor at what was sent, and calls nothing that changes anything."""
    if set(route.methods) <= READING:
        return True
    if route.methods != ("*",) or route.handler is None:
        return False
    for value in project.values_of(route.handler):
        for each in walk(value):
            if isinstance(each, Reference) and not _SENT.isdisjoint(each.name.split(".")[1:]):
                return False
            name = each.function if isinstance(each, Call) else None
            last = name.name if isinstance(name, Attribute) else str(getattr(name, "name", "")).rpartition(".")[2]
            if name is not None and last in _CHANGES:
                return False
    return True
