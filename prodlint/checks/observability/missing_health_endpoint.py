"""Web applications that nothing can ask whether they are well."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from prodlint.finding import Answer, Finding, Step, Undecided
from prodlint.project.observability.fronts import answered_in_front
from prodlint.project.observability.health import asked_otherwise, health_routes, is_served_by_package

if TYPE_CHECKING:
    from prodlint.project import Project


def check(project: Project) -> Iterator[Finding | Undecided]:
    for application in project.web_applications:
        if health_routes(project, application) or is_served_by_package(project, application):
            continue
        answer, place = answered_in_front(project, application)
        if answer is Answer.YES:
            continue
        if answer is Answer.UNKNOWN:
            doubt = "the path of a health check is compared with here, and it is not seen who answers it"
            yield Undecided(place or application.location, f"health route of {application.subject}", doubt)
            continue
        asked = asked_otherwise(project, application)
        doubt = application.doubt or (f"the `HEALTHCHECK` of `{asked}` asks in its own way" if asked else "")
        if doubt:
            yield Undecided(application.location, f"health route of {application.subject}", doubt)
            continue
        count = len(application.routes)
        step = Step(f"it serves {count} route{'s' if count != 1 else ''}, and none of them is a health check",
                    application.location)  # fmt: skip
        fields = {"routes": f"{count} route{'s' if count != 1 else ''}"}
        yield Finding(application.location, application.subject, fields, (step,))
