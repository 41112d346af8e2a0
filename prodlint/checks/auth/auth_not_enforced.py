"""Dependencies and decorators that look like authentication and can turn nobody away."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from prodlint.finding import Finding, Location
from prodlint.project.identity.enforcement import unenforced

if TYPE_CHECKING:
    from prodlint.project import Project

_LISTED = 3


def check(project: Project) -> Iterator[Finding]:
    """One finding a function, which names the routes that rely on it."""
    for each in unenforced(project):
        routes = list(dict.fromkeys(route.subject for route in each.routes))
        listed = ", ".join(f"`{subject}`" for subject in routes[:_LISTED])
        more = f" and {len(routes) - _LISTED} more" if len(routes) > _LISTED else ""
        place = project.scope_of(each.code).place
        fields = {"name": each.name, "reason": each.fault.reason, "routes": f"{listed}{more}"}
        yield Finding(Location(each.code.path, place), each.name, fields, each.steps)
