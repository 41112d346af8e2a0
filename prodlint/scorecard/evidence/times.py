"""Evidence about response times; all of it has to be measured, so this only points at where to begin."""

from __future__ import annotations

from collections.abc import Iterator

from prodlint.checklist import Evidence
from prodlint.scorecard.application import Application
from prodlint.scorecard.evidence.checked import health
from prodlint.scorecard.evidence.said import first_line, for_it


def chat_latency(app: Application) -> Iterator[Evidence]:
    """The routes to measure."""
    for route in app.talk:
        yield for_it(f"`{route.subject}` is the route to measure", route.location)


def health_latency(app: Application) -> Iterator[Evidence]:
    """The health endpoints to measure."""
    for each in app.project.web_applications:
        for route in health(app, each):
            yield for_it(f"`{route.subject}` is the route to measure", route.location)


def load_test(app: Application) -> Iterator[Evidence]:
    """A load test that the repository holds."""
    for path in app.project.mentioning("locust", "HttpUser", "FastHttpUser", "molotov"):
        yield for_it("a load test is in the repository", first_line(path))
