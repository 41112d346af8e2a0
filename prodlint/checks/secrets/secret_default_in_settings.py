"""Secrets that work without being set: the fallback of a read of the environment, the default of a settings field, and
`${NAME:-default}` in compose files."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from prodlint.finding import Answer, Finding, Severity, Undecided
from prodlint.project.environment.defaults import fallbacks
from prodlint.project.requirements.application import application, candidates

if TYPE_CHECKING:
    from prodlint.project import Project


def check(project: Project) -> Iterator[Finding | Undecided]:
    """One finding for each place; a service's usual password is a warning, and what developers start a note."""
    among = candidates(project)
    libraries: dict[str, bool] = {}
    for each in fallbacks(project):
        folder = project.sources[each.location.path].project
        if folder not in libraries:
            libraries[folder] = application(project, folder, among)[0] is Answer.NO
        if libraries[folder] or each.is_refused:
            continue
        if each.is_refused is None:
            yield Undecided(each.location, f"default of {each.variable}", "a validator may refuse it")
            continue
        severity = Severity.WARNING if each.is_throw_away else None
        if not each.production or each.is_local:
            severity = Severity.NOTE
        fields = {"variable": each.variable, "where": each.where, "kind": each.kind}
        yield Finding(each.location, each.variable, fields, (), severity)
