"""`.env` files with values in the repository, as git's index says, or as what is not ignored says where there is
none."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from prodlint.finding import Finding, Location, Severity, Step
from prodlint.project.deployment.env_files import EnvFile, env_files

if TYPE_CHECKING:
    from prodlint.project import Project


def check(project: Project) -> Iterator[Finding]:
    """One finding for each file with a secret in it, at the first one."""
    for each in env_files(project):
        if each.is_committed or (each.is_committed is None and not each.is_ignored):
            if each.real or each.guessable:
                yield _finding(each)


def _finding(each: EnvFile) -> Finding:
    secrets = each.real or each.guessable
    names = [f"`{name}`" for name, _ in secrets]
    shown = ", ".join(names[:2]) if len(names) > 2 else " and ".join(names)
    shown += f" and {len(names) - 2} more" if len(names) > 2 else ""
    how = "is committed" if each.is_committed else "stands in the tree and no `.gitignore` covers it"
    if each.real:
        them = "them" if len(secrets) > 1 else "it"
        what = f"holds {shown}: whoever can read the repository can use {them}"
        severity = Severity.WARNING if each.development else None
    else:
        what = f"has a word anyone would try for {shown}: real values put there are committed too"
        severity = Severity.NOTE
    steps = tuple(Step(f"`{name}` has a value here", Location(each.path, place)) for name, place in secrets[1:6])
    fields = {"file": each.path, "how": how, "what": what}
    return Finding(Location(each.path, secrets[0][1]), each.path, fields, steps, severity)
