"""Webhooks whose body is used although nobody has verified who sent it."""

from __future__ import annotations

from collections.abc import Iterator

from prodlint.finding import Finding, Severity, Undecided
from prodlint.project import Project
from prodlint.project.credentials.webhooks import hooks


def check(project: Project) -> Iterator[Finding | Undecided]:
    """One finding for each handler; a warning where the signature is verified, but only after the body is parsed."""
    for each in hooks(project):
        route = each.route
        if each.unknown:
            yield Undecided(route.location, f"webhook {route.subject}", each.unknown)
        elif each.parsed is not None:
            fields = {"route": route.subject, "fault": "parses its body before the signature over it is verified"}
            yield Finding(each.parsed, route.subject, fields, each.steps, Severity.WARNING)
        else:
            fields = {"route": route.subject, "fault": "uses its body and never verifies who sent it"}
            yield Finding(route.location, route.subject, fields, each.steps)
