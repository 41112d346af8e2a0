"""Libraries for production that are installed and never do anything."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from prodlint.finding import Answer, Finding, Step, Undecided
from prodlint.project.observability.integrations import inert
from prodlint.project.observability.unprepared import unprepared

if TYPE_CHECKING:
    from prodlint.project import Project


def check(project: Project) -> Iterator[Finding | Undecided]:
    for application in project.web_applications:
        for found, place in inert(project, application):
            integration = found.integration
            name = integration.distributions[0]
            steps = [Step(f"`{name}` is required here", place)] if place is not None else []
            if found.location is not None:
                steps.append(Step(f"`{integration.module}` is imported here", found.location))
                what = f"nothing {integration.verb}" if integration.verb else "nothing attaches it"
            elif integration.verb and integration.settings and not integration.starts:
                what = f"nothing {integration.verb}"  # Django's settings name it, nothing imports it.
            else:
                what = f"nothing imports `{integration.module}`"
            steps.append(Step("the application is made here", application.location))
            at = found.location or place
            if found.answer is Answer.UNKNOWN and at is not None:
                yield Undecided(at, f"library {name}", "a package outside the tree may attach it")
                continue
            how = "installed" if place is not None else "imported, though no manifest requires it,"
            if at is not None:
                yield Finding(
                    at, name, {"package": name, "how": how, "what": what, "effect": "it does nothing"}, tuple(steps)
                )
        for use in unprepared(project, application):
            fields = {
                "package": use.preparation.distribution,
                "how": "used",
                "what": use.preparation.what,
                "effect": use.preparation.effect,
            }
            steps = [Step("it is used here", use.location), Step("the application is made here", application.location)]
            yield Finding(use.location, use.preparation.distribution, fields, tuple(steps))
