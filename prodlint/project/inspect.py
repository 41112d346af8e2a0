"""What `prodlint inspect` prints, as rows of the JSON contract, and how much of each thing the model holds."""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from prodlint.libraries.frameworks import DJANGO_MODELS
from prodlint.project import settings
from prodlint.project.routes import rows as routes
from prodlint.project.values.bindings import Defined

if TYPE_CHECKING:
    from prodlint.project import Project


def rows(project: Project, subject: str) -> list[dict[str, object]]:
    """The rows of "routes", "tables", "migrations", "queries", "settings" or "dependencies", sorted. Raises KeyError
    for any other."""
    from prodlint.project.migrations import rows as migrations
    from prodlint.project.queries import rows as queries
    from prodlint.project.requirements import rows as dependencies
    from prodlint.project.tables import rows as tables

    subjects = {"routes": routes.rows, "tables": tables.rows, "queries": queries.rows, "settings": settings.rows}
    return (subjects | {"migrations": migrations.rows, "dependencies": dependencies.rows})[subject](project)


def counted(project: Project) -> list[tuple[str, int, int]]:
    """How much the model holds: a noun in the singular, the number, and how many of these are not known."""
    known = [route for route in project.routes if project.role(route.location.path) != "test"]
    open_question = (each for each in known if project.authentication(each).status == "unknown")
    unknown = sum(not project.public_reason(each) for each in open_question)
    unread = len(project.unread_routes) + len(project.routing.lost)
    return [
        ("route", len(known) + unread, unknown + unread),
        ("table", len(project.tables), sum(bool(table.unknown) for table in project.tables)),
        ("migration", sum(is_migration(project, path) for path in project.python_paths), 0),
        ("database engine", len(project.engines), 0),
    ]


def is_migration(project: Project, path: str) -> bool:
    """Whether a file is a revision of Alembic or a migration of Django."""
    if project.role(path) != "migration":
        return False
    names = project.identifiers(path)
    return " down_revision " in names or (" Migration " in names and " migrations " in names)


def notices(project: Project) -> tuple[str, ...]:
    """Sentences about what was found and is not read, or was not found at all."""
    said = []
    if not project.routes and not project.unread_routes and not project.routing.lost:
        said.append("No route of a web application was found, so nothing is said about its routes.")
    if not any(table.mapper == "django" for table in project.tables) and any(
        project.names.derives_from(defined, DJANGO_MODELS) for defined in _model_classes(project)
    ):
        said.append("Models of Django were found and their tables were not, so nothing is said about these.")
    said += _dead_entries(project)
    return tuple(said)


def _dead_entries(project: Project) -> Iterator[str]:
    """Sentences about entries of the configuration that speak of nothing that is there: what they once freed or
    vouched for was renamed or removed, and the next thing of that name would be freed unseen."""
    for pattern in project.public_routes:
        if not any(fnmatchcase(route.path, pattern) for route in project.routes):
            yield f"The configuration's `public-routes` names `{pattern}`, which matches no route that was read."
    asked = project.configured_authentication
    if not asked:
        return
    carried = {each.name for route in project.routes for top in route.dependencies for each in top.closure()}
    carried |= {guard.name for route in project.routes for guard in route.guards}
    carried |= {name.rpartition(".")[2] for name in carried}
    for name in sorted(asked - carried):
        yield f"The configuration's `auth-dependencies` names `{name}`, which no route that was read asks for."


def _model_classes(project: Project) -> Iterator[Defined]:
    for path in project.mentioning("models"):
        python = project.python(path) if project.role(path) == "application" else None
        for index, scope in enumerate(python.scopes if python is not None else ()):
            if scope.kind == "class" and scope.bases:
                yield Defined(path, index)
