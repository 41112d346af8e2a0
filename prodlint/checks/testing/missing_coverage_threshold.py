"""Applications with tests of which nothing demands that they cover the code."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from prodlint.finding import Answer, Finding, Undecided
from prodlint.project.deployment.declared import is_around
from prodlint.project.testing.measured import left_out, unmeasured
from prodlint.project.testing.presence import tests_of_component
from prodlint.project.testing.thresholds import Threshold

if TYPE_CHECKING:
    from prodlint.project import Project
    from prodlint.project.deployment.applications import WebApplication


def check(project: Project) -> Iterator[Finding | Undecided]:
    wanted = int(project.options("missing-coverage-threshold").get("percent", 80))
    for application in project.deployment.applications:
        # An application without tests has a finding of its own.
        if application.answer is not Answer.YES or tests_of_component(project, application.folder) is None:
            continue
        demands = [each for each in project.thresholds if _concerns(each, application)]
        named = application.folder or "repository"
        numbers = [each for each in demands if each.percent is not None]
        best = max(numbers, key=lambda each: each.percent or 0, default=None)
        if best is not None and (best.percent or 0) >= wanted:
            enough = [each for each in numbers if (each.percent or 0) >= wanted]
            cause = _void(project, application, enough)
            if cause:
                yield Finding(best.location, named, {"cause": cause})
            continue
        if any(each.percent is None for each in demands):
            at = next(each.location for each in demands if each.percent is None)
            yield Undecided(at, f"component {named}", "what it demands is no number")
        elif best is not None:
            cause = f"tests have to cover {best.percent:g} %, less than {wanted} %"
            yield Finding(best.location, named, {"cause": cause})
        else:
            yield Finding(application.location, named, {"cause": "nothing demands that tests cover the code"})


def _void(project: Project, application: WebApplication, enough: list[Threshold]) -> str:
    """Why demands that are high enough demand nothing all the same; "" where one of them counts."""
    reasons = [unmeasured(project, each) for each in enough]
    if all(reasons):
        return f"tests have to cover {enough[0].percent:g} %, {reasons[0]}"
    omitted = left_out(project, application.folder)
    if omitted is not None and 2 * omitted[0] > omitted[1]:
        return f"of {omitted[1]} files, `omit` leaves {omitted[0]} out of what tests have to cover"
    return ""


def _concerns(threshold: Threshold, application: WebApplication) -> bool:
    return is_around(threshold.folder, application.folder) or is_around(application.folder, threshold.folder)
