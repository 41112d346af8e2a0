"""The routes of aiohttp's applications, nested ones included."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec import Struct

from prodlint.facts import Call, Value
from prodlint.finding import Location, Step
from prodlint.libraries.aiohttp import VERBS, VIEWS
from prodlint.project.routes.aiohttp.registered import ObjectId, Registered, Registration, flattened
from prodlint.project.routes.conditions import holds
from prodlint.project.routes.decorators import decorators_of
from prodlint.project.routes.entries import entries
from prodlint.project.routes.route import Found, Guard, Lost, Route
from prodlint.project.values.bindings import Defined, External
from prodlint.project.values.outcomes import Function, Given, Instance, Known, Meaning, Text, options

if TYPE_CHECKING:
    from prodlint.project import Project

_PARAMETER = re.compile(r"\{(\w+):((?:[^{}]|\{[^{}]*\})*)\}")
_MAX_DEPTH = 6


class _Level(Struct, frozen=True):
    prefix: str
    guards: tuple[Guard, ...]
    chain: tuple[Step, ...]
    calls: tuple[Given, ...]
    application: Location
    conditional: bool = False


def find_routes(project: Project) -> Found:
    """The routes of all aiohttp applications of the tree, and what could not be attributed."""
    registered = Registered(project)
    nested = {
        inner for several in registered.registrations.values() for each in several if each.kind == "subapp"
        for inner in registered.nested(each)
    }  # fmt: skip
    routes: list[Route] = []
    lost = list(registered.lost)
    for key, made in sorted(registered.applications.items()):
        if key not in nested:
            location = Location(*key)
            step = Step("the application is made here", location)
            level = _Level("", _middleware(project, registered, key), (step,), (made,), location)
            for each in _below(project, registered, key, level, 0):
                if isinstance(each, Lost):
                    lost.append(each)
                else:
                    routes.append(each)
    return Found(tuple(routes), tuple(sorted(lost, key=lambda each: each.location)))


def _below(
    project: Project, registered: Registered, key: ObjectId, level: _Level, depth: int
) -> Iterator[Route | Lost]:
    for registration in flattened(registered, registered.registrations.get(key, [])):
        if registration.kind != "subapp":
            yield from _routes(project, registration, level)
            continue
        inner = registered.nested(registration)
        if not inner:
            yield Lost(registration.location, "a nested application", "it is not found in the tree")
        for each in inner if depth < _MAX_DEPTH else ():
            made = registered.applications[each]
            steps = (
                Step("its application is made here", Location(*each)), Step("it is nested here", registration.location)
            )  # fmt: skip
            below = _Level(
                level.prefix + _text(project, registration.call, 0, "prefix").rstrip("/"),
                (*level.guards, *_middleware(project, registered, each)), (*steps, *level.chain),
                (made, registration.call, *level.calls), level.application,
                level.conditional or not holds(project, registration.tests),
            )  # fmt: skip
            yield from _below(project, registered, each, below, depth + 1)


def _routes(project: Project, registration: Registration, level: _Level) -> Iterator[Route]:
    """The rows of one registration: one, or one for each method of a class-based view."""
    call = registration.call.value
    assert isinstance(call, Call)
    shift = 1 if registration.kind == "route" else 0
    method = _text(project, registration.call, 0, "method").upper() if shift else registration.kind.upper()
    method = "*" if method in {"VIEW", ""} else method
    if registration.resource is not None:
        own, position = _text(project, registration.resource, 0, "path"), shift
    else:
        own, position = _text(project, registration.call, shift, "path"), shift + 1
    path = level.prefix + own
    unknown = "its path is computed" if "\0" in path else ""
    converters = tuple(_PARAMETER.findall(path))
    path = _PARAMETER.sub(r"{\1}", path).replace("\0", "{?}")
    for methods, handler, view in _handlers(project, registration, call.positional(position), method):
        location = registration.location
        if handler is not None:
            location = Location(handler.path, project.scope_of(handler).place)
        guards = decorators_of(project, handler, registration.location) if handler is not None else ()
        if view is not None:
            guards = (*decorators_of(project, view, registration.location), *guards)
        step = Step(f"`{methods} {path}` is handled here", location)
        reason = unknown or ("its handler is not found in the tree" if handler is None else "")
        yield Route(
            (methods,), path, handler, project.qualified(handler) if handler is not None else "?", location,
            registration.location, "aiohttp", (), (step, *level.chain), level.application,
            level.conditional or not holds(project, registration.tests), calls=(registration.call, *level.calls),
            unknown=reason, guards=(*level.guards, *guards), view=view, converters=converters,
        )  # fmt: skip


def _handlers(
    project: Project, registration: Registration, value: Value | None, method: str
) -> Iterator[tuple[str, Defined | None, Defined | None]]:
    """Method, handler and the class whose method it is."""
    call, site = registration.call.value, registration.call.site
    assert isinstance(call, Call)
    handler: Meaning | None = registration.handler
    if handler is None:
        value = value if value is not None else call.keyword("handler")
        handler = project.values.evaluate(site, value).meaning if value is not None else None
    if isinstance(handler, Defined) and project.scope_of(handler).kind == "class":
        for verb in VERBS if project.names.derives_from(handler, VIEWS) else ():
            code = project.names.class_member(handler.path, handler.scope, verb)
            if isinstance(code, Defined) and method in {"*", verb.upper()}:
                yield verb.upper(), code, handler
        return
    match handler:
        case Function(of):
            yield method, of, None
        case Defined():
            yield method, handler, None
        case Instance(Defined(path, scope)):
            code = project.names.class_member(path, scope, "__call__")
            yield method, code if isinstance(code, Defined) else None, None
        case _:
            yield method, None, None


def _text(project: Project, given: Given, position: int, name: str) -> str:
    """An argument as text; NUL stands for a part that is not known."""
    assert isinstance(given.value, Call)
    value = given.value.positional(position) or given.value.keyword(name)
    for meaning in options(project.values.evaluate(given.site, value).meaning) if value is not None else ():
        match meaning:
            case Known(text):
                return str(text)
            case Text(parts):
                return "".join(part if part is not None else "\0" for part in parts)
            case External(dotted) if ".hdrs.METH_" in dotted:
                return dotted.rpartition("METH_")[2].replace("ANY", "*")
    return "\0" if value is not None else ""


def _middleware(project: Project, registered: Registered, key: ObjectId) -> tuple[Guard, ...]:
    """The middleware of an application, the outermost first."""
    made = registered.applications[key]
    assert isinstance(made.value, Call)
    found: list[Guard] = []
    listed = made.value.keyword("middlewares")
    several = [(made.site, listed)] if listed is not None else []
    for site, value in several:
        for entry in entries(project, site, value):
            found.append(_guard(project, entry.given, entry.unknown, bool(entry.tests)))
    found += [_guard(project, given, "", True) for given in registered.middleware.get(key, [])]
    return tuple(found)


def _guard(project: Project, given: Given, unknown: str, conditional: bool) -> Guard:
    location = Location(given.site.path, given.value.place)
    name = getattr(given.value, "name", "?")
    if unknown:
        return Guard("middleware", name, location, unknown=unknown)
    call = given if isinstance(given.value, Call) else None
    meaning = project.values.given(given).meaning
    code: object = meaning.of if isinstance(meaning, Function) else meaning
    arguments: tuple[tuple[str, Given], ...] = ()
    if isinstance(meaning, Instance) and isinstance(meaning.of, Defined):
        code = project.names.class_member(meaning.of.path, meaning.of.scope, "__call__")
        arguments = (("self", meaning.call),) if meaning.call is not None else ()
    if isinstance(code, Defined) and project.scope_of(code).kind == "function":
        return Guard(
            "middleware", project.qualified(code), location, code, arguments, call=call, conditional=conditional
        )
    of = meaning.of if isinstance(meaning, Instance) else meaning
    if isinstance(of, External):
        return Guard("middleware", of.name, location, external=of.name, call=call)
    return Guard("middleware", name, location, unknown="it cannot be followed")


__all__ = ["find_routes"]
