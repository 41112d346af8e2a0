"""The routes of FastAPI and Starlette: routers put together, from the application down to the handlers."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from prodlint.facts import Call, Value
from prodlint.finding import Location, Step
from prodlint.libraries.fastapi import METHODS
from prodlint.project.routes.decorators import decorators_of
from prodlint.project.routes.fastapi.injection import Injection
from prodlint.project.routes.fastapi.middleware import middleware_of
from prodlint.project.routes.fastapi.routers import Registration, Router, Routers
from prodlint.project.routes.route import Dependency, Found, Guard, Lost, Route
from prodlint.project.routes.written import written
from prodlint.project.values.bindings import Defined
from prodlint.project.values.outcomes import (
    Environment,
    Given,
    Instance,
    Items,
    Known,
    Meaning,
    Pairs,
    Site,
    Text,
    options,
)

if TYPE_CHECKING:
    from prodlint.project import Project

_MAX_DEPTH = 16


class _Level(Struct, frozen=True):
    """What the routers above add to a route."""

    prefix: str
    dependencies: tuple[Dependency, ...]
    chain: tuple[Step, ...]
    application: Router
    conditional: bool
    in_schema: bool = True
    calls: tuple[Given, ...] = ()
    middleware: tuple[Guard, ...] = ()


class Applications:
    """FastAPI's and Starlette's part of the route table, and what belongs to it: middleware and exception handlers."""

    def __init__(self, project: Project, injection: Injection) -> None:
        self.project = project
        self.injection = injection

    @cached_property
    def routers(self) -> Routers:
        """Applications and routers with their registrations."""
        return Routers(self.project)

    @cached_property
    def found(self) -> Found:
        """All routes of all applications of the tree, in the order in which each application asks them, and what could
        not be attributed: its router, what it includes, or the application that includes its router is unknown."""
        routes = self._routes()
        lost = sorted([*self.routers.lost, *self._lost_includes, *self._orphans()], key=lambda each: each.location)
        return Found(routes, tuple(lost))

    def _routes(self) -> tuple[Route, ...]:
        found: list[Route] = []
        mounted = self._mounted
        for router in self._applications:
            if id(router) in mounted:
                continue
            step = Step("the application is made here", router.location)
            own = self._own_dependencies(router)
            guards = middleware_of(self.project, router)
            level = _Level("", own, (step,), router, False, calls=(router.made,), middleware=guards)
            found.extend(self._below(router, level, ()))
        return _merged(found)

    def _orphans(self) -> Iterator[Lost]:
        """Routes of routers that no application of the tree is seen to include."""
        for router in self.routers.routers.values():
            if router.is_application or id(router) in self._reached:
                continue
            if any(each.handler is not None for each in router.registrations):
                subject = f"route of the router made at {router.location.path}"
                for registration in router.registrations:
                    yield Lost(registration.location, subject, "no application of the tree includes its router")

    @cached_property
    def _lost_includes(self) -> list[Lost]:
        return []

    @cached_property
    def _reached(self) -> set[int]:
        return set()

    @cached_property
    def _applications(self) -> list[Router]:
        found = [router for router in self.routers.routers.values() if router.is_application]
        return sorted(found, key=lambda router: router.location)

    @cached_property
    def _mounted(self) -> set[int]:
        found = set()
        for router in list(self.routers.routers.values()):
            for registration in router.registrations:
                if registration.kind == "mount":
                    found |= {id(child) for child in self._children(registration, "app", 1)}
        return found

    # --- flattening ---

    def _below(self, router: Router, level: _Level, above: tuple[int, ...]) -> list[Route]:
        if id(router) in above or len(above) > _MAX_DEPTH:
            return []
        self._reached.add(id(router))
        found: list[Route] = []
        for registration in router.registrations:
            kind = registration.kind
            if kind == "include_router":
                found.extend(self._included(registration, level, (*above, id(router))))
            elif kind == "mount":
                found.extend(self._mount(registration, level, (*above, id(router))))
            elif kind not in {"add_middleware", "middleware", "exception_handler", "add_exception_handler"}:
                found.append(self._route(registration, level))
        return found

    def _children(self, registration: Registration, keyword: str, index: int) -> list[Router]:
        call = registration.call.value
        assert isinstance(call, Call)
        value = call.positional(index)
        value = value if value is not None else call.keyword(keyword)
        if value is None:
            return []
        return [router for router, _ in self.routers.followed(registration.call.site, value) if router is not None]

    def _included(self, registration: Registration, level: _Level, above: tuple[int, ...]) -> list[Route]:
        children = self._children(registration, "router", 0)
        call, site = registration.call.value, registration.call.site
        assert isinstance(call, Call)
        if not children:
            self._lost_includes.append(
                Lost(
                    registration.location,
                    "route put on a router by `include_router`",
                    "the included router is not found in the tree",
                )
            )
            return []
        prefix = self._text(site, call.keyword("prefix"))
        dependencies = self.injection.in_list(site, call.keyword("dependencies"))
        found = []
        for child in children:
            own = self._own_dependencies(child)
            words = "it is included here" + _with(dependencies)
            made = "its router is made here" + _with(own)
            steps = (Step(made, child.location), Step(words, registration.location))
            below = _Level(
                level.prefix + prefix + self._own_prefix(child),
                (*level.dependencies, *dependencies, *own),
                (*steps, *level.chain),
                level.application,
                level.conditional or self._is_conditional(registration),
                level.in_schema and not self._is_false(site, call.keyword("include_in_schema")),
                (child.made, registration.call, *level.calls),
                level.middleware,
            )
            found.extend(self._below(child, below, above))
        return found

    def _mount(self, registration: Registration, level: _Level, above: tuple[int, ...]) -> list[Route]:
        call, site = registration.call.value, registration.call.site
        assert isinstance(call, Call)
        prefix = self._text(site, call.positional(0) or call.keyword("path")).rstrip("/")
        found = []
        for child in self._children(registration, "app", 1):
            step = Step("it is mounted here", registration.location)
            below = _Level(
                level.prefix + prefix,
                self._own_dependencies(child),
                (Step("its application is made here", child.location), step, *level.chain),
                level.application,
                level.conditional or self._is_conditional(registration),
                True,
                (child.made, registration.call, *level.calls),
                (*level.middleware, *middleware_of(self.project, child)),
            )
            found.extend(self._below(child, below, above))
        return found

    def _is_conditional(self, registration: Registration) -> bool:
        """Whether a test around a registration is not true by default."""
        for test in registration.conditional:
            meaning = self.project.values.given(test).meaning
            default = meaning.fallback if isinstance(meaning, Environment) else meaning
            if not (isinstance(default, Known) and default.value):
                return True
        return False

    def _route(self, registration: Registration, level: _Level) -> Route:
        call, site = registration.call.value, registration.call.site
        assert isinstance(call, Call)
        path = level.prefix + self._text(site, call.positional(0) or call.keyword("path"))
        handler = registration.handler
        unknown = "" if "\0" not in path else "its path is computed"
        path = path.replace("\0", "{?}")
        if handler is None:
            given = call.positional(1) or call.keyword("endpoint") or call.keyword("route")
            meaning = self.project.values.evaluate(site, given).meaning if given is not None else None
            handler = self._handler(meaning)
            if handler is None:
                unknown = unknown or "its handler is not found in the tree"
        own = self.injection.in_list(site, call.keyword("dependencies"))
        parameters = self._handler_dependencies(handler, registration) if handler is not None else ()
        location = registration.location
        name = "?"
        if handler is not None:
            location = Location(handler.path, self.project.scope_of(handler).place)
            name = self.project.qualified(handler)
        in_schema = level.in_schema and not self._is_false(site, call.keyword("include_in_schema"))
        methods = self._methods(registration)
        step = Step(f"`{','.join(methods)} {path}` is handled here" + _with((*own, *parameters)), location)
        guards = () if "WEBSOCKET" in methods else level.middleware
        if handler is not None:
            guards = (*guards, *decorators_of(self.project, handler, registration.location))
        return Route(
            methods, path, handler, name, location, registration.location, "fastapi",
            (*level.dependencies, *own, *parameters), (step, *level.chain), level.application.location,
            level.conditional or self._is_conditional(registration), in_schema,
            self._response_model(handler, site, call), (registration.call, *level.calls), unknown, guards,
            endpoint=self._text(site, call.keyword("name")) or name.rpartition(".")[2],
        )  # fmt: skip

    def _handler(self, meaning: Meaning | None) -> Defined | None:
        match meaning:
            case Defined():
                return meaning
            case Instance(Defined(path, scope)):
                code = self.project.names.class_member(path, scope, "__call__")
                return code if isinstance(code, Defined) else None
        of = getattr(meaning, "of", None)
        return of if isinstance(of, Defined) else None

    def _handler_dependencies(self, handler: Defined, registration: Registration) -> tuple[Dependency, ...]:
        python = self.project.python(handler.path)
        assert python is not None
        scope = python.scopes[handler.scope]
        own = self.injection.of_parameters(handler) if scope.kind == "function" else ()
        if scope.parent >= 0 and python.scopes[scope.parent].kind == "class":
            # A method is a handler only in a class-based view, whose attributes and `__init__` are dependencies too.
            return (self.injection.of_view(Defined(handler.path, scope.parent)), *own)
        return own

    def _methods(self, registration: Registration) -> tuple[str, ...]:
        kind = registration.kind
        if kind in METHODS:
            return (kind.upper(),)
        if "websocket" in kind:
            return ("WEBSOCKET",)
        call, site = registration.call.value, registration.call.site
        assert isinstance(call, Call)
        given = call.keyword("methods")
        meaning = self.project.values.evaluate(site, given).meaning if given is not None else None
        if isinstance(meaning, Items):
            known = [self.project.values.given(each).meaning for each in meaning.values]
            return tuple(sorted(str(each.value).upper() for each in known if isinstance(each, Known)))
        return ("GET",)

    def _text(self, site: Site, value: Value | None) -> str:
        """A path as text; NUL stands for a part that is not known."""
        if value is None:
            return ""
        for meaning in options(self.project.values.evaluate(site, value).meaning):
            match meaning:
                case Known(text):
                    return str(text) if text is not None else ""
                case Text(parts):
                    return "".join(part if part is not None else "\0" for part in parts)
        passed = {self._text(given.site, given.value) for given in self.routers.passed(site, value)}
        return passed.pop() if len(passed) == 1 else "\0"

    def _is_false(self, site: Site, value: Value | None) -> bool:
        if value is None:
            return False
        meaning = self.project.values.evaluate(site, value).meaning
        return isinstance(meaning, Known) and not meaning.value

    # --- routers ---

    def _own_prefix(self, router: Router) -> str:
        return "".join(self._text(given.site, given.value) for given in self._keyword(router, "prefix")[:1])

    def _own_dependencies(self, router: Router) -> tuple[Dependency, ...]:
        found: list[Dependency] = []
        for given in self._keyword(router, "dependencies"):
            found.extend(self.injection.in_list(given.site, given.value))
        return tuple(found)

    def _keyword(self, router: Router, name: str) -> list[Given]:
        """What a router is made with: in its call, in the `super().__init__` of its class, in a `**` dictionary."""
        made, site = router.made.value, router.made.site
        assert isinstance(made, Call)
        found: list[Given] = []
        code = None
        if router.subclass is not None:
            code = self.project.names.class_member(router.subclass.path, router.subclass.scope, "__init__")
        if isinstance(code, Defined):
            found.extend(self._from_super(code, router.made, name))
            return found
        given = made.keyword(name)
        if given is not None:
            found.append(Given(site, given))
        for argument in made.arguments:
            if argument.star == "**":
                for meaning in options(self.project.values.evaluate(site, argument.value).meaning):
                    inner = meaning.get(name) if isinstance(meaning, Pairs) else None
                    if inner is not None:
                        found.append(inner)
        return found

    def _from_super(self, code: Defined, made: Given, name: str) -> list[Given]:
        found: list[Given] = []
        arguments = self.project.values.bind(code, made, skip_first=True)
        site = Site(code.path, code.scope, arguments)
        assert isinstance(made.value, Call)
        for statement in self.project.statements_of(code):
            value = getattr(statement, "value", None)
            if not isinstance(value, Call) or getattr(value.function, "name", "") != "__init__":
                continue
            given = value.keyword(name)
            if given is not None:
                found.append(Given(site, given))
            elif any(argument.star == "**" for argument in value.arguments):
                passed = made.value.keyword(name)
                if passed is not None:
                    found.append(Given(made.site, passed))
        return found

    # --- models ---

    def _response_model(self, handler: Defined | None, site: Site, call: Call) -> str:
        """The response model as written: `response_model=`, or else the return annotation."""
        given = call.keyword("response_model")
        if given is not None:
            return written(given)
        if handler is None:
            return ""
        returns = self.project.scope_of(handler).returns
        return written(returns) if returns is not None else ""


def _merged(routes: list[Route]) -> tuple[Route, ...]:
    """One row for a registration whose router is one of several (`if local: router = ...`): what only some of them ask
    for may be missing in the running application, so that it is unknown."""
    found: dict[object, Route] = {}
    for route in routes:
        key = (route.registered, route.location, route.methods, route.path, route.application)
        known = found.get(key)
        if known is None or known.dependencies == route.dependencies:
            found[key] = route if known is None or known.conditional else known
            continue
        names = {each.name for each in route.dependencies} & {each.name for each in known.dependencies} - {"?"}
        differs = Dependency("?", route.registered, unknown="its dependencies differ between configurations")
        common = tuple(each for each in known.dependencies if each.name in names)
        conditional = known.conditional and route.conditional
        found[key] = replace(known, dependencies=(*common, differs), conditional=conditional)
    return tuple(found.values())


def _with(dependencies: tuple[Dependency, ...]) -> str:
    """ ", with `get_db` and `get_user`", or ", without dependencies"."""
    names = [f"`{each.name.rpartition('.')[2] or each.name}`" for each in dependencies if each.name != "?"]
    if not names:
        return ", without dependencies"
    shown = names[:3] + (["others"] if len(names) > 3 else [])
    return ", with " + (", ".join(shown[:-1]) + " and " + shown[-1] if len(shown) > 1 else shown[0])


__all__ = ["Applications"]
