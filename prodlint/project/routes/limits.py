"""What limits how often a caller may ask a route, and which routes need a limit."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec import Struct

from prodlint.facts import Assign, Call, Sequence, Statement, Value, walk
from prodlint.finding import Location
from prodlint.libraries.limits import (
    BASIC,
    DECORATORS,
    LIMITERS,
    MIDDLEWARE,
    MODEL_CALLS,
    MODELS,
    REST_VIEWS,
    SLOWAPI_MIDDLEWARE,
    WHOLE,
)
from prodlint.project.edges.settings import django_setting
from prodlint.project.routes.entrances import handles_credentials
from prodlint.project.values.bindings import Defined, Variable
from prodlint.project.values.outcomes import Environment, Function, Given, Instance, Items, Known, Pairs, Site

if TYPE_CHECKING:
    from prodlint.project import Project
    from prodlint.project.routes.route import Route

TOO_MANY = 429
_ENTRANCES = frozenset({"login", "signup", "password reset", "token refresh"})
_TOKEN_WORDS = frozenset({"token", "tokens", "login", "session", "sessions", "auth", "authenticate"})


class Limit(Struct, frozen=True):
    """Something that limits a route: `name` is the decorator, dependency, middleware or function."""

    name: str
    location: Location
    text: str = ""
    """How much it allows, as it is written: "5/minute"; "" where that is not known."""


class Limiting:
    """What was found out about the functions and components of a tree."""

    def __init__(self) -> None:
        self.too_many: dict[tuple[Defined, bool, int], bool] = {}
        self.models: dict[tuple[Defined, int], bool] = {}
        self.shared: dict[tuple[str, bool], tuple[Limit, ...]] = {}


def need_of(project: Project, route: Route) -> str:
    """Why a route needs a limit ("login", "signup", "password reset", "calls a language model"); "" where it does
    not."""
    if "POST" not in route.methods and "*" not in route.methods:
        return ""
    # An account that only an administrator makes is no entrance.
    reason = project.public_reason(route) if project.authentication(route).status != "required" else ""
    if reason in _ENTRANCES:
        return reason
    if _takes_basic(project, route):
        return "login"
    return "calls a language model" if route.handler is not None and _calls_model(project, route.handler) else ""


def _takes_basic(project: Project, route: Route) -> bool:
    """Whether a route gives a token for the name and password that HTTP basic authentication takes."""
    names = {each.external for top in route.dependencies for each in top.closure()}
    names |= {guard.external for guard in route.guards}
    if names.isdisjoint(BASIC) or route.handler is None:
        return False
    words = {word for segment in route.path.lower().split("/") for word in re.split(r"[^a-z]+", segment)}
    return bool(words & _TOKEN_WORDS) and handles_credentials(project, route.handler)


def limits_of(project: Project, route: Route) -> tuple[Limit, ...]:
    """What limits a route, as far as the code shows it: of its own, and for all routes of its application."""
    component, known = project.sources[route.application.path].project, project.limiting.shared
    key = (component, _is_rest(project, route))
    if key not in known:
        known[key] = tuple(_shared(project, route))
    return (*_own(project, route), *known[key])


def described(project: Project, route: Route) -> list[str]:
    """What limits a route in short: "5/minute", "slowapi default 100/hour", "throttle_classes"."""
    return list(dict.fromkeys(each.text or each.name.rpartition(".")[2] for each in limits_of(project, route)))


def _own(project: Project, route: Route) -> Iterator[Limit]:
    for top in route.dependencies:
        for each in top.closure():
            if each.external in DECORATORS or (each.code is not None and answers_too_many(project, each.code)):
                yield Limit(each.name, each.location, _allowed(project, each.external, each.call))
    for guard in route.guards:
        is_known = guard.external in DECORATORS | MIDDLEWARE
        inner = guard.kind == "decorator"
        if is_known or (guard.code is not None and answers_too_many(project, guard.code, inner)):
            yield Limit(guard.name, guard.location, _allowed(project, guard.external, guard.call))
    if route.handler is not None and answers_too_many(project, route.handler):
        yield Limit(route.name, route.location)
    for code in (route.view, route.handler):
        if code is not None:
            yield from _on_view(project, code)


def _on_view(project: Project, code: Defined) -> Iterator[Limit]:
    """`throttle_classes`, and decorators that other registrations left out."""
    scope = project.scope_of(code)
    if scope.kind == "class":
        for name in ("throttle_classes", "throttle_scope", "decorators"):
            member = project.names.class_member(code.path, code.scope, name)
            if not isinstance(member, Variable):
                continue
            meaning = project.values.variable(member).meaning
            if name != "decorators" and (not isinstance(meaning, Items) or meaning.values):
                yield Limit(name, Location(code.path, scope.place))
            for each in meaning.values if name == "decorators" and isinstance(meaning, Items) else ():
                made = project.values.given(each).meaning
                if isinstance(made, Instance) and getattr(made.of, "name", "").removesuffix(".__call__") in DECORATORS:
                    text = _allowed(project, getattr(made.of, "name", ""), made.call)
                    yield Limit(name, Location(code.path, scope.place), text)
    site = Site(code.path, max(scope.parent, 0))
    for decorator in scope.decorators:
        function = decorator.function if isinstance(decorator, Call) else decorator
        if project.values.external_name(site, function) in DECORATORS:
            name = project.values.external_name(site, function)
            given = Given(site, decorator) if isinstance(decorator, Call) else None
            yield Limit(name, Location(code.path, decorator.place), _allowed(project, name, given))


def _shared(project: Project, route: Route) -> Iterator[Limit]:
    """What limits every route of the component."""
    component = project.sources[route.application.path].project
    for made in project.calls(LIMITERS | WHOLE):
        if project.sources[made.path].project != component or project.role(made.path) == "test":
            continue
        if made.name.startswith("slowapi.") and not _is_applied(project, component):
            continue
        given = made.call.keyword("default_limits") or made.call.keyword("application_limits")
        if made.name in WHOLE or (given is not None and not (isinstance(given, Sequence) and not given.items)):
            text = f"{made.name.partition('.')[0]} default {_text(project, made.site, given)}".strip()
            yield Limit(made.name, Location(made.path, made.call.place), text)
    if route.framework in {"drf", "django"}:
        found = django_setting(project, "REST_FRAMEWORK")
        if _is_rest(project, route) and found is not None and isinstance(found.meaning, Pairs):
            classes = found.meaning.get("DEFAULT_THROTTLE_CLASSES")
            meaning = project.values.given(classes).meaning if classes is not None else Known(None)
            if not isinstance(meaning, Known) and not (isinstance(meaning, Items) and not meaning.values):
                yield Limit("DEFAULT_THROTTLE_CLASSES", route.application)


def _is_rest(project: Project, route: Route) -> bool:
    """Whether Django REST framework answers, by a view of the tree, of a package, or of one that takes over a
    package's."""
    if route.framework == "drf" or route.name.startswith(REST_VIEWS):
        return True
    if route.view is None:
        return False
    scope = project.scope_of(route.view)
    site = Site(route.view.path, max(scope.parent, 0))
    return any(project.values.external_name(site, each.value).startswith(REST_VIEWS) for each in scope.bases)


def _is_applied(project: Project, component: str) -> bool:
    """Whether the middleware that applies slowapi's default limits is in a component."""
    paths = project.mentioning(*SLOWAPI_MIDDLEWARE)
    return any(project.sources[each].project == component and project.role(each) != "test" for each in paths)


def _allowed(project: Project, name: str, call: Given | None) -> str:
    """How much a decorator or dependency allows: "5/minute", "fastapi-limiter 5/60s"."""
    library = name.partition(".")[0].replace("_", "-")
    if call is None or not isinstance(call.value, Call) or not library:
        return ""
    times, seconds = call.value.keyword("times"), call.value.keyword("seconds")
    if times is not None:
        per = f"/{_text(project, call.site, seconds)}s" if seconds is not None else ""
        return f"{library} {_text(project, call.site, times)}{per}"
    given = call.value.keyword("rate") or call.value.keyword("limit_value") or call.value.positional(0)
    return _text(project, call.site, given) or library


def _text(project: Project, site: Site, given: Value | None) -> str:
    meaning = project.values.evaluate(site, given).meaning if given is not None else None
    match meaning:
        case Known(value):
            return str(value)
        case Environment(_, Known(value)):
            return str(value)
        case Items(_, values):
            known = [project.values.given(each).meaning for each in values]
            return ", ".join(str(each.value) for each in known if isinstance(each, Known))
    return ""


def answers_too_many(project: Project, code: Defined, inner: bool = False, depth: int = 0) -> bool:
    """Whether a function, or one that it calls, answers 429; `inner` takes in the functions that it defines."""
    known = project.limiting.too_many
    if (code, inner, depth) not in known:
        known[code, inner, depth] = False  # For what calls itself.
        known[code, inner, depth] = _answers_too_many(project, code, inner, depth)
    return known[code, inner, depth]


def _answers_too_many(project: Project, code: Defined, inner: bool, depth: int) -> bool:
    if depth == 0 and any(refusal.status == TOO_MANY for refusal in project.routing.refusals.of(code)):
        return True
    python = project.python(code.path)
    assert python is not None
    scopes = {code.scope}
    for index in range(code.scope + 1, len(python.scopes)) if inner else ():
        if python.scopes[index].parent in scopes:
            scopes.add(index)
    for index in scopes:
        site = Site(code.path, index)
        for value in project.values_of(Defined(code.path, index)):
            for call in walk(value):
                if _is_too_many(project, site, call):
                    return True
                if depth < 2 and isinstance(call, Call) and _leads_on(project, site, call, depth):
                    return True
        if any(_sets_status(project, site, each) for each in project.statements_of(Defined(code.path, index))):
            return True
    return False


def _sets_status(project: Project, site: Site, statement: Statement) -> bool:
    """`response.status_code = 429`."""
    if not isinstance(statement, Assign) or statement.value is None:
        return False
    names = [str(getattr(each, "name", "")).rpartition(".")[2] for each in statement.targets]
    if not {"status_code", "status"} & set(names):
        return False
    return project.routing.refusals.statuses.number(site, statement.value) == TOO_MANY


def _leads_on(project: Project, site: Site, call: Call, depth: int) -> bool:
    """Whether a call runs a function of the tree that answers 429."""
    meaning = project.values.callee(site, call.function)
    code = meaning.of if isinstance(meaning, Function) else meaning
    if not isinstance(code, Defined) or project.scope_of(code).kind != "function":
        return False
    return answers_too_many(project, code, depth=depth + 1)


def _is_too_many(project: Project, site: Site, value: Value) -> bool:
    if not isinstance(value, Call):
        return False
    given = value.keyword("status_code") or value.keyword("status")
    return given is not None and project.routing.refusals.statuses.number(site, given) == TOO_MANY


def _calls_model(project: Project, code: Defined, depth: int = 0) -> bool:
    """Whether a function, or one that it calls, calls a language model."""
    known = project.limiting.models
    if (code, depth) not in known:
        known[code, depth] = False  # For what calls itself.
        known[code, depth] = _is_calling_model(project, code, depth)
    return known[code, depth]


def _is_calling_model(project: Project, code: Defined, depth: int) -> bool:
    if depth == 0 and next(project.mentioning(*MODELS), None) is None:
        return False
    site = Site(code.path, code.scope)
    for value in project.values_of(code):
        for call in walk(value):
            if not isinstance(call, Call):
                continue
            meaning = project.values.callee(site, call.function)
            name = getattr(meaning, "name", "")
            if name.partition(".")[0] in MODELS and name.rpartition(".")[2] in MODEL_CALLS:
                return True
            inner = meaning.of if isinstance(meaning, Function) else meaning
            if depth < 2 and isinstance(inner, Defined) and project.scope_of(inner).kind == "function":
                if _calls_model(project, inner, depth + 1):
                    return True
    return False


__all__ = ["Limit", "Limiting", "answers_too_many", "described", "limits_of", "need_of"]
