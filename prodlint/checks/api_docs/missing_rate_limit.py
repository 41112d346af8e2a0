"""Routes that invite guessing or cost money by the call, and that nothing limits."""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from prodlint.finding import Finding, Location, Step, Undecided
from prodlint.project.routes.limit_doubts import doubt_of
from prodlint.project.routes.limit_proxies import may_limit, proxy
from prodlint.project.routes.limits import limits_of, need_of

if TYPE_CHECKING:
    from prodlint.project import Project
    from prodlint.project.routes.route import Route


def check(project: Project) -> Iterator[Finding | Undecided]:
    """One finding an application where nothing is limited, one a route where others of its kind are."""
    elsewhere = project.options("missing-rate-limit").get("limited-elsewhere", ())
    applications: dict[Location, list[tuple[Route, str]]] = {}
    for route in project.routes:
        if {project.role(route.location.path), project.role(route.application.path)} != {"application"}:
            continue
        if any(fnmatchcase(route.path, pattern) for pattern in elsewhere):
            continue
        need = need_of(project, route)
        if need:
            applications.setdefault(route.application, []).append((route, need))
    for location, needing in applications.items():
        front = proxy(project, location.path)
        if front is not None and not may_limit(project, front):
            front = None
        yield from _application(project, location, needing, front)


def _application(
    project: Project, location: Location, needing: list[tuple[Route, str]], front: Location | None
) -> Iterator[Finding | Undecided]:
    bare = [(route, need) for route, need in needing if not limits_of(project, route)]
    if front is not None:
        reason = f"the proxy in `{front.path}` may limit it"
        yield from (Undecided(route.location, f"rate limit of {route.subject}", reason) for route, _ in bare)
        return
    certain = []
    for route, need in bare:
        doubt = doubt_of(project, route)
        if doubt:
            yield Undecided(route.location, f"rate limit of {route.subject}", doubt)
        else:
            certain.append((route, need))
    limited, bare = len(needing) - len(bare), certain
    if limited:
        for route, need in bare:
            step = Step("others of its kind are limited", location)
            yield Finding(route.location, route.subject, _fields(f"`{route.subject}` ({need}) has"), (step,))
        return
    if not bare:
        return
    steps = tuple(Step(f"`{route.subject}`: {need}", route.location) for route, need in bare)
    if len(bare) == 1:
        what = f"`{bare[0][0].subject}` ({bare[0][1]}) has"
    else:
        kinds = list(dict.fromkeys(need for _, need in bare))
        what = f"{len(bare)} routes ({', '.join(kinds)}) have"
    yield Finding(location, "application", _fields(what), steps[:12])


def _fields(what: str) -> dict[str, str]:
    return {"what": what}
