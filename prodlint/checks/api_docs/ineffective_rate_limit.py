"""Rate limiters that are there and cannot work."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from prodlint.finding import Finding, Step
from prodlint.project.routes.ineffective_limits import above_route, made, proxied_address, without_request, workers_of

if TYPE_CHECKING:
    from prodlint.project import Project


def check(project: Project) -> Iterator[Finding]:
    """One finding for each fault of a limiter, and for each decorator that is never asked."""
    for route in project.routes:
        if project.role(route.location.path) != "application":
            continue
        for location in above_route(project, route):
            fault = f"the limit of `{route.subject}` stands above the route's decorator, which never meets it"
            yield Finding(location, f"{route.subject} order", {"fault": fault})
    for location, name in without_request(project):
        fault = f"`{name}` takes no `request`, so slowapi raises when the module is imported"
        yield Finding(location, f"{name} request", {"fault": fault})
    for limiter in made(project):
        started = workers_of(project, limiter.path) if limiter.counts_in_memory else None
        if started is not None:
            number, step = started
            fault = (
                f"the limiter counts in the memory of each of {number} processes, so it allows {number} times as much"
            )
            yield Finding(limiter.location, f"{limiter.name} storage", {"fault": fault}, (step,))
        front = proxied_address(project, limiter)
        if front is not None:
            fault = "the limiter counts by the address that connects, which is the proxy's for every client"
            step = Step("this proxy stands in front", front)
            yield Finding(limiter.location, f"{limiter.name} address", {"fault": fault}, (step,))
