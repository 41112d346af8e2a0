"""The route table: one row for each method and full path that the applications of the tree serve."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from prodlint.finding import Location
from prodlint.libraries.frameworks import FRAMEWORKS
from prodlint.project.routes.aiohttp.table import find_routes as aiohttp_routes
from prodlint.project.routes.django.table import find_routes as django_routes
from prodlint.project.routes.fastapi.exceptions import handled_exceptions
from prodlint.project.routes.fastapi.injection import Injection
from prodlint.project.routes.fastapi.routers import Routers
from prodlint.project.routes.fastapi.table import Applications
from prodlint.project.routes.flask.exceptions import handled_exceptions as flask_exceptions
from prodlint.project.routes.flask.table import find_routes as flask_routes
from prodlint.project.routes.litestar.table import find_routes as litestar_routes
from prodlint.project.routes.refusal import Refusals
from prodlint.project.routes.route import Found, Lost, Route
from prodlint.project.routes.unfollowed import unfollowed
from prodlint.project.values.bindings import Defined

if TYPE_CHECKING:
    from prodlint.project import Project


class Routing:
    """The routes of all frameworks, and what the answers about them are built from."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.injection = Injection(project)
        self.refusals = Refusals(project)
        self.fastapi = Applications(project, self.injection)

    @property
    def routers(self) -> Routers:
        """FastAPI's and Starlette's applications and routers with their registrations."""
        return self.fastapi.routers

    @cached_property
    def handled_exceptions(self) -> dict[Defined, int]:
        """Exception classes of the tree for which a handler turns the caller away, with that status; 0 where it is not
        known."""
        statuses = self.refusals.statuses
        return {
            **flask_exceptions(self.project, statuses),
            **handled_exceptions(self.project, self.routers, statuses),
        }

    @cached_property
    def _found(self) -> tuple[Found, ...]:
        project = self.project
        return (
            self.fastapi.found,
            flask_routes(project),
            django_routes(project),
            litestar_routes(project),
            aiohttp_routes(project),
        )

    @cached_property
    def routes(self) -> tuple[Route, ...]:
        """All routes, by framework and application, in the order in which each application asks them."""
        return tuple(route for found in self._found for route in found.routes)

    @cached_property
    def lost(self) -> tuple[Lost, ...]:
        """Routes and registrations of which it is unknown where they belong."""
        # What one framework takes for its own and cannot follow (`app.router.add_route`) another one may have read.
        read = {route.registered for route in self.routes}
        found: dict[Location, Lost] = {}
        for lost in (each for found_by in reversed(self._found) for each in reversed(found_by.lost)):
            if lost.location not in read:
                found[lost.location] = lost
        if any(True for _ in self.project.mentioning("fastapi", "starlette", *FRAMEWORKS)):
            seen = {each.location for router in self.routers.routers.values() for each in router.registrations}
            unread = {each.location for each in self.project.unread_routes}
            for lost in unfollowed(
                self.project, read | seen | unread | self.routers.on_classes | set(found), self.routes
            ):
                found[lost.location] = lost
        return tuple(sorted(found.values(), key=lambda each: each.location))


__all__ = ["Routing"]
