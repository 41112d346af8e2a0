"""Applications whose errors nobody is told of."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from prodlint.finding import Finding
from prodlint.project.observability.integrations import inert, serving
from prodlint.project.observability.mails import mailed

if TYPE_CHECKING:
    from prodlint.project import Project


def check(project: Project) -> Iterator[Finding]:
    for application in project.web_applications:
        if serving(project, application, "errors") is not None or mailed(project, application) is not None:
            continue
        if any("errors" in each.integration.purposes for each, _ in inert(project, application)):
            continue  # `inert-integration` says it.
        yield Finding(application.location, application.subject)
