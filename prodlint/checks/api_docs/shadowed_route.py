"""Routes that an earlier one always answers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from prodlint.finding import Finding, Location, Step, Undecided
from prodlint.project.routes.shadowing import Shadow, shadows

if TYPE_CHECKING:
    from prodlint.project import Project

_SKIPPED = frozenset({"test", "example", "documentation", "migration"})


def check(project: Project) -> Iterator[Finding | Undecided]:
    """One finding a route; one for a mount that hides several."""
    below: dict[Location, list[Shadow]] = {}
    seen: set[tuple[Location, Location | None]] = set()
    for shadow in shadows(project):
        route = shadow.route
        if project.role(route.location.path) in _SKIPPED:
            continue
        if shadow.mount is not None:
            below.setdefault(shadow.mount, []).append(shadow)
        elif shadow.doubt:
            yield Undecided(route.location, f"route {route.subject}", shadow.doubt)
        elif (route.location, shadow.by.location if shadow.by is not None else None) not in seen:
            # A router that is included twice has the fault twice and is mended once.
            seen.add((route.location, shadow.by.location if shadow.by is not None else None))
            yield _of_route(shadow)
    for location, several in below.items():
        yield _of_mount(location, several)


def _of_route(shadow: Shadow) -> Finding:
    route = shadow.route
    subject = f"{','.join(shadow.methods)} {route.path}"
    steps = [Step(f"`{route.subject}` is registered here", route.registered)]
    if shadow.by is None:
        first = "the documentation that `FastAPI()` registers by itself"
        steps.append(Step("the application is made here", route.application))
    else:
        first = f"`{shadow.by.subject}`"
        steps.append(Step(f"`{shadow.by.subject}` is asked first", shadow.by.location))
    return Finding(route.location, subject, {"route": f"`{subject}` is", "first": first}, tuple(steps))


def _of_mount(location: Location, several: list[Shadow]) -> Finding:
    path = several[0].path
    subjects = [f"`{each.route.subject}`" for each in several]
    what = f"{subjects[0]} is" if len(several) == 1 else f"{len(several)} routes below `{path}` are"
    steps = [Step(f"`{each.route.subject}` is registered after it", each.route.registered) for each in several[:10]]
    return Finding(location, f"mount {path}", {"route": what, "first": f"what is mounted at `{path}`"}, tuple(steps))
