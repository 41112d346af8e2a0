"""The settings modules of Django that production may use, and what they set."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from prodlint.facts import Assign
from prodlint.finding import Location
from prodlint.project.credentials.places import counts
from prodlint.project.values.bindings import Variable
from prodlint.project.values.outcomes import Given, Site

if TYPE_CHECKING:
    from prodlint.project import Project

__all__ = ["assigned", "is_complete", "production_settings", "starred"]


def production_settings(project: Project, *names: str) -> Iterator[str]:
    """Settings modules that set (or take over) one of the names: not one for development or tests, and not one that
    another settings module for production builds upon."""
    modules = [path for path in project.mentioning(*names) if counts(project, path) and _is_settings(project, path)]
    if not modules:
        return
    # A module that only star-imports the names is a settings module as well.
    modules = [
        path
        for path in project.mentioning(
            "INSTALLED_APPS", "MIDDLEWARE", "DATABASES", "ALLOWED_HOSTS", "SECRET_KEY", *names
        )
        if counts(project, path) and _is_settings(project, path)
    ]
    bases = {base for path in modules for base in starred(project, path)}
    yield from (path for path in modules if path not in bases)


def _is_settings(project: Project, path: str) -> bool:
    wanted = ("INSTALLED_APPS", "MIDDLEWARE")
    return all(isinstance(project.names.module_member(path, name), Variable) for name in wanted)


def starred(project: Project, path: str) -> Iterator[str]:
    """The modules of the tree that a module star-imports, and theirs."""
    stack, seen = [path], {path}
    while stack:
        current = stack.pop()
        table = project.names.table(current)
        for statement in table.stars.get(0, []) if table is not None else ():
            found = project.modules.find(statement.module, current)
            if found is not None and found not in seen:
                seen.add(found)
                stack.append(found)
                yield found


def is_complete(project: Project, path: str) -> bool:
    """Whether all that a settings module star-imports is in the tree; local settings often are not."""
    for each in (path, *starred(project, path)):
        table = project.names.table(each)
        for statement in table.stars.get(0, []) if table is not None else ():
            if project.modules.find(statement.module, each) is None:
                return False
    return True


def assigned(project: Project, path: str, name: str) -> tuple[Location, Given] | None:
    """Where a settings module, or one that it star-imports, last sets a name for certain; None where nothing does."""
    variable = project.names.module_member(path, name)
    if not isinstance(variable, Variable):
        return None
    table = project.names.table(variable.path)
    bindings = table.bindings.get(variable.scope, {}).get(variable.name, []) if table is not None else []
    for binding in reversed(bindings):
        statement = binding.statement
        if isinstance(statement, Assign) and statement.value is not None and not statement.operator:
            given = Given(Site(variable.path, variable.scope), statement.value)
            return Location(variable.path, statement.place), given
    return None
