"""Applications whose log records cannot be told apart by request."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from prodlint.finding import Answer, Finding, Undecided
from prodlint.project.observability.integrations import inert
from prodlint.project.observability.requests import request_id

if TYPE_CHECKING:
    from prodlint.project import Project


def check(project: Project) -> Iterator[Finding | Undecided]:
    for application in project.web_applications:
        told = request_id(project, application)
        if told.answer is Answer.UNKNOWN:
            location = told.location or application.location
            yield Undecided(location, f"request id of {application.subject}", told.reason)
        elif told.answer is Answer.NO:
            if any("request-id" in each.integration.purposes for each, _ in inert(project, application)):
                continue  # `inert-integration` says it.
            yield Finding(application.location, application.subject)
