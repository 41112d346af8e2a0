"""Listeners for the events of SQLAlchemy's engines and pools."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from prodlint.facts import Constant
from prodlint.finding import Location
from prodlint.libraries.engines import LISTENERS

if TYPE_CHECKING:
    from prodlint.project import Project

__all__ = ["listened"]


def listened(project: Project, events: Collection[str]) -> Location | None:
    """Where the application listens for one of the events; None where it does not."""
    for site in project.calls(LISTENERS):
        if project.role(site.path) not in ("application", "script"):
            continue
        for argument in site.call.arguments:
            if isinstance(argument.value, Constant) and argument.value.value in events:
                return Location(site.path, site.call.place)
    return None
