"""What is registered on aiohttp's applications: calls of their routers, lists and tables of routes, nested ones."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec import Struct

from prodlint.facts import Call, Reference, Value, method_of
from prodlint.finding import Location
from prodlint.libraries.aiohttp import ADDING, APPLICATIONS, DEFINITIONS, TABLES
from prodlint.project.routes.conditions import tests_around
from prodlint.project.routes.entries import entries
from prodlint.project.routes.route import Lost
from prodlint.project.values.bindings import Bound, Defined, External, Variable
from prodlint.project.values.loops import looped, mentioned_in
from prodlint.project.values.outcomes import Given, Instance, Meaning, Site, options
from prodlint.project.values.parameters import passed

if TYPE_CHECKING:
    from prodlint.project import Project

ObjectId = tuple[str, int]
"""Path and place of the call that makes an application or a table of routes."""
_METHODS = frozenset({*ADDING, "add_routes", "add_subapp"})


class Registration(Struct, frozen=True):
    """A route or a nested application: `kind` is "get" ... "route", "view" or "subapp"."""

    kind: str
    call: Given
    handler: Defined | None = None
    """The decorated function or class."""
    tests: tuple[Given, ...] = ()
    resource: Given | None = None
    """The `add_resource(path)` on whose result the route is put."""

    @property
    def location(self) -> Location:
        """Where it stands."""
        return Location(self.call.site.path, self.call.value.place)


class Registered:
    """The applications of the tree, and the registrations of these and of tables, by the call that makes them."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.applications: dict[ObjectId, Given] = {}
        self.registrations: dict[ObjectId, list[Registration]] = {}
        self.middleware: dict[ObjectId, list[Given]] = {}
        self.lost: list[Lost] = []
        for site in project.calls(APPLICATIONS):
            if project.role(site.path) not in {"test", "migration"}:
                self.applications[site.path, site.call.place] = Given(site.site, site.call)
        if any(True for _ in project.mentioning("aiohttp")):
            self._decorated()
            self._called()

    def _decorated(self) -> None:
        for path in self.project.mentioning("RouteTableDef", "routes", "route_table"):
            python = self.project.python(path)
            for index, scope in enumerate(python.scopes if python is not None else ()):
                site = Site(path, max(scope.parent, 0))
                for decorator in scope.decorators:
                    kind, receiver = method_of(decorator.function) if isinstance(decorator, Call) else ("", None)
                    if receiver is None or f"add_{kind}" not in ADDING:
                        continue
                    for meaning in options(self.project.values.evaluate(site, receiver).meaning):
                        key = _key(meaning, TABLES)
                        if key is not None:
                            registration = Registration(kind, Given(site, decorator), Defined(path, index))
                            self.registrations.setdefault(key, []).append(registration)

    def _called(self) -> None:
        for path in self.project.mentioning(*_METHODS, "middlewares"):
            python = self.project.python(path)
            if python is None or self.project.role(path) in {"test", "migration"}:
                continue
            for call, block in self.project.calls_in(path):
                kind, receiver = method_of(call.function)
                site = Site(path, python.blocks[block].scope)
                if kind in {"append", "extend"} and receiver is not None and method_of(receiver)[0] == "middlewares":
                    owner = method_of(receiver)[1]
                    for key in self._owners(site, owner) if owner is not None else ():
                        self.middleware.setdefault(key, []).append(Given(site, call.arguments[-1].value))
                if kind in _METHODS and receiver is not None:
                    for run in looped(self.project.values, python, site, mentioned_in(call), block):
                        self._add(run, kind, receiver, call, tests_around(python, path, block))

    def _add(self, site: Site, kind: str, receiver: Value, call: Call, tests: tuple[Given, ...]) -> None:
        resource = self._resource(site, receiver)
        if resource is not None and isinstance(resource.value, Call):
            owners = self._owners(resource.site, method_of(resource.value.function)[1] or receiver)
        else:
            owners = self._owners(site, receiver)
        if kind == "add_subapp":
            found = [Registration("subapp", Given(site, call), None, tests)]
        elif kind == "add_routes":
            found = self._listed(site, call, tests) if owners else []
        else:
            found = [Registration(ADDING[kind], Given(site, call), None, tests, resource)]
        for key in owners:
            self.registrations.setdefault(key, []).extend(found)

    def _resource(self, site: Site, receiver: Value) -> Given | None:
        """The `add_resource(path)` that a receiver is, by its name too."""
        if isinstance(receiver, Reference):
            symbol, rest = self.project.names.resolve(site.path, site.scope, receiver.name)
            assigned = self.project.values.single_assignment(symbol) if isinstance(symbol, Variable) else None
            if assigned is None or rest or not isinstance(symbol, Variable):
                return None
            site, receiver = Site(symbol.path, symbol.scope), assigned
        is_one = isinstance(receiver, Call) and method_of(receiver.function)[0] == "add_resource"
        return Given(site, receiver) if is_one else None

    def _listed(self, site: Site, call: Call, tests: tuple[Given, ...]) -> list[Registration]:
        """The routes of `add_routes([...])` or `add_routes(table)`."""
        first = call.positional(0) or call.keyword("routes")
        if first is None:
            return []
        for meaning in options(self.project.values.evaluate(site, first).meaning):
            key = _key(meaning, TABLES)
            if key is not None:
                return [Registration("table", Given(site, first), None, tests)]
        found = []
        for entry in entries(self.project, site, first, tests):
            meaning = self.project.values.given(entry.given).meaning
            of = meaning.of if isinstance(meaning, Instance) and not entry.unknown else None
            kind = DEFINITIONS.get(of.name, "") if isinstance(of, External) else ""
            if kind and kind != "static" and isinstance(meaning, Instance) and meaning.call is not None:
                found.append(Registration(kind, meaning.call, None, entry.tests))
            elif kind != "static":
                reason = entry.unknown or "it cannot be followed"
                self.lost.append(Lost(entry.location, "an entry of a list of routes", reason))
        return found

    def table(self, registration: Registration) -> list[Registration]:
        """The routes of the table that a registration adds."""
        found: list[Registration] = []
        for meaning in options(self.project.values.given(registration.call).meaning):
            key = _key(meaning, TABLES)
            found += self.registrations.get(key, []) if key is not None else []
        return found

    def nested(self, registration: Registration) -> list[ObjectId]:
        """The applications that `add_subapp(prefix, application)` nests."""
        call = registration.call.value
        value = (call.positional(1) or call.keyword("subapp")) if isinstance(call, Call) else None
        return self._owners(registration.call.site, value) if value is not None else []

    def _owners(self, site: Site, receiver: Value) -> list[ObjectId]:
        """The applications that an expression is, or whose `router` it is."""
        last, inner = method_of(receiver)
        if last == "router" and inner is not None:
            receiver = inner
        found = self._applications(self.project.values.evaluate(site, receiver).meaning)
        if found or not isinstance(receiver, Reference):
            return found
        symbol, rest = self.project.names.resolve(site.path, site.scope, receiver.name)
        if isinstance(symbol, Bound) and not rest:
            for given in passed(self.project, symbol) or ():
                found += self._applications(self.project.values.given(given).meaning)
            annotated = self.project.values.evaluate(site, receiver).meaning
            of = annotated.of if isinstance(annotated, Instance) else None
            if not found and isinstance(of, External) and of.name in APPLICATIONS and len(self.applications) == 1:
                found = list(self.applications)
        return list(dict.fromkeys(found))

    def _applications(self, meaning: Meaning) -> list[ObjectId]:
        keys = [_key(option, APPLICATIONS) for option in options(meaning)]
        return [key for key in keys if key is not None and key in self.applications]


def _key(meaning: Meaning, names: frozenset[str]) -> ObjectId | None:
    if isinstance(meaning, Instance) and isinstance(meaning.of, External) and meaning.of.name in names:
        return (meaning.call.site.path, meaning.call.value.place) if meaning.call is not None else None
    return None


def flattened(registered: Registered, found: list[Registration]) -> Iterator[Registration]:
    """Registrations with those of the tables among them."""
    for registration in found:
        if registration.kind == "table":
            yield from registered.table(registration)
        else:
            yield registration


__all__ = ["ObjectId", "Registered", "Registration", "flattened"]
