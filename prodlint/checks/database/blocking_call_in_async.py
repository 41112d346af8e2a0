"""Blocking calls on the event loop, which no other request gets past while they wait."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from prodlint.finding import Finding, Location, Severity, Step
from prodlint.libraries.blocking import FILE
from prodlint.project.running.blocking import find_blocked, short_name

if TYPE_CHECKING:
    from prodlint.project import Project

_SHOWN = 3


def check(project: Project) -> Iterator[Finding]:
    for blocked in find_blocked(project):
        scope = project.scope_of(blocked.function)
        first, *others = blocked.waits
        here = Location(blocked.function.path, scope.place)
        steps = [blocked.entry.step(), *blocked.way]
        steps.append(Step(f"`{scope.qualname}` runs on the event loop", here))
        steps += first.steps
        for other in others[:_SHOWN]:
            steps.append(Step(f"`{short_name(other.name)}` blocks here, too", other.steps[0].location))
        if len(others) > _SHOWN:
            steps.append(Step(f"and {len(others) - _SHOWN} more such calls", here))
        fields = {"call": short_name(first.name), "function": scope.qualname}
        subject = f"{project.qualified(blocked.function)} {blocked.kind}"
        # A file of the local disk is there in microseconds, as a rule; the others wait for somebody.
        severity = Severity.NOTE if blocked.kind == FILE else None
        yield Finding(first.steps[0].location, subject, fields, tuple(steps), severity=severity)
