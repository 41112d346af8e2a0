"""The route table: one row for each method and full path that the applications of the tree serve."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from prodlint.facts import Call, Constant, Parameter, Reference, Sequence, Subscript, Value, span
from prodlint.finding import Location, Step
from prodlint.libraries.fastapi import METHODS
from prodlint.project.routes.injection import Dependency, Injection
from prodlint.project.routes.refusal import Refusals
from prodlint.project.routes.routers import Lost, Registration, Router, Routers
from prodlint.project.routes.statuses import REFUSING
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


class Route(Struct, frozen=True):
    """A handler under its full path. `methods` are upper case and sorted; a WebSocket has the one method WEBSOCKET."""

    methods: tuple[str, ...]
    path: str
    handler: Defined | None
    name: str
    """`module.qualname` of the handler."""
    location: Location
    """The name in the `def` of the handler; where there is none, the registration."""
    registered: Location
    """The decorator or call that registers it."""
    framework: str
    dependencies: tuple[Dependency, ...]
    """Those of the application, its routers and includes, the decorator and the parameters, in FastAPI's order."""
    chain: tuple[Step, ...]
    """Route, router, include ... application."""
    application: Location
    conditional: bool = False
    in_schema: bool = True
    response_model: str = ""
    registration: Registration | None = None
    unknown: str = ""
    """Why its path or the whole route is not known; "" for a route that is."""

    @property
    def subject(self) -> str:
        """`GET /items/{id}`: what findings call the route."""
        return f"{','.join(self.methods)} {self.path}"


class _Level(Struct, frozen=True):
    """What the routers above add to a route."""

    prefix: str
    dependencies: tuple[Dependency, ...]
    chain: tuple[Step, ...]
    application: Router
    conditional: bool
    in_schema: bool = True


class Routing:
    """Builds the route table, and keeps what belongs to it: middleware and exception handlers."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.injection = Injection(project)
        self.refusals = Refusals(project)

    @cached_property
    def routers(self) -> Routers:
        """Applications and routers with their registrations."""
        return Routers(self.project)

    @cached_property
    def handled_exceptions(self) -> dict[Defined, int]:
        """Exception classes of the tree for which a handler answers 401 or 403, with that status."""
        found: dict[Defined, int] = {}
        for router in self.routers.routers.values():
            for registration in router.registrations:
                if registration.kind not in {"exception_handler", "add_exception_handler"}:
                    continue
                call = registration.call.value
                site = registration.call.site
                assert isinstance(call, Call)
                first = call.positional(0)
                raised = self.project.values.evaluate(site, first).meaning if first is not None else None
                handler = registration.handler
                if handler is None and call.positional(1) is not None:
                    second = self.project.values.evaluate(site, call.positional(1) or call).meaning
                    handler = second if isinstance(second, Defined) else None
                if isinstance(raised, Defined) and handler is not None:
                    status = next((each for each in self._answered(handler)), 0)
                    if status:
                        found[raised] = status
        return found

    def _answered(self, handler: Defined) -> list[int]:
        site = Site(handler.path, handler.scope)
        found: list[int] = []
        for statement in self.project.statements_of(handler):
            value = getattr(statement, "value", None)
            if value is not None:
                found += [status for status in self.refusals.statuses.responses(site, value) if status in REFUSING]
        return found

    @cached_property
    def routes(self) -> tuple[Route, ...]:
        """All routes of all applications of the tree, in the order in which each application asks them."""
        found: list[Route] = []
        mounted = self._mounted
        for router in self._applications:
            if id(router) in mounted:
                continue
            step = Step("the application is made here", router.location)
            own = self._own_dependencies(router)
            level = _Level("", own, (step,), router, False)
            found.extend(self._below(router, level, ()))
        return _merged(found)

    @cached_property
    def lost(self) -> tuple[Lost, ...]:
        """Registrations whose router, or what they include, is unknown."""
        _ = self.routes
        return tuple(sorted(self.routers.lost + self._lost_includes, key=lambda each: each.location))

    @cached_property
    def orphans(self) -> tuple[Router, ...]:
        """Routers with handlers that no application of the tree is seen to include."""
        _ = self.routes
        return tuple(
            router for router in self.routers.routers.values()
            if not router.is_application and id(router) not in self._reached
            and any(each.handler is not None for each in router.registrations)
        )  # fmt: skip

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
                Lost(registration.location, "include_router", "the included router is not found in the tree")
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
        return Route(
            methods, path, handler, name, location, registration.location, "fastapi",
            (*level.dependencies, *own, *parameters), (step, *level.chain), level.application.location,
            level.conditional or self._is_conditional(registration), in_schema,
            self._response_model(handler, site, call), registration, unknown,
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


def written(value: Value) -> str:
    """A type expression as one would write it."""
    match value:
        case Reference(name):
            return name
        case Constant(str() as text):
            return text
        case Constant(None):
            return "None"
        case Subscript(inner, Sequence(_, items)):
            return f"{written(inner)}[{', '.join(written(item) for item in items)}]"
        case Subscript(inner, index):
            return f"{written(inner)}[{written(index)}]"
    operands = getattr(value, "operands", ())
    return " | ".join(written(operand) for operand in operands)


def _with(dependencies: tuple[Dependency, ...]) -> str:
    """ ", with `get_db` and `get_user`", or ", without dependencies"."""
    names = [f"`{each.name.rpartition('.')[2] or each.name}`" for each in dependencies if each.name != "?"]
    if not names:
        return ", without dependencies"
    shown = names[:3] + (["others"] if len(names) > 3 else [])
    return ", with " + (", ".join(shown[:-1]) + " and " + shown[-1] if len(shown) > 1 else shown[0])


def body_models(project: Project, route: Route) -> list[str]:
    """Names of the models that a route takes from the request's body: parameters annotated with a class of the tree
    that is no dependency (FastAPI: "Request Body")."""
    if route.handler is None:
        return []
    scope = project.scope_of(route.handler)
    found = []
    for parameter in scope.parameters:
        of = _body_class(project, route.handler, parameter)
        if of is not None:
            found.append(project.qualified(of))
    return found


def _body_class(project: Project, handler: Defined, parameter: Parameter) -> Defined | None:
    site = Site(handler.path, max(project.scope_of(handler).parent, 0))
    if parameter.annotation is None:
        return None
    if project.routing.injection.asks(site, parameter):
        return None
    found = project.values.annotated(site, parameter.annotation)
    if not isinstance(found, Defined):
        return None
    is_model = project.names.derives_from(
        found,
        frozenset({"pydantic.BaseModel", "pydantic.main.BaseModel", "sqlmodel.SQLModel", "sqlmodel.main.SQLModel"}),
    )
    return found if is_model else None


def parameters(project: Project, route: Route) -> list[str]:
    """Names of the scalar parameters of a handler: path, query, header and cookie ones."""
    if route.handler is None:
        return []
    scope = project.scope_of(route.handler)
    site = Site(route.handler.path, max(scope.parent, 0))
    bodies = {each.name for each in scope.parameters if _body_class(project, route.handler, each) is not None}
    skipped = {"self", "cls", "request", "response", "websocket", "background_tasks"} | bodies
    return [
        each.name for each in scope.parameters
        if each.name not in skipped and not each.kind.startswith("*") and not project.routing.injection.asks(site, each)
    ]  # fmt: skip


def rows(project: Project) -> list[dict[str, object]]:
    """The contract of `inspect routes`, sorted by path, methods and handler."""
    listed = []
    for route in project.routes:
        decided = project.authentication(route)
        names = dict.fromkeys(each.name for top in route.dependencies for each in top.closure() if each.name != "?")
        listed.append(
            {
                "methods": list(route.methods),
                "path": route.path,
                "handler": route.name,
                "file": route.location.path,
                "line": span(route.location.place).line,
                "framework": route.framework,
                "dependencies": sorted(names),
                "authentication": {"status": decided.status, "by": decided.by, "reason": decided.reason},
                "response_model": route.response_model or None,
                "body_models": body_models(project, route),
                "params": parameters(project, route),
                "include_in_schema": route.in_schema,
            }
        )
    return sorted(listed, key=lambda row: (row["path"], row["methods"], row["handler"]))


__all__ = ["Route", "Routing", "body_models", "parameters", "rows", "written"]
