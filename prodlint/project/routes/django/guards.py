"""The decorators around Django's views as guards, and what they do to the methods that a view answers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from msgspec import Struct

from prodlint.facts import Call, Lambda, Value
from prodlint.finding import Location
from prodlint.libraries.authentication import REFUSING
from prodlint.libraries.django import METHOD_DECORATOR, METHOD_LIMITS, NOT_REQUIRED, PASSES_TEST
from prodlint.project.routes.decorators import decorator_guard
from prodlint.project.routes.django.anonymous import Anonymous, Caller, test_of
from prodlint.project.routes.route import Guard
from prodlint.project.values.outcomes import Given, Items, Known, Site

if TYPE_CHECKING:
    from prodlint.project import Project

_NEUTRAL = ("django.", "rest_framework.", "functools.", "typing.", "builtins.")


class Decorated(Struct, frozen=True):
    """What decorators put around a view, the outermost first."""

    guards: tuple[Guard, ...] = ()
    methods: tuple[str, ...] = ()
    """The only methods that they let pass; () for all."""
    names: frozenset[str] = frozenset()
    """The dotted names of all decorators from outside the tree."""


def decorated(project: Project, site: Site, decorators: Iterable[Value]) -> Decorated:
    """The guards of decorators as they stand above a function or class, or around a view in a URL list."""
    guards: list[Guard] = []
    methods: tuple[str, ...] = ()
    names: set[str] = set()
    for given in expanded(project, site, decorators):
        call = given.value if isinstance(given.value, Call) else None
        function = call.function if call is not None else given.value
        name = project.values.external_name(given.site, function)
        names.add(name)
        if name in METHOD_LIMITS:
            methods = METHOD_LIMITS[name] or _listed(project, given.site, call)
        elif name in PASSES_TEST and call is not None and call.arguments:
            guards.append(_of_test(project, given.site, call, name))
        elif name in REFUSING or not name.startswith(_NEUTRAL):
            guard = decorator_guard(project, given.site, given.value)
            if guard is not None:
                guards.append(guard)
    return Decorated(tuple(guards), methods, frozenset(names))


def is_exempt(names: frozenset[str]) -> bool:
    """Whether `LoginRequiredMiddleware` lets a view with these decorators be."""
    return not NOT_REQUIRED.isdisjoint(names)


def expanded(project: Project, site: Site, decorators: Iterable[Value]) -> Iterator[Given]:
    """Decorators with `method_decorator(...)` replaced by what it applies."""
    for value in decorators:
        if isinstance(value, Call) and project.values.external_name(site, value.function) in METHOD_DECORATOR:
            first = value.positional(0) or value.keyword("decorator")
            meaning = project.values.evaluate(site, first).meaning if first is not None else None
            if isinstance(meaning, Items):
                for given in meaning.values:
                    yield from expanded(project, given.site, (given.value,))
            elif first is not None:
                yield from expanded(project, site, (first,))
        else:
            yield Given(site, value)


def target_of(project: Project, site: Site, decorator: Value) -> str | None:
    """The method that `method_decorator(..., name="dispatch")` on a class is for; None for any other decorator."""
    if not isinstance(decorator, Call):
        return None
    if project.values.external_name(site, decorator.function) not in METHOD_DECORATOR:
        return None
    name = decorator.keyword("name") or decorator.positional(1)
    meaning = project.values.evaluate(site, name).meaning if name is not None else None
    return str(meaning.value) if isinstance(meaning, Known) else ""


def _listed(project: Project, site: Site, call: Call | None) -> tuple[str, ...]:
    first = (call.positional(0) or call.keyword("request_method_list")) if call is not None else None
    meaning = project.values.evaluate(site, first).meaning if first is not None else None
    known = [project.values.given(each).meaning for each in meaning.values] if isinstance(meaning, Items) else []
    return tuple(sorted(str(each.value).upper() for each in known if isinstance(each, Known)))


def _of_test(project: Project, site: Site, call: Call, name: str) -> Guard:
    """`user_passes_test(test)`: what the test says about a user who is not logged in."""
    location = Location(site.path, call.place)
    test = test_of(project, site, call.arguments[0].value)
    answers = Anonymous(project)
    refused = None
    if isinstance(test, Lambda):
        refused = answers.refused_by_lambda(site, test, "user")
    elif test is not None:
        parameters = project.scope_of(test).parameters
        refused = answers.refused(test, {parameters[0].name: "user"} if parameters else {}, Caller())
    if refused is None:
        reason = f"whom the test of `{name}` turns away is not followed"
        return Guard("decorator", name, location, unknown=reason)
    if refused:
        return Guard("decorator", name, location, answer="required", reason="its test refuses whoever is not logged in")
    return Guard("decorator", name, location, answer="none")


__all__ = ["Decorated", "decorated", "expanded", "is_exempt", "target_of"]
