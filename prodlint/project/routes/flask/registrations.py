"""What one registration says: which view, under which rules, for which methods, and what the URL is called."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from msgspec import Struct

from prodlint.facts import Call, Reference, Return
from prodlint.libraries.flask import VERBS
from prodlint.project.routes.flask.contexts import argument, is_none, keyword, positional
from prodlint.project.routes.flask.rules import UNKNOWN, text_of
from prodlint.project.routes.flask.views import View, methods_of, view_of
from prodlint.project.routes.route import Guard
from prodlint.project.values.bindings import Defined
from prodlint.project.values.outcomes import Given

if TYPE_CHECKING:
    from prodlint.project import Project
    from prodlint.project.routes.flask.objects import Holder, Registration


class Registered(Struct, frozen=True):
    """A registration, read."""

    view: View
    rules: tuple[str, ...]
    methods: tuple[str, ...] | None
    """Those that the registration names; None where the view decides."""
    endpoint: str
    """Without the names of the blueprints; "" where it is not known."""


def registered(project: Project, holder: Holder, registration: Registration) -> Registered:
    """What a route decorator, `add_url_rule` or `add_resource` registers."""
    joins = joins_rules(holder)
    view, rules = _view(project, holder, registration, joins)
    methods = _methods(project, registration)
    endpoint = _endpoint(project, holder, registration, view) if isinstance(registration.call.value, Call) else ""
    return Registered(view, tuple(rules), methods, endpoint)


def joins_rules(holder: Holder) -> bool:
    """Whether an object writes its rules behind its prefix as they stand, as Flask-RESTful and Flask-RESTX do, and
    takes several in one call."""
    return holder.kind in {"api", "namespace"} and holder.framework != "flask-smorest"


def _view(project: Project, holder: Holder, registration: Registration, joins: bool) -> tuple[View, list[str]]:
    call = registration.call
    if registration.kind == "add_resource":
        resource = next(iter(positional(project, call)), None) or keyword(project, call, "resource")
        view = view_of(project, resource) if resource is not None else View(None)
        return view, [text_of(project, each) or "" for each in positional(project, call, 1)]
    if registration.kind == "add_url_rule":
        rule = text_of(project, argument(project, call, "rule", 0))
        given = argument(project, call, "view_func", 2)
        view = view_of(project, given) if given is not None else _by_endpoint(project, holder, call)
        return view, [rule if rule is not None else UNKNOWN]
    if registration.handler is not None:
        view = View(registration.handler)
    else:
        view = view_of(project, registration.applied) if registration.applied is not None else View(None)
    if not isinstance(call.value, Call):
        return view, []
    several = positional(project, call)
    if not joins:
        first = next(iter(several), None) or keyword(project, call, "rule")
        several = [first] if first is not None else []
    return view, [text_of(project, each) or "" for each in several]


def _by_endpoint(project: Project, holder: Holder, call: Given) -> View:
    """The function that `@app.endpoint("name")` gives a rule without one."""
    named = text_of(project, argument(project, call, "endpoint", 1))
    for registration in holder.registrations:
        if registration.kind == "endpoint" and registration.handler is not None:
            if text_of(project, argument(project, registration.call, "endpoint", 0)) == named:
                return View(registration.handler)
    return View(None, (), "its view function is registered elsewhere, by its endpoint")


def _methods(project: Project, registration: Registration) -> tuple[str, ...] | None:
    if registration.kind in VERBS:
        return (registration.kind.upper(),)
    if registration.kind == "websocket":
        return ("WEBSOCKET",)
    if not isinstance(registration.call.value, Call):
        return None
    given = keyword(project, registration.call, "methods")
    if is_none(project, given) or given is None:
        return None
    return methods_of(project, given)


# --- endpoints ---


def _endpoint(project: Project, holder: Holder, registration: Registration, view: View) -> str:
    call = registration.call
    index = 1 if registration.kind == "add_url_rule" else 99
    given = argument(project, call, "endpoint", index)
    text = text_of(project, given) if given is not None else None
    if text is not None:
        return "" if UNKNOWN in text else text
    if view.name or view.code is None:
        return view.name
    scope = project.scope_of(view.code)
    if holder.framework == "flask-restful" and joins_rules(holder):
        return str(scope.name).lower()
    if joins_rules(holder):
        made = argument(project, holder.made, "name", 0) if holder.kind == "namespace" else None
        prefix = text_of(project, made)
        name = _dashed(scope.name)
        return name if prefix is None else "" if UNKNOWN in prefix else f"{prefix}_{name}"
    return str(scope.name) if all(_keeps_name(project, guard) for guard in view.guards) else ""


def keeps_name(project: Project, guards: tuple[Guard, ...]) -> bool:
    """Whether the decorators between a route and its function leave the function's name, which is its endpoint."""
    return all(_keeps_name(project, guard) for guard in guards)


def _keeps_name(project: Project, guard: Guard) -> bool:
    if guard.unknown:
        return False
    if guard.code is None or guard.kind != "decorator":
        return True
    if _gives_back(project, guard.code):
        return True
    text = project.identifiers(guard.code.path)
    return " wraps " in text or " update_wrapper " in text


def _gives_back(project: Project, decorator: Defined) -> bool:
    """Whether a decorator only notes something and returns the function that it is given."""
    parameters = project.scope_of(decorator).parameters
    returned = [each.value for each in project.statements_of(decorator) if isinstance(each, Return)]
    return bool(returned and parameters) and all(
        isinstance(each, Reference) and each.name == parameters[0].name for each in returned
    )


def _dashed(name: str) -> str:
    """A class's name as Flask-RESTX writes it in endpoints (`flask_restx.utils.camel_to_dash`)."""
    first = re.sub(r"(.)([A-Z][a-z]+)", r"\1_\2", name)
    return re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", first).lower()
