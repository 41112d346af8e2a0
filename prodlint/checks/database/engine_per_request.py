"""Engines, pools and clients of databases that each request makes for itself."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from prodlint.finding import Finding

if TYPE_CHECKING:
    from prodlint.project import Project


def check(project: Project) -> Iterator[Finding]:
    for created in project.created_per_request:
        scope = project.scope_of(created.function)
        fields = {"call": created.call, "kind": created.kind, "function": scope.qualname}
        yield Finding(created.location, f"{project.qualified(created.function)} {created.call}", fields, created.steps)
