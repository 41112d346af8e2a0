"""Applications of which nothing in the repository says what production is configured with."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from prodlint.finding import Answer, Finding
from prodlint.project.deployment.declared import declared, is_around

if TYPE_CHECKING:
    from prodlint.project import Project
    from prodlint.project.deployment.applications import WebApplication

_PRODUCTION = re.compile(r"(?:^|[^a-z])(?:prod|production|live|deploy)(?:$|[^a-z])")
_CLASS = re.compile(
    r" (?:Prod(?:uction)?\w*(?:Config|Settings|Environment|Configuration)?|\w*(?:Config|Settings)Prod\w*) "
)
_KINDS = frozenset(["dotenv", "python", "yaml", "toml", "json", "ini"])


def check(project: Project) -> Iterator[Finding]:
    for application in project.deployment.applications:
        if application.answer is Answer.YES and not _is_configured(project, application):
            yield Finding(application.location, application.folder or "repository", {})


def _is_configured(project: Project, application: WebApplication) -> bool:
    """Whether a sample, a settings module, a class or a deployment file is for production."""
    for path, source in project.sources.items():
        concerns = is_around(source.project, application.folder) or path.startswith(f"{application.folder}/")
        if not concerns or source.kind not in _KINDS or source.role not in ("application", "script"):
            continue
        folder, _, name = path.lower().rpartition("/")
        if _PRODUCTION.search(name) or (_PRODUCTION.search(folder) and source.kind != "python"):
            return True
    for path in project.mentioning(
        "Production", "ProductionConfig", "ProdConfig", "ProductionSettings", "ProdSettings"
    ):
        if project.role(path) == "application" and _CLASS.search(project.identifiers(path)):
            return True
    deployment = project.deployment
    if deployment.workloads or any(name.location.path.endswith("render.yaml") for name in deployment.entries):
        return True
    names = ("ENVIRONMENT", "ENV", "APP_ENV", "FASTAPI_ENV", "FLASK_ENV", "DJANGO_SETTINGS_MODULE", "STAGE")
    variables = declared(project)
    if any(each.value.lower() in ("false", "0", "no") for each in variables.get("DEBUG", ())):
        return True
    return any(_PRODUCTION.search(each.value.lower()) for name in names for each in variables.get(name, ()))
