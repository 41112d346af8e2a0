"""Routes that are objects in a list: `Starlette(routes=[Route("/", home), Mount("/api", routes=[...])])`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prodlint.facts import Call, Value
from prodlint.libraries.fastapi import ROUTE_OBJECTS
from prodlint.project.routes.entries import entries
from prodlint.project.routes.fastapi.registration import Registration
from prodlint.project.routes.route import Lost
from prodlint.project.values.bindings import External
from prodlint.project.values.outcomes import Given, Instance, Meaning, Site, options

if TYPE_CHECKING:
    from prodlint.project import Project


def listed(project: Project, site: Site, value: Value) -> tuple[list[Registration], list[Lost]]:
    """The routes that a list expression holds, in order, and what of it cannot be followed."""
    found: list[Registration] = []
    lost: list[Lost] = []
    for entry in entries(project, site, value):
        if entry.unknown:
            lost.append(Lost(entry.location, "routes of a list", entry.unknown))
            continue
        for option in options(project.values.given(entry.given).meaning):
            registration = route_object(project, option, entry.tests)
            if registration is not None:
                found.append(registration)
            else:
                lost.append(Lost(entry.location, "an entry of a list of routes", "it cannot be followed"))
    return found, lost


def route_object(project: Project, meaning: Meaning, tests: tuple[Given, ...] = ()) -> Registration | None:
    """The registration that a `Route(...)`, `Mount(...)` ... is; None for anything else."""
    if not isinstance(meaning, Instance) or meaning.call is None or not isinstance(meaning.call.value, Call):
        return None
    kind = ""
    if isinstance(meaning.of, External):
        kind = ROUTE_OBJECTS.get(meaning.of.name, "")
    else:
        for ancestor in project.names.ancestors(meaning.of.path, meaning.of.scope):
            if isinstance(ancestor, External) and ancestor.name in ROUTE_OBJECTS:
                kind = ROUTE_OBJECTS[ancestor.name]
                break
    return Registration(kind, meaning.call, 0, None, tests) if kind else None


__all__ = ["listed", "route_object"]
