"""Evidence about tests."""

from __future__ import annotations

from collections.abc import Iterator

from prodlint.checklist import Evidence
from prodlint.project.routes.route import Route
from prodlint.scorecard.application import Application
from prodlint.scorecard.evidence.said import against, counted, first_line, for_it


def _tested(app: Application, routes: tuple[Route, ...]) -> Iterator[Evidence]:
    for route in routes:
        places = app.project.coverage.of(route)
        if places:
            yield for_it(f"`{route.subject}` is called in {counted(len(places), 'test')}", places[0])
        else:
            yield against(f"no test calls `{route.subject}`", route.location)


def chat_integration_tested(app: Application) -> Iterator[Evidence]:
    """Tests that call the routes of the chat."""
    yield from _tested(app, app.talk)


def signup_to_chat_tested(app: Application) -> Iterator[Evidence]:
    """Tests that sign up, log in and chat."""
    for reason in ("signup", "login"):
        routes = tuple(route for route in app.routes if app.project.public_reason(route) == reason)
        yield from _tested(app, routes)


def conversation_tested(app: Application) -> Iterator[Evidence]:
    """Tests that speak of a conversation."""
    for path in app.project.mentioning("conversation_id"):
        if app.project.role(path) == "test":
            yield for_it("a test hands a conversation on from one request to the next", first_line(path))
            return


def database_integration_tested(app: Application) -> Iterator[Evidence]:
    """Tests that open a session or are marked as needing the database."""
    for names in (("django_db",), ("TestCase", "TransactionTestCase"), ("Session", "AsyncSession", "create_engine")):
        paths = [path for path in app.project.mentioning(*names) if app.project.role(path) == "test"]
        if names[0] == "TestCase":
            paths = [path for path in paths if " django " in app.project.identifiers(path) or app.django_models]
        if paths:
            yield for_it(f"{counted(len(paths), 'test file')} use `{names[0]}`", first_line(paths[0]))


def agent_integration_tested(app: Application) -> Iterator[Evidence]:
    """Tests that name what calls the model."""
    names = {app.project.scope_of(route.handler).name for route in app.chat if route.handler is not None}
    paths = (
        [path for path in app.project.mentioning(*sorted(names)) if app.project.role(path) == "test"] if names else []
    )
    if paths:
        yield for_it("a test names the handler that drives the agent", first_line(paths[0]))
    for route in app.chat:
        places = app.project.coverage.of(route)
        if places:
            yield for_it(f"`{route.subject}` is called in {counted(len(places), 'test')}", places[0])


def errors_tested(app: Application) -> Iterator[Evidence]:
    """Tests that expect a status of failure."""
    found: dict[int, str] = {}
    for path in app.project.mentioning("status_code", "status"):
        if app.project.role(path) != "test":
            continue
        found.setdefault(0, path)
    if found:
        yield for_it("tests look at the status of responses", first_line(found[0]))
