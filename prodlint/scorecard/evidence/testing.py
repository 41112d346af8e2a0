"""Evidence about tests."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from prodlint.checklist import Evidence
from prodlint.facts import Constant, Document, Mapping, Value, walk
from prodlint.finding import Answer, Location
from prodlint.project.routes.route import Route
from prodlint.scorecard.applicable import AGENTS
from prodlint.scorecard.application import Application
from prodlint.scorecard.evidence.said import against, counted, first_line, for_it, listed, open_because

_LEAST = 80
"""The coverage that the checklist asks for, in percent."""
_OPTION = re.compile(r"--(?:cov-)?fail-under[= ](\d+(?:\.\d+)?)")


def _tested(app: Application, routes: Sequence[Route], what: str) -> Iterator[Evidence]:
    """The routes that tests call; that none of them does speaks against the item."""
    called = [(route, places) for route in routes if (places := app.project.coverage.of(route))]
    for route, places in called:
        yield for_it(f"`{route.subject}` is called in {counted(len(places), 'place')} of the tests", places[0])
    if routes and not called:
        yield against(f"no test calls {what}, such as `{routes[0].subject}`", routes[0].location)


def chat_integration_tested(app: Application) -> Iterator[Evidence]:
    """Tests that call the routes of the chat."""
    yield from _tested(app, app.talk, "a route of the chat")


def signup_to_chat_tested(app: Application) -> Iterator[Evidence]:
    """Tests that sign up, log in and chat."""
    for reason in ("signup", "login"):
        routes = [route for route in app.routes if app.project.public_reason(route) == reason]
        yield from _tested(app, [route for route in routes if route not in app.protected], reason)
    yield from _tested(app, app.talk, "a route of the chat")


def tools_through_chat_tested(app: Application) -> Iterator[Evidence]:
    """Tests that call the routes of the chat at all: without one no tool is reached through it."""
    yield from _tested(app, app.talk, "a route of the chat")


def conversation_tested(app: Application) -> Iterator[Evidence]:
    """Tests that speak of a conversation; without one that calls the chat there is none."""
    yield from (each for each in _tested(app, app.talk, "a route of the chat") if each.answer is Answer.NO)
    for path in app.project.mentioning("conversation_id"):
        if app.project.role(path) == "test":
            yield for_it("a test hands a conversation on from one request to the next", first_line(path))
            return


def database_integration_tested(app: Application) -> Iterator[Evidence]:
    """Tests that open a session or are marked as needing the database."""
    for names in (
        ("django_db",),
        ("TestCase", "TransactionTestCase"),
        ("Session", "AsyncSession", "create_engine", "create_async_engine"),
        ("create_all",),
    ):
        paths = [path for path in app.project.mentioning(*names) if app.project.role(path) == "test"]
        if names[0] == "Session" and app.django_models is not None:
            continue
        if names[0] == "TestCase":
            paths = [path for path in paths if " django " in app.project.identifiers(path) or app.django_models]
        if paths:
            yield for_it(f"`{names[0]}` is used in {counted(len(paths), 'file')} of the tests", first_line(paths[0]))
            return


def agent_integration_tested(app: Application) -> Iterator[Evidence]:
    """Tests that name what calls the model."""
    names = {app.project.scope_of(route.handler).name for route in app.chat if route.handler is not None}
    paths = (
        [path for path in app.project.mentioning(*sorted(names)) if app.project.role(path) == "test"] if names else []
    )
    if paths:
        yield for_it("a test names the handler that drives the agent", first_line(paths[0]))
    for path, name in _agents(app):
        tests = [each for each in app.project.mentioning(name) if app.project.role(each) == "test"]
        if tests:
            yield for_it(
                f"`{name}` of `{path}` is named in {counted(len(tests), 'file')} of tests", first_line(tests[0])
            )
    for route in app.chat:
        places = app.project.coverage.of(route)
        if places:
            yield for_it(f"`{route.subject}` is called in {counted(len(places), 'place')} of the tests", places[0])


def _agents(app: Application) -> Iterator[tuple[str, str]]:
    """Classes of the files that make a client of a language model."""
    for path in app.project.mentioning(*AGENTS):
        python = app.project.python(path) if app.project.role(path) == "application" else None
        for scope in python.scopes if python is not None else ():
            if scope.kind == "class" and scope.parent == 0:
                yield path, scope.name


def errors_tested(app: Application) -> Iterator[Evidence]:
    """Tests that expect a status of failure."""
    found: dict[int, str] = {}
    for path in app.project.mentioning("status_code", "status"):
        if app.project.role(path) != "test":
            continue
        found.setdefault(0, path)
    if found:
        yield for_it("tests look at the status of responses", first_line(found[0]))


def tools_unit_tested(app: Application) -> Iterator[Evidence]:
    """Tools that a test names."""
    yield from _named(
        app, [tool.name.rpartition(".")[2] for tool in app.tools] or [name for name, _ in app.tool_schemas]
    )


def tools_executed(app: Application) -> Iterator[Evidence]:
    """The same: to name a tool is to call it, or to ask for it by its name."""
    yield from tools_unit_tested(app)


def services_unit_tested(app: Application) -> Iterator[Evidence]:
    """Functions and classes of service modules that a test names."""
    found = []
    for path in app.paths:
        python = app.project.python(path) if "service" in path.lower() else None
        for scope in python.scopes if python is not None else ():
            if scope.kind in {"function", "class"} and scope.parent == 0 and not scope.name.startswith("_"):
                found.append(scope.name)
    yield from _named(app, found)


def _named(app: Application, several: Sequence[str]) -> Iterator[Evidence]:
    """Of functions and classes, those whose name occurs in a test."""
    tested, first = [], ""
    for name in several:
        path = next((each for each in app.project.mentioning(name) if app.project.role(each) == "test"), "")
        if path:
            tested.append(name)
            first = first or path
    if tested:
        text = f"{len(tested)} of {len(several)} are named in tests: {listed(tested)}"
        yield for_it(text, first_line(first))


def coverage(app: Application) -> Iterator[Evidence]:
    """The threshold below which the tests fail."""
    for path in sorted(app.project.sources):
        if app.project.sources[path].kind not in {"toml", "ini", "yaml", "script", "text"}:
            continue
        content = app.project.facts(path).content
        for document in content.values if isinstance(content, Document) else ():
            yield from _threshold(document, path)


def _threshold(document: Value, path: str) -> Iterator[Evidence]:
    for each in walk(document):
        for key, value in each.items if isinstance(each, Mapping) else ():
            if getattr(key, "value", None) == "fail_under" and isinstance(value, Constant):
                yield _enough(str(value.value), Location(path, value.place))
        text = each.value if isinstance(each, Constant) else None
        found = _OPTION.search(text) if isinstance(text, str) else None
        if found:
            yield _enough(found[1], Location(path, each.place))


def _enough(text: str, location: Location) -> Evidence:
    try:
        enough = float(text) >= _LEAST
    except ValueError:
        return open_because(f"the threshold `{text}` is no number", location)
    said = f"tests fail below {text} % coverage"
    return for_it(said, location) if enough else against(f"{said}, which is less than {_LEAST} %", location)
