"""Libraries that are attached and lack what has to run before they work: `FastAPILimiter.init`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec import Struct

from prodlint.finding import Location
from prodlint.libraries.observability import PREPARATIONS, Preparation
from prodlint.project.observability.applications import WebApplication, own_python

if TYPE_CHECKING:
    from prodlint.project import Project

__all__ = ["Unprepared", "unprepared"]


class Unprepared(Struct, frozen=True):
    """A use of a library that nothing prepares."""

    preparation: Preparation
    location: Location
    """The first use."""


def unprepared(project: Project, application: WebApplication) -> Iterator[Unprepared]:
    """The uses of libraries that need a call before, where the tree has none; a package outside may make it where the
    library is handed to one, which is not followed."""
    for preparation in PREPARATIONS:
        own = set(own_python(project, application, preparation.used.rpartition(".")[2]))
        uses = [
            site
            for site in project.calls({preparation.used}, own)
            if any(argument.name in preparation.arguments for argument in site.call.arguments)
        ]
        if uses and not any(True for _ in project.calls({preparation.needed})):
            yield Unprepared(preparation, Location(uses[0].path, uses[0].call.place))
