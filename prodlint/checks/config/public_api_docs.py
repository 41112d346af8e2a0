"""Documentation that anyone reads, of an application that asks its callers who they are."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from prodlint.finding import Finding, Location, Undecided
from prodlint.project.edges.documentation import documented, guarding

if TYPE_CHECKING:
    from prodlint.project import Project
    from prodlint.project.routes.route import Route


def check(project: Project) -> Iterator[Finding | Undecided]:
    """One finding for each application whose documentation is open while most of its routes are not."""
    applications: dict[Location, list[Route]] = {}
    for route in project.routes:
        # A mounted application is known by the call that makes it.
        for given in route.calls:
            applications.setdefault(Location(given.site.path, given.value.place), []).append(route)
        applications.setdefault(route.application, []).append(route)
    for each in documented(project):
        routes = applications.get(each.application or each.location, ())
        if each.shown == "no" or not routes:
            continue
        rest = [route for route in routes if project.authentication(route).status != "required"]
        protected = len(routes) - len(rest)
        # What is public by nature counts on neither side.
        if protected < sum(not project.public_reason(route) for route in rest) or not protected:
            continue
        if each.shown != "yes":
            yield Undecided(each.location, f"documentation of `{each.name}`", each.shown)
            continue
        guard = guarding(project, each, routes)
        if guard is not None and guard.status == "unknown":
            yield Undecided(each.location, f"documentation of `{each.name}`", guard.reason)
        elif guard is None or guard.status != "required":
            yield Finding(each.location, each.name, {"application": each.name}, each.steps)
