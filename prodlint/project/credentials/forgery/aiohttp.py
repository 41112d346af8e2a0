"""Middleware of aiohttp that an application wrote for the protection and does not list."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from prodlint.facts import Constant, Reference, walk
from prodlint.finding import Location
from prodlint.libraries.credentials import AIOHTTP_MIDDLEWARE, AIOHTTP_SESSIONS
from prodlint.project.credentials.forgery.opening import Opening
from prodlint.project.credentials.places import counts
from prodlint.project.values.bindings import Defined
from prodlint.project.values.outcomes import Site

if TYPE_CHECKING:
    from prodlint.project import Project


def left_out(project: Project) -> Iterator[Opening]:
    """A middleware of aiohttp that the application wrote against forged requests and lists nowhere, beside sessions."""
    sessions = {project.sources[path].project for path in project.mentioning(*AIOHTTP_SESSIONS)}
    for path in project.mentioning("middleware") if sessions else ():
        python = project.python(path)
        if python is None or not counts(project, path) or project.sources[path].project not in sessions:
            continue
        for scope in python.scopes:
            if scope.kind != "function" or "csrf" not in scope.name.lower() or not scope.decorators:
                continue
            outside = Site(path, max(scope.parent, 0))
            made = (project.values.external_name(outside, each) for each in scope.decorators)
            if AIOHTTP_MIDDLEWARE.isdisjoint(made) or _is_used(project, path, scope.name):
                continue
            what = f"no application lists the middleware `{scope.name}`"
            evidence = "callers are known by a session cookie"
            yield Opening(Location(path, scope.place), what, scope.qualname, evidence)


def _is_used(project: Project, path: str, name: str) -> bool:
    """Whether any other file writes the name, or its own one does so elsewhere than where it is defined."""
    if any(other != path for other in project.mentioning(name)):
        return True
    python = project.python(path)
    assert python is not None
    values = (value for index in range(len(python.scopes)) for value in project.values_of(Defined(path, index)))
    mentions = (each for value in values for each in walk(value))
    return any(
        (isinstance(each, Reference) and name in each.name.split("."))
        or (isinstance(each, Constant) and each.value == name)
        for each in mentions
    )


__all__ = ["left_out"]
