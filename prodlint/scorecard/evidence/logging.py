"""Evidence about what is logged: formats, ids of requests, durations."""

from __future__ import annotations

from collections.abc import Iterator

from prodlint.checklist import Evidence
from prodlint.finding import Answer
from prodlint.project.observability import requests
from prodlint.project.observability.integrations import serving
from prodlint.project.observability.logs import log_format
from prodlint.scorecard.application import Application
from prodlint.scorecard.evidence.failures import tracebacks
from prodlint.scorecard.evidence.said import for_it
from prodlint.scorecard.evidence.watching import figures, idle, told_of_errors


def structured_logging(app: Application) -> Iterator[Evidence]:
    """What makes fields of log records."""
    for each in app.project.web_applications:
        found = log_format(app.project, each)
        if found.structured is Answer.YES:
            yield for_it(found.what or "log records are written as fields", found.location)


def request_log(app: Application) -> Iterator[Evidence]:
    """What binds an id of the request to log records, and what logs each request."""
    for each in app.project.web_applications:
        told = requests.request_id(app.project, each)
        if told.answer is Answer.YES:
            yield for_it("an id of the request is bound to log records", told.location)
        told = requests.request_log(app.project, each)
        if told.answer is Answer.YES:
            yield for_it("each request leaves a line in the log or a number", told.location)


def errors_logged(app: Application) -> Iterator[Evidence]:
    """Tracebacks that are logged, and error trackers."""
    yield from tracebacks(app)
    yield from told_of_errors(app)


def performance_logged(app: Application) -> Iterator[Evidence]:
    """Metrics, traces, and what else measures."""
    for each in app.project.web_applications:
        found = serving(app.project, each, "metrics", "tracing")
        if found is not None:
            yield for_it(f"`{found.integration.module}` records figures", found.location)
            continue
        yield from figures(app, each)
        yield from idle(app, each, "metrics", "tracing")
