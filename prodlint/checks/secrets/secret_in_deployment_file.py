"""Passwords and keys in the files that an application is built, configured and started with."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from prodlint.finding import Finding, Severity, Step
from prodlint.project.deployment.written_secrets import written_secrets

if TYPE_CHECKING:
    from prodlint.project import Project


def check(project: Project) -> Iterator[Finding]:
    """One finding for each; a guessable word is a warning, and what serves developers a note."""
    for each in written_secrets(project):
        what = "is written into" if each.is_real else "is a word anyone would try, written into"
        severity = None if each.is_real else Severity.WARNING
        if not each.production:
            severity = Severity.NOTE
        reader = "pull the image" if each.where == "the image" else "read the file"
        fields = {"name": each.name, "what": what, "where": each.where, "reader": reader}
        steps = tuple(Step(f"{name} stands in the same file", place) for name, place in each.also)
        yield Finding(each.location, f"{each.location.path} {each.name}", fields, steps, severity)
