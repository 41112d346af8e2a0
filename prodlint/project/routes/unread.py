"""Routes that are seen but not read: those of frameworks whose registration is not followed yet.

They are counted as unknown and never reported as open, so that a report on such an application does not look like one
on an application without routes.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec import Struct

from prodlint.facts import Attribute, Call, Constant, Reference, Value
from prodlint.finding import Location
from prodlint.libraries.frameworks import APPLICATION_CALLS, HANDLER_DECORATORS, METHODS, OBJECTS
from prodlint.project.values.bindings import Defined, External
from prodlint.project.values.outcomes import Instance, Site

if TYPE_CHECKING:
    from prodlint.project import Project


class Unread(Struct, frozen=True):
    """A route that is not read: what is known of its path, and the framework that serves it."""

    location: Location
    path: str
    framework: str


def unread_routes(project: Project) -> tuple[Unread, ...]:
    """All such routes of application code, by path and place."""
    return tuple(sorted((*_decorated(project), *_made(project)), key=lambda each: each.location))


def _made(project: Project) -> Iterator[Unread]:
    """Applications whose routes stand in no decorators: each counts once."""
    for call in project.calls(APPLICATION_CALLS):
        if project.role(call.path) not in {"test", "migration"}:
            yield Unread(Location(call.path, call.call.place), "*", APPLICATION_CALLS[call.name])


def _decorated(project: Project) -> Iterator[Unread]:
    modules = {name.partition(".")[0] for name in (*OBJECTS, *HANDLER_DECORATORS)}
    classes = {name.rpartition(".")[2] for name in OBJECTS}
    if not any(True for _ in project.mentioning(*modules)):
        return
    for path in project.mentioning(*METHODS, *classes):
        python = project.python(path)
        if python is None or project.role(path) in {"test", "migration"}:
            continue
        for index, scope in enumerate(python.scopes):
            site = Site(path, max(scope.parent, 0))
            for decorator in scope.decorators:
                if not isinstance(decorator, Call):
                    continue
                framework = _framework(project, site, decorator.function)
                if framework:
                    location = Location(path, python.scopes[index].place)
                    yield Unread(location, _path(decorator), framework)


def _framework(project: Project, site: Site, function: Value) -> str:
    """The framework whose route decorator a function is; "" for none."""
    match function:
        case Reference(name):
            receiver, _, last = name.rpartition(".")
            inner: Value | None = Reference(receiver, function.place) if receiver else None
        case Attribute(inner_value, last):
            inner = inner_value
        case _:
            return ""
    if last not in METHODS:
        return ""
    if inner is not None:
        meaning = project.values.evaluate(site, inner).meaning
        if isinstance(meaning, External) and meaning.name in OBJECTS:
            return OBJECTS[meaning.name]
        if isinstance(meaning, Instance):
            of = meaning.of
            if isinstance(of, External):
                return OBJECTS.get(of.name, "")
            for ancestor in project.names.ancestors(of.path, of.scope) if isinstance(of, Defined) else ():
                if isinstance(ancestor, External) and ancestor.name in OBJECTS:
                    return OBJECTS[ancestor.name]
    return HANDLER_DECORATORS.get(project.values.external_name(site, function), "")


def _path(call: Call) -> str:
    first = call.positional(0)
    return first.value if isinstance(first, Constant) and isinstance(first.value, str) else "?"
