"""Applications that write nothing down of the requests that they serve."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from prodlint.finding import Answer, Finding, Undecided
from prodlint.project.observability.requests import request_log

if TYPE_CHECKING:
    from prodlint.project import Project


def check(project: Project) -> Iterator[Finding | Undecided]:
    for application in project.web_applications:
        told = request_log(project, application)
        if told.answer is Answer.UNKNOWN:
            location = told.location or application.location
            yield Undecided(location, f"request log of {application.subject}", told.reason)
        elif told.answer is Answer.NO:
            yield Finding(application.location, application.subject)
