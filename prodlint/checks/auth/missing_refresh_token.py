"""Applications that issue access tokens and have no way to renew them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from prodlint.finding import Finding, Undecided
from prodlint.project.tokens.purpose import purpose_of

if TYPE_CHECKING:
    from prodlint.project import Project
    from prodlint.project.tokens.issued import Issued


def check(project: Project) -> Iterator[Finding | Undecided]:
    """One finding for each component that issues access tokens."""
    issued: dict[str, list[Issued]] = {}
    for each in project.tokens:
        issued.setdefault(project.sources[each.call.path].project, []).append(each)
    for component, several in issued.items():
        purposes = [(each, purpose_of(project, each)) for each in several]
        if any(purpose.kind == "refresh" for _, purpose in purposes) or _renews(project, component):
            continue
        access = next((each for each in purposes if each[1].kind == "access"), None)
        if access is not None:
            issued_first, purpose = access
            steps = (*issued_first.way.steps, *purpose.steps)
            yield Finding(issued_first.location, component or "application", {}, steps)


def _renews(project: Project, component: str) -> bool:
    """Whether a component has a route that says that it renews, or speaks of refresh tokens anywhere."""
    for route in project.routes:
        if "refresh" in route.path.lower() and project.sources[route.location.path].project == component:
            return True
    names = ("refresh_token", "create_refresh_token", "RefreshToken", "refresh_access_token")
    return any(
        project.sources[path].project == component and project.role(path) == "application"
        for path in project.mentioning(*names)
    )
