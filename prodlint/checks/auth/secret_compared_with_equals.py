"""Secrets that are compared with `==`, which takes the longer the more of them is right."""

from __future__ import annotations

from collections.abc import Iterator

from prodlint.finding import Finding, Location, Step
from prodlint.project import Project
from prodlint.project.credentials.timing import timed_comparisons
from prodlint.project.flow.traces import written
from prodlint.project.values.bindings import Defined


def check(project: Project) -> Iterator[Finding]:
    """One finding for each comparison of which one side is shown to be a secret."""
    for each in timed_comparisons(project):
        where = each.comparison.where
        location = Location(where.path, each.comparison.place)
        function = project.qualified(Defined(where.path, where.scope))
        steps = (*each.secret.steps, Step("it is compared here", location))
        fields = {"secret": each.secret.what, "operator": each.comparison.operator}
        yield Finding(location, f"{function}: {written(each.other)}", fields, steps)
