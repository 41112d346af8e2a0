"""Which tool, if any, migrates the database of an application."""

from __future__ import annotations

import re
from posixpath import basename
from typing import TYPE_CHECKING

from prodlint.facts import Constant, Dockerfile, Document, Import, Script, walk
from prodlint.finding import Location
from prodlint.libraries.database import MIGRATION_TOOLS

if TYPE_CHECKING:
    from prodlint.project import Project

__all__ = ["empty_environment", "has_revisions", "related", "tool_of", "without_folder"]

_ROLES = frozenset({"application", "script", "migration"})
_SQL = re.compile(r"(?:^|/)(?:migrations?|versions|changelog|schema)/[^/]*(?:up|down|V?\d+)[^/]*\.sql$")


def related(one: str, other: str) -> bool:
    """Whether two project folders are the same, or one is inside the other."""
    return not one or not other or f"{one}/".startswith(f"{other}/") or f"{other}/".startswith(f"{one}/")


def tool_of(project: Project, folder: str) -> str:
    """The name of a tool that the application in a project folder, or what surrounds it, mentions; "" for none."""
    for path in project.mentioning("alembic", "flask_migrate", "aerich", "yoyo", "piccolo"):
        python = project.python(path)
        if python is None or project.role(path) not in _ROLES or not related(project.sources[path].project, folder):
            continue
        for statement in python.statements:
            root = statement.module.partition(".")[0] if isinstance(statement, Import) else ""
            if root in MIGRATION_TOOLS:
                return MIGRATION_TOOLS[root]
    for path, source in project.sources.items():
        if source.kind in ("python", "requirements") or source.role in ("test", "documentation", "example"):
            continue
        if basename(path) == "alembic.ini" and related(source.project, folder):
            return "Alembic"
        if not related(source.project, folder) or path.endswith((".lock", ".json", ".md")):
            continue
        found = _mentioned(project, path)
        if found:
            return found
    return ""


def _mentioned(project: Project, path: str) -> str:
    """A tool that is run or configured by an image, a workflow, a script or a manifest."""
    content = project.facts(path).content
    texts: list[str] = []
    if isinstance(content, Script):
        texts = [line.text for line in content.lines]
    elif isinstance(content, Dockerfile):
        texts = [instruction.text for instruction in content.instructions]
    elif isinstance(content, Document):
        for value in content.values:
            texts += [str(each.value) for each in walk(value) if isinstance(each, Constant)]
    for text in texts:
        for word, tool in MIGRATION_TOOLS.items():
            if word in text and re.search(rf"(?<![\w-]){re.escape(word)}(?![\w-])(?!\s*[=<>~!])", text):
                return tool
    return ""


def has_revisions(project: Project, folder: str) -> bool:
    """Whether any file of the application is a revision of Alembic, or a migration of another tool."""
    for path in project.mentioning("down_revision", "upgrade"):
        names = project.identifiers(path)
        if " upgrade " in names and project.role(path) == "migration":
            if related(project.sources[path].project, folder):
                return True
    return any(_SQL.search(path) and related(source.project, folder) for path, source in project.sources.items())


def without_folder(project: Project, folder: str) -> Location | None:
    """Where Flask-Migrate is set up of which the tree has no folder, and so no revision."""
    for site in project.calls(("flask_migrate.Migrate",)):
        if project.role(site.path) == "application" and related(project.sources[site.path].project, folder):
            return Location(site.path, site.call.place)
    return None


def empty_environment(project: Project, folder: str) -> Location | None:
    """The `env.py` of an Alembic environment that has no revision."""
    if has_revisions(project, folder):
        return None
    for path in project.mentioning("alembic"):
        if basename(path) != "env.py" or not related(project.sources[path].project, folder):
            continue
        if " run_migrations " in project.identifiers(path):
            return Location(path, project.facts(path).content.scopes[0].place)  # type: ignore[union-attr]
    return None
