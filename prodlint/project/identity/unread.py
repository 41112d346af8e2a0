"""Security schemes whose credential nobody looks at: they refuse a request without one, and let any text pass for one.

`dependencies=[Depends(oauth2_scheme)]` takes the token out of its header. What it is worth is for somebody else to say.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec import Struct

from prodlint.facts import Reference, walk
from prodlint.finding import Location, Step
from prodlint.libraries.credentials import is_credential_header
from prodlint.libraries.fastapi import SCHEMES
from prodlint.libraries.requests import REQUEST_TYPES
from prodlint.project.identity.callers import annotated_names
from prodlint.project.values.bindings import Defined

if TYPE_CHECKING:
    from prodlint.project import Project
    from prodlint.project.routes.route import Dependency, Route

_UNSEEN = frozenset({"test", "example", "documentation"})
REASON = "any text passes for its credential, as nothing looks at what it hands over"


class Unread(Struct, frozen=True):
    """A scheme, and the routes that nothing else protects."""

    location: Location
    """Where it is made."""
    name: str
    routes: tuple[Route, ...]

    @property
    def steps(self) -> tuple[Step, ...]:
        """The routes."""
        return tuple(Step(f"`{each.subject}` relies on it", each.location) for each in self.routes[:10])


def unread_schemes(project: Project) -> Iterator[Unread]:
    """All schemes of the tree that some routes rely on and nobody reads there, by place."""
    found: dict[Location, tuple[str, list[Route]]] = {}
    for route in project.routes:
        if project.role(route.location.path) in _UNSEEN or route.handler is None:
            continue
        scheme = _alone(project, route)
        if scheme is None or scheme.call is None or project.public_reason(route):
            continue
        location = Location(scheme.call.site.path, scheme.call.value.place)
        found.setdefault(location, (scheme.name.rpartition(".")[2], []))[1].append(route)
    for location, (name, routes) in sorted(found.items()):
        yield Unread(location, name, tuple(routes))


def _alone(project: Project, route: Route) -> Dependency | None:
    """The scheme of a route where it is all that refuses anybody; None where something may look at the credential."""
    assert route.handler is not None
    schemes = [each for top in route.dependencies for each in top.closure() if each.external in SCHEMES]
    if not schemes or any(each.code is not None or each.unknown for each in schemes):
        return None
    if any(project.authenticator.of_guard(each, route).status != "none" for each in route.guards):
        return None
    for top in route.dependencies:
        if top.external in SCHEMES and top.parameter and _mentions(project, route.handler, top.parameter):
            return None
        for each in top.closure():
            if each in schemes:
                continue
            if project.authenticator.of_dependency(each).status != "none" or _reads(project, each.code):
                return None
            if each.code is None and any(need in schemes for need in each.needs):
                return None
            for need in each.needs:
                if need in schemes and each.code is not None and _mentions(project, each.code, need.parameter):
                    return None
    names = {name for each in schemes for name in (each.name, each.name.rpartition(".")[2])}
    if _reads(project, route.handler) or names & project.configured_authentication:
        return None
    return schemes[0]


def _mentions(project: Project, code: Defined, name: str) -> bool:
    return any(
        isinstance(each, Reference) and each.name.partition(".")[0] == name
        for value in project.values_of(code)
        for each in walk(value)
    )


def _reads(project: Project, code: Defined | None) -> bool:
    """Whether a function is given the request, or the header with the credential once more."""
    if code is None:
        return False
    for parameter in project.scope_of(code).parameters:
        if parameter.name == "request" or annotated_names(parameter.annotation) & REQUEST_TYPES:
            return True
        if is_credential_header(parameter.name.replace("_", "-")) and _mentions(project, code, parameter.name):
            return True
    return False


__all__ = ["REASON", "Unread", "unread_schemes"]
