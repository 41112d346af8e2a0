"""What `prodlint inspect dependencies` prints: each direct requirement, and what fixes its version."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prodlint.facts import span
from prodlint.project.requirements.dependencies import Component
from prodlint.project.requirements.requirement import Dependency, is_development

if TYPE_CHECKING:
    from prodlint.project import Project

__all__ = ["rows"]


def rows(project: Project) -> list[dict[str, object]]:
    """The contract of `inspect dependencies`: one object a requirement of a manifest, by component, file and line."""
    return [
        {
            "name": row.name,
            "requirement": row.written,
            "group": row.group,
            "development": manifest.development or is_development(row.group),
            "pin": row.pin,
            "version": _version(component, row),
            "fixed_by": component.fixes(row.name),
            "component": component.folder,
            "application": component.application.value,
            "file": manifest.path,
            "line": span(row.place).line,
        }
        for component in project.requirements.components
        for manifest in component.manifests
        if not manifest.constraint
        for listed in manifest.lists
        for row in listed.dependencies
    ]


def _version(component: Component, row: Dependency) -> str:
    """The version, or the versions, that the nearest lock file or list fixes; "" for none."""
    path = component.fixes(row.name)
    lock = next((each for each in component.locks if each.path == path), None)
    found = [version for name, version, _ in lock.rows if name == row.name] if lock is not None else []
    return ", ".join(dict.fromkeys(found))
