"""django-ninja: the operations of an API and of the routers added to it, and who authenticates their callers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec import Struct

from prodlint.facts import Call, Constant, Lambda, Reference, Sequence, Value
from prodlint.finding import Location
from prodlint.libraries.django import NINJA_APIS, NINJA_KEYS, NINJA_METHODS, NINJA_REFUSING, NINJA_ROUTERS
from prodlint.project.routes.django.anonymous import Anonymous, Caller
from prodlint.project.routes.django.classes import member, order_of
from prodlint.project.routes.django.guards import decorated
from prodlint.project.routes.route import Guard
from prodlint.project.values.bindings import Defined, External, Symbol, Variable
from prodlint.project.values.outcomes import Function, Given, Instance, Items, Known, Site, options

if TYPE_CHECKING:
    from prodlint.project import Project

_MAX_DEPTH = 8


class Operation(Struct, frozen=True):
    """One operation: methods, path below the API's own URL, handler, where it is registered, and its guards."""

    methods: tuple[str, ...]
    path: str
    handler: Defined
    call: Given
    guards: tuple[Guard, ...]
    router: Location
    steps: tuple[Location, ...]
    """The places of the `add_router`s on the way to the API, the innermost first."""


class Added(Struct, frozen=True):
    """A router that cannot be followed: where it is added."""

    location: Location


class NinjaRouters:
    """APIs and routers of django-ninja, by variable."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self._calls: dict[Variable, list[tuple[Given, Defined | None]]] | None = None

    def api_of(self, site: Site, value: Value) -> Variable | None:
        """The API whose `urls` a value is; None for anything else."""
        if not isinstance(value, Reference) or not value.name.endswith(".urls"):
            return None
        symbol, rest = self.project.names.resolve(site.path, site.scope, value.name.removesuffix(".urls"))
        return symbol if isinstance(symbol, Variable) and not rest and self._made(symbol, NINJA_APIS) else None

    def operations(self, api: Variable) -> Iterator[Operation | Added]:
        """The operations of an API, its routers' included."""
        yield from self._below(api, "", self._own_auth(api), (), ())

    def _below(
        self,
        router: Variable,
        prefix: str,
        inherited: Given | None,
        steps: tuple[Location, ...],
        seen: tuple[Variable, ...],
    ) -> Iterator[Operation | Added]:
        if router in seen or len(seen) > _MAX_DEPTH:
            return
        made = self._made(router, NINJA_APIS | NINJA_ROUTERS)
        place = Location(made.site.path, made.value.place) if made is not None else Location(router.path, 0)
        for given, handler in self._registered.get(router, ()):
            call, site = given.value, given.site
            assert isinstance(call, Call)
            last = getattr(call.function, "name", "").rpartition(".")[2]
            if last == "add_router":
                yield from self._added(given, prefix, inherited, steps, (*seen, router))
            elif handler is not None:
                first = call.positional(1 if last == "api_operation" else 0) or call.keyword("path")
                path = prefix + _braces(self._text(site, first))
                auth = self._auth(site, call) or inherited
                guards = (*self._guards(auth, given), *self._decorators(handler, given))
                yield Operation(self._methods(given, last), path, handler, given, guards, place, steps)

    def _added(
        self,
        given: Given,
        prefix: str,
        inherited: Given | None,
        steps: tuple[Location, ...],
        seen: tuple[Variable, ...],
    ) -> Iterator[Operation | Added]:
        call, site = given.value, given.site
        assert isinstance(call, Call)
        target = call.positional(1) or call.keyword("router")
        child = self._router(site, target) if target is not None else None
        here = Location(site.path, call.place)
        if child is None:
            yield Added(here)
            return
        own = self._auth(site, call) or self._own_auth(child) or inherited
        below = (
            prefix.rstrip("/")
            + "/"
            + _braces(self._text(site, call.positional(0) or call.keyword("prefix"))).strip("/")
        )
        yield from self._below(child, below.rstrip("/"), own, (here, *steps), seen)

    def _router(self, site: Site, value: Value) -> Variable | None:
        """The router that `add_router` is given: a variable, or a dotted name in a string."""
        if isinstance(value, Constant) and isinstance(value.value, str):
            module, _, last = value.value.rpartition(".")
            found = self.project.modules.find(module, site.path)
            symbol = self.project.names.module_member(found, last) if found is not None else None
        elif isinstance(value, Reference):
            symbol, rest = self.project.names.resolve(site.path, site.scope, value.name)
            symbol = symbol if not rest else None
        else:
            return None
        return symbol if isinstance(symbol, Variable) and self._made(symbol, NINJA_ROUTERS) else None

    # --- registrations ---

    @property
    def _registered(self) -> dict[Variable, list[tuple[Given, Defined | None]]]:
        if self._calls is None:
            self._calls = {}
            for variable, given, handler in self._found():
                self._calls.setdefault(variable, []).append((given, handler))
        return self._calls

    def _found(self) -> Iterator[tuple[Variable, Given, Defined | None]]:
        for path in self.project.mentioning("NinjaAPI", "Router", "add_router", *NINJA_METHODS):
            python = self.project.python(path)
            if python is None or self.project.role(path) == "test":
                continue
            if not any(name in self.project.identifiers(path) for name in (" ninja ", " request ", " add_router ")):
                continue
            for index, scope in enumerate(python.scopes):
                for decorator in scope.decorators:
                    if isinstance(decorator, Call):
                        site = Site(path, max(scope.parent, 0))
                        router = self._receiver(site, decorator, NINJA_METHODS | {"api_operation"})
                        if router is not None:
                            yield router, Given(site, decorator), Defined(path, index)
            if " add_router " not in self.project.identifiers(path):
                continue
            for call, block in self.project.calls_in(path):
                site = Site(path, python.blocks[block].scope)
                router = self._receiver(site, call, frozenset({"add_router"}))
                if router is not None:
                    yield router, Given(site, call), None

    def _receiver(self, site: Site, call: Call, names: frozenset[str]) -> Variable | None:
        head, _, last = getattr(call.function, "name", "").rpartition(".")
        if last not in names or not head:
            return None
        symbol, rest = self.project.names.resolve(site.path, site.scope, head)
        if not isinstance(symbol, Variable) or rest:
            return None
        return symbol if self._made(symbol, NINJA_APIS | NINJA_ROUTERS) else None

    def _made(self, variable: Variable, names: frozenset[str]) -> Given | None:
        """The call that makes an API or router."""
        for option in options(self.project.values.variable(variable).meaning):
            if isinstance(option, Instance) and self.project.names.derives_from(option.of, names):
                return option.call
        return None

    def _methods(self, given: Given, last: str) -> tuple[str, ...]:
        if last != "api_operation":
            return (last.upper(),)
        assert isinstance(given.value, Call)
        listed = given.value.positional(0) or given.value.keyword("methods")
        meaning = self.project.values.evaluate(given.site, listed).meaning if listed is not None else None
        known = (
            [self.project.values.given(each).meaning for each in meaning.values] if isinstance(meaning, Items) else []
        )
        return tuple(sorted(str(each.value).upper() for each in known if isinstance(each, Known)))

    def _text(self, site: Site, value: Value | None) -> str:
        meaning = self.project.values.evaluate(site, value).meaning if value is not None else None
        return str(meaning.value) if isinstance(meaning, Known) else "{?}"

    def _decorators(self, handler: Defined, given: Given) -> tuple[Guard, ...]:
        scope = self.project.scope_of(handler)
        own = [each for each in scope.decorators if each.place != given.value.place]
        return tuple(each for each in decorated(self.project, given.site, own).guards if not self._is_route(each))

    def _is_route(self, guard: Guard) -> bool:
        return guard.external.startswith("ninja.") or guard.name.startswith("ninja.")

    # --- authentication ---

    def _own_auth(self, router: Variable) -> Given | None:
        made = self._made(router, NINJA_APIS | NINJA_ROUTERS)
        return self._auth(made.site, made.value) if made is not None and isinstance(made.value, Call) else None

    def _auth(self, site: Site, call: Call) -> Given | None:
        given = call.keyword("auth")
        if given is None or self.project.values.external_name(site, given).endswith(".NOT_SET"):
            return None
        return Given(site, given)

    def _guards(self, auth: Given | None, registered: Given) -> tuple[Guard, ...]:
        """One guard for all schemes of an operation, of which any may let the caller pass."""
        if auth is None or (isinstance(auth.value, Constant) and auth.value.value is None):
            return ()
        location = Location(auth.site.path, auth.value.place)
        several = [auth]
        if isinstance(auth.value, Sequence):
            several = [Given(auth.site, each) for each in auth.value.items]
        answers = [self._scheme(each) for each in several]
        name = ", ".join(name for _, name in answers)
        if all(refused for refused, _ in answers):
            reason = "refuses a request without its credential"
            return (Guard("scheme", name, location, answer="required", reason=reason),)
        if any(refused is False for refused, _ in answers):
            return (
                Guard("scheme", name, location, answer="optional", reason="lets a caller without a credential pass"),
            )
        return (Guard("scheme", name, location, unknown=f"what `{name}` does is not followed"),)

    def _scheme(self, given: Given) -> tuple[bool | None, str]:
        """Whether a scheme refuses a request without a credential, and its name."""
        meaning = self.project.values.given(given).meaning
        answers = Anonymous(self.project)
        if isinstance(given.value, Lambda):
            return answers.refused_by_lambda(given.site, given.value, "request"), "lambda"
        if isinstance(meaning, External):
            return (True if meaning.name in NINJA_REFUSING else None), meaning.name
        if isinstance(meaning, Instance) and isinstance(meaning.of, External):
            return (True if meaning.of.name in NINJA_REFUSING else None), meaning.of.name
        code = meaning.of if isinstance(meaning, Function) else meaning
        if isinstance(code, Defined) and self.project.scope_of(code).kind == "function":
            parameters = [each.name for each in self.project.scope_of(code).parameters]
            roles = dict(zip(parameters, ("request",), strict=False))
            return answers.refused(code, roles, Caller()), self.project.qualified(code)
        if isinstance(meaning, Instance) and isinstance(meaning.of, Defined):
            return self._own_scheme(meaning.of), self.project.qualified(meaning.of)
        return None, str(getattr(given.value, "name", "?"))

    def _own_scheme(self, of: Defined) -> bool | None:
        """A scheme of the tree: HTTP schemes refuse before `authenticate`, keys are passed to it as None."""
        order: tuple[Symbol, ...] = order_of(self.project, of)
        answers = Anonymous(self.project)
        code = member(self.project, order, "__call__")
        external = {each.name for each in order if isinstance(each, External)}
        if code is None and external & NINJA_REFUSING:
            return True
        code = code or (member(self.project, order, "authenticate") if external & NINJA_KEYS else None)
        if code is None:
            return None
        parameters = [each.name for each in self.project.scope_of(code).parameters]
        roles = dict(zip(parameters, ("self", "request", "nothing"), strict=False))
        return answers.refused(code, roles, Caller())


def _braces(path: str) -> str:
    """`{int:item_id}` as `{item_id}`."""
    parts = path.split("{")
    return "{".join(
        [parts[0], *(part.partition(":")[2] if ":" in part.partition("}")[0] else part for part in parts[1:])]
    )


__all__ = ["Added", "NinjaRouters", "Operation"]
