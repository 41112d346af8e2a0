"""What runs before every handler of an application or blueprint: `before_request` in all its spellings."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec.structs import replace

from prodlint.facts import Assign, Attribute, Call, Lambda, Reference, walk
from prodlint.finding import Location
from prodlint.libraries.flask import HOOKS
from prodlint.libraries.responses import ABORTS
from prodlint.project.routes.decorators import decorator_guard, decorators_of
from prodlint.project.routes.flask.contexts import argument
from prodlint.project.routes.flask.views import view_of
from prodlint.project.routes.route import Guard
from prodlint.project.routes.statuses import DENYING
from prodlint.project.values.bindings import Defined, External
from prodlint.project.values.defaults import by_default
from prodlint.project.values.outcomes import Given, Instance, Known, Opaque, Site

if TYPE_CHECKING:
    from prodlint.project import Project
    from prodlint.project.routes.flask.objects import Holder, Registration

_TABLE = "before_request_funcs"


def hooks_of(project: Project, holder: Holder, reach: str) -> Iterator[Guard]:
    """The hooks put on an application or blueprint: with a reach of "own" those for its own handlers (and those of the
    blueprints inside it), with "application" those that a blueprint gives the whole application."""
    for registration in holder.registrations:
        if HOOKS.get(registration.kind) == reach:
            for guard in _of_registration(project, registration):
                if guard.kind == "hook" and "preprocessor" in registration.kind:
                    guard = replace(guard, kind="mixin")  # It takes the endpoint and the values of the path.
                yield replace(guard, conditional=True) if is_conditional(project, registration) else guard


def is_conditional(project: Project, registration: Registration) -> bool:
    """Whether a test around a registration is not true by default."""
    for test in registration.conditional:
        meaning = by_default(project, test)
        if not (isinstance(meaning, Known) and meaning.value):
            return True
    return False


def _of_registration(project: Project, registration: Registration) -> Iterator[Guard]:
    location = registration.location
    if registration.handler is not None:
        yield from _of_function(project, registration.handler, location)
        return
    given = registration.applied
    if given is None and isinstance(registration.call.value, Call):
        given = argument(project, registration.call, "f", 0)
    if given is None:
        return
    if isinstance(given.value, Lambda):
        yield from _of_lambda(project, given, location)
        return
    made = project.values.given(given).meaning
    of = made.of if isinstance(made, Instance) else None
    code = project.names.class_member(of.path, of.scope, "__call__") if isinstance(of, Defined) else None
    if isinstance(code, Defined):
        yield Guard("hook", project.qualified(code), location, code, (("self", given),))
        return
    # `before_request(login_required(lambda: None))`: what wraps the function decides as well.
    view = view_of(project, given)
    yield from view.guards
    if view.code is not None:
        yield from _of_function(project, view.code, location)
    elif not view.guards:
        meaning = project.values.given(given).meaning
        name = getattr(given.value, "name", "?")
        match meaning:
            case External(dotted) | Instance(External(dotted)):
                yield Guard("hook", dotted, location, external=dotted)
            case Opaque(reason):
                yield Guard("hook", name, location, unknown=reason)
            case Known(None):
                return
            case _:
                yield Guard("hook", name, location, unknown="what runs before the handlers is computed")


def _of_lambda(project: Project, given: Given, location: Location) -> Iterator[Guard]:
    """What a lambda calls: `before_request(lambda: open_connection())`."""
    assert isinstance(given.value, Lambda)
    for call in walk(given.value):
        if not isinstance(call, Call):
            continue
        # `lambda: None if request.path in FREE else abort(401)` frees some.
        is_all = call is given.value.body
        match project.values.callee(given.site, call.function):
            case External(dotted) if dotted in ABORTS and is_all:
                status = project.routing.refusals.statuses.number(given.site, call.positional(0))
                answer = "required" if status in DENYING else "none"
                yield Guard("hook", dotted, location, answer=answer, reason=f"answers {status}")
            case External(dotted) if dotted in ABORTS:
                yield Guard("hook", dotted, location, unknown="what a lambda decides is not followed")
            case Defined() as code if project.scope_of(code).kind == "function":
                name = project.qualified(code)
                if is_all or not any(each.status in DENYING for each in project.routing.refusals.of(code)):
                    yield Guard("hook", name, location, code)
                else:
                    yield Guard("hook", name, location, unknown="what a lambda decides is not followed")
            case External(dotted):
                yield Guard("hook", dotted, location, external=dotted, call=Given(given.site, call))


def _of_function(project: Project, code: Defined, location: Location) -> Iterator[Guard]:
    """The hook itself, and what it is decorated with: a decorator that refuses keeps the handler from running."""
    skip = {"flask.Flask.before_request", "flask.Blueprint.before_request", "flask.Blueprint.before_app_request"}
    for guard in decorators_of(project, code, location, skip):
        if guard.external or guard.code is not None:
            yield guard
    yield Guard("hook", project.qualified(code), location, code)


def functions_by_key(project: Project, key: str) -> Iterator[Guard]:
    """Hooks that are written into the tables: `app.before_request_funcs.setdefault(None, []).append(check)`. `key` is
    the name of a blueprint, "" for the application, which also gets what is written in another way."""
    for path in project.mentioning(_TABLE):
        python = project.python(path)
        if python is None or project.role(path) in {"test", "migration"}:
            continue
        targets = (
            each for statement in python.statements if isinstance(statement, Assign) for each in statement.targets
        )
        mentions = [
            each for outer in (*targets, *(value for value, _ in project.values_in(path))) for each in walk(outer)
            if isinstance(each, Reference | Attribute) and _TABLE in each.name
        ]  # fmt: skip
        for call, block in project.calls_in(path):
            inner = getattr(call.function, "value", None)
            if isinstance(inner, Call) and str(getattr(inner.function, "name", "")).endswith(f"{_TABLE}.setdefault"):
                mentions.pop()
                yield from _appended(project, Site(path, python.blocks[block].scope), call, inner, key)
        if mentions and not key:
            reason = f"what is written into `{_TABLE}` is not read"
            yield Guard("hook", _TABLE, Location(path, mentions[0].place), unknown=reason)


def _appended(project: Project, site: Site, call: Call, inner: Call, key: str) -> Iterator[Guard]:
    first, function = inner.positional(0), call.positional(0)
    meaning = project.values.evaluate(site, first).meaning if first is not None else None
    if not isinstance(meaning, Known) or str(meaning.value or "") != key or function is None:
        return
    view = view_of(project, Given(site, function))
    location = Location(site.path, call.place)
    if view.code is not None:
        yield Guard("hook", project.qualified(view.code), location, view.code)
    elif isinstance(function, Reference):
        yield decorator_guard(project, site, function, "hook") or Guard(
            "hook", function.name, location, unknown="what runs before the handlers is computed"
        )
