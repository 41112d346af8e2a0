"""Routers of Django REST framework: the view sets registered on them, and the URLs that they make of each."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec import Struct

from prodlint.facts import Assign, Call, Constant, Reference, Value
from prodlint.finding import Location
from prodlint.libraries.django import ACTION, DETAIL_ACTIONS, LIST_ACTIONS, ROUTERS
from prodlint.project.routes.django import expressions
from prodlint.project.routes.django.classes import attribute, external_actions, member, methods_of, order_of
from prodlint.project.routes.django.views import ClassView
from prodlint.project.values.bindings import Defined, External, Symbol, Variable
from prodlint.project.values.loops import looped, mentioned_in
from prodlint.project.values.outcomes import Given, Instance, Items, Known, Site, options

if TYPE_CHECKING:
    from prodlint.project import Project


class Registered(Struct, frozen=True):
    """One `router.register(prefix, ViewSet)`."""

    call: Given
    location: Location


class Resource(Struct, frozen=True):
    """One URL of a view set below its router: the path, the actions by HTTP method, and the permissions that the action
    sets itself."""

    path: str
    converters: expressions.Converters
    view: ClassView
    permissions: Given | None
    registered: Registered


class RestRouters:
    """The routers of a project, by variable."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self._registered: dict[Variable, list[Registered]] | None = None
        self._extended: dict[Variable, list[Variable]] = {}

    def router_of(self, site: Site, value: Value) -> Variable | None:
        """The router whose `urls` a value is; None for anything else."""
        if not isinstance(value, Reference) or not value.name.endswith(".urls"):
            return None
        head = value.name.removesuffix(".urls")
        symbol, rest = self.project.names.resolve(site.path, site.scope, head)
        return symbol if isinstance(symbol, Variable) and not rest and self._is_router(symbol) else None

    def _is_router(self, variable: Variable) -> bool:
        for option in options(self.project.values.variable(variable).meaning):
            if isinstance(option, Instance) and _derives(self.project, option.of):
                return True
        return False

    def resources(self, router: Variable) -> Iterator[Resource | Registered]:
        """The URLs of a router, in its order; a registration itself where its view set or prefix is not known."""
        slash = self._slash(router)
        for registered in self._registrations(router):
            call, site = registered.call.value, registered.call.site
            assert isinstance(call, Call)
            prefix, view = call.positional(0) or call.keyword("prefix"), call.positional(1) or call.keyword("viewset")
            symbol = self.project.values.evaluate(site, view).meaning if view is not None else None
            text = self.project.values.evaluate(site, prefix).meaning if prefix is not None else None
            if not isinstance(symbol, Defined) or not isinstance(text, Known):
                yield registered
                continue
            yield from self._of_viewset(registered, str(text.value), symbol, slash)

    def _of_viewset(self, registered: Registered, prefix: str, of: Defined, slash: str) -> Iterator[Resource]:
        order = order_of(self.project, of)
        lookup = f"(?P<{self._lookup(order)}>[^/.]+)"
        extra = list(self._extra(order))
        for detail, standard in ((False, LIST_ACTIONS), (True, DETAIL_ACTIONS)):
            above = f"{prefix}/{lookup}" if detail else prefix
            above = above if prefix else above.lstrip("/")
            known = external_actions(order)
            actions = tuple(
                (method.lower(), action)
                for method, action in standard.items()
                if action in known or member(self.project, order, action) is not None
            )
            if actions:
                yield self._resource(registered, above + slash, of, order, actions, None)
            for url, is_detail, mapped, permissions in extra:
                if is_detail == detail:
                    below = f"{above}/{url}" if above else url
                    yield self._resource(registered, below + slash, of, order, mapped, permissions)

    def _resource(
        self,
        registered: Registered,
        expression: str,
        of: Defined,
        order: tuple[Symbol, ...],
        actions: tuple[tuple[str, str], ...],
        permissions: Given | None,
    ) -> Resource:
        path, converters = expressions.of_expression(expression)
        return Resource(path, converters, ClassView(of, order, None, actions), permissions, registered)

    def _lookup(self, order: tuple[Symbol, ...]) -> str:
        for name in ("lookup_url_kwarg", "lookup_field"):
            found = attribute(self.project, order, name)
            meaning = self.project.values.given(found[0]).meaning if found is not None else None
            if isinstance(meaning, Known) and meaning.value:
                return str(meaning.value)
        return "pk"

    def _extra(
        self, order: tuple[Symbol, ...]
    ) -> Iterator[tuple[str, bool, tuple[tuple[str, str], ...], Given | None]]:
        """The methods with `@action`: the end of their URL, whether it is below one object, what answers each HTTP
        method, and the permissions that they set."""
        functions = list(methods_of(self.project, order))
        for name, function in functions:
            scope = self.project.scope_of(function)
            site = Site(function.path, max(scope.parent, 0))
            for decorator in scope.decorators:
                if not isinstance(decorator, Call):
                    continue
                if self.project.values.external_name(site, decorator.function) != ACTION:
                    continue
                url = self._text(site, decorator.keyword("url_path")) or name
                detail = decorator.keyword("detail") or decorator.positional(1)
                mapped = [(each, name) for each in self._methods(site, decorator)]
                mapped += _mappings(self.project, functions, name)
                given = decorator.keyword("permission_classes")
                permissions = Given(site, given) if given is not None else None
                yield url, self._text(site, detail) == "True", tuple(mapped), permissions

    def _methods(self, site: Site, decorator: Call) -> list[str]:
        listed = decorator.keyword("methods") or decorator.positional(0)
        meaning = self.project.values.evaluate(site, listed).meaning if listed is not None else None
        if not isinstance(meaning, Items):
            return ["get"]
        known = [self.project.values.given(each).meaning for each in meaning.values]
        return [str(each.value).lower() for each in known if isinstance(each, Known)]

    def _text(self, site: Site, value: Value | None) -> str:
        meaning = self.project.values.evaluate(site, value).meaning if value is not None else None
        return str(meaning.value) if isinstance(meaning, Known) and meaning.value is not None else ""

    # --- registrations ---

    def _registrations(self, router: Variable, seen: tuple[Variable, ...] = ()) -> Iterator[Registered]:
        if self._registered is None:
            self._registered = {}
            for variable, registered in self._found():
                self._registered.setdefault(variable, []).append(registered)
        yield from self._registered.get(router, ())
        for other in self._extended.get(router, ()):
            if other not in seen and other != router:
                yield from self._registrations(other, (*seen, router))

    def _found(self) -> Iterator[tuple[Variable, Registered]]:
        for path in self.project.mentioning("register", "registry"):
            python = self.project.python(path)
            if python is None or self.project.role(path) == "test":
                continue
            for call, block in self.project.calls_in(path):
                name = getattr(call.function, "name", "")
                site = Site(path, python.blocks[block].scope)
                if name.endswith(".registry.extend") and call.arguments:
                    one = self._variable(site, name.removesuffix(".registry.extend"))
                    written = getattr(call.arguments[0].value, "name", "")
                    other = self._variable(site, written.removesuffix(".registry"))
                    if one is not None and other is not None and written.endswith(".registry"):
                        self._extended.setdefault(one, []).append(other)
                elif name.endswith(".register") and isinstance(call.function, Reference):
                    for run in looped(self.project.values, python, site, mentioned_in(call), block):
                        router = self._variable(site, name.removesuffix(".register"))
                        if router is not None:
                            yield router, Registered(Given(run, call), Location(path, call.place))

    def _variable(self, site: Site, name: str) -> Variable | None:
        symbol, rest = self.project.names.resolve(site.path, site.scope, name)
        return symbol if isinstance(symbol, Variable) and not rest and self._is_router(symbol) else None

    def _slash(self, router: Variable) -> str:
        for option in options(self.project.values.variable(router).meaning):
            call = option.call.value if isinstance(option, Instance) and option.call is not None else None
            given = (call.keyword("trailing_slash") or call.positional(0)) if isinstance(call, Call) else None
            if isinstance(given, Constant):
                return "/" if given.value else ""
        for statement in self.project.statements_of(Defined(router.path, router.scope)):
            if isinstance(statement, Assign) and isinstance(statement.value, Constant):
                if any(getattr(each, "name", "") == f"{router.name}.trailing_slash" for each in statement.targets):
                    return str(statement.value.value).replace("?", "")
        return "/"


def _derives(project: Project, of: Defined | External) -> bool:
    return project.names.derives_from(of, ROUTERS) is True


def _mappings(project: Project, functions: list[tuple[str, Defined]], name: str) -> Iterator[tuple[str, str]]:
    """`@name.mapping.delete` above another method."""
    for other, function in functions:
        for decorator in project.scope_of(function).decorators:
            written = getattr(decorator, "name", "")
            if written.startswith(f"{name}.mapping."):
                yield written.rpartition(".")[2], other


__all__ = ["Registered", "Resource", "RestRouters"]
