"""Applications whose errors nobody is told of."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from prodlint.finding import Finding, Undecided
from prodlint.project.observability.integrations import brought_from_outside, inert, serving
from prodlint.project.observability.mails import mailed

if TYPE_CHECKING:
    from prodlint.project import Project


def check(project: Project) -> Iterator[Finding | Undecided]:
    for application in project.web_applications:
        if serving(project, application, "errors") is not None or mailed(project, application) is not None:
            continue
        if any("errors" in each.integration.purposes for each, _ in inert(project, application)):
            continue  # `inert-integration` says it.
        outside = brought_from_outside(project, application, "sentry", "rollbar", "bugsnag", "telemetry", "monitoring")
        if outside is not None:
            name, place = outside
            yield Undecided(place, f"error tracker of {application.subject}", f"what `{name}` starts is not known")
            continue
        yield Finding(application.location, application.subject)
