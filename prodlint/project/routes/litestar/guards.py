"""The guards, middleware and hooks of Litestar's layers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from prodlint.facts import Call
from prodlint.finding import Location
from prodlint.libraries.litestar import AUTHENTICATION_MIDDLEWARE, DEFINE
from prodlint.project.routes.decorators import wrapped_by
from prodlint.project.routes.entries import Entry, entries
from prodlint.project.routes.litestar.configuration import Configuration
from prodlint.project.routes.litestar.security import Security, security_of
from prodlint.project.routes.route import Guard
from prodlint.project.values.bindings import Bound, Defined, External
from prodlint.project.values.outcomes import Function, Given, Instance, Opaque, options

if TYPE_CHECKING:
    from prodlint.project import Project


def guards_in(project: Project, given: Given | None) -> tuple[Guard, ...]:
    """The guards of `guards=[...]`."""
    if given is None:
        return ()
    return tuple(_guard(project, entry) for entry in entries(project, given.site, given.value))


def guards_of(project: Project, listed: list[Entry]) -> tuple[Guard, ...]:
    """The guards that entries of a list are."""
    return tuple(_guard(project, entry) for entry in listed)


def _guard(project: Project, entry: Entry) -> Guard:
    location, written = entry.location, getattr(entry.given.value, "name", "?")
    if entry.unknown:
        return Guard("guard", written, location, unknown=entry.unknown)
    conditional = bool(entry.tests)
    given = entry.given
    meaning = project.values.given(given).meaning
    call = given if isinstance(given.value, Call) else None
    match meaning:
        case Defined() if project.scope_of(meaning).kind == "function":
            arguments: tuple[tuple[str, Given], ...] = ()
            if call is not None and isinstance(call.value, Call):
                # A guard that a function of the tree makes sees what the function was called with.
                factory = project.values.evaluate(call.site, call.value.function).meaning
                if isinstance(factory, Defined) and project.scope_of(factory).kind == "function":
                    arguments = project.values.bind(factory, call)
            return Guard(
                "guard", project.qualified(meaning), location, meaning, arguments, call=call, conditional=conditional
            )
        case Function(of, owner):
            own = (("self", owner.call),) if owner is not None and owner.call is not None else ()
            return Guard("guard", project.qualified(of), location, of, own, call=call, conditional=conditional)
        case Instance(Defined(path, scope), made):
            code = project.names.class_member(path, scope, "__call__")
            if isinstance(code, Defined):
                own = (("self", made),) if made is not None else ()
                return Guard("guard", project.qualified(code), location, code, own, call=made, conditional=conditional)
        case External(name) | Instance(External(name)):
            return Guard("guard", name, location, external=name, call=call)
        case Opaque(reason):
            return Guard("guard", written, location, unknown=reason)
        case Bound(name=name):
            return Guard("guard", name, location, unknown=f"`{name}` is a parameter")
    return Guard("guard", written, location, unknown="it cannot be followed")


def hooks_in(project: Project, given: Given | None) -> tuple[Guard, ...]:
    """The guard of `before_request=`."""
    if given is None:
        return ()
    location = Location(given.site.path, given.value.place)
    meaning = project.values.given(given).meaning
    code = meaning.of if isinstance(meaning, Function) else meaning
    if isinstance(code, Defined) and project.scope_of(code).kind == "function":
        return (Guard("hook", project.qualified(code), location, code),)
    if isinstance(meaning, External):
        return (Guard("hook", meaning.name, location, external=meaning.name),)
    return (Guard("hook", getattr(given.value, "name", "?"), location, unknown="it cannot be followed"),)


def middleware_in(
    project: Project, listed: list[Entry], configuration: Configuration
) -> tuple[tuple[Guard, ...], tuple[Security, ...]]:
    """The middleware of a list: as guards, or as security where it lets routes pass by Litestar's own rules."""
    guards: list[Guard] = []
    security: list[Security] = []
    for entry in listed:
        if entry.unknown:
            guards.append(Guard("middleware", "?", entry.location, unknown=entry.unknown))
            continue
        backend = configuration.backend(entry.given, "middleware")
        if backend is not None:
            security.append(backend_of(project, backend, entry.location))
            continue
        for each in _middleware(project, entry):
            if isinstance(each, Security):
                security.append(each)
            else:
                guards.append(each)
    return tuple(guards), tuple(security)


def backend_of(project: Project, made: Given, location: Location) -> Security:
    """The security that a call of `JWTAuth(...)` and the like makes."""
    meaning = project.values.given(made).meaning
    name = ""
    if isinstance(meaning, Instance):
        name = meaning.of.name if isinstance(meaning.of, External) else project.qualified(meaning.of)
    return security_of(project, made, name or "?", location, "exclude_from_auth", None)


def _middleware(project: Project, entry: Entry) -> Iterator[Guard | Security]:
    given, location, conditional = entry.given, entry.location, bool(entry.tests)
    made = None
    for meaning in options(project.values.given(given).meaning):
        if isinstance(meaning, Instance) and isinstance(meaning.of, External) and meaning.of.name in DEFINE:
            made = meaning.call
            first = made.value.positional(0) if made is not None and isinstance(made.value, Call) else None
            if made is not None and first is not None:
                meaning = project.values.evaluate(made.site, first).meaning
        match meaning:
            case Defined(path, scope) | Instance(Defined(path, scope)) if _is_class(project, Defined(path, scope)):
                yield _of_class(project, Defined(path, scope), made, location, conditional)
            case Defined():
                inner, _ = wrapped_by(project, meaning)
                for code in inner:
                    if len(project.scope_of(code).parameters) == 3:
                        name = project.qualified(code)
                        yield Guard("middleware", name, location, code, call=made, conditional=conditional)
            case External(name) | Instance(External(name)):
                yield Guard("middleware", name, location, external=name, call=made)
            case _:
                yield Guard("middleware", "?", location, unknown="middleware that cannot be followed")


def _is_class(project: Project, of: Defined) -> bool:
    return bool(project.scope_of(of).kind == "class")


def _of_class(
    project: Project, of: Defined, made: Given | None, location: Location, conditional: bool
) -> Guard | Security:
    names, name = project.names, project.qualified(of)
    if names.derives_from(of, AUTHENTICATION_MIDDLEWARE):
        code = names.class_member(of.path, of.scope, "authenticate_request")
        found = Security(name, location, "exclude_from_auth", frozenset({"OPTIONS"}), call=made)
        if isinstance(code, Defined):
            found = Security(name, location, "exclude_from_auth", frozenset({"OPTIONS"}), code=code, call=made)
        if names.class_member(of.path, of.scope, "__init__") is not None:
            return Security(name, location, "", frozenset(), unknown="which routes it lets pass is computed")
        return found if made is None else security_of(project, made, name, location, "exclude_from_auth", found.code)
    for method in ("handle", "__call__"):
        code = names.class_member(of.path, of.scope, method)
        if isinstance(code, Defined):
            if made is not None or names.class_member(of.path, of.scope, "exclude") is not None:
                # `AbstractMiddleware` and `DefineMiddleware` have ways of their own to let routes pass.
                return Guard("middleware", name, location, unknown=_unless_harmless(project, code))
            return Guard("middleware", project.qualified(code), location, code, call=made, conditional=conditional)
    return Guard("middleware", name, location)


def _unless_harmless(project: Project, code: Defined) -> str:
    """Why it is not known what middleware does; "" where nothing in it can refuse."""
    refusals = project.routing.refusals.of(code)
    return "which routes it lets pass is computed" if refusals else ""


__all__ = ["backend_of", "guards_in", "guards_of", "hooks_in", "middleware_in"]
