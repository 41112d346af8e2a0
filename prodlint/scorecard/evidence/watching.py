"""What watches the application: error trackers, people who get mails, figures, and libraries that do nothing yet."""

from __future__ import annotations

from collections.abc import Iterator

from prodlint.checklist import Evidence
from prodlint.finding import Answer
from prodlint.project.observability.applications import WebApplication
from prodlint.project.observability.integrations import inert, measured, serving
from prodlint.project.observability.mails import mailed
from prodlint.scorecard.application import Application
from prodlint.scorecard.evidence.said import against, for_it

__all__ = ["figures", "idle", "told_of_errors"]


def told_of_errors(app: Application) -> Iterator[Evidence]:
    """Who is told of errors: trackers, and people who get mails."""
    for each in app.project.web_applications:
        tracker = serving(app.project, each, "errors")
        mails = mailed(app.project, each)
        if tracker is not None:
            yield for_it(f"`{tracker.integration.module}` is told of errors", tracker.location)
        elif mails is not None:
            yield for_it("errors are sent to somebody by mail", mails)


def figures(app: Application, application: WebApplication) -> Iterator[Evidence]:
    """What measures through objects of the application's own, and routes that give figures."""
    place = measured(app.project, application)
    if place is not None:
        yield for_it("durations or counts are measured", place)
    for route in application.routes:
        if route.path.rstrip("/").endswith(("/metrics", "/prometheus")):
            yield for_it(f"`{route.subject}` gives figures", route.location)


def idle(app: Application, application: WebApplication, *purposes: str) -> Iterator[Evidence]:
    """Libraries for a purpose that are installed and do nothing, where no other serves it."""
    if serving(app.project, application, *purposes) is not None:
        return
    for found, place in inert(app.project, application):
        if found.answer is Answer.NO and found.integration.purposes.intersection(purposes):
            name = found.integration.distributions[0]
            what = f"nothing {found.integration.verb}" if found.integration.verb else "nothing attaches it"
            yield against(f"`{name}` does nothing, for {what}", found.location or place)
