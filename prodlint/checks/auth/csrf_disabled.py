"""Protection against forged requests that is switched off for callers who are known by a cookie."""

from __future__ import annotations

from collections.abc import Iterator

from prodlint.finding import Finding
from prodlint.project import Project
from prodlint.project.credentials.csrf import openings


def check(project: Project) -> Iterator[Finding]:
    """One finding for each setting, decorator or call that does so."""
    for each in openings(project):
        yield Finding(each.location, each.subject, {"what": each.what, "evidence": each.evidence}, each.steps)
