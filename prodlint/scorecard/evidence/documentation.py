"""Evidence about what the documentation of the API says."""

from __future__ import annotations

from collections.abc import Iterator

from prodlint.checklist import Evidence
from prodlint.libraries.fastapi import SCHEMES
from prodlint.project.routes.limits import limits_of
from prodlint.project.routes.route import Route
from prodlint.scorecard.applicable import WITH_SCHEMA
from prodlint.scorecard.application import Application
from prodlint.scorecard.evidence.said import against, counted, first_line, for_it, open_because


def _published(app: Application) -> list[Route]:
    return [route for route in app.routes if route.in_schema and "WEBSOCKET" not in route.methods]


def schema_complete(app: Application) -> Iterator[Evidence]:
    """Routes of the schema, with how many of them declare what they answer."""
    if app.routes and not any(route.framework in WITH_SCHEMA for route in app.routes):
        yield against(f"{app.routes[0].framework} makes no OpenAPI schema, and no library for one was found")
        return
    routes = _published(app)
    declared = [route for route in routes if route.response_model]
    if routes:
        text = f"{counted(len(routes), 'route')} in the schema, {len(declared)} of them with a response model"
        yield for_it(text, routes[0].location)


def endpoints_documented(app: Application) -> Iterator[Evidence]:
    """Handlers with a description."""
    routes = [route for route in _published(app) if route.handler is not None]
    described = [route for route in routes if route.handler and app.project.scope_of(route.handler).documented]
    if described:
        yield for_it(f"{len(described)} of {len(routes)} handlers have a docstring", described[0].location)


def errors_documented(app: Application) -> Iterator[Evidence]:
    """Routes that declare other statuses than that of success."""
    routes = [
        route
        for route in _published(app)
        if any(getattr(call.value, "keyword", lambda _: None)("responses") is not None for call in route.calls)
    ]
    if routes:
        yield for_it(f"{counted(len(routes), 'route declares', 'routes declare')} `responses`", routes[0].location)


def authentication_documented(app: Application) -> Iterator[Evidence]:
    """Protected routes whose guard is a security scheme, which the schema shows, and those whose guard is not."""
    shown: list[Route] = []
    hidden: list[Route] = []
    other = ""
    for route in app.protected:
        if route.framework != "fastapi":
            other = other or route.framework
        elif any(each.external in SCHEMES for top in route.dependencies for each in top.closure()):
            shown.append(route)
        elif route.in_schema:
            hidden.append(route)
    if shown:
        routes = counted(len(shown), "protected route uses", "protected routes use")
        text = f"{routes} a security scheme, which the schema shows"
        yield for_it(text, shown[0].location)
    if hidden:
        routes = counted(len(hidden), "protected route asks", "protected routes ask")
        text = f"{routes} for a credential that the schema does not show"
        yield against(f"{text}, such as `{hidden[0].subject}`", hidden[0].location)
    if other:
        yield open_because(f"how {other} documents authentication is not followed")


def rate_limits_documented(app: Application) -> Iterator[Evidence]:
    """The limits that the documentation should name."""
    for route in app.routes:
        for limit in limits_of(app.project, route):
            yield for_it(
                f"`{route.subject}` is limited by `{limit.name.rpartition('.')[2]}` {limit.text}".rstrip(),
                limit.location,
            )
            return


def examples_given(app: Application) -> Iterator[Evidence]:
    """Examples of models and parameters."""
    for name in ("examples", "openapi_examples", "json_schema_extra", "schema_extra", "OpenApiExample"):
        path = app.mentions(name)
        if path:
            yield for_it(f"`{name}` gives examples", first_line(path))
