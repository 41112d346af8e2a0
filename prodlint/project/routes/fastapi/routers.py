"""Applications and routers: where each is made, and what is registered on it, in order.

A router is known by the call that makes it. What is registered on it anywhere in the tree (decorated handlers,
`include_router`, `mount`, `add_api_route`, route objects in lists, middleware, exception handlers) is collected here;
`table` puts it together.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from prodlint.facts import Assign, Attribute, Call, Reference, Value, method_of, walk
from prodlint.finding import Location
from prodlint.libraries.fastapi import APPLICATIONS, ROUTABLES, ROUTE_POSITIONS, ROUTERS
from prodlint.libraries.frameworks import NO_ROUTERS
from prodlint.project.routes.fastapi import made as makings
from prodlint.project.routes.fastapi.callers import Callers, before
from prodlint.project.routes.fastapi.listed import listed
from prodlint.project.routes.fastapi.reading import Reader, routable_registrations
from prodlint.project.routes.fastapi.registration import Registration, within
from prodlint.project.routes.route import Lost
from prodlint.project.values.bindings import Bound, Defined, External, Variable
from prodlint.project.values.outcomes import Given, Instance, Items, Meaning, Opaque, Site, options
from prodlint.project.values.partials import own_arguments

if TYPE_CHECKING:
    from prodlint.project import Project

RouterId = tuple[str, int]
"""Path and place of the call that makes a router."""


class Router:
    """An application or router with what is registered on it."""

    def __init__(self, made: Given, is_application: bool, subclass: Defined | None) -> None:
        self.made = made
        self.is_application = is_application
        self.subclass = subclass
        self.listed: list[Registration] = []
        """The routes of `routes=[...]`."""
        self.added: list[Registration] = []
        self.wrappers: list[Given] = []
        """The calls that wrap it: `app = SomeMiddleware(app)`, the innermost first."""
        self.keeps: Callable[[Registration], bool] | None = None
        """Whether a registration is one of the object that this router is an attribute of; None for all of them."""

    @property
    def location(self) -> Location:
        """The call that makes it."""
        return Location(self.made.site.path, self.made.value.place)

    @property
    def identity(self) -> RouterId:
        """What tells it from all others, however the function that makes it was called."""
        return self.made.site.path, self.made.value.place

    @property
    def registrations(self) -> list[Registration]:
        """What is registered on it, in the order of the source, as the arguments of the function around it say."""
        site = self.made.site
        found = [*self.listed, *sorted(self.added, key=lambda each: (each.location.path, each.location.place))]
        if site.arguments == own_arguments(site):
            return found
        found = [each for each in found if self.keeps is None or self.keeps(each)]
        own = (site.path, site.scope, None)
        return [
            within(each, site) if (each.call.site.path, each.call.site.scope, each.call.site.arguments) == own else each
            for each in found
        ]

    def view(self, made: Given, keeps: Callable[[Registration], bool] | None = None) -> Router:
        """The same router, made by a function that is called in a certain way."""
        found = Router(made, self.is_application, self.subclass)
        found.keeps = keeps
        found.listed, found.added, found.wrappers = self.listed, self.added, self.wrappers
        return found


class Routers:
    """All applications and routers of the tree."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.routers: dict[RouterId, Router] = {}
        self.lost: list[Lost] = []
        self.subclasses = self._find_subclasses()
        self.of_classes: dict[Defined, list[Registration]] = {}
        """What the methods of router classes register on `self`."""
        self._inherits = False
        self.callers = Callers(project, self.subclasses)
        Reader(self).read()
        self._inherits = True
        for router in list(self.routers.values()):
            self._inherit(router)

    @property
    def on_classes(self) -> set[Location]:
        """Where methods of router classes register something on `self`."""
        return {each.location for several in self.of_classes.values() for each in several}

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

    # --- routers ---

    def made(self, meaning: Meaning) -> Router | None:
        """The router that a meaning is, entered on first sight."""
        if not isinstance(meaning, Instance) or meaning.call is None:
            return None
        kind = self._kind(meaning)
        if kind is None:
            return None
        call = meaning.call
        identity = (call.site.path, call.value.place)
        router = self.routers.get(identity)
        if router is None:
            subclass = meaning.of if isinstance(meaning.of, Defined) else None
            plain = Given(Site(call.site.path, call.site.scope, own_arguments(call.site)), call.value)
            router = self.routers[identity] = Router(plain, kind, subclass)
            self._list(router, meaning)
            if self._inherits:
                self._inherit(router)
        if call.site.arguments is None or call.site.arguments == router.made.site.arguments:
            return router
        return router.view(call, self._keeps(call.site.arguments))

    def _keeps(self, arguments: tuple[tuple[str, Given], ...]) -> Callable[[Registration], bool] | None:
        """What is registered on the router of an object: by its own methods and those behind them, by no others of
        classes beside its own."""
        names = self.project.names
        given = dict(arguments).get("self")
        meaning = self.project.values.given(given).meaning if given is not None else None
        if not isinstance(meaning, Instance) or not isinstance(meaning.of, Defined):
            return None
        of = meaning.of
        ancestors = set(names.ancestors(of.path, of.scope))

        def keeps(registration: Registration) -> bool:
            site = registration.call.site
            code = Defined(site.path, site.scope)
            owner = Defined(site.path, max(self.project.scope_of(code).parent, 0))
            if self.project.scope_of(owner).kind != "class":
                return True
            if owner not in ancestors:
                return False
            chosen = names.class_member(of.path, of.scope, self.project.scope_of(code).name)
            if chosen == code or not isinstance(chosen, Defined):
                return True
            # What overrides the method runs it only through `super()`.
            calls = self.project.calls_of(chosen)
            return any(isinstance(each.function, Reference) and each.function.name == "super" for each in calls)

        return keeps

    def _list(self, router: Router, meaning: Instance) -> None:
        """Enter the routes that a router is made with."""
        position = ROUTE_POSITIONS.get(meaning.of.name, -1) if isinstance(meaning.of, External) else -1
        for given in makings.keyword(self.project, router, "routes", position)[:1]:
            found, lost = listed(self.project, given.site, given.value)
            router.listed.extend(found)
            self.lost.extend(lost)

    def _inherit(self, router: Router) -> None:
        """Enter what the methods of a router's class register on `self`."""
        if router.subclass is None:
            return
        project = self.project
        for ancestor in project.names.ancestors(router.subclass.path, router.subclass.scope):
            for registration in self.of_classes.get(ancestor, ()) if isinstance(ancestor, Defined) else ():
                code = Defined(registration.call.site.path, registration.call.site.scope)
                arguments = [("self", router.made)]
                if project.scope_of(code).name == "__init__":
                    arguments += project.values.bind(code, router.made, skip_first=True)
                router.added.append(within(registration, Site(code.path, code.scope, tuple(arguments))))

    def _kind(self, meaning: Instance) -> bool | None:
        """True for an application, False for a router, None for anything else."""
        if isinstance(meaning.of, Defined):
            return self.subclasses.get(meaning.of)
        if meaning.of.name in APPLICATIONS:
            return True
        return False if meaning.of.name in ROUTERS else None

    # --- following expressions ---

    def followed(self, site: Site, value: Value, depth: int = 0) -> Iterator[tuple[Router | None, str]]:
        """The routers that an expression may be; (None, reason) for one that should be a router and is unknown. Nothing
        at all for what is no router, such as an HTTP client or a dictionary with a `get`."""
        inner = self._inner(site, value)
        if inner:
            yield from ((router, "") for router in inner)
            return
        meaning = self.project.values.evaluate(site, value).meaning
        for option in options(meaning):
            router = self.made(option)
            if router is not None:
                yield router, ""
                continue
            earlier = before(self.project, site, value) if depth < 4 and getattr(option, "call", None) is None else None
            if earlier is not None:
                yield from self.followed(earlier.site, earlier.value, depth + 1)
                continue
            wrapped = self.wrapped(option) if depth < 4 else []
            if wrapped:
                yield from ((each, "") for each in wrapped)
                continue
            match option:
                case Bound():
                    yield from self._from_callers(option, depth)
                case Instance(of, None) if self._kind(option) is not None:
                    bound = self.callers.parameter(site, value)
                    callers = list(self._from_callers(bound, depth)) if bound is not None else []
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

    def _inner(self, site: Site, value: Value) -> list[Router]:
        """The routers that `app.router` means: the application itself, or the router of a class of endpoints."""
        last, receiver = method_of(value)
        if last != "router" or receiver is None:
            return []
        found = []
        for option in options(self.project.values.evaluate(site, receiver).meaning):
            router = self.made(option) or self._routable(option)
            if router is not None:
                found.append(router)
        return found

    def _routable(self, meaning: Meaning) -> Router | None:
        """The router of an object of a class whose methods are decorated routes (classy-fastapi's `Routable`)."""
        if not isinstance(meaning, Instance) or not isinstance(meaning.of, Defined) or meaning.call is None:
            return None
        if not self.project.names.derives_from(meaning.of, ROUTABLES):
            return None
        identity = (meaning.call.site.path, meaning.call.value.place)
        router = self.routers.get(identity)
        if router is None:
            router = self.routers[identity] = Router(meaning.call, False, meaning.of)
            router.added.extend(routable_registrations(self.project, meaning.of))
        return router

    def makes_once(self, of: Defined) -> bool:
        """Whether a class is one whose objects are made by hand and serve all requests: a router, or a class of
        endpoints that carries one."""
        return of in self.subclasses or self.project.names.derives_from(of, ROUTABLES) is True

    def wrapped(self, meaning: Meaning) -> list[Router]:
        """The applications inside an ASGI application that is made around them: `ProxyHeadersMiddleware(app)`."""
        if not isinstance(meaning, Instance) or meaning.call is None or not isinstance(meaning.call.value, Call):
            return []
        if isinstance(meaning.of, Defined) and self.project.names.class_member(
            meaning.of.path, meaning.of.scope, "__call__"
        ) is None:  # fmt: skip
            return []
        found = []
        call, site = meaning.call.value, meaning.call.site
        for argument in call.arguments:
            if isinstance(argument.value, Reference | Call) and not argument.star:
                for option in self._earlier(site, argument.value, call):
                    router = self.made(option)
                    found += [router] if router is not None else self.wrapped(option)
        return [each for each in found if each.is_application]

    def _earlier(self, site: Site, value: Value, call: Call) -> list[Meaning]:
        """What an expression is before `call`: of `app = Wrapper(app)`, what `app` was made as above."""
        if isinstance(value, Reference):
            symbol, rest = self.project.names.resolve(site.path, site.scope, value.name)
            if isinstance(symbol, Variable) and not rest and symbol.path == site.path:
                table = self.project.names.table(symbol.path)
                bindings = table.bindings.get(symbol.scope, {}).get(symbol.name, []) if table is not None else []
                assigned = [each.statement for each in bindings if isinstance(each.statement, Assign)]
                rebinds = [each for each in assigned if each.value is not None and call in walk(each.value)]
                before = [each for each in assigned if rebinds and each.place < rebinds[0].place]
                if before and before[-1].value is not None:
                    return list(options(self.project.values.evaluate(site, before[-1].value).meaning))
                if rebinds:
                    return []
        return list(options(self.project.values.evaluate(site, value).meaning))

    def _from_callers(self, bound: Bound, depth: int) -> Iterator[tuple[Router | None, str]]:
        """The routers that callers pass for a parameter: `def register(app): app.include_router(...)`."""
        if depth > 3:
            return
        for given, is_default in self.callers.arguments(bound):
            if not is_default:
                yield from self.followed(given.site, given.value, depth + 1)


def _looks_like_router(value: Value) -> bool:
    """Whether the name of a receiver says that it is a router; decides only whether its routes count as unknown."""
    if not isinstance(value, Attribute | Reference):
        return False
    name = value.name.rpartition(".")[2].lower()
    return name.endswith(("router", "app", "api", "blueprint")) or name in {"routes", "application"}


__all__ = ["Registration", "Router", "RouterId", "Routers"]
