"""Applications that measure neither how long they take nor how often they fail."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from prodlint.finding import Answer, Finding, Step, Undecided
from prodlint.project.observability.integrations import brought_from_outside, inert, measured, serving
from prodlint.project.observability.meters import of_requests

if TYPE_CHECKING:
    from prodlint.project import Project

_PURPOSES = ("metrics", "tracing")
_OUTSIDE = ("metrics", "telemetry", "tracing", "monitoring", "sentry", "opentelemetry", "otel", "prometheus", "datadog")
"""Modules of packages outside the tree that may measure; a tracker may time requests too."""


def check(project: Project) -> Iterator[Finding | Undecided]:
    for application in project.web_applications:
        found = serving(project, application, *_PURPOSES)
        if found is not None:
            answer, place = of_requests(project, application, found)
            name = found.integration.module
            if answer is Answer.UNKNOWN:
                doubt = f"`{name}` measures what it is told to, which may not be each request"
                yield Undecided(place or application.location, f"metrics of {application.subject}", doubt)
            elif answer is Answer.NO and place is not None:
                steps = (
                    Step(f"`{name}` is told of other things, as here, and of no request", place),
                    Step("the application is made here", application.location),
                )
                yield Finding(application.location, application.subject, steps=steps)
            continue
        if measured(project, application):
            continue
        if any(route.path.rstrip("/").endswith(("/metrics", "/prometheus")) for route in application.routes):
            continue
        if any(each.integration.purposes.intersection(_PURPOSES) for each, _ in inert(project, application)):
            continue  # `inert-integration` says it.
        outside = brought_from_outside(project, application, *_OUTSIDE)
        if outside is not None:
            name, place = outside
            yield Undecided(place, f"metrics of {application.subject}", f"what `{name}` measures is not known")
            continue
        yield Finding(application.location, application.subject)
