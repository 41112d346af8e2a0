"""Applications with SQL models that no tool migrates."""

from __future__ import annotations

from collections.abc import Iterator
from posixpath import dirname
from typing import TYPE_CHECKING

from prodlint.finding import Finding, Step
from prodlint.project.drift.tools import empty_environment, has_revisions, tool_of, without_folder

if TYPE_CHECKING:
    from prodlint.project import Project
    from prodlint.project.tables.schema import Table


def check(project: Project) -> Iterator[Finding]:
    by_folder: dict[str, list[Table]] = {}
    for table in project.tables:
        if project.role(table.location.path) == "application" and table.managed and table.of:
            if table.mapper != "django":
                by_folder.setdefault(project.sources[table.location.path].project, []).append(table)
    for folder, tables in sorted(by_folder.items()):
        if not _is_served(project, folder) or has_revisions(project, folder):
            continue
        tool = tool_of(project, folder)
        first = tables[0]
        count = f"{len(tables)} models" if len(tables) > 1 else "a model"
        step = Step(f"`{first.label}` is one of them" if len(tables) > 1 else "it is declared here", first.location)
        empty = empty_environment(project, folder) if tool == "Alembic" else None
        if empty is not None:
            fields = {"what": f"`{dirname(empty.path)}` has not one revision for {count}"}
            yield Finding(empty, f"migrations of {folder or 'the application'}", fields, (step,))
            continue
        bare = without_folder(project, folder) if tool else None
        if bare is not None:
            fields = {"what": f"Flask-Migrate is set up and has not one revision for {count}"}
            yield Finding(bare, f"migrations of {folder or 'the application'}", fields, (step,))
        elif not tool:
            fields = {"what": f"no tool migrates the tables of {count}"}
            yield Finding(first.location, f"migrations of {folder or 'the application'}", fields)
    yield from _apps(project)


def _is_served(project: Project, folder: str) -> bool:
    """Whether the folder holds an application: it serves requests, or connects to a database."""
    routes = any(project.sources[route.location.path].project == folder for route in project.routes)
    return routes or any(
        project.sources[engine.location.path].project == folder and not engine.is_script for engine in project.engines
    )


def _apps(project: Project) -> Iterator[Finding]:
    """Django's apps that have models and no migrations."""
    own = [
        table
        for table in project.tables
        if table.mapper == "django"
        and table.managed
        and table.of
        and project.role(table.location.path) == "application"
    ]
    if not own or next(iter(project.mentioning("MIGRATION_MODULES")), None) is not None:
        return
    folders = {dirname(dirname(path)) for path in project.mentioning("Migration") if "/migrations/" in f"/{path}"}
    seen = set()
    for table in own:
        folder = dirname(table.location.path)
        folder = dirname(folder) if folder.endswith("/models") or folder == "models" else folder
        above = {folder, dirname(folder), dirname(dirname(folder))}
        if folder in seen or above & folders or not _is_site(project, table.location.path):
            continue
        seen.add(folder)
        name = folder.rpartition("/")[2] or "the project"
        fields = {"what": f"the app `{name}` has models and no migrations"}
        yield Finding(table.location, f"migrations of {folder}", fields)


def _is_site(project: Project, path: str) -> bool:
    """Whether a file belongs to a site, and not to a package for other sites."""
    folder = project.sources[path].project
    return any(project.sources[other].project == folder for other in project.mentioning("INSTALLED_APPS"))
