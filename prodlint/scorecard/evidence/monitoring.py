"""Evidence about what is watched while the application runs."""

from __future__ import annotations

from collections.abc import Iterator

from prodlint.checklist import Evidence
from prodlint.finding import Answer
from prodlint.project.observability.applications import WebApplication
from prodlint.project.observability.health import database_touched, is_served_by_package
from prodlint.project.observability.integrations import serving
from prodlint.project.observability.mails import mailed
from prodlint.project.observability.meters import of_requests
from prodlint.scorecard.application import Application
from prodlint.scorecard.evidence.checked import health
from prodlint.scorecard.evidence.pools import watched
from prodlint.scorecard.evidence.said import against, for_it, open_because
from prodlint.scorecard.evidence.watching import figures, idle


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
    """Metrics and error trackers that the application attaches; a mail for each error gives no rate."""
    for each in app.project.web_applications:
        tracker = serving(app.project, each, "errors")
        if tracker is not None:
            yield for_it(f"`{tracker.integration.module}` is told of errors", tracker.location)
            continue
        metrics = tuple(_requests_measured(app, each))
        yield from metrics
        if metrics:
            continue
        yield from idle(app, each, "errors")
        mails = mailed(app.project, each)
        if mails is not None:
            yield against("errors are mailed one by one, and nothing counts them", mails)


def response_time_monitoring(app: Application) -> Iterator[Evidence]:
    """Metrics and traces that time requests; what only counts when it is told to has to be told of them."""
    for each in app.project.web_applications:
        yield from _requests_measured(app, each)


def _requests_measured(app: Application, application: WebApplication) -> Iterator[Evidence]:
    found = serving(app.project, application, "metrics", "tracing")
    if found is None:
        yield from figures(app, application)
        yield from idle(app, application, "metrics", "tracing")
        return
    name = found.integration.module
    answer, place = of_requests(app.project, application, found)
    if answer is Answer.YES:
        yield for_it(f"`{name}` records how long requests take and how many fail", place)
    elif answer is Answer.NO:
        yield against(f"`{name}` is told of other things, as here, and of no request", place)
    else:
        yield open_because(f"`{name}` records what it is told to, which may not be each request", place)
