"""Requests that tests make with a test client: `client.get("/items/1")`, `client.request("PUT", url)`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec import Struct

from prodlint.facts import Attribute, Call, Constant, Operation, Reference, Template, Value
from prodlint.finding import Location
from prodlint.libraries.responses import URL_BUILDERS
from prodlint.project.values.outcomes import Given, Known, Site, Text, options

if TYPE_CHECKING:
    from prodlint.project import Project

_METHODS = {
    "get": "GET", "post": "POST", "put": "PUT", "patch": "PATCH", "delete": "DELETE", "head": "HEAD",
    "options": "OPTIONS", "websocket_connect": "WEBSOCKET",
}  # fmt: skip
_REVERSE = frozenset({"url_for", "url_path_for", "reverse", "reverse_lazy", "resolve_url", "route_reverse"})


class TestRequest(Struct, frozen=True):
    """One request of a test. Exactly one of `path` and `endpoint` tells where it goes."""

    method: str
    """Upper case; "" where it is not known."""
    path: str
    """Without query and host; NUL stands for a part that is not known."""
    endpoint: str
    """The name of a route that the URL is built from."""
    location: Location


def test_requests(project: Project) -> tuple[TestRequest, ...]:
    """The requests of all tests, by path and place."""
    found: list[TestRequest] = []
    for path in project.mentioning(*_METHODS, "request", "open"):
        if project.role(path) != "test":
            continue
        python = project.python(path)
        for call, block in project.calls_in(path) if python is not None else ():
            assert python is not None
            found += _of_call(project, Site(path, python.blocks[block].scope), call)
    return tuple(found)


def _of_call(project: Project, site: Site, call: Call) -> Iterator[TestRequest]:
    name = _last(call.function)
    target: Value | None
    if name == "request":
        first = call.positional(0) or call.keyword("method")
        method, target = _word(project, site, first), call.positional(1) or call.keyword("url")
    elif name == "open":
        method, target = _word(project, site, call.keyword("method")) or "GET", call.positional(0)
    elif name in _METHODS:
        method, target = _METHODS[name], call.positional(0) or call.keyword("url") or call.keyword("path")
    else:
        return
    if target is None or not (isinstance(call.function, Attribute) or "." in getattr(call.function, "name", "")):
        return
    location = Location(site.path, call.place)
    for path, endpoint in _targets(project, site, target):
        yield TestRequest(method, path, endpoint, location)


def _targets(project: Project, site: Site, target: Value, depth: int = 0) -> Iterator[tuple[str, str]]:
    """Where a URL expression leads: paths, or names of routes."""
    given = _assigned(project, site, target)
    built = given.value
    if isinstance(built, Call):
        name = _last(built.function)
        if name in _REVERSE or project.values.external_name(given.site, built.function) in URL_BUILDERS:
            route = _word(project, given.site, built.positional(0) or built.keyword("name"), upper=False)
            if route:
                yield "", route
            return
    if not isinstance(built, Constant | Template | Operation | Reference | Call):
        return
    for meaning in options(project.values.evaluate(given.site, built).meaning):
        match meaning:
            case Known(str() as text) if text.startswith(("/", "http://", "https://")):
                yield path_of(text), ""
            case Text(parts) if any(part and "/" in part for part in parts):
                yield path_of("".join("\0" if part is None else part for part in parts)), ""


def _assigned(project: Project, site: Site, value: Value) -> Given:
    """What a local name of a test stands for, so that a call that builds the URL is seen."""
    if isinstance(value, Reference) and "." not in value.name:
        from prodlint.project.values.bindings import Variable

        symbol, _ = project.names.resolve(site.path, site.scope, value.name)
        if isinstance(symbol, Variable):
            single = project.values.single_assignment(symbol)
            if single is not None:
                return Given(Site(symbol.path, symbol.scope), single)
    return Given(site, value)


def path_of(url: str) -> str:
    """The path of a URL, without host, query and fragment: `http://testserver/a?b` is `/a`."""
    if "://" in url:
        url = "/" + url.partition("://")[2].partition("/")[2]
    return url.partition("?")[0].partition("#")[0]


def _word(project: Project, site: Site, value: Value | None, upper: bool = True) -> str:
    meaning = project.values.evaluate(site, value).meaning if value is not None else None
    text = meaning.value if isinstance(meaning, Known) and isinstance(meaning.value, str) else ""
    return text.upper() if upper else text


def _last(function: Value) -> str:
    return str(getattr(function, "name", "")).rpartition(".")[2]
