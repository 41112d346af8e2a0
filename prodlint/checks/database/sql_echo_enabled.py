"""Engines, and loggers of engines, that write every statement with its parameters to the log."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from prodlint.finding import Finding, Step, Undecided
from prodlint.project.engines.echo import echoes

if TYPE_CHECKING:
    from prodlint.project import Project


def check(project: Project) -> Iterator[Finding | Undecided]:
    for echo in echoes(project):
        if echo.unknown:
            yield Undecided(echo.location, f"engine {echo.subject}", echo.unknown)
            continue
        here = Step(f"`{echo.setting}` logs each statement with its parameters", echo.location)
        yield Finding(echo.location, echo.subject, {"setting": echo.setting}, (here, *echo.steps))
