"""Applications whose log records are text for eyes only."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from prodlint.finding import Answer, Finding, Step, Undecided
from prodlint.project.observability.logs import log_format

if TYPE_CHECKING:
    from prodlint.project import Project


def check(project: Project) -> Iterator[Finding | Undecided]:
    for application in project.web_applications:
        found = log_format(project, application)
        location = found.location or application.location
        if found.structured is Answer.YES:
            continue
        if found.structured is Answer.UNKNOWN:
            yield Undecided(location, f"log format of {application.subject}", found.reason)
            continue
        steps = (Step(found.what, location), Step("the application is made here", application.location))
        yield Finding(location, application.subject, {"what": found.what}, steps[: 2 if found.location else 1])
