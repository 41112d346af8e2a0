"""Applications and routers: where each is made, and what is registered on it, in order.

A router is known by the call that makes it. What is registered on it anywhere in the tree (decorated handlers,
`include_router`, `mount`, `add_api_route`, middleware, exception handlers) is collected here; `routes` puts it
together.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec import Struct

from prodlint.facts import Attribute, Call, Definition, Python, Reference, Value
from prodlint.finding import Location
from prodlint.libraries.fastapi import APPLICATIONS, ROUTE_DECORATORS, ROUTERS
from prodlint.libraries.frameworks import NO_ROUTERS
from prodlint.project.routes.route import Lost
from prodlint.project.values.bindings import Bound, Defined, External
from prodlint.project.values.outcomes import Given, Instance, Items, Meaning, Opaque, Site, options

if TYPE_CHECKING:
    from prodlint.project import Project

RouterId = tuple[str, int]
"""Path and place of the call that makes a router."""

_REGISTRATIONS = frozenset(
    {
        "include_router",
        "mount",
        "add_api_route",
        "add_api_websocket_route",
        "add_route",
        "add_websocket_route",
        "add_middleware",
        "add_exception_handler",
    }
)
_DECORATORS = frozenset({*ROUTE_DECORATORS, "middleware", "exception_handler"})


class Registration(Struct, frozen=True):
    """Something put on a router: `kind` is the method's name (`get`, `include_router`, `add_middleware` ...)."""

    kind: str
    call: Given
    block: int
    handler: Defined | None = None
    """The decorated function or class."""
    conditional: tuple[Given, ...] = ()
    """Tests around it that only the running program decides."""

    @property
    def location(self) -> Location:
        """Where it stands."""
        return Location(self.call.site.path, self.call.value.place)


class Router:
    """An application or router with what is registered on it, in the order of the source."""

    def __init__(self, made: Given, is_application: bool, subclass: Defined | None) -> None:
        self.made = made
        self.is_application = is_application
        self.subclass = subclass
        self.registrations: list[Registration] = []

    @property
    def location(self) -> Location:
        """The call that makes it."""
        return Location(self.made.site.path, self.made.value.place)


class Routers:
    """All applications and routers of the tree."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.routers: dict[RouterId, Router] = {}
        self.lost: list[Lost] = []
        self._subclasses = self._find_subclasses()
        for path in project.mentioning("fastapi", "starlette", *ROUTE_DECORATORS, *_REGISTRATIONS):
            if project.role(path) in {"test", "migration"}:
                continue
            self._read(path)
        for router in self.routers.values():
            router.registrations.sort(key=lambda each: (each.location.path, each.location.place))

    def _find_subclasses(self) -> dict[Defined, bool]:
        """Classes of the tree that are applications (True) or routers (False)."""
        found = {}
        for path in self.project.mentioning("FastAPI", "APIRouter", "Starlette", "Router", "InferringRouter"):
            python = self.project.python(path)
            for index, scope in enumerate(python.scopes if python is not None else ()):
                if scope.kind == "class" and scope.bases:
                    defined = Defined(path, index)
                    if self.project.names.derives_from(defined, APPLICATIONS):
                        found[defined] = True
                    elif self.project.names.derives_from(defined, ROUTERS):
                        found[defined] = False
        return found

    def _read(self, path: str) -> None:
        python = self.project.python(path)
        if python is None:
            return
        for index, scope in enumerate(python.scopes):
            outside = max(scope.parent, 0)
            for decorator in scope.decorators:
                call = decorator if isinstance(decorator, Call) else None
                kind, receiver = _method(call.function if call is not None else decorator)
                if kind not in _DECORATORS or receiver is None or call is None:
                    continue
                block = max(python.blocks[scope.block].parent, 0)
                given = Given(Site(path, outside), call)
                registration = Registration(kind, given, block, Defined(path, index), self._tests(python, path, block))
                self._attribute(Site(path, outside), receiver, registration)
        for call, block in self.project.calls_in(path):
            kind, receiver = _method(call.function)
            scope_index = python.blocks[block].scope
            site = Site(path, scope_index)
            if kind in _REGISTRATIONS and receiver is not None:
                registration = Registration(kind, Given(site, call), block, None, self._tests(python, path, block))
                self._attribute(site, receiver, registration)
            elif kind in ROUTE_DECORATORS and isinstance(call.function, Attribute | Reference):
                continue
            elif isinstance(call.function, Call):
                self._applied(site, call.function, call, block, self._tests(python, path, block))
            else:
                self._made(self.project.values.evaluate(site, call).meaning if _may_make(call) else Opaque(""))

    def _applied(self, site: Site, decorator: Call, call: Call, block: int, tests: tuple[Given, ...]) -> None:
        """A route decorator that is applied by hand: `router.post("/register")(register_user)`."""
        kind, receiver = _method(decorator.function)
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
        self._attribute(site, receiver, Registration(kind, Given(site, decorator), block, handler, tests))

    def _tests(self, python: Python, path: str, block: int) -> tuple[Given, ...]:
        """The tests of the `if`s around a block, up to the function or module."""
        found = []
        while block >= 0 and python.blocks[block].kind not in {"function", "module", "class"}:
            fact = python.blocks[block]
            if fact.kind in {"if", "else"} and fact.value is not None:
                found.append(Given(Site(path, fact.scope), fact.value))
            block = fact.parent
        return tuple(found)

    def _made(self, meaning: Meaning) -> Router | None:
        """The router that a meaning is, entered on first sight."""
        if not isinstance(meaning, Instance) or meaning.call is None:
            return None
        kind = self._kind(meaning)
        if kind is None:
            return None
        identity = (meaning.call.site.path, meaning.call.value.place)
        router = self.routers.get(identity)
        if router is None:
            subclass = meaning.of if isinstance(meaning.of, Defined) else None
            router = self.routers[identity] = Router(meaning.call, kind, subclass)
        return router

    def _kind(self, meaning: Instance) -> bool | None:
        """True for an application, False for a router, None for anything else."""
        if isinstance(meaning.of, Defined):
            return self._subclasses.get(meaning.of)
        if meaning.of.name in APPLICATIONS:
            return True
        return False if meaning.of.name in ROUTERS else None

    def _attribute(self, site: Site, receiver: Value, registration: Registration) -> None:
        """Put a registration on the router or routers that its receiver is."""
        found = list(self.followed(site, receiver))
        routers = [router for router, _ in found if router is not None]
        for router in routers:
            router.registrations.append(registration)
        if routers or not found:
            return
        reason = next((reason for _, reason in found if reason), "")
        if reason:
            what = "route" if registration.kind in ROUTE_DECORATORS else registration.kind
            self.lost.append(Lost(registration.location, f"route put on a router by `{what}`", reason))

    def followed(self, site: Site, value: Value, depth: int = 0) -> Iterator[tuple[Router | None, str]]:
        """The routers that an expression may be; (None, reason) for one that should be a router and is unknown. Nothing
        at all for what is no router, such as an HTTP client or a dictionary with a `get`."""
        meaning = self.project.values.evaluate(site, value).meaning
        for option in options(meaning):
            router = self._made(option)
            if router is not None:
                yield router, ""
                continue
            match option:
                case Bound():
                    yield from self._from_callers(option, value, depth)
                case Instance(of, None) if self._kind(option) is not None:
                    bound = self._parameter(site, value)
                    callers = list(self._from_callers(bound, value, depth)) if bound is not None else []
                    if not any(found is not None for found, _ in callers):
                        only = [each for each in self.routers.values() if each.is_application] if depth == 0 else []
                        callers = [(only[0], "")] if len(only) == 1 and self._kind(option) else callers
                    yield from callers or [(None, f"which router the parameter is, no caller in the tree tells ({of})")]
                case Items(_, values):
                    for given in values:
                        yield from self.followed(given.site, given.value, depth + 1)
                case Opaque(reason) if _looks_like_router(value):
                    yield None, reason
                case External(name) | Instance(External(name)) if name.partition(".")[0] in NO_ROUTERS:
                    continue
                case External(name) if _looks_like_router(value) and not name.startswith("builtins."):
                    yield None, f"`{name}` is not in the tree"
                case Instance(External(name)) if _looks_like_router(value):
                    yield None, f"`{name}` is not in the tree"

    def _parameter(self, site: Site, value: Value) -> Bound | None:
        if not isinstance(value, Reference):
            return None
        symbol, _ = self.project.names.resolve(site.path, site.scope, value.name.partition(".")[0])
        return symbol if isinstance(symbol, Bound) else None

    def _from_callers(self, bound: Bound, value: Value, depth: int) -> Iterator[tuple[Router | None, str]]:
        """The routers that callers pass for a parameter: `def register(app): app.include_router(...)`."""
        if depth > 3:
            return
        for given, is_default in self._arguments(bound):
            if not is_default:
                yield from self.followed(given.site, given.value, depth + 1)

    def passed(self, site: Site, value: Value | None) -> list[Given]:
        """What a parameter is given by the callers in the tree, or its default where there are none; empty for what is
        no parameter."""
        bound = self._parameter(site, value) if value is not None and "." not in getattr(value, "name", ".") else None
        if bound is None:
            return []
        found = [given for given, _ in self._arguments(bound)]
        scope = self.project.scope_of(Defined(bound.path, bound.scope))
        outside = Site(bound.path, max(scope.parent, 0))
        own = [each.default for each in scope.parameters if each.name == bound.name]
        return found or [Given(outside, default) for default in own if default is not None]

    def _arguments(self, bound: Bound) -> Iterator[tuple[Given, bool]]:
        """What calls of a function give for one of its parameters, and whether that is the parameter's default."""
        function = Defined(bound.path, bound.scope)
        scope = self.project.scope_of(function)
        if scope.kind != "function" or scope.name == "__init__":
            return
        for path in self.project.mentioning(scope.name):
            python = self.project.python(path)
            if python is None or self.project.role(path) == "test":
                continue
            for call, block in self.project.calls_in(path):
                if _method(call.function)[0] != scope.name:
                    continue
                site = Site(path, python.blocks[block].scope)
                if self.project.values.symbol(self.project.values.evaluate(site, call.function).meaning) != function:
                    continue
                given = dict(self.project.values.bind(function, Given(site, call))).get(bound.name)
                if given is not None:
                    yield given, given.site != site


def _method(function: Value) -> tuple[str, Value | None]:
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
    last, _ = _method(call.function)
    return last[:1].isupper() and ("Router" in last or "API" in last or "App" in last or "Starlette" in last)


def _looks_like_router(value: Value) -> bool:
    """Whether the name of a receiver says that it is a router; decides only whether its routes count as unknown."""
    name = getattr(value, "name", "").rpartition(".")[2].lower()
    return name.endswith(("router", "app", "api", "blueprint")) or name in {"routes", "application"}


__all__ = ["Registration", "Router", "RouterId", "Routers"]
