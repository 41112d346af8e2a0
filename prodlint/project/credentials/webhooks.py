"""Webhooks that take what anyone sends for a message of their provider."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec import Struct

from prodlint.facts import Call, Reference, walk
from prodlint.finding import Location, Step
from prodlint.libraries.credentials import BODY_READS, HOOK_WORDS, PARSED_READS
from prodlint.libraries.sensitive import is_sensitive, words_of
from prodlint.project.credentials.client import is_request
from prodlint.project.credentials.places import counts
from prodlint.project.credentials.secrets import shown
from prodlint.project.flow.traces import Where, last_name, receiver_of
from prodlint.project.routes.signatures import verification
from prodlint.project.values.bindings import Defined

if TYPE_CHECKING:
    from prodlint.project import Project
    from prodlint.project.routes.route import Route

__all__ = ["Hook", "hooks"]

_WRITING = frozenset({"POST", "PUT", "*"})
_MANAGING = frozenset({"GET", "PUT", "PATCH", "DELETE"})


class Hook(Struct, frozen=True):
    """A webhook whose body is used: `parsed` where it is parsed before its signature is verified, `unknown` where it
    cannot be told whether anything verifies it."""

    route: Route
    parsed: Location | None = None
    unknown: str = ""
    steps: tuple[Step, ...] = ()


def hooks(project: Project) -> Iterator[Hook]:
    """All of the application's own; one for each handler."""
    routes = [route for route in project.routes if _is_hook(project, route)]
    seen: set[Defined] = set()
    for route in routes:
        assert route.handler is not None
        if route.handler in seen or _is_managed(project, route) or not _uses_body(project, route):
            continue
        seen.add(route.handler)
        status = project.authentication(route)
        if _is_verified_before(project, route):
            continue
        is_known = status.status in {"required", "optional"}
        if is_known and verification(project, route.handler, True) is None:
            continue  # What lets the caller in is more than the signature.
        found = _judged(project, route, status.reason if status.status == "unknown" else "")
        if found is not None:
            yield found


def _is_hook(project: Project, route: Route) -> bool:
    """Whether path, handler or endpoint call a route a webhook, and no secret stands in its path."""
    if route.handler is None or _WRITING.isdisjoint(route.methods) or not counts(project, route.handler.path):
        return False
    segments = [each for each in route.path.split("/") if each]
    if any("{" in each and is_sensitive(each.strip("{}")) for each in segments):
        return False
    texts = [*(each for each in segments if "{" not in each), project.scope_of(route.handler).name, route.endpoint]
    return any(not HOOK_WORDS.isdisjoint(words_of(text.replace("-", "_"))) for text in texts)


def _is_managed(project: Project, route: Route) -> bool:
    """Whether other routes list, change or remove what a route makes: webhooks that are the application's own data."""
    stem = route.path.rstrip("/")
    for other in project.routes:
        path = other.path.rstrip("/")
        is_same = path == stem or (path.startswith(f"{stem}/{{") and path.count("/") == stem.count("/") + 1)
        if is_same and other.handler != route.handler and set(other.methods) & (_MANAGING - {"GET"}):
            return True
    return stem.rpartition("/")[2] in {"test", "create", "new", "add", "edit", "delete"} or "add_" in stem


def _uses_body(project: Project, route: Route) -> bool:
    """Whether a route takes a body, or its handler reads that of the request."""
    if any(each.source in {"body", "form", "values", "unknown"} for each in project.inputs.taken(route)):
        return True
    assert route.handler is not None
    where = Where(route.handler.path, route.handler.scope, project.scope_of(route.handler).block)
    for value in project.values_of(route.handler):
        for each in walk(value):
            if isinstance(each, Reference) and each.name.rpartition(".")[2] in BODY_READS and "." in each.name:
                if is_request(project, where, receiver_of(each)):
                    return True
    return False


def _is_verified_before(project: Project, route: Route) -> bool:
    """Whether a dependency, a decorator, a middleware or another method of the view verifies the signature."""
    codes = [each.code for top in route.dependencies for each in top.closure()]
    codes += [guard.code for guard in route.guards]
    if route.view is not None:
        for ancestor in project.names.ancestors(route.view.path, route.view.scope):
            python = project.python(ancestor.path) if isinstance(ancestor, Defined) else None
            for index, scope in enumerate(python.scopes if python is not None else ()):
                if isinstance(ancestor, Defined) and scope.parent == ancestor.scope and scope.kind == "function":
                    codes.append(Defined(ancestor.path, index))
    own = {route.handler}
    return any(_verifies(project, code) for code in codes if code is not None and code not in own)


def _verifies(project: Project, code: Defined) -> bool:
    """Whether a function verifies a signature, or one that it defines (the wrapper of a decorator) does."""
    python = project.python(code.path)
    assert python is not None
    inside = {code.scope}
    for index in range(code.scope + 1, len(python.scopes)):
        if python.scopes[index].parent in inside and python.scopes[index].kind == "function":
            inside.add(index)
    several = (Defined(code.path, each) for each in inside)
    return any(verification(project, each, True) is not None or _compares(project, each) for each in several)


def _compares(project: Project, code: Defined) -> bool:
    """Whether a function compares something with a secret setting, which providers send along as well."""
    for comparison in project.scans.of(code.path).comparisons:
        if comparison.where.scope == code.scope:
            if any(shown(project, comparison.where, side) is not None for side, _ in comparison.sides):
                return True
    return False


def _judged(project: Project, route: Route, reason: str) -> Hook | None:
    assert route.handler is not None
    call = verification(project, route.handler, True)
    if call is None:
        if _compares(project, route.handler):
            return None
        return Hook(route, unknown=reason) if reason else Hook(route, steps=route.chain)
    parsed = _parsed_before(project, route.handler, call)
    if parsed is None:
        return None
    verified = Step("the signature is verified only here", Location(route.handler.path, call.place))
    return Hook(route, parsed, steps=(Step("the body is parsed here", parsed), verified))


def _parsed_before(project: Project, handler: Defined, verified: Call) -> Location | None:
    """Where a handler parses the body before it verifies the signature."""
    where = Where(handler.path, handler.scope, project.scope_of(handler).block)
    for call in project.calls_of(handler):
        if call.place >= verified.place:
            continue
        function = call.function
        name = last_name(function)
        owner = receiver_of(function) if isinstance(function, Reference) and "." in function.name else None
        if name in PARSED_READS and owner is not None and is_request(project, where, owner):
            return Location(handler.path, call.place)
        if project.values.external_name(where.site, function) == "json.loads":
            return Location(handler.path, call.place)
    return None
