"""What `prodlint inspect` prints, as rows of the JSON contract, and how much of each thing the model holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prodlint.project import settings
from prodlint.project.routes import table as routes

if TYPE_CHECKING:
    from prodlint.project import Project


def rows(project: Project, subject: str) -> list[dict[str, object]]:
    """The rows of "routes", "tables" or "settings", sorted. Raises KeyError for any other subject."""
    from prodlint.project.tables import tables

    return {"routes": routes.rows, "tables": tables.rows, "settings": settings.rows}[subject](project)


def counted(project: Project) -> list[tuple[str, int, int]]:
    """How much the model holds: a noun in the singular, the number, and how many of these are not known."""
    known = [route for route in project.routes if project.role(route.location.path) != "test"]
    unknown = sum(project.authentication(route).status == "unknown" for route in known)
    unread = len(project.unread_routes) + sum(len(router.registrations) for router in project.routing.orphans)
    return [
        ("route", len(known) + unread, unknown + unread),
        ("table", len(project.tables), sum(bool(table.unknown) for table in project.tables)),
        ("engine", len(project.engines), 0),
        ("settings class", len(project.settings), 0),
    ]
