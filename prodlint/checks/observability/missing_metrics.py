"""Applications that measure neither how long they take nor how often they fail."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from prodlint.finding import Finding
from prodlint.project.observability.integrations import inert, measured, serving

if TYPE_CHECKING:
    from prodlint.project import Project

_PURPOSES = ("metrics", "tracing")


def check(project: Project) -> Iterator[Finding]:
    for application in project.web_applications:
        if serving(project, application, *_PURPOSES) or measured(project, application):
            continue
        if any(route.path.rstrip("/").endswith(("/metrics", "/prometheus")) for route in application.routes):
            continue
        if any(each.integration.purposes.intersection(_PURPOSES) for each, _ in inert(project, application)):
            continue  # `inert-integration` says it.
        yield Finding(application.location, application.subject)
