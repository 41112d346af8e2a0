"""Routes that change an object and lack the permission check that their siblings have."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from prodlint.finding import Finding
from prodlint.project.identity.roles import unrestricted

if TYPE_CHECKING:
    from prodlint.project import Project


def check(project: Project) -> Iterator[Finding]:
    """One finding a route."""
    for each in unrestricted(project):
        route, name = each.siblings[0]
        fields = {
            "route": each.route.subject,
            "count": f"{len(each.siblings)} of {each.total}",
            "sibling": f"`{route.subject}` has `{name}`",
        }
        yield Finding(each.route.location, each.route.subject, fields, (*each.steps, *each.route.chain))
