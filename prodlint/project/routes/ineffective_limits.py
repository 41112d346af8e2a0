"""Why a limiter that is there does not limit: where it counts, by what it counts, and where its decorator stands."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec import Struct

from prodlint.facts import Call, Parameter
from prodlint.finding import Location, Step
from prodlint.libraries.limits import ADDRESS, DECORATORS, LIMITERS, TRUSTS
from prodlint.project.deployment.declared import declared, near
from prodlint.project.deployment.surroundings import commands
from prodlint.project.routes.limit_proxies import proxy
from prodlint.project.values.outcomes import Known, Site

if TYPE_CHECKING:
    from prodlint.project import Project
    from prodlint.project.routes.route import Route

_WORKERS = frozenset({"--workers", "-w", "--processes", "-p"})
_SERVERS = frozenset({"gunicorn", "uvicorn", "hypercorn", "granian", "fastapi", "uwsgi"})
_DISTRIBUTED = ("FORWARDED_ALLOW_IPS",)


class Made(Struct, frozen=True):
    """A limiter of slowapi or Flask-Limiter."""

    location: Location
    name: str
    counts_in_memory: bool
    by_address: bool

    @property
    def path(self) -> str:
        """Its file."""
        return self.location.path


def made(project: Project) -> Iterator[Made]:
    """The limiters of the application's own files."""
    for site in project.calls(LIMITERS):
        if project.role(site.path) != "application":
            continue
        given = site.call
        spread = any(each.star for each in given.arguments)
        storage = given.keyword("storage_uri")
        meaning = project.values.evaluate(site.site, storage).meaning if storage is not None else None
        in_memory = storage is None or (isinstance(meaning, Known) and str(meaning.value).startswith("memory"))
        in_memory = (
            in_memory and next(project.mentioning("RATELIMIT_STORAGE_URI", "RATELIMIT_STORAGE_URL"), None) is None
        )
        key = given.keyword("key_func") or given.positional(0)
        by_address = key is not None and project.values.external_name(site.site, key) in ADDRESS
        name = project.modules.name(site.path)
        location = Location(site.path, given.place)
        yield Made(location, f"{name}.Limiter", in_memory and not spread, by_address and not spread)


def workers_of(project: Project, path: str) -> tuple[int, Step] | None:
    """How many processes production starts, where that is more than one and written out."""
    folder = project.sources[path].project
    for command in commands(project, folder):
        if not _SERVERS.intersection(word.rpartition("/")[2] for word in command.words):
            continue
        for word, following in zip(command.words, (*command.words[1:], ""), strict=True):
            name, _, value = word.partition("=")
            number = value if name in _WORKERS and value else following if word in _WORKERS else ""
            if number.isdigit() and int(number) > 1:
                return int(number), Step(f"{number} processes are started here", command.location)
    for each in near(project, declared(project), folder).get("WEB_CONCURRENCY", ()):
        if each.production and each.value.isdigit() and int(each.value) > 1:
            return int(each.value), Step(f"{each.value} processes are started by this", each.location)
    return None


def proxied_address(project: Project, limiter: Made) -> Location | None:
    """The repository's own proxy in front of a limiter that counts by address, where nothing takes the client's address
    from what the proxy says."""
    front = proxy(project, limiter.path) if limiter.by_address else None
    if front is None or next(project.mentioning(*TRUSTS), None) is not None:
        return None
    folder = project.sources[limiter.path].project
    if any("forwarded-allow-ips" in word for command in commands(project, folder) for word in command.words):
        return None
    return None if any(name in declared(project) for name in _DISTRIBUTED) else front


def above_route(project: Project, route: Route) -> Iterator[Location]:
    """Limits that stand above the decorator that registers the route: it takes the function as those below left it."""
    if route.handler is None or not route.framework.startswith(("fastapi", "flask")):
        return
    scope = project.scope_of(route.handler)
    places = [each.place for each in scope.decorators]
    if route.registered.path != route.handler.path or route.registered.place not in places:
        return
    site = Site(route.handler.path, max(scope.parent, 0))
    for decorator in scope.decorators[: places.index(route.registered.place)]:
        function = decorator.function if isinstance(decorator, Call) else decorator
        name = project.values.external_name(site, function)
        if name in DECORATORS and name.startswith("slowapi."):
            yield Location(route.handler.path, decorator.place)


def without_request(project: Project) -> Iterator[tuple[Location, str]]:
    """Functions with a limit of slowapi and no parameter `request` or `websocket`: the decorator raises."""
    names = frozenset(each for each in DECORATORS if each.startswith("slowapi."))
    for site in project.calls(names):
        if project.role(site.path) != "application":
            continue
        python = project.python(site.path)
        assert python is not None
        for scope in python.scopes:
            # What stands below may hand on a request of its own.
            innermost = scope.decorators[-1:]
            if scope.kind == "function" and any(each.place == site.call.place for each in innermost):
                if not _has_request(scope.parameters):
                    yield Location(site.path, site.call.place), scope.qualname


def _has_request(parameters: tuple[Parameter, ...]) -> bool:
    return any(each.name in {"request", "websocket"} for each in parameters)
