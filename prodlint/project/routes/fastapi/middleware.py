"""The middleware of FastAPI's and Starlette's applications, routers and routes as guards."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec.structs import replace

from prodlint.facts import Call, Value
from prodlint.finding import Location
from prodlint.libraries.middleware import BACKEND_MIDDLEWARE, FUNCTION_MIDDLEWARE
from prodlint.project.routes.conditions import holds
from prodlint.project.routes.decorators import wrapped_by
from prodlint.project.routes.fastapi.made import keyword
from prodlint.project.routes.fastapi.registration import Registration
from prodlint.project.routes.route import Guard
from prodlint.project.values.bindings import Defined, External
from prodlint.project.values.outcomes import Function, Given, Instance, Items, Site

if TYPE_CHECKING:
    from prodlint.project import Project
    from prodlint.project.routes.fastapi.routers import Router


def middleware_of(project: Project, application: Router) -> tuple[Guard, ...]:
    """The middleware that requests to an application pass, the outermost first: what wraps the application, what
    `add_middleware` added last, `middleware=[...]` in its own order after that (Starlette documentation,
    "Middleware")."""
    wrappers = [guard for wrapper in reversed(application.wrappers) for guard in _wrapper(project, wrapper)]
    added = list(_added(project, application))
    given = keyword(project, application, "middleware")[:1]
    listed = [guard for each in given for guard in listed_middleware(project, each.site, each.value)]
    return (*wrappers, *reversed(added), *listed)


def listed_middleware(project: Project, site: Site, value: Value | None) -> tuple[Guard, ...]:
    """`middleware=[Middleware(SomeClass, option=1)]` of an application, router, mount or route."""
    if value is None:
        return ()
    found: list[Guard] = []
    meaning = project.values.evaluate(site, value).meaning
    for given in meaning.values if isinstance(meaning, Items) else ():
        inner = project.values.given(given).meaning
        made_by = inner.call if isinstance(inner, Instance) and inner.call is not None else given
        found.extend(_of_class(project, made_by, Location(made_by.site.path, made_by.value.place)))
    return tuple(found)


def route_class_of(project: Project, router: Router) -> tuple[Guard, ...]:
    """What a router's own `route_class` puts around its handlers (FastAPI documentation, "Custom Request and APIRoute
    class"): the functions inside its `get_route_handler`."""
    found = []
    for given in keyword(project, router, "route_class")[:1]:
        of = project.values.given(given).meaning
        code = project.names.class_member(of.path, of.scope, "get_route_handler") if isinstance(of, Defined) else None
        if isinstance(code, Defined):
            place = Location(given.site.path, given.value.place)
            assert isinstance(of, Defined)
            own = (("self", project.values.made_of(of)),)
            found += [
                Guard("route class", project.qualified(each), place, each, own) for each in wrapped_by(project, code)[0]
            ]
    return tuple(found)


def dispatch_of(project: Project, view: Defined | None) -> tuple[Guard, ...]:
    """The `dispatch` of a class of endpoints that stands in the place of Starlette's own, where it may refuse."""
    code = project.names.class_member(view.path, view.scope, "dispatch") if view is not None else None
    if not isinstance(code, Defined):
        return ()
    if not project.authenticator.credentials.read_by(code) and not project.routing.refusals.of(code):
        return ()
    place = Location(code.path, project.scope_of(code).place)
    name = project.qualified(code)
    return (Guard("hook", name, place, unknown=f"`{name}` may answer instead of the handler"),)


def _wrapper(project: Project, wrapper: Given) -> Iterator[Guard]:
    """The guard of a call such as `SomeMiddleware(app)`."""
    meaning = project.values.given(wrapper).meaning
    location = Location(wrapper.site.path, wrapper.value.place)
    match meaning:
        case Instance(External(name)) if "middleware" in name.lower():
            yield Guard("middleware", name, location, external=name, call=wrapper)
        case Instance(Defined() as of):
            for guard in _of_defined(project, of, wrapper, location):
                yield replace(guard, arguments=(("self", wrapper),))


def _added(project: Project, application: Router) -> Iterator[Guard]:
    for registration in application.registrations:
        call = registration.call.value
        assert isinstance(call, Call)
        if registration.kind == "middleware" and registration.handler is not None:
            name = project.qualified(registration.handler)
            conditional = is_conditional(project, registration)
            yield Guard("middleware", name, registration.location, registration.handler, conditional=conditional)
        elif registration.kind == "add_middleware":
            conditional = is_conditional(project, registration)
            yield from _of_class(project, registration.call, registration.location, conditional)


def is_conditional(project: Project, registration: Registration) -> bool:
    """Whether a test around a registration is not true by default."""
    return not holds(project, registration.conditional)


def _of_class(project: Project, call: Given, location: Location, conditional: bool = False) -> Iterator[Guard]:
    """The guard of a call whose first argument is a middleware class and whose keywords are the class's own."""
    value = call.value
    first = (value.positional(0) or value.keyword("middleware_class")) if isinstance(value, Call) else None
    if first is None:
        return
    meaning = project.values.evaluate(call.site, first).meaning
    if isinstance(meaning, External):
        if meaning.name in BACKEND_MIDDLEWARE:
            yield _backend(project, call, location, conditional)
            return
        if meaning.name in FUNCTION_MIDDLEWARE:
            yield _of_function(project, call, location, conditional)
            return
        yield Guard("middleware", meaning.name, location, external=meaning.name, call=call, conditional=conditional)
    elif isinstance(meaning, Defined):
        yield from _of_defined(project, meaning, call, location, conditional)


def _of_function(project: Project, call: Given, location: Location, conditional: bool) -> Guard:
    """`Middleware(BaseHTTPMiddleware, dispatch=guard)`: the function that is given runs."""
    given = call.value.keyword("dispatch") if isinstance(call.value, Call) else None
    meaning = project.values.evaluate(call.site, given).meaning if given is not None else None
    if isinstance(meaning, Function):
        meaning = meaning.of
    if isinstance(meaning, Defined) and project.scope_of(meaning).kind == "function":
        return Guard("middleware", project.qualified(meaning), location, meaning, call=call, conditional=conditional)
    name = getattr(given, "name", "BaseHTTPMiddleware")
    return Guard("middleware", name, location, unknown="the function that it runs is computed")


def _of_defined(
    project: Project, of: Defined, call: Given, location: Location, conditional: bool = False
) -> Iterator[Guard]:
    for name in ("dispatch", "__call__"):
        code = project.names.class_member(of.path, of.scope, name)
        if isinstance(code, Defined):
            # `self` was made from the keywords of this call: `add_middleware(Auth, public=["/health"])`.
            yield Guard("middleware", project.qualified(code), location, code, call=call, conditional=conditional)
            return


def _backend(project: Project, call: Given, location: Location, conditional: bool) -> Guard:
    """The backend of Starlette's `AuthenticationMiddleware`, whose `authenticate` runs before every handler."""
    assert isinstance(call.value, Call)
    given = call.value.keyword("backend") or call.value.positional(1)
    meaning = project.values.evaluate(call.site, given).meaning if given is not None else None
    if isinstance(meaning, Instance) and isinstance(meaning.of, Defined):
        code = project.names.class_member(meaning.of.path, meaning.of.scope, "authenticate")
        if isinstance(code, Defined):
            name = project.qualified(code)
            own = (("self", meaning.call),) if meaning.call is not None else ()
            return Guard("middleware", name, location, code, own, call=call, conditional=conditional)
    name = meaning.of.name if isinstance(meaning, Instance) and isinstance(meaning.of, External) else "?"
    return Guard("middleware", name, location, unknown="the backend of `AuthenticationMiddleware` is not in the tree")


__all__ = ["dispatch_of", "is_conditional", "listed_middleware", "middleware_of", "route_class_of"]
