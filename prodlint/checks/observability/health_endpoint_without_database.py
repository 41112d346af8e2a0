"""Health routes of applications with a database that say "well" while the database is gone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from prodlint.finding import Answer, Finding, Step, Undecided
from prodlint.project.observability.health import (
    database_touched,
    has_database,
    health_routes,
    is_served_by_package,
)

if TYPE_CHECKING:
    from prodlint.project import Project


def check(project: Project) -> Iterator[Finding | Undecided]:
    for application in project.web_applications:
        found = health_routes(project, application)
        # A page about the state of things that asks who is there is no check that a load balancer makes.
        routes = [each for each in found if project.authentication(each).status != "required"] or found
        if not routes or not has_database(project, application) or is_served_by_package(project, application):
            continue
        touches = [(route, database_touched(project, route)) for route in routes]
        if any(touch.answer is Answer.YES for _, touch in touches):
            continue
        unknown = [(route, touch) for route, touch in touches if touch.answer is Answer.UNKNOWN]
        if unknown:
            route, touch = unknown[0]
            yield Undecided(route.location, f"health route {route.subject}", touch.reason)
            continue
        route = routes[0]
        session = next((each for each in route.dependencies if "session" in each.name.lower()), None)
        steps = [Step(f"`{route.subject}` answers here, and runs no query", route.location)]
        if session is not None:
            steps.append(Step("a session connects when it is first used, and it is not used here", session.location))
        yield Finding(route.location, route.subject, {"route": route.subject}, tuple(steps))
