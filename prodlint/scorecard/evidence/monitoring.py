"""Evidence about what is watched while the application runs."""

from __future__ import annotations

from collections.abc import Iterator

from prodlint.checklist import Evidence
from prodlint.finding import Answer
from prodlint.project.observability.health import database_touched, is_served_by_package
from prodlint.project.observability.integrations import serving
from prodlint.scorecard.application import Application
from prodlint.scorecard.evidence.checked import health
from prodlint.scorecard.evidence.logging import performance_logged
from prodlint.scorecard.evidence.pools import watched
from prodlint.scorecard.evidence.said import for_it, open_because

_MANUAL = ("statsd", "prometheus_client", "datadog", "aiostatsd", "metrics")


def health_endpoint(app: Application) -> Iterator[Evidence]:
    """The health endpoints, and packages that bring some."""
    for each in app.project.web_applications:
        for route in health(app, each):
            yield for_it(f"`{route.subject}` says how the application is", route.location)
        if is_served_by_package(app.project, each):
            yield for_it("a package serves health routes", each.location)


def database_health(app: Application) -> Iterator[Evidence]:
    """Health endpoints that run a query."""
    for each in app.project.web_applications:
        for route in health(app, each):
            if database_touched(app.project, route).answer is Answer.YES:
                yield for_it(f"`{route.subject}` asks the database", route.location)
        if is_served_by_package(app.project, each):
            yield for_it("a package serves health routes, the database's among them", each.location)


def pool_metrics(app: Application) -> Iterator[Evidence]:
    """What exports how many connections are in use."""
    yield from watched(app)


def error_rate_monitoring(app: Application) -> Iterator[Evidence]:
    """Metrics and error trackers that the application attaches."""
    yield from response_time_monitoring(app)
    for each in app.project.web_applications:
        tracker = serving(app.project, each, "errors")
        if tracker is not None:
            yield for_it(f"`{tracker.integration.module}` is told of errors", tracker.location)


def response_time_monitoring(app: Application) -> Iterator[Evidence]:
    """Metrics and traces that time requests by themselves; what only counts when it is told to proves nothing."""
    for each in performance_logged(app):
        if any(f"`{name}`" in each.text for name in _MANUAL):
            yield open_because(f"{each.text} what it is told to, which may not be requests", each.location)
        else:
            yield each
