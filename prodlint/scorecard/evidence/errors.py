"""Evidence about what happens when something goes wrong."""

from __future__ import annotations

from collections.abc import Iterator

from prodlint.checklist import Evidence
from prodlint.facts import Constant, Template
from prodlint.finding import Location
from prodlint.libraries.responses import HTTP_EXCEPTIONS
from prodlint.scorecard.application import Application
from prodlint.scorecard.evidence.failures import by_framework
from prodlint.scorecard.evidence.said import counted, first_line, for_it


def exceptions_handled(app: Application) -> Iterator[Evidence]:
    """Handlers of the application's own, and what its framework does without one."""
    for defined in app.project.routing.handled_exceptions:
        name = app.project.scope_of(defined).name
        yield for_it(f"`{name}` has a handler of its own", Location(defined.path, app.project.scope_of(defined).place))
    yield from by_framework(app)


def friendly_errors(app: Application) -> Iterator[Evidence]:
    """Exceptions for clients whose message is a text of the source."""
    written, first = 0, None
    for site in app.project.calls(HTTP_EXCEPTIONS, app.paths):
        detail = site.call.keyword("detail") or site.call.keyword("description") or site.call.positional(1)
        if isinstance(detail, Constant | Template):
            written += 1
            first = first or Location(site.path, site.call.place)
    if written:
        yield for_it(f"{counted(written, 'error is', 'errors are')} raised with a message that somebody wrote", first)
    path = app.mentions("handler404", "handler500", "errorhandler", "app_errorhandler")
    if path:
        yield for_it("pages for errors are set up", first_line(path))


def no_stack_traces(app: Application) -> Iterator[Evidence]:
    """That debugging is off, and what the framework answers then."""
    yield from by_framework(app)
