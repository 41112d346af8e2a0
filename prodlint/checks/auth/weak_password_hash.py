"""Passwords that are hashed with a fast digest or a weak scheme, or kept and compared as plain text."""

from __future__ import annotations

from collections.abc import Iterator

from prodlint.finding import Finding, Location
from prodlint.project import Project
from prodlint.project.credentials.hashing import digests, schemes
from prodlint.project.credentials.plaintext import plain_passwords
from prodlint.project.flow.traces import Where
from prodlint.project.values.bindings import Defined


def check(project: Project) -> Iterator[Finding]:
    """One finding for each place that hashes, keeps or compares a password."""
    reported: set[Location] = set()
    for each in (*schemes(project), *digests(project)):
        if each.location in reported:
            continue
        reported.add(each.location)
        what = f"{each.what} hashes passwords so that they can be guessed at full speed"
        fields = {"what": what, "why": each.why}
        yield Finding(each.location, f"{_function(project, each.where)}: {each.what}", fields, each.steps)
    for plain in plain_passwords(project):
        if plain.location in reported:
            continue
        reported.add(plain.location)
        fields = {"what": f"a password is {plain.done} as plain text", "why": plain.why}
        yield Finding(plain.location, f"{_function(project, plain.where)}: {plain.subject}", fields, plain.steps)


def _function(project: Project, where: Where) -> str:
    return project.qualified(Defined(where.path, where.scope))
