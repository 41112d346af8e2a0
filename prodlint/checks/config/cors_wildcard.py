"""Policies that let pages of any origin call the application."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from prodlint.finding import Finding, Severity, Undecided
from prodlint.project.edges.cors import is_public_reading, policies

if TYPE_CHECKING:
    from prodlint.project import Project


def check(project: Project) -> Iterator[Finding | Undecided]:
    """One finding for each policy that allows too much: worse where the browser sends the user's cookies along."""
    seen = set()
    for policy in policies(project):
        if policy.location in seen:
            continue
        seen.add(policy.location)
        if policy.allowed.reason:
            yield Undecided(policy.location, f"origins of {policy.where}", policy.allowed.reason)
        if not policy.allowed.too_many:
            continue
        if not policy.credentials and is_public_reading(project):
            continue
        effect = "with the cookies of whoever looks at them" if policy.credentials else "and read its answers"
        severity = None if policy.credentials else Severity.NOTE if policy.by_hand else Severity.WARNING
        if policy.by_hand and policy.allowed.too_many != "any origin" and not policy.credentials:
            severity = Severity.WARNING
        fields = {"where": policy.where, "allowed": policy.allowed.too_many, "effect": effect}
        yield Finding(policy.location, policy.subject, fields, policy.allowed.steps, severity)
