"""Finds registrations in files: decorators, calls of methods of routers, calls that make or wrap an application."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec.structs import replace

from prodlint.facts import Assign, Attribute, Call, Definition, Python, Reference, Value, walk
from prodlint.libraries.fastapi import ROUTABLE_DECORATORS, ROUTE_DECORATORS
from prodlint.project.routes.conditions import tests_around
from prodlint.project.routes.fastapi.listed import listed, route_object
from prodlint.project.routes.fastapi.registration import Registration, within
from prodlint.project.routes.route import Lost
from prodlint.project.values.bindings import Defined
from prodlint.project.values.loops import rounds
from prodlint.project.values.outcomes import Given, Instance, Site

if TYPE_CHECKING:
    from prodlint.project import Project
    from prodlint.project.routes.fastapi.routers import Router, Routers

_REGISTRATIONS = frozenset(
    {
        "include_router",
        "mount",
        "host",
        "add_api_route",
        "add_api_websocket_route",
        "add_route",
        "add_websocket_route",
        "add_middleware",
        "add_exception_handler",
    }
)
_DECORATORS = frozenset({*ROUTE_DECORATORS, "middleware", "exception_handler"})
_LIST_METHODS = frozenset({"append", "extend", "insert"})
_MAX_DEPTH = 3


class Reader:
    """Enters what the files of a project register."""

    def __init__(self, routers: Routers) -> None:
        self.routers = routers
        self.project = routers.project
        self._names = {self.project.scope_of(each).name for each in routers.subclasses}

    def read(self) -> None:
        """Read all files but tests and migrations."""
        wrapping: list[tuple[Site, Call]] = []
        for path in self.project.mentioning("fastapi", "starlette", "add_resource", *ROUTE_DECORATORS, *_REGISTRATIONS):
            python = self.project.python(path)
            if python is None or self.project.role(path) in {"test", "migration"}:
                continue
            self._decorated(path, python)
            for call, block in self.project.calls_in(path):
                site = Site(path, python.blocks[block].scope)
                if self._called(site, call, block, python):
                    wrapping.append((site, call))
        names = self._application_names()
        for site, call in wrapping:
            if not any(_may_be_application(each.value, names) for each in call.arguments):
                continue
            meaning = self.project.values.evaluate(site, call).meaning
            if isinstance(meaning, Instance):
                for router in self.routers.wrapped(meaning):
                    router.wrappers.append(Given(site, call))

    def _application_names(self) -> set[str]:
        """The names of the variables that applications are assigned to."""
        found: set[str] = set()
        for router in self.routers.routers.values():
            python = self.project.python(router.location.path) if router.is_application else None
            for statement in python.statements if python is not None else ():
                if isinstance(statement, Assign) and statement.value == router.made.value:
                    found |= {each.name.rpartition(".")[2] for each in statement.targets if isinstance(each, Reference)}
        return found

    def _decorated(self, path: str, python: Python) -> None:
        for index, scope in enumerate(python.scopes):
            site = Site(path, max(scope.parent, 0))
            for decorator in scope.decorators:
                call = decorator if isinstance(decorator, Call) else None
                kind, receiver = method_of(call.function if call is not None else decorator)
                if kind not in _DECORATORS or receiver is None or call is None:
                    continue
                block = max(python.blocks[scope.block].parent, 0)
                tests = tests_around(python, path, block)
                registration = Registration(kind, Given(site, call), block, Defined(path, index), tests)
                self._enter(receiver, registration)

    def _called(self, site: Site, call: Call, block: int, python: Python) -> bool:
        """Enter what a call registers or makes; whether it may wrap an application."""
        kind, receiver = method_of(call.function)
        if kind in _REGISTRATIONS and receiver is not None:
            tests = tests_around(python, site.path, block)
            self._enter(receiver, Registration(kind, Given(site, call), block, None, tests))
        elif kind == "add_resource" and self._is_of_resources(site, call):
            place = Registration(kind, Given(site, call), block).location
            self.routers.lost.append(
                Lost(place, "routes of a class of resources", "its package's classes are not read")
            )
        elif kind in _LIST_METHODS and receiver is not None and method_of(receiver)[0] == "routes":
            self._put(site, kind, receiver, call, block, python)
        elif kind in ROUTE_DECORATORS and isinstance(call.function, Attribute | Reference):
            return False
        elif isinstance(call.function, Call):
            self._applied(site, call.function, call, block, tests_around(python, site.path, block))
        elif _may_make(call) or kind in self._names:
            self.routers.made(self.project.values.evaluate(site, call).meaning)
        return kind[:1].isupper() and any(isinstance(each.value, Reference | Call) for each in call.arguments)

    def _is_of_resources(self, site: Site, call: Call) -> bool:
        """Whether a call adds a class of resources (fastapi-utils: "Resource Class")."""
        name = self.project.values.external_name(site, call.function)
        return name.partition(".")[0] in {"fastapi_utils", "fastapi_restful"}

    def _put(self, site: Site, kind: str, receiver: Value, call: Call, block: int, python: Python) -> None:
        """`app.routes.append(Route(...))`, `app.router.routes.extend(routes)`."""
        _, owner = method_of(receiver)
        if owner is None or not call.arguments:
            return
        found = [router for router, _ in self.routers.followed(site, owner) if router is not None]
        if not found:
            return
        tests = tests_around(python, site.path, block)
        value = call.arguments[-1].value
        if kind == "extend":
            entries, lost = listed(self.project, site, value)
        else:
            entry = route_object(self.project, self.project.values.evaluate(site, value).meaning, tests)
            place = Registration("route", Given(site, call), block).location
            entries = [entry] if entry is not None else []
            lost = [] if entry is not None else [Lost(place, "an entry of a list of routes", "it cannot be followed")]
        self.routers.lost.extend(lost)
        for router in found:
            router.added.extend(replace(each, conditional=(*each.conditional, *tests)) for each in entries)

    def _applied(self, site: Site, decorator: Call, call: Call, block: int, tests: tuple[Given, ...]) -> None:
        """A route decorator that is applied by hand: `router.post("/register")(register_user)`."""
        kind, receiver = method_of(decorator.function)
        given = call.positional(0)
        if kind not in _DECORATORS or receiver is None or given is None:
            return
        meaning = self.project.values.evaluate(site, given).meaning
        if not isinstance(meaning, Defined) and isinstance(given, Reference):
            # `f = router.get("/")(f)` binds the function's name anew.
            table = self.project.names.table(site.path)
            bindings = table.bindings.get(site.scope, {}).get(given.name, []) if table is not None else []
            defined = [each.statement.scope for each in bindings if isinstance(each.statement, Definition)]
            meaning = Defined(site.path, defined[-1]) if defined else meaning
        handler = meaning if isinstance(meaning, Defined) else None
        self._enter(receiver, Registration(kind, Given(site, decorator), block, handler, tests))

    # --- whose it is ---

    def _enter(self, receiver: Value, registration: Registration) -> None:
        """Put a registration on the router or routers that its receiver is, once for each way in which the loops and
        functions around it are run."""
        entered = False
        for site in self._runs(receiver, registration):
            routers = [router for router, _ in self.routers.followed(site, receiver) if router is not None]
            several = within(registration, site) if site.arguments is not None else registration
            for router in routers:
                self._add(router, several)
            entered = entered or bool(routers)
        if entered or self._on_self(receiver, registration):
            return
        found = list(self.routers.followed(registration.call.site, receiver))
        routers = [router for router, _ in found if router is not None]
        for router in routers:
            self._add(router, registration)
        reason = next((reason for _, reason in found if reason), "")
        if reason and not routers:
            what = "route" if registration.kind in ROUTE_DECORATORS else registration.kind
            lost = Lost(registration.location, f"route put on a router by `{what}`", reason)
            self.routers.lost.append(lost)

    def _add(self, router: Router, registration: Registration) -> None:
        if registration not in router.added[-8:]:
            router.added.append(registration)

    def _on_self(self, receiver: Value, registration: Registration) -> bool:
        """Keep what a method of a router class registers on `self` for the objects of the class."""
        site = registration.call.site
        scope = self.project.scope_of(Defined(site.path, site.scope))
        owner = Defined(site.path, max(scope.parent, 0))
        names = [each.name for each in scope.parameters[:1]]
        if not isinstance(receiver, Reference) or [receiver.name] != names or owner not in self.routers.subclasses:
            return False
        self.routers.of_classes.setdefault(owner, []).append(registration)
        return True

    def _runs(self, receiver: Value, registration: Registration) -> list[Site]:
        """The sites of a registration, with what is known of the names around it: one for each turn of its loops, and
        for each call of its function where a parameter decides what is registered, or where."""
        call, site = registration.call.value, registration.call.site
        sites = [site]
        mentioned = {each.name.partition(".")[0] for each in walk(call) if isinstance(each, Reference)}
        mentioned |= {each.name.partition(".")[0] for each in walk(receiver) if isinstance(each, Reference)}
        if self._is_decided_by_caller(site, mentioned, receiver):
            sites = list(self._calls_of(Defined(site.path, site.scope), 0)) or sites
        python = self.project.python(site.path)
        block = registration.block
        while python is not None and block >= 0 and python.blocks[block].kind not in {"function", "module", "class"}:
            fact = python.blocks[block]
            if fact.kind == "for" and fact.target is not None and fact.value is not None:
                names = {each.name for each in walk(fact.target) if isinstance(each, Reference)}
                if not names.isdisjoint(mentioned):
                    sites = [each for one in sites for each in self._rounds(one, fact.target, fact.value)]
            block = fact.parent
        return sites

    def _rounds(self, site: Site, target: Value, iterable: Value) -> list[Site]:
        several = rounds(self.project.values, site, target, iterable)
        return [site] if several is None else several

    def _is_decided_by_caller(self, site: Site, mentioned: set[str], receiver: Value) -> bool:
        """Whether what a function registers depends on its parameters; not where it makes the router itself, which is
        then known by how it was made."""
        function = Defined(site.path, site.scope)
        scope = self.project.scope_of(function)
        if scope.kind != "function":
            return False
        decisive = {each.name for each in scope.parameters} - {"self", "cls"}
        for statement in self.project.statements_of(function):
            if isinstance(statement, Assign) and statement.value is not None:
                used = {each.name.partition(".")[0] for each in walk(statement.value) if isinstance(each, Reference)}
                if not used.isdisjoint(decisive):
                    decisive |= {each.name for each in statement.targets if isinstance(each, Reference)}
        if decisive.isdisjoint(mentioned):
            return False
        own = [each for each, _ in self.routers.followed(site, receiver) if each is not None]
        return not own or any((each.made.site.path, each.made.site.scope) != (site.path, site.scope) for each in own)

    def _calls_of(self, function: Defined, depth: int) -> Iterator[Site]:
        """The site of a function's body for each of its calls, with the arguments of the call."""
        for call in self.routers.callers(function):
            outer = Defined(call.site.path, call.site.scope)
            sites = [call.site]
            if depth < _MAX_DEPTH and self.project.scope_of(outer).kind == "function" and outer != function:
                sites = list(self._calls_of(outer, depth + 1)) or sites
            for site in sites:
                arguments = self.project.values.bind(function, Given(site, call.value))
                yield Site(function.path, function.scope, arguments)


def routable_registrations(project: Project, of: Defined) -> Iterator[Registration]:
    """The decorated methods of a class of endpoints (classy-fastapi: `@get("/") def method(self)`)."""
    for ancestor in project.names.ancestors(of.path, of.scope):
        python = project.python(ancestor.path) if isinstance(ancestor, Defined) else None
        for index, scope in enumerate(python.scopes if python is not None else ()):
            if not isinstance(ancestor, Defined) or scope.parent != ancestor.scope:
                continue
            site = Site(ancestor.path, ancestor.scope)
            for decorator in scope.decorators:
                name = project.values.external_name(site, decorator.function) if isinstance(decorator, Call) else ""
                if name in ROUTABLE_DECORATORS:
                    kind = name.rpartition(".")[2]
                    yield Registration(kind, Given(site, decorator), 0, Defined(ancestor.path, index))


def method_of(function: Value) -> tuple[str, Value | None]:
    """The last name of what is called, and what it is taken from: `app.get` is ("get", app)."""
    match function:
        case Reference(name):
            head, _, last = name.rpartition(".")
            return last, (Reference(head, function.place) if head else None)
        case Attribute(inner, name):
            return name, inner
    return "", None


def _may_make(call: Call) -> bool:
    """Whether a call may make a router: called by a class name. Cheap, as it is asked of every call."""
    last, _ = method_of(call.function)
    return last[:1].isupper() and ("Router" in last or "API" in last or "App" in last or "Starlette" in last)


def _may_be_application(value: Value, names: set[str]) -> bool:
    """Whether an argument may be an application: by its name, which is among `names` or ends like one, or as a call
    that makes one. Cheap for the same reason."""
    if isinstance(value, Call):
        return _may_make(value)
    last = value.name.rpartition(".")[2].lower() if isinstance(value, Reference) else ""
    return last in {each.lower() for each in names} or last.endswith(("app", "api", "application", "asgi", "server"))


__all__ = ["Reader", "method_of", "routable_registrations"]
