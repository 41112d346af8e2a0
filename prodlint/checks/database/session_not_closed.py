"""Sessions and connections that are opened and not given back, or only where nothing fails."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from prodlint.finding import Finding, Severity, Step, Undecided
from prodlint.project.engines.fates import FRAGILE, KEPT, OPEN
from prodlint.project.engines.sessions import find_opened

if TYPE_CHECKING:
    from prodlint.project import Project


def check(project: Project) -> Iterator[Finding | Undecided]:
    for opened in find_opened(project):
        scope = project.scope_of(opened.function)
        subject = f"{project.qualified(opened.function)} {opened.written}"
        if opened.fate == KEPT:
            yield Undecided(opened.location, f"session of {subject}", f"it {opened.reason}")
        elif opened.fate in (OPEN, FRAGILE):
            where = f"`{scope.qualname}`" if scope.qualname else "the module"
            here = Step(f"{where} opens it with `{opened.written}`", opened.location)
            # A generator is left at its `yield` by each failed request; elsewhere a failure is the exception.
            milder = Severity.NOTE if opened.fate == FRAGILE and not scope.is_generator else None
            fields = {"call": opened.written, "fate": opened.reason}
            yield Finding(opened.location, subject, fields, (*opened.steps, here), severity=milder)
