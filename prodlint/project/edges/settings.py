"""Settings of Django by their name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prodlint.project.credentials.django import starred
from prodlint.project.deployment.debug import is_for_development
from prodlint.project.values.bindings import Variable
from prodlint.project.values.outcomes import Outcome

if TYPE_CHECKING:
    from prodlint.project import Project


def settings_modules(project: Project, *names: str) -> list[str]:
    """Modules of Django settings (with `INSTALLED_APPS` or `MIDDLEWARE`, their own or star-imported) that mention one
    of the names, are not for development or tests, and are not what another of them builds upon."""
    found = []
    for path in project.mentioning(*names):
        folder, _, name = path.removesuffix(".py").rpartition("/")
        if project.role(path) != "application" or is_for_development(name):
            continue
        if is_for_development(folder.rpartition("/")[2]):
            continue
        if any(project.names.module_member(path, each) is not None for each in ("INSTALLED_APPS", "MIDDLEWARE")):
            found.append(path)
    bases = {base for path in found for base in starred(project, path)}
    return [path for path in found if path not in bases]


def django_setting(project: Project, name: str) -> Outcome | None:
    """What a setting of Django is; None where no settings module sets it, or where several differ."""
    outcomes = []
    for path in settings_modules(project, name):
        symbol = project.names.module_member(path, name)
        if isinstance(symbol, Variable):
            outcomes.append(project.values.variable(symbol))
    meanings = {each.meaning for each in outcomes}
    return outcomes[0] if len(meanings) == 1 else None
