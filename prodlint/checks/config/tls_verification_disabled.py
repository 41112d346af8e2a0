"""Clients, contexts and connections that take whatever certificate the other side shows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from prodlint.finding import Finding, Severity
from prodlint.project.edges.tls import unchecked

if TYPE_CHECKING:
    from prodlint.project import Project


def check(project: Project) -> Iterator[Finding]:
    """One finding for each place; a script, which a person starts and watches, counts one step less."""
    for each in unchecked(project):
        severity = Severity.WARNING if project.role(each.location.path) == "script" else None
        yield Finding(each.location, "", {"call": each.call}, each.steps, severity)
