"""The web applications of the tree, and the files that are each one's own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec import Struct

from prodlint.finding import Location

if TYPE_CHECKING:
    from prodlint.project import Project
    from prodlint.project.routes.route import Route

_LOADERS = ("import_module", "iter_modules", "walk_packages", "import_string", "find_modules", "autodiscover")
"""What imports modules by computed names, whose routers may be included by what they are found by."""

__all__ = ["WebApplication", "find_web_applications", "own_python"]


class WebApplication(Struct, frozen=True):
    """What is served from one project folder: all its application objects together, as they run as one service."""

    folder: str
    location: Location
    """Where the application with the most routes is made."""
    routes: tuple[Route, ...]
    doubt: str = ""
    """Why it may have more routes than these; "" where all are known."""

    @property
    def subject(self) -> str:
        """Stable when lines move."""
        return f"application {self.folder}" if self.folder else "application"


def find_web_applications(project: Project) -> tuple[WebApplication, ...]:
    """The applications of the deployment model with the routes that they serve, by folder; without routes that are read
    there is nothing to ask."""
    by_folder: dict[str, list[Route]] = {}
    for route in project.routes:
        if {project.role(route.location.path), project.role(route.application.path)} == {"application"}:
            by_folder.setdefault(project.sources[route.application.path].project, []).append(route)
    return tuple(
        WebApplication(each.folder, each.location, tuple(by_folder[each.folder]), _doubt(project, each.folder))
        for each in project.deployment.applications
        if each.folder in by_folder
    )


def _doubt(project: Project, folder: str) -> str:
    loaded = any(project.sources[path].project == folder for path in project.mentioning(*_LOADERS))
    for lost in project.routing.lost:
        if lost.is_orphan and not loaded:
            continue  # It serves nothing, unless what includes it is not followed: that is lost as well.
        if project.sources[lost.location.path].project == folder and project.role(lost.location.path) == "application":
            return lost.reason
    for unread in project.unread_routes:
        if project.sources[unread.location.path].project == folder:
            return f"routes of {unread.framework} are not read"
    return ""


def own_python(project: Project, application: WebApplication, *names: str) -> Iterator[str]:
    """The Python files that mention any of the identifiers and belong to the application: those of its folder, and
    those of folders that hold no application of their own, as it may import them."""
    others = {each.folder for each in project.web_applications} - {application.folder}
    for path in project.mentioning(*names):
        source = project.sources[path]
        if source.role in {"application", "script"} and source.project not in others:
            yield path
