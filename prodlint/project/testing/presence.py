"""Whether an application has tests at all."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from prodlint.finding import Location, Step
from prodlint.project.deployment.declared import is_around

if TYPE_CHECKING:
    from prodlint.project import Project

__all__ = ["tests_of_component"]

_TEST = re.compile(r" (?:test_?\w+|Test\w+|\w+Tests?|TestCase) ")


def tests_of_component(project: Project, folder: str) -> Step | None:
    """Where a component's tests are: the first file with a test in it, or the job that runs them; None for none.

    Tests of a repository that stand above the component count, for they may well be about it, unless they are those of
    another application.
    """
    others = {each.folder for each in project.deployment.applications} - {folder}
    for path in project.python_paths:
        source = project.sources[path]
        if source.role != "test" or path.endswith("conftest.py"):
            continue
        if source.project in others:
            continue
        inside = not folder or path.startswith(f"{folder}/")
        if (inside or is_around(source.project, folder)) and _TEST.search(project.identifiers(path)):
            return Step("these are tests", Location(path, 1 << 42))
    for job, what in project.deployment.tests if not others else ():
        return Step(f"this job runs `{what}`", job.location)
    return None
