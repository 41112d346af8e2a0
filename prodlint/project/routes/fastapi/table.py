"""The routes of FastAPI and Starlette: routers put together, from the application down to the handlers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from prodlint.facts import Call, Value
from prodlint.finding import Location, Step
from prodlint.libraries.fastapi import PACKAGED_APPLICATIONS, PACKAGED_ROUTERS, STARLETTE_KINDS
from prodlint.project.routes.decorators import decorators_of
from prodlint.project.routes.fastapi.copied import copied, copies
from prodlint.project.routes.fastapi.customised import changed_by_class, changed_later
from prodlint.project.routes.fastapi.endpoints import Endpoint, endpoints_of, plain_path, response_model, text_of
from prodlint.project.routes.fastapi.identity import identity_of
from prodlint.project.routes.fastapi.injection import Injection
from prodlint.project.routes.fastapi.listed import listed
from prodlint.project.routes.fastapi.made import keyword, spread
from prodlint.project.routes.fastapi.merging import merged, with_dependencies
from prodlint.project.routes.fastapi.middleware import (
    dispatch_of,
    is_conditional,
    listed_middleware,
    middleware_of,
    route_class_of,
)
from prodlint.project.routes.fastapi.routers import Registration, Router, RouterId, Routers
from prodlint.project.routes.route import Dependency, Found, Guard, Lost, Route
from prodlint.project.values.bindings import Defined, External
from prodlint.project.values.outcomes import Given, Instance, Known, Site, options

if TYPE_CHECKING:
    from prodlint.project import Project

_MAX_DEPTH = 16
_MOUNTS = frozenset({"mount", "Mount", "host", "Host"})
_NO_ROUTES = frozenset({"add_middleware", "middleware", "exception_handler", "add_exception_handler"})


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
    route_class: tuple[Guard, ...] = ()
    router: Router | None = None
    """The router on which a route is put, where it is one of the tree's own."""


class Applications:
    """FastAPI's and Starlette's part of the route table, and what belongs to it: middleware and exception handlers."""

    def __init__(self, project: Project, injection: Injection) -> None:
        self.project = project
        self.injection = injection
        self._lost: list[Lost] = []
        self._reached: set[RouterId] = set()

    @cached_property
    def routers(self) -> Routers:
        """Applications and routers with their registrations."""
        return Routers(self.project)

    @cached_property
    def found(self) -> Found:
        """All routes of all applications of the tree, in the order in which each application asks them, and what could
        not be attributed: its router, what it includes, or the application that includes its router is unknown."""
        routes = self._routes()
        lost = sorted(
            {*self.routers.lost, *self._lost, *self._orphans()},
            key=lambda each: each.location,
        )
        return Found(routes, tuple(lost))

    def _routes(self) -> tuple[Route, ...]:
        found: list[Route] = []
        mounted = self._mounted
        for router in self._applications:
            if router.identity in mounted:
                continue
            step = Step("the application is made here", router.location)
            own = self._own_dependencies(router)
            guards = middleware_of(self.project, router)
            level = _Level("", own, (step,), router, False, calls=(router.made,), middleware=guards)
            found.extend(self._below(router, level, ()))
        return merged(found)

    def _orphans(self) -> Iterator[Lost]:
        """Routes of routers that no application of the tree is seen to include."""
        for router in self.routers.routers.values():
            if router.is_application or router.identity in self._reached:
                continue
            if any(each.handler is not None for each in router.registrations):
                subject = f"route of the router made at {router.location.path}"
                for registration in router.registrations:
                    yield Lost(registration.location, subject, "no application of the tree includes its router")

    @cached_property
    def _applications(self) -> list[Router]:
        found = [router for router in self.routers.routers.values() if router.is_application]
        return sorted(found, key=lambda router: router.location)

    @cached_property
    def _mounted(self) -> set[RouterId]:
        found: set[RouterId] = set()
        for router in list(self.routers.routers.values()):
            found |= self._mounted_by(router.registrations, 0)
        return found

    def _mounted_by(self, registrations: Sequence[Registration], depth: int) -> set[RouterId]:
        found: set[RouterId] = set()
        for registration in registrations:
            if registration.kind in _MOUNTS and depth < _MAX_DEPTH:
                found |= {child.identity for child in self._children(registration, "app", 1)}
                found |= self._mounted_by(self._inline(registration), depth + 1)
        return found

    # --- flattening ---

    def _below(
        self, router: Router, level: _Level, above: tuple[RouterId, ...], include: Registration | None = None
    ) -> list[Route]:
        if router.identity in above or len(above) > _MAX_DEPTH:
            return []
        self._reached.add(router.identity)
        hidden = keyword(self.project, router, "include_in_schema")
        if any(self._is_false(each.site, each.value) for each in hidden):
            level = replace(level, in_schema=False)
        registrations = router.registrations
        if include is not None and self._copies:
            registrations, late = copied(self.project, router, include)
            self._lost.extend(late)
        return self._of(registrations, replace(level, router=router), (*above, router.identity))

    @cached_property
    def _copies(self) -> bool:
        return copies(self.project)

    def _of(self, registrations: Sequence[Registration], level: _Level, above: tuple[RouterId, ...]) -> list[Route]:
        found: list[Route] = []
        for registration in registrations:
            if registration.kind == "include_router":
                found.extend(self._included(registration, level, above))
            elif registration.kind in _MOUNTS:
                found.extend(self._mount(registration, level, above))
            elif registration.kind not in _NO_ROUTES:
                path = self._text(registration.call.site, _argument(registration, "path", 0))
                for endpoint in endpoints_of(self.project, registration):
                    if path == "\0" and endpoint.handler is None:  # How many there are is not known either.
                        reason = "the path and the handler are computed"
                        self._lost.append(Lost(registration.location, "routes that a helper registers", reason))
                    else:
                        found.append(self._route(registration, endpoint, level))
        return found

    def _children(self, registration: Registration, name: str, index: int) -> list[Router]:
        value = _argument(registration, name, index)
        if value is None:
            return []
        return [router for router, _ in self.routers.followed(registration.call.site, value) if router is not None]

    def _inline(self, registration: Registration) -> list[Registration]:
        """The routes of `Mount("/api", routes=[...])`."""
        value = _argument(registration, "routes", 2) if registration.kind == "Mount" else None
        if value is None:
            return []
        found, lost = listed(self.project, registration.call.site, value)
        self._lost.extend(lost)
        return found

    def _included(self, registration: Registration, level: _Level, above: tuple[RouterId, ...]) -> list[Route]:
        children = self._children(registration, "router", 0)
        call, site = registration.call.value, registration.call.site
        assert isinstance(call, Call)
        if not children:
            subject = "route put on a router by `include_router`"
            if self._maker(registration, "router", 0) not in PACKAGED_ROUTERS:
                self._lost.append(Lost(registration.location, subject, "the included router is not found in the tree"))
            return []
        given = spread(self.project, site, call, "prefix")
        prefix = self._text(given.site, given.value) if given is not None else ""
        dependencies = self._listed_dependencies(site, call)
        found = []
        for child in children:
            own = self._own_dependencies(child)
            words = "it is included here" + with_dependencies(dependencies)
            made = "its router is made here" + with_dependencies(own)
            steps = (Step(made, child.location), Step(words, registration.location))
            below = _Level(
                level.prefix + prefix + self._own_prefix(child),
                (*level.dependencies, *dependencies, *own),
                (*steps, *level.chain),
                level.application,
                level.conditional or is_conditional(self.project, registration),
                level.in_schema and not self._is_false(site, call.keyword("include_in_schema")),
                (child.made, registration.call, *level.calls),
                level.middleware,
                route_class_of(self.project, child),
            )
            found.extend(self._below(child, below, above, registration))
        return found

    def _mount(self, registration: Registration, level: _Level, above: tuple[RouterId, ...]) -> list[Route]:
        call, site = registration.call.value, registration.call.site
        assert isinstance(call, Call)
        children, inline = self._children(registration, "app", 1), self._inline(registration)
        if not children and not inline:
            self._lose_mount(registration)
        prefix = ""
        if registration.kind in {"mount", "Mount"}:
            prefix = self._text(site, _argument(registration, "path", 0)).rstrip("/")
        step = Step("it is mounted here", registration.location)
        # A mounted application's own dependencies are all that run: those of the application around it do not.
        below = _Level(
            level.prefix + prefix, (), (step, *level.chain), level.application,
            level.conditional or is_conditional(self.project, registration), True, (registration.call, *level.calls),
            (*level.middleware, *listed_middleware(self.project, site, call.keyword("middleware"))),
        )  # fmt: skip
        found = self._of(inline, below, above)
        for child in children:
            made = Step("its application is made here", child.location)
            within = _Level(
                below.prefix + (self._own_prefix(child) if not child.is_application else ""),
                self._own_dependencies(child), (made, *below.chain), below.application, below.conditional, True,
                (child.made, *below.calls), (*below.middleware, *middleware_of(self.project, child)),
            )  # fmt: skip
            found.extend(self._below(child, within, above))
        return found

    def _lose_mount(self, registration: Registration) -> None:
        """Count a mounted application that is not followed, unless a package serves it whole."""
        value = _argument(registration, "app", 1)
        if value is None:
            return
        name = self._maker(registration, "app", 1)
        if name.partition(".")[0] in PACKAGED_APPLICATIONS or isinstance(self._tree_class(registration), Defined):
            return
        reason = f"`{name}` is not in the tree" if name else "what is mounted is not found in the tree"
        self._lost.append(Lost(registration.location, "application that is mounted", reason))

    def _maker(self, registration: Registration, name: str, index: int) -> str:
        """The dotted name of what makes an argument outside the tree; "" for anything else."""
        value = _argument(registration, name, index)
        meaning = self.project.values.evaluate(registration.call.site, value).meaning if value is not None else None
        for option in options(meaning) if meaning is not None else ():
            match option:
                case Instance(External(of)) | External(of):
                    return of
                case Instance(Defined(path, scope)):
                    ancestors = self.project.names.ancestors(path, scope)
                    outside = [each.name for each in ancestors if isinstance(each, External)]
                    if outside:
                        return outside[0]
        return ""

    def _tree_class(self, registration: Registration) -> object:
        """The class or function of the tree that serves a mount by itself, without routes."""
        value = _argument(registration, "app", 1)
        meaning = self.project.values.evaluate(registration.call.site, value).meaning if value is not None else None
        return meaning.of if isinstance(meaning, Instance) else meaning

    # --- routes ---

    def _route(self, registration: Registration, endpoint: Endpoint, level: _Level) -> Route:
        project = self.project
        call, site = registration.call.value, registration.call.site
        assert isinstance(call, Call)
        is_plain = registration.kind in STARLETTE_KINDS
        path, converters = plain_path(level.prefix + self._text(site, _argument(registration, "path", 0)))
        handler = endpoint.handler
        unknown = endpoint.unknown if "\0" not in path else "its path is computed"
        path = path.replace("\0", "{?}")
        if handler is None:
            unknown = unknown or "its handler is not found in the tree"
        # FastAPI hands plain Starlette routes on without their dependencies: none of them runs.
        above = () if is_plain else level.dependencies
        own = () if is_plain else self._listed_dependencies(site, call)
        if handler is not None and not is_plain:
            own = (*own, *self._asked_by(handler, endpoint))
        changes_path, changes_dependencies = changed_by_class(project, level.router, registration.kind)
        if changes_path:
            unknown = unknown or "the class of its router changes paths"
        if changes_dependencies and not is_plain:
            reason = "the class of its router changes `dependencies`"
            own = (*own, Dependency("?", registration.location, unknown=reason))
        location = registration.location
        name = "?"
        if handler is not None:
            location = Location(handler.path, project.scope_of(handler).place)
            name = project.qualified(handler)
        step = Step(f"`{','.join(endpoint.methods)} {path}` is handled here" + with_dependencies(own), location)
        guards = (
            *level.middleware,
            *(() if is_plain else level.route_class),
            *listed_middleware(project, site, call.keyword("middleware")),
        )
        if handler is not None:
            guards = (*guards, *(dispatch_of(project, endpoint.view) if endpoint.owned else ()))
            guards = (*guards, *decorators_of(project, handler, registration.location, inclusive=registration.wraps))
            guards = (*guards, *identity_of(project, handler, guards))
        return Route(
            endpoint.methods, path, handler, name, location, registration.location,
            "starlette" if is_plain else "fastapi", (*above, *own), (step, *level.chain), level.application.location,
            level.conditional or is_conditional(project, registration),
            level.in_schema and not self._is_false(site, call.keyword("include_in_schema")),
            response_model(project, handler, call), (registration.call, *level.calls), unknown, guards,
            endpoint.view or self._view(handler), converters, self._url_name(site, call, endpoint),
        )  # fmt: skip

    def _url_name(self, site: Site, call: Call, endpoint: Endpoint) -> str:
        """The name that `url_path_for` takes: `name=`, else that of the handler, or of the class that answers."""
        given = call.keyword("name")
        if given is not None:
            meaning = self.project.values.evaluate(site, given).meaning
            return meaning.value if isinstance(meaning, Known) and isinstance(meaning.value, str) else ""
        named = endpoint.view or endpoint.handler
        return self.project.scope_of(named).name if named is not None else ""

    def _view(self, handler: Defined | None) -> Defined | None:
        """The class-based view whose method a handler is."""
        if handler is None:
            return None
        scope = self.project.scope_of(handler)
        if scope.parent < 0 or scope.kind != "function":
            return None
        owner = Defined(handler.path, scope.parent)
        return owner if self.project.scope_of(owner).kind == "class" else None

    def _asked_by(self, handler: Defined, endpoint: Endpoint) -> tuple[Dependency, ...]:
        """What a handler asks for, and the class around it where one is made for each request."""
        own = self.injection.of_parameters(handler) if self.project.scope_of(handler).kind == "function" else ()
        view = self._view(handler)
        is_static = any(
            getattr(each, "name", "") == "staticmethod" for each in self.project.scope_of(handler).decorators
        )
        if view is None or is_static or endpoint.owned or self.routers.makes_once(view):
            return own
        return (self.injection.of_view(view), *own)

    def _text(self, site: Site, value: Value | None) -> str:
        return text_of(self.project, self.routers, site, value)

    def _is_false(self, site: Site, value: Value | None) -> bool:
        if value is None:
            return False
        meaning = self.project.values.evaluate(site, value).meaning
        return isinstance(meaning, Known) and not meaning.value

    # --- routers ---

    def _own_prefix(self, router: Router) -> str:
        given = keyword(self.project, router, "prefix")[:1]
        return "".join(self._text(each.site, each.value) for each in given)

    def _own_dependencies(self, router: Router) -> tuple[Dependency, ...]:
        found: list[Dependency] = []
        for given in keyword(self.project, router, "dependencies"):
            found.extend(self.injection.in_list(given.site, given.value))
        of = router.subclass
        keys = [router.identity, *(self.project.names.ancestors(of.path, of.scope) if of is not None else ())]
        found.extend(self._changed[key] for key in keys if key in self._changed)
        return tuple(found)

    def _listed_dependencies(self, site: Site, call: Call) -> tuple[Dependency, ...]:
        given = spread(self.project, site, call, "dependencies")
        return self.injection.in_list(given.site, given.value) if given is not None else ()

    @cached_property
    def _changed(self) -> dict[RouterId | Defined, Dependency]:
        return changed_later(self.project, self.routers)


def _argument(registration: Registration, name: str, index: int) -> Value | None:
    call = registration.call.value
    assert isinstance(call, Call)
    value = call.positional(index)
    return value if value is not None else call.keyword(name)


__all__ = ["Applications"]
