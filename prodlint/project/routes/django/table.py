"""The routes of Django: one for each handler of each URL of the sites that the settings modules of a tree describe."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from prodlint.facts import Call, Constant
from prodlint.finding import Location, Step
from prodlint.libraries.django import LOGIN_MIDDLEWARE
from prodlint.project.routes.django.configuration import Configuration, find_configurations
from prodlint.project.routes.django.endpoints import Endpoint, Endpoints
from prodlint.project.routes.django.guards import Decorated
from prodlint.project.routes.django.lists import Lists
from prodlint.project.routes.django.middleware import middleware_of
from prodlint.project.routes.django.ninja import NinjaRouters, Operation
from prodlint.project.routes.django.patterns import Leaf, Patterns
from prodlint.project.routes.django.routers import Resource, RestRouters
from prodlint.project.routes.route import Found, Guard, Lost, Route
from prodlint.project.values.outcomes import Given

if TYPE_CHECKING:
    from prodlint.project import Project

_SKIPPED = frozenset({"test", "example", "documentation", "migration"})


def find_routes(project: Project) -> Found:
    """The routes of all Django sites of the tree, and what could not be followed."""
    if not any(True for _ in project.mentioning("urlpatterns")):
        return Found()
    rest, ninja = RestRouters(project), NinjaRouters(project)
    routes: list[Route] = []
    lost: set[Lost] = set()
    reached: set[str] = set()
    configurations = find_configurations(project)
    for configuration in configurations or _without_settings(project, rest, ninja):
        patterns = Patterns(project, configuration, rest, ninja)
        for each in _of_site(project, configuration, patterns):
            if isinstance(each, Lost):
                lost.add(each)
            else:
                routes.append(each)
        reached |= patterns.reached
    for path in _modules(project):
        if path not in reached:
            lost.add(
                Lost(_place(project, path), f"URL patterns of {path}", "no settings module of the tree names them")
            )
    return Found(tuple(routes), tuple(sorted(lost, key=lambda each: each.location)))


def _modules(project: Project) -> Iterator[str]:
    """Files that set `urlpatterns` themselves."""
    for path in project.mentioning("urlpatterns"):
        table = project.names.table(path) if project.role(path) not in _SKIPPED else None
        if table is not None and "urlpatterns" in table.bindings.get(0, {}):
            yield path


def _without_settings(project: Project, rest: RestRouters, ninja: NinjaRouters) -> tuple[Configuration, ...]:
    """Where the tree has no settings, as in an application that others install: the URL lists that no other of its own
    includes are where URLs begin."""
    found = [Configuration("", path, Lists(project)) for path in _modules(project)]
    included: set[str] = set()
    for configuration in found:
        patterns = Patterns(project, configuration, rest, ninja)
        for _ in patterns.walk():
            pass
        included |= patterns.reached - {configuration.urls}
    return tuple(each for each in found if each.urls not in included)


def _place(project: Project, path: str) -> Location:
    """Where a module begins its list of URLs."""
    table = project.names.table(path)
    bindings = table.bindings.get(0, {}).get("urlpatterns", []) if table is not None else []
    return Location(path, bindings[0].statement.place if bindings else 0)


def _of_site(project: Project, configuration: Configuration, patterns: Patterns) -> Iterator[Route | Lost]:
    endpoints = Endpoints(project, configuration)
    middleware = middleware_of(project, configuration)
    application = _place(project, configuration.urls)
    for leaf in patterns.walk():
        if isinstance(leaf, Lost):
            yield leaf
            continue
        for endpoint in _answers(project, endpoints, leaf):
            yield _route(leaf, endpoint, middleware, application)


def _answers(project: Project, endpoints: Endpoints, leaf: Leaf) -> Iterator[Endpoint]:
    match leaf.answer:
        case Resource(view=view, permissions=permissions):
            yield from endpoints.of_class(view, Decorated(), permissions)
        case Operation(methods, _, handler, _, guards):
            location = Location(handler.path, project.scope_of(handler).place)
            name = project.qualified(handler)
            yield Endpoint(methods, name, location, handler, None, guards, "django-ninja")
        case given:
            yield from endpoints.of(given, leaf.registered)


def _route(leaf: Leaf, endpoint: Endpoint, middleware: tuple[Guard, ...], application: Location) -> Route:
    level = leaf.level
    # Views of Django REST framework are exempt from the middleware (`rest_framework.views.APIView.as_view`).
    exempt = endpoint.exempt or endpoint.framework == "drf" or endpoint.kind in {"login", "logout", "password reset"}
    guards = tuple(each for each in middleware if not (exempt and each.name == LOGIN_MIDDLEWARE))
    step = Step(f"`{','.join(endpoint.methods)} {level.path}` is handled here", endpoint.location)
    root = Step("the URLs of the site begin here", application)
    unknown = endpoint.unknown or ("its path is computed" if "{?}" in level.path else "")
    return Route(
        endpoint.methods, level.path, endpoint.handler, endpoint.name, endpoint.location, leaf.registered,
        endpoint.framework, (), (step, *level.steps, root), application, level.conditional,
        calls=level.calls, unknown=unknown, guards=(*guards, *endpoint.guards), view=endpoint.view,
        converters=level.converters, endpoint=_url_name(leaf),
    )  # fmt: skip


def _url_name(leaf: Leaf) -> str:
    """The name that `reverse` takes: `name=` of the pattern below the namespaces of its includes; "" where it has none
    or a part of it is not known."""
    registration = leaf.level.calls[0].value if isinstance(leaf.answer, Given) and leaf.level.calls else None
    named = registration.keyword("name") if isinstance(registration, Call) else None
    if not isinstance(named, Constant) or not isinstance(named.value, str) or "?" in leaf.level.namespace:
        return ""
    return f"{leaf.level.namespace}:{named.value}".lstrip(":")


__all__ = ["find_routes"]
