"""Class-based views: which method of the class answers which HTTP method, and what stands before it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec import Struct

from prodlint.facts import Attribute, Call, Constant, Mapping, Reference, Value
from prodlint.finding import Location
from prodlint.libraries.django import ENTRANCES, MIXINS, NEUTRAL_CLASSES, STATIC_VIEWS, VIEW_ANSWERS, VIEWSETS
from prodlint.project.routes.django.anonymous import Anonymous, Caller
from prodlint.project.routes.django.classes import (
    attribute,
    external_actions,
    external_methods,
    is_view,
    member,
    methods_of,
    order_of,
)
from prodlint.project.routes.django.guards import decorated, is_exempt, target_of
from prodlint.project.routes.route import Guard
from prodlint.project.values.bindings import Defined, External, Symbol
from prodlint.project.values.outcomes import Given, Items, Known, Site

if TYPE_CHECKING:
    from prodlint.project import Project

_METHODS = ("get", "post", "put", "patch", "delete", "head", "options", "trace")
_SILENT = frozenset({"head", "options"})
"""Methods that Django answers by itself where a view does not."""
_ENTRY = ("setup", "dispatch", "initial", "perform_authentication")
"""Methods that run before the handler, outermost first."""


class ClassView(Struct, frozen=True):
    """A class used as a view: the class, its resolution order, the call `as_view(...)`, and for a view set the action
    of each HTTP method."""

    of: Defined | External
    order: tuple[Symbol, ...]
    call: Given | None = None
    actions: tuple[tuple[str, str], ...] | None = None

    @property
    def is_api(self) -> bool:
        """Whether Django REST framework serves it."""
        return any(isinstance(each, External) and each.name.startswith("rest_framework.") for each in self.order)

    def initial(self, name: str) -> Given | None:
        """An attribute that is set by `as_view(name=...)`."""
        if self.call is None or not isinstance(self.call.value, Call):
            return None
        value = self.call.value.keyword(name)
        return Given(self.call.site, value) if value is not None else None

    def kind(self, handler: Defined | None) -> str:
        """What a library's view is for that the class only configures (see `Endpoint.kind`)."""
        for each in self.order:
            if isinstance(each, External) and each.name in ENTRANCES:
                return ENTRANCES[each.name]
        if handler is None and any(getattr(each, "name", "") in STATIC_VIEWS for each in self.order):
            return "static"
        return ""

    # --- methods ---

    def handlers(self, project: Project) -> Iterator[tuple[str, str, Defined | None]]:
        """The HTTP methods that are answered, each with the action ("" but for view sets) and the handler of the tree
        (None where a generic view answers)."""
        if self.actions is not None:
            known = external_actions(self.order)
            for method, action in self.actions:
                handler = member(project, self.order, action)
                if handler is not None or action in known:
                    yield method.upper(), action, handler
            return
        allowed = self._allowed(project)
        generic = external_methods(self.order)
        found = False
        for method in _METHODS:
            if allowed is not None and method not in allowed:
                continue
            handler = member(project, self.order, method)
            if handler is not None or method.upper() in generic:
                found = True
                yield method.upper(), "", handler
        if not found:
            # A view that answers in `dispatch` itself.
            handler = member(project, self.order, "dispatch")
            for method in (
                each for each in _METHODS if allowed is not None and each in allowed and each not in _SILENT
            ):
                yield method.upper(), "", handler
            if allowed is None:
                yield "*", "", handler

    def _allowed(self, project: Project) -> frozenset[str] | None:
        found = attribute(project, self.order, "http_method_names")
        given = self.initial("http_method_names") or (found[0] if found is not None else None)
        meaning = project.values.given(given).meaning if given is not None else None
        if not isinstance(meaning, Items):
            return None
        known = [project.values.given(each).meaning for each in meaning.values]
        return frozenset(str(each.value).lower() for each in known if isinstance(each, Known))

    # --- guards ---

    def guards(self, project: Project, method: str, action: str, handler: Defined | None) -> tuple[Guard, ...]:
        """What stands before the handler of a method, outermost first: decorators and mixins of the classes, overridden
        `dispatch`, the handler's own decorators."""
        assert isinstance(self.of, Defined)
        found: list[Guard] = []
        for each in self.order:
            if isinstance(each, Defined):
                found += self._of_class(project, each, method, action)
            elif isinstance(each, External):
                found += self._of_outsider(project, each)
            else:
                found.append(self._unknown(project, "a base class of its view is not found"))
            if is_view(each):
                break  # Django's own `dispatch` asks no class behind it.
        if handler is not None:
            scope = project.scope_of(handler)
            if scope.name != "dispatch":
                found += decorated(project, Site(handler.path, max(scope.parent, 0)), scope.decorators).guards
        return tuple(found)

    def _of_class(self, project: Project, of: Defined, method: str, action: str) -> Iterator[Guard]:
        scope = project.scope_of(of)
        site = Site(of.path, max(scope.parent, 0))
        wanted = {"dispatch", "setup", "initial", method.lower(), action}
        for decorator in scope.decorators:
            target = target_of(project, site, decorator)
            if target is None or target in wanted:
                yield from decorated(project, site, (decorator,)).guards
        for name in _ENTRY:
            code = next((each for each_name, each in methods_of(project, (of,)) if each_name == name), None)
            if code is not None:
                inside = project.scope_of(code)
                yield from decorated(project, Site(code.path, max(inside.parent, 0)), inside.decorators).guards
                yield Guard("mixin", project.qualified(code), Location(code.path, inside.place), code)

    def _of_outsider(self, project: Project, of: External) -> Iterator[Guard]:
        location = self._place(project)
        known = MIXINS.get(of.name)
        if known == "required" or of.name in VIEW_ANSWERS:
            yield Guard("mixin", of.name, location, answer="required", reason="refuses whoever is not logged in")
        elif known == "test":
            yield self._tested(project, of)
        elif known is None and not of.name.startswith(NEUTRAL_CLASSES) and of.name not in ENTRANCES:
            yield Guard("mixin", of.name, location, unknown=f"what its base class `{of.name}` does is not known")

    def _tested(self, project: Project, of: External) -> Guard:
        """`UserPassesTestMixin`: what `test_func` says about a caller who is not logged in."""
        code = member(project, self.order, "test_func")
        refused = None
        if code is not None:
            parameters = project.scope_of(code).parameters
            roles = {parameters[0].name: "view"} if parameters else {}
            refused = Anonymous(project).refused(code, roles, Caller())
        if refused is None:
            return self._unknown(project, "whom its `test_func` turns away is not followed")
        if not refused:
            return Guard("mixin", of.name, self._place(project), answer="none")
        reason = "its `test_func` refuses whoever is not logged in"
        return Guard("mixin", of.name, self._place(project), answer="required", reason=reason)

    def is_exempt(self, project: Project) -> bool:
        """Whether a decorator of the class or of its `dispatch` frees it from `LoginRequiredMiddleware`."""
        for each in self.order:
            if isinstance(each, Defined):
                scope = project.scope_of(each)
                if is_exempt(decorated(project, Site(each.path, max(scope.parent, 0)), scope.decorators).names):
                    return True
        code = member(project, self.order, "dispatch")
        if code is None:
            return False
        scope = project.scope_of(code)
        return is_exempt(decorated(project, Site(code.path, max(scope.parent, 0)), scope.decorators).names)

    def _unknown(self, project: Project, reason: str) -> Guard:
        assert isinstance(self.of, Defined)
        return Guard("mixin", project.qualified(self.of), self._place(project), unknown=reason)

    def _place(self, project: Project) -> Location:
        assert isinstance(self.of, Defined)
        return Location(self.of.path, project.scope_of(self.of).place)


def as_class_view(project: Project, site: Site, call: Call) -> ClassView | None:
    """The class behind `View.as_view(...)`; None for any other call."""
    match call.function:
        case Reference(name) if name.endswith(".as_view"):
            head: Value = Reference(name.removesuffix(".as_view"), call.function.place)
        case Attribute(head, "as_view"):
            pass
        case _:
            return None
    symbol = project.values.symbol(project.values.evaluate(site, head).meaning)
    if not isinstance(symbol, Defined | External):
        return None
    first = call.positional(0) or call.keyword("actions")
    actions = None
    if isinstance(first, Mapping):
        pairs = [(_text(project, site, key), _text(project, site, value)) for key, value in first.items]
        actions = tuple((key, value) for key, value in pairs if key and value)
    return ClassView(symbol, order_of(project, symbol), Given(site, call), actions)


def is_viewset(order: tuple[Symbol, ...]) -> bool:
    """Whether a class is a view set of Django REST framework."""
    return any(isinstance(each, External) and each.name in VIEWSETS for each in order)


def _text(project: Project, site: Site, value: Value | None) -> str:
    if isinstance(value, Constant):
        return str(value.value)
    meaning = project.values.evaluate(site, value).meaning if value is not None else None
    return str(meaning.value) if isinstance(meaning, Known) else ""


__all__ = ["ClassView", "as_class_view", "is_viewset"]
