"""Evidence about what happens when something goes wrong."""

from __future__ import annotations

from collections.abc import Iterator

from prodlint.checklist import Evidence
from prodlint.facts import Constant, Template
from prodlint.finding import Location
from prodlint.libraries.responses import HTTP_EXCEPTIONS
from prodlint.scorecard.application import Application
from prodlint.scorecard.evidence.said import counted, first_line, for_it

_HIDING = {
    "fastapi": "FastAPI answers 500 with no detail and the server logs the traceback",
    "starlette": "Starlette answers 500 with no detail and the server logs the traceback",
    "flask": "Flask answers 500 with no detail and logs the traceback",
    "django": "Django answers 500 with its own page and logs the traceback",
    "drf": "Django answers 500 with its own page and logs the traceback",
    "litestar": "Litestar answers 500 with no detail",
}
"""What a framework does with an exception that nobody caught, where debugging is off. Sources: Starlette's
`ServerErrorMiddleware`, Flask's `handle_exception`, Django's `django.core.handlers.exception`, Litestar's
`ExceptionHandlerMiddleware`."""


def exceptions_handled(app: Application) -> Iterator[Evidence]:
    """Handlers of the application's own, and what its framework does without one."""
    for defined in app.project.routing.handled_exceptions:
        name = app.project.scope_of(defined).name
        yield for_it(f"`{name}` has a handler of its own", Location(defined.path, app.project.scope_of(defined).place))
    yield from _by_framework(app)


def _by_framework(app: Application) -> Iterator[Evidence]:
    for framework in dict.fromkeys(route.framework.partition("-")[0] for route in app.routes):
        if framework in _HIDING:
            place = next(route.application for route in app.routes if route.framework.startswith(framework))
            yield for_it(_HIDING[framework], place)
            return


def friendly_errors(app: Application) -> Iterator[Evidence]:
    """Exceptions for clients whose message is a text of the source."""
    written, first = 0, None
    for site in app.project.calls(HTTP_EXCEPTIONS, app.paths):
        detail = site.call.keyword("detail") or site.call.keyword("description") or site.call.positional(1)
        if isinstance(detail, Constant | Template):
            written += 1
            first = first or Location(site.path, site.call.place)
    if written:
        yield for_it(f"{counted(written, 'error')} are raised with a message that somebody wrote", first)
    path = app.mentions("handler404", "handler500", "errorhandler", "app_errorhandler")
    if path:
        yield for_it("pages for errors are set up", first_line(path))


def no_stack_traces(app: Application) -> Iterator[Evidence]:
    """That debugging is off, and what the framework answers then."""
    yield from _by_framework(app)


def errors_logged(app: Application) -> Iterator[Evidence]:
    """Log calls that write a traceback, and what the framework logs."""
    for name in ("exception", "exc_info"):
        for path in app.project.mentioning(name):
            if app.project.role(path) != "application":
                continue
            for call, _ in app.project.calls_in(path):
                last = getattr(call.function, "name", "").rpartition(".")[2]
                if (name == "exception" and last == name) or call.keyword("exc_info") is not None:
                    yield for_it("errors are logged with their traceback", Location(path, call.place))
                    yield from _by_framework(app)
                    return
    yield from _by_framework(app)
