"""Libraries that are attached and lack what has to run before they work: `FastAPILimiter.init`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec import Struct

from prodlint.facts import Reference
from prodlint.finding import Location
from prodlint.libraries.observability import PREPARATIONS, Preparation
from prodlint.project.observability.applications import WebApplication, own_python
from prodlint.project.values.outcomes import Instance

if TYPE_CHECKING:
    from prodlint.project import CallSite, Project

__all__ = ["Unprepared", "unprepared"]


class Unprepared(Struct, frozen=True):
    """A use of a library that nothing prepares."""

    preparation: Preparation
    location: Location
    """The first use."""


def unprepared(project: Project, application: WebApplication) -> Iterator[Unprepared]:
    """The uses of libraries that need a call elsewhere, where the tree has none."""
    for preparation in PREPARATIONS:
        own = set(own_python(project, application, *preparation.used.split(".")[-2:]))
        uses = [site for site in project.calls({preparation.used}, own) if _needs(project, preparation, site)]
        if not uses or any(True for _ in project.calls(preparation.needed)):
            continue
        if preparation.names and any(True for _ in own_python(project, application, *preparation.names)):
            continue
        yield Unprepared(preparation, Location(uses[0].path, uses[0].call.place))


def _needs(project: Project, preparation: Preparation, site: CallSite) -> bool:
    """Whether a use does not bring itself what it needs."""
    arguments = site.call.arguments
    if preparation.arguments and not any(each.name in preparation.arguments for each in arguments):
        return False
    if not preparation.attached:
        return True
    if any(each.star or each.name == preparation.attached for each in arguments):
        return False
    first = site.call.positional(0)
    meaning = project.values.evaluate(site.site, first).meaning if first is not None else None
    is_named = isinstance(first, Reference) and first.name in {"app", "application"}
    return not (isinstance(meaning, Instance) or is_named)
