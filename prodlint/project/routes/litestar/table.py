"""The routes of Litestar: handlers, controllers and routers put together, from the application down."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec.structs import replace

from prodlint.facts import Call, Reference
from prodlint.finding import Location, Step
from prodlint.libraries.litestar import (
    APPLICATIONS,
    CONTROLLERS,
    FROM_CONFIG,
    HANDLERS,
    LISTENERS,
    REGISTER,
    ROUTERS,
    STATIC_ROUTERS,
)
from prodlint.project.routes.conditions import holds
from prodlint.project.routes.decorators import decorators_of
from prodlint.project.routes.entries import Entry, entries
from prodlint.project.routes.litestar.configuration import Configuration
from prodlint.project.routes.litestar.guards import backend_of, guards_in, guards_of, hooks_in, middleware_in
from prodlint.project.routes.litestar.layers import (
    UNKNOWN,
    Layer,
    attribute,
    is_false,
    joined,
    options_in,
    options_of,
    paths_of,
    plain_path,
)
from prodlint.project.routes.litestar.options import for_options
from prodlint.project.routes.litestar.provided import Provided
from prodlint.project.routes.litestar.security import guard_of
from prodlint.project.routes.route import Found, Guard, Lost, Route
from prodlint.project.routes.written import written
from prodlint.project.values.bindings import Defined, External
from prodlint.project.values.outcomes import Given, Instance, Items, Known, Meaning, Site, options

if TYPE_CHECKING:
    from prodlint.project import Project

_MAX_DEPTH = 10
_LAYER = ("path", "guards", "dependencies", "middleware", "opt", "before_request", "include_in_schema")


def find_routes(project: Project) -> Found:
    """The routes of all Litestar applications of the tree, and what could not be attributed."""
    table = _Table(project)
    for site in project.calls(APPLICATIONS | FROM_CONFIG):
        if project.role(site.path) not in {"test", "migration"}:
            table.application(Given(site.site, site.call))
    lost = sorted({*table.lost, *table.orphans()}, key=lambda each: each.location)
    return Found(tuple(table.routes), tuple(lost))


class _Table:
    def __init__(self, project: Project) -> None:
        self.project = project
        self.routes: list[Route] = []
        self.lost: list[Lost] = []
        self._registered = self._find_registered()
        self._served: set[Location] = set()
        """The decorators that are handlers of some application."""

    def _find_registered(self) -> dict[tuple[str, int], list[Entry]]:
        """What `router.register(handler)` adds, by the call that makes the router or application."""
        found: dict[tuple[str, int], list[Entry]] = {}
        for site in self.project.calls(REGISTER):
            function, first = site.call.function, site.call.positional(0)
            head = getattr(function, "name", "").rpartition(".")[0]
            if not head or first is None:
                continue
            receiver = self.project.values.evaluate(site.site, Reference(head, function.place)).meaning
            for meaning in options(receiver):
                if isinstance(meaning, Instance) and meaning.call is not None:
                    key = (meaning.call.site.path, meaning.call.value.place)
                    found.setdefault(key, []).append(Entry(Given(site.site, first)))
        return found

    # --- layers ---

    def application(self, made: Given) -> None:
        """Enter the routes of an application."""
        project = self.project
        configuration = Configuration(project, made)
        self.lost.extend(configuration.lost)
        location = Location(made.site.path, made.value.place)
        guards, security = middleware_in(project, configuration.lists["middleware"], configuration)
        security = (*(backend_of(project, *each) for each in configuration.security), *security)
        hooks = tuple(each for given in configuration.before_request for each in hooks_in(project, given))
        assert isinstance(made.value, Call)
        path = made.value.keyword("path")
        layer = Layer(
            paths_of(project, Given(made.site, path) if path is not None else None)[0],
            (*guards, *hooks, *guards_of(project, configuration.lists["guards"])),
            security,
            tuple(configuration.mappings["dependencies"]),
            tuple(each for given in configuration.mappings["opt"] for each in options_of(project, given)),
            (Step("the application is made here", location),),
            (made,),
            location,
        )
        registered = self._registered.get((made.site.path, made.value.place), [])
        self._configuration = configuration
        for entry in (*configuration.lists["route_handlers"], *registered):
            self._entry(entry, layer, 0)

    def _entry(self, entry: Entry, layer: Layer, depth: int) -> None:
        if entry.unknown:
            self.lost.append(Lost(entry.location, "route handlers of a list", entry.unknown))
            return
        if depth > _MAX_DEPTH:
            return
        if not holds(self.project, entry.tests):
            layer = replace(layer, conditional=True)
        for meaning in options(self.project.values.given(entry.given).meaning):
            self._handler(entry, meaning, layer, depth)

    def _handler(self, entry: Entry, meaning: Meaning, layer: Layer, depth: int) -> None:
        names = self.project.names
        match meaning:
            case Defined() if self.project.scope_of(meaning).kind == "class":
                if names.derives_from(meaning, CONTROLLERS):
                    self._controller(meaning, layer)
                    return
                if names.derives_from(meaning, LISTENERS):
                    self._listener(meaning, layer)
                    return
            case Defined():
                if self._function(meaning, layer, None):
                    return
            case Instance(of, call) if call is not None and (
                (isinstance(of, External) and of.name in ROUTERS) or names.derives_from(of, ROUTERS)
            ):
                self._router(call, layer, depth)
                return
            case Instance(External(name)) | External(name):
                if name in STATIC_ROUTERS:
                    return
                self.lost.append(Lost(entry.location, "route handler", f"`{name}` is not in the tree"))
                return
            case Items(_, values):
                for given in values:
                    self._entry(Entry(given), layer, depth + 1)
                return
        self.lost.append(Lost(entry.location, "route handler", "it is not found in the tree"))

    def _router(self, made: Given, layer: Layer, depth: int) -> None:
        call = made.value
        assert isinstance(call, Call)
        location = Location(made.site.path, call.place)
        given = {name: call.keyword(name) for name in _LAYER}
        given["path"] = given["path"] if given["path"] is not None else call.positional(0)
        values = {name: Given(made.site, value) for name, value in given.items() if value is not None}
        below = self._layered(layer, values, Step("its router is made here", location))
        below = replace(below, calls=(made, *below.calls))
        handlers = call.keyword("route_handlers")
        listed = list(entries(self.project, made.site, handlers)) if handlers is not None else []
        for path in paths_of(self.project, values.get("path")):
            for entry in (*listed, *self._registered.get((made.site.path, call.place), [])):
                self._entry(entry, replace(below, path=_below(layer.path, path)), depth + 1)

    def _controller(self, of: Defined, layer: Layer) -> None:
        values = {name: attribute(self.project, of, name) for name in _LAYER}
        place = Location(of.path, self.project.scope_of(of).place)
        known = {name: value for name, value in values.items() if value is not None}
        below = self._layered(layer, known, Step("its controller is made here", place))
        for path in paths_of(self.project, known.get("path")):
            for method in self._methods(of):
                self._function(method, replace(below, path=_below(layer.path, path)), of)

    def _methods(self, of: Defined) -> Iterator[Defined]:
        """The methods of a class and those that it inherits in the tree, each by the class that comes first."""
        seen: set[str] = set()
        for ancestor in self.project.names.ancestors(of.path, of.scope):
            python = self.project.python(ancestor.path) if isinstance(ancestor, Defined) else None
            for index, scope in enumerate(python.scopes if python is not None else ()):
                if not isinstance(ancestor, Defined) or scope.parent != ancestor.scope or scope.name in seen:
                    continue
                seen.add(scope.name)
                yield Defined(ancestor.path, index)

    def _layered(self, layer: Layer, given: dict[str, Given], step: Step) -> Layer:
        """What a router or controller adds to the layers above it, but for its path."""
        project = self.project
        value = given.get("middleware")
        listed = list(entries(project, value.site, value.value)) if value is not None else []
        guards, security = middleware_in(project, listed, self._configuration)
        hidden = given.get("include_in_schema")
        return Layer(
            layer.path,
            (*layer.guards, *guards, *hooks_in(project, given.get("before_request")),
             *guards_in(project, given.get("guards"))),
            (*layer.security, *security),
            (*layer.dependencies, *([given["dependencies"]] if "dependencies" in given else [])),
            (*layer.opt, *options_of(project, given.get("opt"))),
            (step, *layer.chain),
            layer.calls,
            layer.application,
            layer.conditional,
            layer.in_schema and not (hidden is not None and is_false(project, hidden.site, hidden.value)),
        )  # fmt: skip

    # --- handlers ---

    def _function(self, handler: Defined, layer: Layer, view: Defined | None) -> bool:
        """Enter the routes of a decorated function; False for one that is none."""
        scope = self.project.scope_of(handler)
        found = False
        for decorator in scope.decorators:
            site = Given(_outside(handler, scope.parent), decorator)
            name = self.project.values.external_name(site.site, getattr(decorator, "function", decorator))
            if name not in HANDLERS:
                continue
            found = True
            call = decorator if isinstance(decorator, Call) else Call(decorator, (), decorator.place)
            self._served.add(Location(handler.path, decorator.place))
            self._route(handler, Given(site.site, call), HANDLERS[name], layer, view)
        return found

    def _route(self, handler: Defined, registered: Given, method: str, layer: Layer, view: Defined | None) -> None:
        project, call, site = self.project, registered.value, registered.site
        assert isinstance(call, Call)
        given = {name: Given(site, value) for name in _LAYER if (value := call.keyword(name)) is not None}
        first = call.positional(0)
        own = given.get("path") or (Given(site, first) if first is not None else None)
        location = Location(handler.path, project.scope_of(handler).place)
        place = Location(handler.path, call.place)
        inner = self._layered(layer, given, Step("", location))
        opt = (*layer.opt, *options_in(project, registered))
        methods = (method,) if method else self._named(Given(site, call))
        for path in paths_of(project, own):
            full = _below(layer.path, path)
            shown, converters = plain_path(full.replace(UNKNOWN, "{?}"))
            in_path = frozenset(name for name, _ in converters) | _names(shown)
            dependencies = Provided(project, inner.dependencies).of(handler, in_path)
            secured = (guard_of(each, methods, shown if UNKNOWN not in full else full, opt) for each in inner.security)
            guards = (
                *(each for each in secured if each is not None),
                *(for_options(project, each, opt) for each in inner.guards),
                *self._around(handler, place),
            )
            step = Step(f"`{','.join(methods)} {shown}` is handled here", location)
            self.routes.append(
                Route(
                    methods, shown, handler, project.qualified(handler), location, place, "litestar", dependencies,
                    (step, *layer.chain), layer.application, layer.conditional, inner.in_schema,
                    self._response(handler, call), (registered, *layer.calls),
                    "its path is computed" if UNKNOWN in full else "", guards, view, converters,
                )
            )  # fmt: skip

    def _around(self, handler: Defined, place: Location) -> tuple[Guard, ...]:
        return decorators_of(self.project, handler, place)

    def _named(self, registered: Given) -> tuple[str, ...]:
        """The methods of `@route(http_method=[...])`."""
        assert isinstance(registered.value, Call)
        given = registered.value.keyword("http_method")
        meaning = self.project.values.evaluate(registered.site, given).meaning if given is not None else None
        several: list[Meaning | None] = [meaning]
        if isinstance(meaning, Items):
            several = [self.project.values.given(each).meaning for each in meaning.values]
        found = {str(each.value).upper() for each in several if isinstance(each, Known)}
        found |= {each.name.rpartition(".")[2].upper() for each in several if isinstance(each, External)}
        return tuple(sorted(found)) or ("*",)

    def _listener(self, of: Defined, layer: Layer) -> None:
        """A class whose `on_receive` answers a WebSocket."""
        code = self.project.names.class_member(of.path, of.scope, "on_receive")
        if not isinstance(code, Defined):
            return
        values = {name: attribute(self.project, of, name) for name in _LAYER}
        place = Location(of.path, self.project.scope_of(of).place)
        known = {name: value for name, value in values.items() if value is not None}
        below = self._layered(layer, known, Step("its class is here", place))
        for path in paths_of(self.project, known.get("path")):
            call = Call(Reference(self.project.scope_of(of).name, place.place), (), place.place)
            registered = Given(_outside(of, self.project.scope_of(of).parent), call)
            self._route(code, registered, "WEBSOCKET", replace(below, path=_below(layer.path, path)), of)

    def _response(self, handler: Defined, call: Call) -> str:
        """The return type as written: that of `return_dto`, or else the annotation."""
        given = call.keyword("return_dto")
        returns = given if given is not None else self.project.scope_of(handler).returns
        return written(returns) if returns is not None else ""

    def orphans(self) -> Iterator[Lost]:
        """Decorated handlers that no application of the tree is seen to serve."""
        if not any(True for _ in self.project.mentioning("litestar")):
            return
        for path in self.project.mentioning(*{name.rpartition(".")[2] for name in HANDLERS}):
            if " litestar " not in self.project.identifiers(path) or self.project.role(path) in {"test", "migration"}:
                continue
            python = self.project.python(path)
            for index, scope in enumerate(python.scopes if python is not None else ()):
                for decorator in scope.decorators:
                    site = _outside(Defined(path, index), scope.parent)
                    name = self.project.values.external_name(site, getattr(decorator, "function", decorator))
                    place = Location(path, decorator.place)
                    if name in HANDLERS and place not in self._served:
                        yield Lost(
                            Location(path, scope.place), "route handler", "no application of the tree serves it"
                        )


def _outside(defined: Defined, parent: int) -> Site:
    return Site(defined.path, max(parent, 0))


def _below(above: str, path: str) -> str:
    return UNKNOWN + path if UNKNOWN in above else joined(above, path)


def _names(path: str) -> frozenset[str]:
    return frozenset(part.partition("}")[0] for part in path.split("{")[1:])


__all__ = ["find_routes"]
