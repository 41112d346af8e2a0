"""What exports how many connections of a pool are in use."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prodlint.facts import Attribute, Reference
from prodlint.libraries.engines import POOL_MONITORS, POOL_READS

if TYPE_CHECKING:
    from prodlint.project import Project

__all__ = ["monitored"]


def monitored(project: Project) -> bool:
    """Whether the application asks a pool for its numbers (`engine.pool.checkedout()`), or uses a library that does."""
    for path in project.mentioning(*POOL_READS):
        if project.role(path) not in ("application", "script"):
            continue
        for call, _ in project.calls_in(path):
            function = call.function
            name = function.name if isinstance(function, (Reference, Attribute)) else ""
            head, _, last = name.rpartition(".")
            inner = function.value if isinstance(function, Attribute) else None
            owner = head or getattr(inner, "name", "")
            if last in POOL_READS and "pool" in owner.lower().rpartition(".")[2]:
                return True
    if any(True for _ in project.mentioning(*POOL_MONITORS.values())):
        return True
    names = {
        row.name
        for component in project.requirements.components
        for manifest in component.manifests
        for listed in manifest.lists
        for row in listed.dependencies
    }
    return any(name in names for name in POOL_MONITORS if not POOL_MONITORS[name])
