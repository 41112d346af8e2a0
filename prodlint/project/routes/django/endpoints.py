"""What the views of a URL list answer: functions, classes and what is wrapped around either in the list."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec import Struct

from prodlint.facts import Call, Import, Lambda, Reference, Value
from prodlint.finding import Location
from prodlint.libraries.authentication import REFUSING
from prodlint.libraries.django import (
    API_VIEW,
    ENTRANCES,
    METHODS_BEFORE_5,
    PERMISSION_DECORATOR,
    STATIC_VIEWS,
    VIEW_ANSWERS,
    VIEW_METHODS,
)
from prodlint.project.requirements.vulnerabilities import pinned
from prodlint.project.routes.django.anonymous import Caller
from prodlint.project.routes.django.configuration import Configuration
from prodlint.project.routes.django.guards import Decorated, decorated, is_exempt
from prodlint.project.routes.django.permissions import Permissions
from prodlint.project.routes.django.views import ClassView, as_class_view
from prodlint.project.routes.route import Guard
from prodlint.project.values.bindings import Bound, Defined, External, Variable
from prodlint.project.values.outcomes import Function, Given, Instance, Items, Known, Meaning, Opaque, Site

if TYPE_CHECKING:
    from prodlint.project import Project

_MAX_DEPTH = 8
_GRAPHQL = frozenset({"graphql", "graphene", "graphene_django", "strawberry", "strawberry_django", "ariadne"})


class Endpoint(Struct, frozen=True):
    """What answers some methods of a URL, but for its path."""

    methods: tuple[str, ...]
    name: str
    location: Location
    handler: Defined | None = None
    view: Defined | None = None
    guards: tuple[Guard, ...] = ()
    framework: str = "django"
    unknown: str = ""
    exempt: bool = False
    """Whether `LoginRequiredMiddleware` lets it be."""
    kind: str = ""
    """"static" for a page without code, or what the view of a library is for ("login")."""


class Endpoints:
    """Resolves the views of one site."""

    def __init__(self, project: Project, configuration: Configuration) -> None:
        self.project = project
        self.permissions = Permissions(project, configuration)

    def of(self, given: Given, registered: Location) -> tuple[Endpoint, ...]:
        """The endpoints of the view in a URL list; those of a class are one for each method's handler."""
        return tuple(self._of(given, registered, Decorated(), 0))

    def _of(self, given: Given, registered: Location, around: Decorated, depth: int) -> Iterator[Endpoint]:
        site, value = given.site, given.value
        if depth > _MAX_DEPTH:
            return
        if isinstance(value, Call):
            view = as_class_view(self.project, site, value)
            if view is not None:
                yield from self._class(view, registered, around)
                return
            inner = value.positional(0)
            if inner is not None and self._decorates(site, value):
                name = self.project.values.external_name(site, value.function)
                more = (
                    Decorated() if name.startswith("functools.") else decorated(self.project, site, (value.function,))
                )
                yield from self._of(Given(site, inner), registered, _within(around, more), depth + 1)
                return
        if isinstance(value, Reference):
            symbol, rest = self.project.names.resolve(site.path, site.scope, value.name)
            assigned = self._assigned(symbol) if isinstance(symbol, Variable) and not rest else None
            if assigned is not None:
                yield from self._of(assigned, registered, around, depth + 1)
                return
        yield self._plain(given, self.project.values.evaluate(site, value).meaning, registered, around)

    def _assigned(self, variable: Variable) -> Given | None:
        value = self.project.values.single_assignment(variable)
        return Given(Site(variable.path, variable.scope), value) if value is not None else None

    def _decorates(self, site: Site, call: Call) -> bool:
        """Whether a call in a URL list is a decorator around a view, and not a function that makes one."""
        first = call.positional(0)
        name = self.project.values.external_name(site, call.function)
        if isinstance(first, Call | Lambda) or name in REFUSING or name.startswith("django.views.decorators."):
            return True
        meaning = self.project.values.evaluate(site, first).meaning if first is not None else Opaque("")
        return isinstance(meaning, Defined | Function | External)

    # --- functions ---

    def _plain(self, given: Given, meaning: Meaning, registered: Location, around: Decorated) -> Endpoint:
        code = meaning.of if isinstance(meaning, Function) else meaning
        if isinstance(code, Instance) and isinstance(code.of, Defined):
            called = self.project.names.class_member(code.of.path, code.of.scope, "__call__")
            code = called if isinstance(called, Defined) else code
        if isinstance(code, Defined) and self.project.scope_of(code).kind == "function":
            return self._function(code, around)
        if isinstance(code, Instance) and isinstance(code.of, External):
            code = code.of
        if isinstance(code, External):
            return self._outside(code.name, registered, around)
        reason = "its view is not found in the tree"
        if isinstance(meaning, Opaque | Bound) or isinstance(given.value, Lambda):
            reason = "its view is a lambda" if isinstance(given.value, Lambda) else "its view is computed"
        name = str(getattr(given.value, "name", "?"))
        return Endpoint(around.methods or ("*",), name, registered, guards=around.guards, unknown=reason)

    def _function(self, code: Defined, around: Decorated) -> Endpoint:
        scope = self.project.scope_of(code)
        site = Site(code.path, max(scope.parent, 0))
        own = decorated(self.project, site, scope.decorators)
        both = _within(around, own)
        guards = both.guards
        framework, methods = "django", both.methods
        if API_VIEW in own.names:
            framework = "drf"
            methods = self._api_methods(site, scope.decorators)
            caller = Caller(methods[0] if len(methods) == 1 else "")
            guards = (*guards, *self._function_permissions(site, scope.decorators, methods, caller))
        location = Location(code.path, scope.place)
        name = self.project.qualified(code)
        methods = methods or ("*",)
        return Endpoint(methods, name, location, code, None, guards, framework, exempt=is_exempt(both.names))

    def _function_permissions(
        self, site: Site, decorators: tuple[Value, ...], methods: tuple[str, ...], caller: Caller
    ) -> tuple[Guard, ...]:
        listed = _argument(self.project, site, decorators, PERMISSION_DECORATOR)
        several = [self.permissions.of_function(listed, Caller(each)) for each in methods]
        if len(set(several)) == 1:
            return several[0]
        return self.permissions.of_function(listed, caller)

    def _api_methods(self, site: Site, decorators: tuple[Value, ...]) -> tuple[str, ...]:
        listed = _argument(self.project, site, decorators, API_VIEW)
        meaning = self.project.values.given(listed).meaning if listed is not None else None
        known = (
            [self.project.values.given(each).meaning for each in meaning.values] if isinstance(meaning, Items) else []
        )
        found = {str(each.value).upper() for each in known if isinstance(each, Known)}
        return tuple(sorted(found - {"OPTIONS", "HEAD"})) or ("GET",)

    def _outside(self, name: str, registered: Location, around: Decorated) -> Endpoint:
        """A view of a library, as a function or by `as_view()`."""
        methods = around.methods or VIEW_METHODS.get(name) or ("*",)
        if not around.methods and name in METHODS_BEFORE_5 and _is_before_5(self.project):
            methods = METHODS_BEFORE_5[name]
        guards, kind = around.guards, ENTRANCES.get(name, "static" if name in STATIC_VIEWS else "")
        if name in VIEW_ANSWERS:
            guards = (*guards, Guard("mixin", name, registered, answer="required", reason=VIEW_ANSWERS[name]))
        elif kind in {"", "documentation"}:
            reason = f"what `{name}` does is not known"
            guards = (*guards, Guard("mixin", name, registered, unknown=reason))
        return Endpoint(methods, name, registered, guards=guards, kind=kind, exempt=is_exempt(around.names))

    # --- classes ---

    def _class(self, view: ClassView, registered: Location, around: Decorated) -> Iterator[Endpoint]:
        if not isinstance(view.of, Defined):
            yield self._outside(view.of.name, registered, around)
            return
        yield from self.of_class(view, around)

    def of_class(self, view: ClassView, around: Decorated, own: Given | None = None) -> Iterator[Endpoint]:
        """The endpoints of a class of the tree; `own` is what an action sets `permission_classes` to."""
        assert isinstance(view.of, Defined)
        place = Location(view.of.path, self.project.scope_of(view.of).place)
        framework = "drf" if view.is_api else "django"
        own = own or view.initial("permission_classes")
        groups: dict[tuple[Defined | None, tuple[Guard, ...]], list[str]] = {}
        for method, action, handler in view.handlers(self.project):
            inside = view.guards(self.project, method, action, handler)
            if view.is_api:
                inside = (*inside, *self.permissions.of_view(view.order, Caller(method, action), own))
            groups.setdefault((handler, inside), []).append(method)
        exempt = is_exempt(around.names) or view.is_exempt(self.project)
        extra = graphql_guard(self.project, view.of)
        for (handler, inside), methods in groups.items():
            if extra:
                # The field decides, and not what the view's own `dispatch` refuses for other reasons.
                inside = tuple(each for each in inside if each.code is None or each.code.path != view.of.path)
            kept = tuple(sorted(each for each in methods if not around.methods or each in around.methods))
            location = Location(handler.path, self.project.scope_of(handler).place) if handler is not None else place
            name = self.project.qualified(handler if handler is not None else view.of)
            guards = (*around.guards, *inside, *extra)
            if kept or not methods:
                yield Endpoint(
                    kept, name, location, handler, view.of, guards, framework, exempt=exempt, kind=view.kind(handler)
                )


def _within(around: Decorated, inside: Decorated) -> Decorated:
    methods = around.methods or inside.methods
    if around.methods and inside.methods:
        methods = tuple(each for each in around.methods if each in inside.methods)
    return Decorated((*around.guards, *inside.guards), methods, around.names | inside.names)


def _argument(project: Project, site: Site, decorators: tuple[Value, ...], name: str) -> Given | None:
    """The first argument of the decorator of a name."""
    for each in decorators:
        if isinstance(each, Call) and each.arguments and project.values.external_name(site, each.function) == name:
            return Given(site, each.arguments[0].value)
    return None


def graphql_guard(project: Project, code: Defined) -> tuple[Guard, ...]:
    """The guard of a class whose file executes GraphQL, which decides for each field."""
    python = project.python(code.path)
    for statement in python.statements if python is not None else ():
        if isinstance(statement, Import) and statement.module.partition(".")[0] in _GRAPHQL:
            location = Location(code.path, project.scope_of(code).place)
            reason = "its file runs GraphQL, where every field decides by itself"
            return (Guard("graphql", statement.module, location, unknown=reason),)
    return ()


def _is_before_5(project: Project) -> bool:
    """Whether every Django that the tree fixes a version of is older than 5."""
    found = [
        version
        for component in project.requirements.components
        for package, version, _ in pinned(project, component)
        if package == "django"
    ]
    return bool(found) and all(each.partition(".")[0] in {"1", "2", "3", "4"} for each in found)


__all__ = ["Endpoint", "Endpoints", "graphql_guard"]
