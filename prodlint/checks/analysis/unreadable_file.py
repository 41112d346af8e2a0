"""Files, or parts of them, that no reader understands: what they say is missing from all other answers."""

from __future__ import annotations

from collections.abc import Iterator

from prodlint.finding import Finding, Location, Severity
from prodlint.project import Project


def check(project: Project) -> Iterator[Finding]:
    """One finding at the place where each file stops making sense."""
    for path in project.marked("problem"):
        problem = project.facts(path).problem
        if problem is None:
            continue
        # Test data is often broken on purpose, and nothing in production depends on it.
        mild = project.role(path) in ("test", "example", "documentation")
        yield Finding(
            Location(path, problem.place),
            subject=path,
            fields={"problem": problem.message},
            severity=Severity.NOTE if mild else None,
        )
