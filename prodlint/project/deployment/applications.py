"""The web applications of the tree: the components that serve routes, and whether a component is a library instead."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from prodlint.finding import Answer, Location, Step
from prodlint.project.deployment.declared import is_around
from prodlint.project.requirements.application import application, candidates

if TYPE_CHECKING:
    from prodlint.project import Project

__all__ = ["WebApplication", "find_applications"]


class WebApplication(Struct, frozen=True):
    """A component, the folder of a manifest, whose own files serve routes."""

    folder: str
    location: Location
    """The call that makes the application, or the first route where there is none."""
    answer: Answer
    """YES for an application; UNKNOWN where it may as well be a library that has one inside. A library is none."""
    evidence: Step | None
    routes: int

    def is_served_by(self, folder: str) -> bool:
        """Whether a deployment file of a project in this folder concerns the application."""
        return is_around(folder, self.folder)


def find_applications(project: Project) -> tuple[WebApplication, ...]:
    """All web applications, by folder. Routes in tests, examples and documentation make none, and libraries are left
    out."""
    routes: dict[str, list[Location]] = {}
    for route in project.routes:
        source = project.sources.get(route.location.path) or project.sources.get(route.registered.path)
        if source is not None and source.role in ("application", "script"):
            made = project.sources.get(route.application.path)
            inside = made is not None and made.role in ("application", "script") and made.project == source.project
            at = route.application if inside else route.registered
            routes.setdefault(source.project, []).append(at)
    for unread in project.unread_routes:
        source = project.sources[unread.location.path]
        if source.role in ("application", "script"):
            routes.setdefault(source.project, []).append(unread.location)
    among = candidates(project)
    found = []
    for folder, places in sorted(routes.items()):
        answer, evidence = application(project, folder, among)
        if answer is not Answer.NO:
            count = {place: places.count(place) for place in set(places)}
            first = min(count, key=lambda place: (-count[place], place))
            found.append(WebApplication(folder, first, answer, evidence, len(places)))
    return tuple(found)
