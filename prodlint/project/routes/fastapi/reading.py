"""Finds registrations in files: decorators, calls of methods of routers, calls that make or wrap an application."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec.structs import replace

from prodlint.facts import Assign, Attribute, Call, Definition, Python, Reference, Return, Value, method_of
from prodlint.finding import Location
from prodlint.libraries.fastapi import ROUTABLE_DECORATORS, ROUTE_DECORATORS
from prodlint.project.routes.conditions import tests_around
from prodlint.project.routes.fastapi.listed import listed, route_object
from prodlint.project.routes.fastapi.named import Named
from prodlint.project.routes.fastapi.registration import Registration, within
from prodlint.project.routes.fastapi.runs import Run, Runs
from prodlint.project.routes.route import Lost
from prodlint.project.values.bindings import Defined
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


class Reader:
    """Enters what the files of a project register."""

    def __init__(self, routers: Routers) -> None:
        self.routers = routers
        self.project = routers.project
        self.runs = Runs(routers)
        self.named = Named(routers, _DECORATORS | _REGISTRATIONS)
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
                named = self.named.of(site, decorator)
                if named is None or named.kind not in _DECORATORS:
                    continue
                block = max(python.blocks[scope.block].parent, 0)
                tests = tests_around(python, path, block)
                placed = None if named.call.value is decorator else Location(path, decorator.place)
                registration = Registration(named.kind, named.call, block, Defined(path, index), tests, placed=placed)
                self._enter(named.receiver, registration)

    def _called(self, site: Site, call: Call, block: int, python: Python) -> bool:
        """Enter what a call registers or makes; whether it may wrap an application."""
        kind, receiver = method_of(call.function)
        named = self.named.of(site, call) if kind in _REGISTRATIONS or kind in self.named.aliases else None
        if named is not None and named.kind in _REGISTRATIONS:
            tests = tests_around(python, site.path, block)
            placed = None if named.call.value is call else Location(site.path, call.place)
            self._enter(named.receiver, Registration(named.kind, named.call, block, None, tests, placed=placed))
        elif kind == "add_resource" and self._is_of_resources(site, call):
            place = Registration(kind, Given(site, call), block).location
            self.routers.lost.append(
                Lost(place, "routes of a class of resources", "its package's classes are not read")
            )
        elif kind in _LIST_METHODS and receiver is not None and method_of(receiver)[0] == "routes":
            self._put(site, kind, receiver, call, block, python)
        elif kind in ROUTE_DECORATORS and isinstance(call.function, Attribute | Reference) and receiver is not None:
            self._given(site, call, block, python)
            return False
        elif isinstance(call.function, Call) or kind in self.named.aliases:
            self._applied(site, call, block, tests_around(python, site.path, block))
        elif _may_make(call) or kind in self._names:
            self.routers.made(self.project.values.evaluate(site, call).meaning)
        return kind[:1].isupper() and any(isinstance(each.value, Reference | Call) for each in call.arguments)

    def _given(self, site: Site, call: Call, block: int, python: Python) -> None:
        """A route decorator that a function returns: `def secure(path): return app.get(path, dependencies=[...])`."""
        function = Defined(site.path, site.scope)
        if python.scopes[site.scope].kind != "function" or not self.named.decorates(function):
            return
        returned = [each.value for each in self.project.statements_of(function) if isinstance(each, Return)]
        kept = {
            target.name for each in self.project.statements_of(function) if isinstance(each, Assign)
            for target in each.targets if each.value is call and isinstance(target, Reference)
        }  # fmt: skip
        if not any(each is call or (isinstance(each, Reference) and each.name in kept) for each in returned):
            return
        kind, receiver = method_of(call.function)
        owner = Defined(site.path, max(python.scopes[site.scope].parent, 0))
        if receiver is None or owner in self.routers.subclasses:  # Its decorators are read as those of any router.
            return
        registration = Registration(kind, Given(site, call), block, None, tests_around(python, site.path, block))
        for run in self.runs.applied(function):
            self._enter_runs(Given(site, receiver), registration, [run])

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

    def _applied(self, site: Site, call: Call, block: int, tests: tuple[Given, ...]) -> None:
        """A route decorator that is applied by hand: `router.post("/register")(register_user)`."""
        given = call.positional(0)
        named = self.named.of(site, call.function)
        if named is None or named.kind not in _DECORATORS or given is None:
            return
        meaning = self.project.values.evaluate(site, given).meaning
        if not isinstance(meaning, Defined) and isinstance(given, Reference):
            # `f = router.get("/")(f)` binds the function's name anew.
            table = self.project.names.table(site.path)
            bindings = table.bindings.get(site.scope, {}).get(given.name, []) if table is not None else []
            defined = [each.statement.scope for each in bindings if isinstance(each.statement, Definition)]
            meaning = Defined(site.path, defined[-1]) if defined else meaning
        handler = meaning if isinstance(meaning, Defined) and site.scope == 0 else None
        placed = None if named.call.value is call.function else Location(site.path, call.place)
        registration = Registration(named.kind, named.call, block, handler, tests, Given(site, given), placed)
        self._enter(named.receiver, registration)

    # --- whose it is ---

    def _enter(self, receiver: Given, registration: Registration) -> None:
        """Put a registration on the router or routers that its receiver is, once for each way in which the loops and
        functions around it are run."""
        if self._enter_runs(receiver, registration, self.runs.of(receiver.value, registration)):
            return
        if self._on_self(receiver.value, registration):
            return
        found = list(self.routers.followed(receiver.site, receiver.value))
        routers = [router for router, _ in found if router is not None]
        for router in routers:
            self._add(router, registration)
        reason = next((reason for _, reason in found if reason), "")
        if reason and not routers:
            what = "route" if registration.kind in ROUTE_DECORATORS else registration.kind
            lost = Lost(registration.location, f"route put on a router by `{what}`", reason)
            self.routers.lost.append(lost)

    def _enter_runs(self, receiver: Given, registration: Registration, runs: list[Run]) -> bool:
        """Put a registration on the routers that its receiver is in each of its runs; whether there are any."""
        entered = False
        for run in runs:
            site = receiver.site
            if site.path == run.site.path:
                site = Site(site.path, site.scope, run.site.arguments)
            routers = [router for router, _ in self.routers.followed(site, receiver.value) if router is not None]
            several = within(registration, run.site) if run.site.arguments is not None else registration
            if run.placed is not None:
                several = self._by_decorator(several, run)
            for router in routers:
                self._add(router, several)
            entered = entered or bool(routers)
        return entered

    def _by_decorator(self, registration: Registration, run: Run) -> Registration:
        """A registration that a decorator of the application's own makes, for what it decorates."""
        call = registration.call.value
        assert isinstance(call, Call)
        given = registration.applied.value if registration.applied is not None else call.keyword("endpoint")
        given = call.positional(1) if given is None and registration.kind in _REGISTRATIONS else given
        handler, wraps = run.handler, False
        if given is not None and handler is not None:
            site = registration.applied.site if registration.applied is not None else registration.call.site
            meaning = self.project.values.evaluate(site, given).meaning
            wraps = isinstance(given, Call) or (isinstance(meaning, Defined) and meaning != handler)
            if isinstance(meaning, Defined) and wraps and not self._is_inside(meaning, site):
                handler, wraps = meaning, False  # It registers something else.
        tests = (*registration.conditional, *run.tests)
        return replace(registration, handler=handler, placed=run.placed, wraps=wraps, conditional=tests)

    def _is_inside(self, code: Defined, site: Site) -> bool:
        return code.path == site.path and self.project.scope_of(code).parent == site.scope

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


__all__ = ["Reader", "routable_registrations"]
