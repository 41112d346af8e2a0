"""What a handler and its dependencies are given: the caller, the client's values, rows that dependencies load."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from prodlint.facts import Reference, Sequence, Subscript, Value
from prodlint.finding import Location
from prodlint.libraries.identity import is_authority, is_state
from prodlint.libraries.requests import REQUEST_TYPES
from prodlint.project.identity.events import (
    CALLER,
    NOTHING,
    REQUEST,
    UNKNOWN,
    Event,
    Label,
    Labels,
    Refused,
    Summary,
)
from prodlint.project.routes.statuses import LOGIN
from prodlint.project.values.bindings import Defined, External
from prodlint.project.values.outcomes import Site

if TYPE_CHECKING:
    from prodlint.project import Project
    from prodlint.project.identity.model import Model
    from prodlint.project.routes.route import Dependency, Route

_FIRST = frozenset({"starlette", "django", "drf", "django-ninja", "aiohttp"})
_IDENTIFYING = frozenset({"required", "optional"})


class Found(Struct, frozen=True):
    """Something that happens while a route is answered: `entry` is the place in the handler or dependency from which it
    is reached; `is_root` says that the dependency which identifies the caller does it, `is_handler` that the handler
    does."""

    event: Event
    entry: Location
    is_root: bool
    is_handler: bool = True


class Walked(Struct, frozen=True):
    """All that happens while a route is answered."""

    route: Route | None
    found: tuple[Found, ...]
    returns: Labels
    tested: bool
    """Whether the handler tests the caller."""
    unknown: str = ""
    """Why there may be more."""


class Callers:
    """Walks routes and tools."""

    def __init__(self, project: Project, model: Model) -> None:
        self.project = project
        self.model = model
        self._dependencies: dict[Dependency, tuple[Labels, Summary | None, bool]] = {}

    def walk(self, route: Route) -> Walked:
        """What happens while a route is answered."""
        assert route.handler is not None
        unknown = ""
        summaries: list[tuple[Summary, bool]] = []
        environment: dict[str, Labels] = {}
        for top in route.dependencies:
            labels, _, _ = self.of_dependency(top)
            for each in top.closure():
                _, summary, is_root = self.of_dependency(each)
                if summary is not None:
                    summaries.append((summary, is_root))
                if each.unknown:
                    unknown = unknown or f"`{each.name}` cannot be followed: {each.unknown}"
            if top.parameter == "self":
                for need in top.needs:
                    environment[f"self.{need.parameter}"] = self.of_dependency(need)[0]
                environment["self"] = frozenset().union(*(self.of_dependency(need)[0] for need in top.needs))
            elif top.parameter:
                environment[top.parameter] = labels
        self._given(route.handler, route, environment)
        own = self.model.summary(route.handler, environment)
        if own is None:
            return Walked(route, (), NOTHING, False, "the handler cannot be walked")
        summaries.append((own, False))
        found: list[Found] = []
        for summary, is_root in summaries:
            self._collect(summary, None, (is_root, summary is own), found, set())
        return Walked(route, tuple(found), self.model.flat(own.returns), own.tested, unknown)

    def walk_tool(self, function: Defined, arguments: dict[str, Labels]) -> Walked:
        """What happens when a language model calls a function with arguments that it chooses."""
        own = self.model.summary(function, arguments)
        found: list[Found] = []
        if own is not None:
            self._collect(own, None, (False, True), found, set())
        return Walked(None, tuple(found), own.returns if own is not None else NOTHING, False)

    def _collect(
        self, summary: Summary, entry: Location | None, of: tuple[bool, bool], found: list[Found], seen: set[int]
    ) -> None:
        if id(summary) in seen:
            return
        seen.add(id(summary))
        for event in summary.events:
            found.append(Found(event, entry or event.location, *of))
        for place, child in summary.children:
            self._collect(child, entry or Location(summary.function.path, place), of, found, seen)

    # --- dependencies ---

    def of_dependency(self, dependency: Dependency) -> tuple[Labels, Summary | None, bool]:
        """The labels of what a dependency gives, what it does, and whether it is what identifies the caller."""
        known = self._dependencies.get(dependency)
        if known is None:
            self._dependencies[dependency] = (NOTHING, None, False)
            known = self._dependencies[dependency] = self._of_dependency(dependency)
        return known

    def _of_dependency(self, dependency: Dependency) -> tuple[Labels, Summary | None, bool]:
        status = self.project.authenticator.of_dependency(dependency).status
        if dependency.unknown:
            return frozenset({UNKNOWN}), None, False
        if dependency.code is None:
            if dependency.of is not None:
                return frozenset({("I",)}), None, False
            if status in _IDENTIFYING:
                return frozenset({CALLER}), None, True
            return (frozenset({UNKNOWN}), None, False) if status == "unknown" else (NOTHING, None, False)
        environment: dict[str, Labels] = {}
        for need in dependency.needs:
            if need.parameter:
                environment[need.parameter] = self.of_dependency(need)[0]
        known = [self.of_dependency(need) for need in dependency.needs if need.code is not None]
        below = any(CALLER in self.model.flat(labels) for labels, _, _ in known)
        is_root = status in _IDENTIFYING and (not below or self._demands(dependency))
        self._given(dependency.code, None, environment)
        summary = self.model.summary(dependency.code, environment, dependency.arguments)
        if summary is None:
            return frozenset({UNKNOWN}), None, is_root
        labels = summary.returns
        if dependency.of is not None:
            labels = frozenset({self.model.object_of(summary.attributes)}) if summary.attributes else NOTHING
        if is_root or (status == "unknown" and not below):
            labels = labels | {CALLER}
        return labels, summary, is_root

    def _demands(self, dependency: Dependency) -> bool:
        """Whether a dependency itself refuses whoever is not known."""
        assert dependency.code is not None
        refusals = self.project.routing.refusals.of(dependency.code, dependency.arguments)
        return any(each.status in {401, LOGIN} for each in refusals)

    # --- parameters ---

    def _given(self, function: Defined, route: Route | None, environment: dict[str, Labels]) -> None:
        """The labels of the parameters that no dependency fills: the request, or what the client sends."""
        scope = self.project.scope_of(function)
        site = Site(function.path, max(scope.parent, 0))
        framework = route.framework if route is not None else "fastapi"
        python = self.project.python(function.path)
        in_class = python is not None and scope.parent >= 0 and python.scopes[scope.parent].kind == "class"
        for index, parameter in enumerate(scope.parameters):
            if parameter.name in environment:
                continue
            if index == 0 and in_class and parameter.name in {"self", "cls"}:
                if framework in {"django", "drf", "aiohttp"}:
                    environment["self.request"] = frozenset({REQUEST})
                    environment["self.kwargs"] = frozenset({("I",)})
                continue
            is_first = index == in_class and framework in _FIRST
            is_named = framework == "litestar" and parameter.name in {"request", "socket", "connection"}
            if is_first or is_named or self._is_request(site, parameter.annotation):
                environment[parameter.name] = frozenset({REQUEST})
            elif framework == "litestar" and parameter.name == "current_user":
                environment[parameter.name] = frozenset({CALLER})
            elif not self._is_object(site, parameter.annotation):
                label: Label = ("I", parameter.name)
                environment[parameter.name] = frozenset({label})

    def _is_request(self, site: Site, annotation: Value | None) -> bool:
        if annotation is None:
            return False
        found = self.project.values.annotated(site, annotation)
        return isinstance(found, External) and found.name.rpartition(".")[2] in REQUEST_TYPES

    def _is_object(self, site: Site, annotation: Value | None) -> bool:
        """Whether a parameter is filled by the framework with something else than a client's value."""
        if annotation is None:
            return False
        found = self.project.values.annotated(site, annotation)
        last = found.name.rpartition(".")[2] if isinstance(found, External) else ""
        return last in {"Response", "BackgroundTasks", "SecurityScopes", "AsyncSession", "Session", "HttpResponse"}


def is_restriction(event: Refused, proven: Labels, is_root: bool) -> bool:
    """Whether a refusal depends on what the caller may do, and on nothing that the client chose."""
    if not event.labels or not event.labels <= proven or CALLER not in event.labels | proven:
        return False
    names = [name for name, labels in event.attributes if labels and labels <= proven]
    if any(is_authority(name) for name in names):
        return True
    if is_root:
        return False
    if any(not is_state(name) for name in names):
        return True
    return event.status == 403 and event.compares


def annotated_names(annotation: Value | None) -> set[str]:
    """The last names of the types in an annotation."""
    match annotation:
        case Reference(name):
            return {name.rpartition(".")[2]}
        case Subscript(inner, index):
            return annotated_names(inner) | annotated_names(index)
        case Sequence(_, items):
            found: set[str] = set()
            for each in items:
                found |= annotated_names(each)
            return found
    return set()


__all__ = ["Callers", "Found", "Walked", "annotated_names", "is_restriction"]
