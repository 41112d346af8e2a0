"""What the code of an application changes about its routers: methods of router classes that take the place of FastAPI's
own, and `router.dependencies`, which is a list like any other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prodlint.facts import Assign, Attribute, Call, Constant, Reference, Subscript, Value, method_of, walk
from prodlint.finding import Location
from prodlint.libraries.fastapi import METHODS
from prodlint.project.routes.route import Dependency
from prodlint.project.values.bindings import Defined
from prodlint.project.values.outcomes import Site

if TYPE_CHECKING:
    from prodlint.project import Project
    from prodlint.project.routes.fastapi.routers import Router, RouterId, Routers

__all__ = ["changed_by_class", "changed_later"]

_CHANGES = frozenset({"append", "extend", "insert", "clear", "remove"})


def changed_by_class(project: Project, router: Router | None, kind: str) -> tuple[bool, bool]:
    """Whether methods of a router's class that register a route of a kind change its path, and its dependencies.

    In FastAPI (`fastapi/routing.py`) `get` and the like call `api_route`, and that calls `add_api_route`."""
    if router is None or router.subclass is None:
        return False, False
    names = [kind]
    if not router.is_application:
        names += ["api_route"] if kind in METHODS else []
        names += ["add_api_websocket_route"] if "websocket" in kind else ["add_api_route"]
    path = dependencies = False
    for name in names:
        member = project.names.class_member(router.subclass.path, router.subclass.scope, name)
        if isinstance(member, Defined):
            path = path or _changes_path(project, member)
            dependencies = dependencies or _changes_dependencies(project, member)
    return path, dependencies


def _changes_path(project: Project, code: Defined) -> bool:
    for statement in project.statements_of(code):
        if isinstance(statement, Assign) and any(getattr(each, "name", "") == "path" for each in statement.targets):
            return True
        value = getattr(statement, "value", None)
        for call in walk(value) if value is not None else ():
            match call:
                case Call(Attribute(Call(Reference("super")))):
                    given = call.keyword("path") or call.positional(0)
                    if given is not None and getattr(given, "name", "") != "path":
                        return True
    return False


def _changes_dependencies(project: Project, code: Defined) -> bool:
    """Whether a function says `kwargs["dependencies"]`, or passes other dependencies on than those that it takes."""
    for statement in project.statements_of(code):
        values = [each for each in (getattr(statement, "value", None),) if each is not None]
        values += statement.targets if isinstance(statement, Assign) else ()
        for value in (inner for each in values for inner in walk(each)):
            match value:
                case Subscript(_, Constant("dependencies")):
                    return True
                case Call():
                    given = value.keyword("dependencies")
                    if given is not None and getattr(given, "name", "") != "dependencies":
                        return True
                    name = value.positional(0)
                    if method_of(value.function)[0] in {"setdefault", "pop"} and getattr(name, "value", "") == (
                        "dependencies"
                    ):
                        return True
        targets = statement.targets if isinstance(statement, Assign) else ()
        if any(getattr(each, "name", "") == "dependencies" for each in targets):
            return True
    return False


def changed_later(project: Project, routers: Routers) -> dict[RouterId | Defined, Dependency]:
    """The routers, and classes of routers, whose list of dependencies is changed after they are made, by place.

    Which of their routes it reaches depends on the order in which all is imported, so that it is unknown."""
    found: dict[RouterId | Defined, Dependency] = {}
    for path in project.mentioning("dependencies"):
        python = project.python(path)
        if python is None or project.role(path) == "test":
            continue
        places: list[tuple[int, Value]] = []
        for call, block in project.calls_in(path):
            name, receiver = method_of(call.function)
            if name in _CHANGES and receiver is not None:
                places.append((block, receiver))
        for statement in python.statements:
            for target in statement.targets if isinstance(statement, Assign) else ():
                places.append((statement.block, target))
        for block, value in places:
            name, owner = method_of(value)
            if name != "dependencies" or owner is None:  # A variable of that name is nobody's.
                continue
            site = Site(path, python.blocks[block].scope)
            place = Location(path, value.place)
            reason = "`dependencies` of its router is changed after it is made"
            changed = Dependency("?", place, unknown=reason)
            of = Defined(path, max(project.scope_of(Defined(path, site.scope)).parent, 0))
            if getattr(owner, "name", "") == "self" and of in routers.subclasses:
                found[of] = changed
            for router, _ in routers.followed(site, owner):
                if router is not None:
                    found[router.identity] = changed
    return found
