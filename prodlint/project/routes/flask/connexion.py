"""The routes of Connexion, which come from an OpenAPI specification: each operation names the function that answers it.

A specification that is not found, or that is made by code, is unknown as a whole.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from prodlint.facts import Constant, Document, Mapping, Sequence, Value, method_of
from prodlint.finding import Location, Step
from prodlint.libraries.flask import CONNEXION, INFO_FUNCTIONS
from prodlint.project.routes.decorators import decorators_of
from prodlint.project.routes.flask.contexts import argument, keyword
from prodlint.project.routes.flask.rules import UNKNOWN, text_of
from prodlint.project.routes.route import Found, Guard, Lost, Route
from prodlint.project.values.bindings import Defined, Module, Symbol
from prodlint.project.values.outcomes import Given, Instance

if TYPE_CHECKING:
    from prodlint.project import CallSite, Project

_METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
_CONTROLLERS = ("x-openapi-router-controller", "x-swagger-router-controller")


def find_specified(project: Project) -> Found:
    """The routes of the specifications that the tree gives to Connexion."""
    routes: list[Route] = []
    lost: list[Lost] = []
    for site in project.calls(CONNEXION):
        if project.role(site.path) in {"test", "migration"}:
            continue
        given = Given(site.site, site.call)
        specification = text_of(project, argument(project, given, "specification", 0))
        found = _document(project, site.path, specification)
        if found is None:
            what = "routes of the OpenAPI specification that Connexion is given"
            reason = "it is computed" if specification in {None, UNKNOWN} else f"`{specification}` is not in the tree"
            lost.append(Lost(Location(site.path, site.call.place), what, reason))
            continue
        routes += _operations(project, site, found[0], found[1])
    return Found(tuple(routes), tuple(lost))


def _document(project: Project, importer: str, name: str | None) -> tuple[str, Mapping] | None:
    """The one file of the tree that a specification's name means: of several the nearest to the application."""
    if not name or UNKNOWN in name:
        return None
    last = name.removeprefix("./")
    paths = [path for path in project.sources if path == last or path.endswith("/" + last)]
    folder = importer.rpartition("/")[0]
    near = [path for path in paths if path.startswith(f"{folder}/" if folder else "")]
    for path in sorted(near or paths, key=lambda each: (each.count("/"), each)):
        content = project.facts(path).content
        value = content.values[0] if isinstance(content, Document) and content.values else None
        if isinstance(value, Mapping) and isinstance(value.get("paths"), Mapping):
            return path, value
    return None


def _operations(project: Project, call: CallSite, path: str, document: Mapping) -> Iterator[Route]:
    given = Given(call.site, call.call)
    base = text_of(project, keyword(project, given, "base_path"))
    prefix = (base if base is not None else _base_path(document)).rstrip("/")
    application = _application(project, call)
    added = Step("its specification is added here", Location(call.path, call.call.place))
    paths = document.get("paths")
    assert isinstance(paths, Mapping)
    for key, operations in paths.items:
        if not isinstance(key, Constant) or not isinstance(operations, Mapping):
            continue
        for method, operation in operations.items:
            if not isinstance(method, Constant) or method.value not in _METHODS or not isinstance(operation, Mapping):
                continue
            handler = _handler(project, call.path, operations, operation)
            methods, full = (str(method.value).upper(),), prefix + str(key.value)
            location, name = Location(path, method.place), "?"
            guards = tuple(_security(document, operation, path))
            if handler is not None:
                location = Location(handler.path, project.scope_of(handler).place)
                name = project.qualified(handler)
                guards += decorators_of(project, handler, None)
            handled = Step(f"`{methods[0]} {full}` is handled here", location)
            specified = Step("it is specified here", Location(path, method.place))
            made = Step("the application is made here", application)
            yield Route(
                methods, full or "/", handler, name, location, Location(call.path, call.call.place), "connexion", (),
                (handled, added, specified, made), application, calls=(given,), guards=guards,
                unknown="" if handler is not None else "its handler is not found in the tree",
            )  # fmt: skip


def _application(project: Project, call: CallSite) -> Location:
    """The call that makes the application that a specification is added to."""
    receiver = method_of(call.call.function)[1]
    meaning = project.values.evaluate(call.site, receiver).meaning if receiver is not None else None
    if isinstance(meaning, Instance) and meaning.call is not None:
        return Location(meaning.call.site.path, meaning.call.value.place)
    return Location(call.path, call.call.place)


def _base_path(document: Mapping) -> str:
    """The path of the first server (OpenAPI 3), or `basePath` (Swagger 2)."""
    servers = document.get("servers")
    if isinstance(servers, Sequence) and servers.items and isinstance(servers.items[0], Mapping):
        url = servers.items[0].get("url")
        return urlsplit(str(url.value)).path if isinstance(url, Constant) else ""
    base = document.get("basePath")
    return str(base.value) if isinstance(base, Constant) else ""


def _handler(project: Project, importer: str, operations: Mapping, operation: Mapping) -> Defined | None:
    """The function that `operationId` names, below the controller where there is one."""
    named = operation.get("operationId")
    if not isinstance(named, Constant) or not isinstance(named.value, str):
        return None
    controllers = [each.get(key) for key in _CONTROLLERS for each in (operation, operations)]
    controller = next((str(each.value) for each in controllers if isinstance(each, Constant)), "")
    dotted = f"{controller}.{named.value}" if controller else named.value
    parts = dotted.split(".")
    for cut in range(len(parts) - 1, 0, -1):
        found = project.modules.find(".".join(parts[:cut]), importer)
        if found is None:
            continue
        symbol: Symbol | None = Module(found)
        for part in parts[cut:]:
            symbol = project.names.member(symbol, part) if symbol is not None else None
        if isinstance(symbol, Defined) and project.scope_of(symbol).kind == "function":
            return symbol
    return None


# --- security ---


def _security(document: Mapping, operation: Mapping, path: str) -> Iterator[Guard]:
    """What the specification asks for: Connexion refuses a request without the credential of a scheme that names the
    function which checks it."""
    own = operation.get("security")
    required = own if own is not None else document.get("security")
    if not isinstance(required, Sequence) or not required.items:
        return
    location = Location(path, required.place)
    names = [_names(each) for each in required.items]
    said = ", ".join(sorted({name for several in names for name in several})) or "?"
    if not all(names):
        yield Guard("scheme", said, location, answer="optional", reason="one of its alternatives asks for nothing")
    elif all(_is_checked(document, name) for several in names for name in several):
        yield Guard("scheme", said, location, answer="required", reason="refuses a request without its credential")
    else:
        yield Guard("scheme", said, location, unknown="the scheme names no function that checks the credential")


def _names(requirement: Value) -> list[str]:
    pairs = requirement.items if isinstance(requirement, Mapping) else ()
    return [str(key.value) for key, _ in pairs if isinstance(key, Constant)]


def _is_checked(document: Mapping, name: str) -> bool:
    components = document.get("components")
    schemes = components.get("securitySchemes") if isinstance(components, Mapping) else None
    schemes = schemes if isinstance(schemes, Mapping) else document.get("securityDefinitions")
    scheme = schemes.get(name) if isinstance(schemes, Mapping) else None
    return isinstance(scheme, Mapping) and any(scheme.get(key) is not None for key in INFO_FUNCTIONS)


__all__ = ["find_specified"]
