"""Functions that look like authentication and can turn nobody away.

What makes a function look like authentication is what it does: it builds a refusal that is never raised or that its own
`except` catches, or it checks a token and drops the result.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec import Struct

from prodlint.facts import Constant, Operation, Reference, walk
from prodlint.finding import Step
from prodlint.project.identity.dropped import Fault
from prodlint.project.identity.faults import fault_of, handler_fault
from prodlint.project.routes.decorators import wrapped_by
from prodlint.project.values.bindings import Defined

if TYPE_CHECKING:
    from prodlint.project import Project
    from prodlint.project.routes.route import Dependency, Route

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_UNSEEN = frozenset({"test", "example", "documentation"})


class Unenforced(Struct, frozen=True):
    """A function that refuses nobody, with the routes that rely on it."""

    code: Defined
    name: str
    fault: Fault
    routes: tuple[Route, ...]

    @property
    def steps(self) -> tuple[Step, ...]:
        """The fault, and the routes."""
        routes = tuple(Step(f"`{each.subject}` relies on it", each.location) for each in self.routes[:10])
        return (Step(self.fault.reason, self.fault.location), *routes)


def unenforced(project: Project) -> Iterator[Unenforced]:
    """The dependencies and decorators of open routes that look like authentication, by place."""
    found: dict[Defined, tuple[Fault, list[Route]]] = {}
    faults: dict[tuple[Defined, str], Fault | None] = {}
    for route in project.routes:
        if project.role(route.location.path) in _UNSEEN:
            continue
        if project.authentication(route).status not in {"none", "optional"} or project.public_reason(route):
            continue
        for code, is_dropped, kind in _relied_upon(project, route):
            if (code, kind) not in faults:
                faults[code, kind] = (
                    handler_fault(project, code) if kind == "handler" else fault_of(project, code, kind == "dependency")
                )
            fault = faults[code, kind]
            if fault is not None and (is_dropped or not fault.needs_dropped):
                found.setdefault(code, (fault, []))[1].append(route)
    for code, (fault, routes) in sorted(found.items(), key=lambda each: (each[0].path, each[0].scope)):
        yield Unenforced(code, project.qualified(code), fault, tuple(routes))


def _relied_upon(project: Project, route: Route) -> Iterator[tuple[Defined, bool, str]]:
    """The functions that run before a handler and the handler, whether what they give is dropped, and what they are."""
    for top in route.dependencies:
        for each in top.closure():
            if each.code is not None and not each.external and each.of is None:
                yield each.code, each is top and _is_dropped(project, route, each), "dependency"
    for guard in route.guards:
        if guard.kind == "decorator" and guard.code is not None:
            for inner in wrapped_by(project, guard.code)[0]:
                yield inner, True, "decorator"
        elif guard.code is not None and guard.kind in {"guard", "permission"}:
            yield guard.code, True, "guard"
    if route.handler is not None and route.framework in {"fastapi", "starlette"}:
        yield route.handler, True, "handler"


def _is_dropped(project: Project, route: Route, dependency: Dependency) -> bool:
    """Whether nobody takes what a dependency gives: no parameter, or one that the handler never reads though its
    annotation says that there is always a user."""
    if not dependency.parameter:
        return not any(each.code == dependency.code for top in route.dependencies for each in top.needs)
    if _is_mentioned(project, route, dependency.parameter) or route.handler is None:
        return False
    scope = project.scope_of(route.handler)
    annotations = [each.annotation for each in scope.parameters if each.name == dependency.parameter]
    return not any(
        isinstance(inner, Operation | Constant) or getattr(inner, "name", "").rpartition(".")[2] == "Optional"
        for each in annotations
        if each is not None
        for inner in walk(each)
    )


def _is_mentioned(project: Project, route: Route, name: str) -> bool:
    if route.handler is None:
        return True
    return any(
        isinstance(each, Reference) and each.name.partition(".")[0] == name
        for value in project.values_of(route.handler)
        for each in walk(value)
    )


__all__ = ["SAFE", "Unenforced", "unenforced"]
