"""Documentation that an application serves to anyone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec import Struct

from prodlint.finding import Location, Step
from prodlint.libraries.documentation import APPLICATIONS
from prodlint.project.values.arguments import keywords
from prodlint.project.values.outcomes import Choice, Environment, Given, Known, Meaning

if TYPE_CHECKING:
    from prodlint.project import Project


class Documented(Struct, frozen=True):
    """An application with documentation: `shown` is "yes", "no" or why it cannot be told."""

    location: Location
    name: str
    shown: str
    steps: tuple[Step, ...] = ()


def documented(project: Project) -> Iterator[Documented]:
    """Applications whose framework serves documentation by itself."""
    for site in project.calls(APPLICATIONS):
        if project.role(site.path) != "application":
            continue
        switches = APPLICATIONS[site.name]
        given, incomplete = keywords(project, site.site, site.call)
        found: dict[str, list[Given]] = {}
        for name, value in given:
            found.setdefault(name, []).append(value)
        told = [_shown(project, found.get(name)) for name in switches]
        master, rest = told[0], told[1:]
        shown, steps = master
        if shown == "yes" and rest and all(each[0] == "no" for each in rest):
            # The schema alone is as telling as the page that shows it.
            shown, steps = "yes", master[1]
        if incomplete and shown == "yes":
            shown = incomplete
        yield Documented(Location(site.path, site.call.place), site.name.rpartition(".")[2], shown, steps)


def _shown(project: Project, given: list[Given] | None) -> tuple[str, tuple[Step, ...]]:
    """Whether one switch leaves its part on; what is not given is on."""
    if not given:
        return "yes", ()
    outcomes = [project.values.given(each) for each in given]
    answers = {_is_on(each.meaning) for each in outcomes}
    if len(answers) == 1:
        return answers.pop(), outcomes[-1].steps
    return "where it is served is decided by a condition", ()


def _is_on(meaning: Meaning) -> str:
    match meaning:
        case Known(value):
            return "yes" if value else "no"
        case Environment(_, fallback) if fallback is not None:
            return _is_on(fallback)
        case Choice(several):
            answers = {_is_on(each) for each in several}
            return answers.pop() if len(answers) == 1 else "where it is served is decided by a condition"
    return "where it is served is computed"


__all__ = ["Documented", "documented"]
