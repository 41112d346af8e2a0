"""The middleware of FastAPI's and Starlette's applications as guards of their routes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from prodlint.facts import Call
from prodlint.finding import Location
from prodlint.project.routes.route import Guard
from prodlint.project.values.bindings import Defined, External
from prodlint.project.values.outcomes import Given, Instance, Items

if TYPE_CHECKING:
    from prodlint.project import Project
    from prodlint.project.routes.fastapi.routers import Router


def middleware_of(project: Project, application: Router) -> tuple[Guard, ...]:
    """The middleware that requests to an application pass, the outermost first: what `add_middleware` added last runs
    first, `middleware=[...]` in its own order after that (Starlette documentation, "Middleware")."""
    added = list(_added(project, application))
    return (*reversed(added), *_listed(project, application))


def _added(project: Project, application: Router) -> Iterator[Guard]:
    for registration in application.registrations:
        call = registration.call.value
        assert isinstance(call, Call)
        if registration.kind == "middleware" and registration.handler is not None:
            name = project.qualified(registration.handler)
            yield Guard("middleware", name, registration.location, registration.handler)
        elif registration.kind == "add_middleware":
            yield from _of_class(project, registration.call, registration.location)


def _listed(project: Project, application: Router) -> Iterator[Guard]:
    """`Starlette(middleware=[Middleware(SomeClass, option=1)])`."""
    made = application.made.value
    listed = made.keyword("middleware") if isinstance(made, Call) else None
    if listed is None:
        return
    meaning = project.values.evaluate(application.made.site, listed).meaning
    for given in meaning.values if isinstance(meaning, Items) else ():
        inner = project.values.given(given).meaning
        made_by = inner.call if isinstance(inner, Instance) and inner.call is not None else given
        yield from _of_class(project, made_by, Location(made_by.site.path, made_by.value.place))


def _of_class(project: Project, call: Given, location: Location) -> Iterator[Guard]:
    """The guard of a call whose first argument is a middleware class and whose keywords are the class's own."""
    first = call.value.positional(0) if isinstance(call.value, Call) else None
    if first is None:
        return
    meaning = project.values.evaluate(call.site, first).meaning
    if isinstance(meaning, External):
        yield Guard("middleware", meaning.name, location, external=meaning.name, call=call)
    if not isinstance(meaning, Defined):
        return
    for name in ("dispatch", "__call__"):
        code = project.names.class_member(meaning.path, meaning.scope, name)
        if isinstance(code, Defined):
            # `self` was made from the keywords of this call: `add_middleware(Auth, public=["/health"])`.
            yield Guard("middleware", project.qualified(code), location, code, call=call)
            return
