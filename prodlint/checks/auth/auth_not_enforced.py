"""Dependencies and decorators that look like authentication and can turn nobody away."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from prodlint.finding import Finding, Location, Step
from prodlint.project.identity.enforcement import unenforced
from prodlint.project.identity.unread import REASON, unread_schemes

if TYPE_CHECKING:
    from prodlint.project import Project
    from prodlint.project.routes.route import Route

_LISTED = 3


def check(project: Project) -> Iterator[Finding]:
    """One finding a function or scheme, which names the routes that rely on it."""
    for each in unenforced(project):
        place = Location(each.code.path, project.scope_of(each.code).place)
        yield _found(place, each.name, each.fault.reason, each.routes, each.steps)
    for scheme in unread_schemes(project):
        name = f"{project.modules.name(scheme.location.path)}: {scheme.name}"
        yield _found(scheme.location, name, REASON, scheme.routes, scheme.steps)


def _found(
    location: Location, name: str, reason: str, routes: tuple[Route, ...], steps: tuple[Step, ...]
) -> Finding:
    subjects = list(dict.fromkeys(route.subject for route in routes))
    listed = ", ".join(f"`{subject}`" for subject in subjects[:_LISTED])
    more = f" and {len(subjects) - _LISTED} more" if len(subjects) > _LISTED else ""
    return Finding(location, name, {"name": name, "reason": reason, "routes": f"{listed}{more}"}, steps)
