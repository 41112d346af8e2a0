"""Checks of credentials that cannot fail, or that a constant passes."""

from __future__ import annotations

from collections.abc import Iterator

from prodlint.finding import Finding, Severity
from prodlint.project import Project
from prodlint.project.credentials.bypasses import bypasses, skipped_checks, unchecked_logins
from prodlint.project.credentials.claims import claimed_privileges, unsigned_sessions
from prodlint.project.values.bindings import Defined


def check(project: Project) -> Iterator[Finding]:
    """One finding for each such check; a warning where only the configuration opens it."""
    for each in (*bypasses(project), *skipped_checks(project)):
        function = project.qualified(Defined(each.where.path, each.where.scope))
        severity = Severity.WARNING if each.conditional else None
        yield Finding(each.location, f"{function}: {each.subject}", {"what": each.what}, each.steps, severity)
    for each in unchecked_logins(project):
        yield Finding(each.location, each.subject, {"what": each.what}, each.steps)
    for claim in (*claimed_privileges(project), *unsigned_sessions(project)):
        function = project.qualified(Defined(claim.where.path, claim.where.scope))
        what = f"the {claim.read.kind} `{claim.read.name}` {claim.use}"
        yield Finding(claim.location, f"{function}: {claim.read.name}", {"what": what})
