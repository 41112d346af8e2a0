"""What happens to an exception that nobody caught, and which log calls write a traceback."""

from __future__ import annotations

from collections.abc import Iterator

from prodlint.checklist import Evidence
from prodlint.finding import Location
from prodlint.scorecard.application import Application
from prodlint.scorecard.evidence.said import for_it

__all__ = ["by_framework", "tracebacks"]

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


def by_framework(app: Application) -> Iterator[Evidence]:
    """What the framework does with an exception that nobody caught."""
    for framework in dict.fromkeys(route.framework.partition("-")[0] for route in app.routes):
        if framework in _HIDING:
            several = [route.application for route in app.routes if route.framework.startswith(framework)]
            place = max(dict.fromkeys(several), key=several.count)
            yield for_it(_HIDING[framework], place)
            return


def tracebacks(app: Application) -> Iterator[Evidence]:
    """Log calls that write a traceback, and what the framework logs."""
    for name in ("exception", "exc_info"):
        for path in app.project.mentioning(name):
            if app.project.role(path) != "application":
                continue
            for call, _ in app.project.calls_in(path):
                last = getattr(call.function, "name", "").rpartition(".")[2]
                if (name == "exception" and last == name) or call.keyword("exc_info") is not None:
                    yield for_it("errors are logged with their traceback", Location(path, call.place))
                    yield from by_framework(app)
                    return
    yield from by_framework(app)
