"""Handlers that turn a caller away by themselves: for lack of a credential, and not of a right password."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING

from prodlint.facts import Assign, Call, Parameter, Reference, Sequence, Value, walk
from prodlint.libraries.authentication import CHECKS
from prodlint.libraries.requests import GLOBAL_REQUESTS
from prodlint.project.routes.anonymous import looked_at, reads_credential
from prodlint.project.routes.answer import NONE, Authentication
from prodlint.project.routes.django import handlers as django
from prodlint.project.routes.refusal import Refusal
from prodlint.project.values.bindings import Defined, External
from prodlint.project.values.outcomes import Function, Site

if TYPE_CHECKING:
    from prodlint.project.routes.authentication import Authenticator
    from prodlint.project.routes.route import Dependency, Route


def answers(authenticator: Authenticator, route: Route) -> Iterator[Authentication]:
    """What the handler of a route says itself, and through the functions that it passes its request to."""
    if route.framework in django.FRAMEWORKS:
        yield from django.answers(authenticator, route)
        return
    yield _handler(authenticator, route)
    yield from _asked_by(authenticator, route)


def _handler(authenticator: Authenticator, route: Route) -> Authentication:
    """A handler that refuses by itself, for lack of a credential and not of a right password."""
    project = authenticator.project
    assert route.handler is not None
    scope = project.scope_of(route.handler)
    if scope.kind != "function":
        return NONE
    injected = any(_identifies(authenticator, each) for top in route.dependencies for each in top.closure())
    credentials = authenticator.credentials
    reads = credentials.takes_header(route.handler) or credentials.read_directly_by(route.handler)
    if route.framework in GLOBAL_REQUESTS:
        reads = reads or credentials.reads_through(route.handler) or _checks(authenticator, route.handler)
    refusals = project.routing.refusals.of(route.handler)
    if not injected and not reads:
        # An object that was made of the request refuses when it is asked: `users.current()`.
        asked = tuple(each for each in refusals if each.reads and each.certain)
        answer = authenticator.judged(route.handler, route.name, asked, reads=True) if asked else NONE
        if answer.status == "none":
            return NONE
        return Authentication("unknown", route.name, f"`{route.name}` asks what may refuse", answer.steps)
    identity = _identity(authenticator, route)
    kept = tuple(each for each in refusals if _is_about(authenticator, route.handler, each, identity))
    return authenticator.judged(route.handler, route.name, kept)


def _checks(authenticator: Authenticator, handler: Defined) -> bool:
    """Whether a handler calls a function of a library that refuses by itself: `with admin_permission.require(403):`."""
    values = authenticator.project.values
    site = Site(handler.path, handler.scope)
    return any(values.external_name(site, call.function) in CHECKS for call in authenticator.project.calls_of(handler))


def _identifies(authenticator: Authenticator, dependency: Dependency) -> bool:
    """Whether what a dependency gives may be a credential, or an identity made of one."""
    if authenticator.of_dependency(dependency).status != "none":
        return True
    if dependency.code is None:
        return False
    site = Site(dependency.code.path, dependency.code.scope, dependency.arguments)
    refusals = authenticator.project.routing.refusals
    return authenticator.credentials.read_by(dependency.code) or refusals.reads(dependency.code, site)


def _identity(authenticator: Authenticator, route: Route) -> frozenset[str]:
    """Names in a handler that may hold the request, a credential, or anything made of them."""
    project = authenticator.project
    assert route.handler is not None
    scope = project.scope_of(route.handler)
    outside = Site(route.handler.path, max(scope.parent, 0))
    asked = {each.parameter: each for each in route.dependencies}
    found = set(authenticator.credentials.imported(route.handler.path))
    for parameter in scope.parameters:
        top = asked.get(parameter.name)
        if top is None:
            declared = (parameter.default, parameter.annotation)
            values = [each for value in declared if value is not None for each in walk(value)]
            if _is_request(authenticator, outside, parameter) or any(isinstance(each, Call) for each in values):
                found.add(parameter.name)
        elif any(_identifies(authenticator, each) for each in top.closure()):
            found.add(parameter.name)
    site = Site(route.handler.path, route.handler.scope)
    for statement in project.statements_of(route.handler):
        if not isinstance(statement, Assign) or statement.value is None:
            continue
        if _is_made_of(authenticator, site, statement.value, found):
            for target in statement.targets:
                items = target.items if isinstance(target, Sequence) else (target,)
                found.update(item.name for item in items if isinstance(item, Reference))
    return frozenset(found)


def _is_about(authenticator: Authenticator, handler: Defined, refusal: Refusal, identity: frozenset[str]) -> bool:
    """Whether a refusal may depend on who calls: False where the tests and `try`s around it look at other things,
    such as a password that is sent or a name that is taken."""
    project = authenticator.project
    python = project.python(handler.path)
    assert python is not None
    own = [each for each in project.statements_of(handler) if each.place == refusal.location.place]
    if refusal.location.path != handler.path or not own:
        return True
    index, looked_at = own[0].block, []
    while index >= 0 and python.blocks[index].kind not in {"function", "module", "class"}:
        block = python.blocks[index]
        if block.kind == "except":
            tried = {
                number for number, each in enumerate(python.blocks[:index])
                if each.kind == "try" and each.parent == block.parent
            }  # fmt: skip
            for number in range(len(python.blocks)):
                tried |= {number} if python.blocks[number].parent in tried else set()
            inside = [each for each in project.statements_of(handler) if each.block in tried]
            looked_at += [getattr(each, "value", None) for each in inside]
            looked_at += [python.blocks[number].value for number in tried]
        elif block.kind not in {"try", "finally", "try-else"}:
            looked_at.append(block.value)
        index = block.parent
    values = [value for value in looked_at if value is not None]
    site = Site(handler.path, handler.scope)
    return not values or any(_is_made_of(authenticator, site, value, identity) for value in values)


def _asked_by(authenticator: Authenticator, route: Route) -> Iterator[Authentication]:
    """What functions say that the handler passes its request or WebSocket to: `user = authenticate(request)`.

    A WebSocket that is closed by code is unknown: what it was closed for is not followed."""
    project = authenticator.project
    assert route.handler is not None
    scope = project.scope_of(route.handler)
    outside = Site(route.handler.path, max(scope.parent, 0))
    site = Site(route.handler.path, route.handler.scope)
    requests = {each.name for each in scope.parameters if _is_request(authenticator, outside, each)}
    asked = [route.handler] if "WEBSOCKET" in route.methods else []
    asked += _of_global_requests(authenticator, route) if route.framework in GLOBAL_REQUESTS else []
    for value in project.values_of(route.handler) if requests else ():
        for call in walk(value):
            given = call.arguments if isinstance(call, Call) else ()
            if isinstance(call, Call) and any(getattr(each.value, "name", "") in requests for each in given):
                meaning = project.values.callee(site, call.function)
                code = meaning.of if isinstance(meaning, Function) else meaning
                if isinstance(code, Defined) and project.scope_of(code).kind == "function":
                    asked.append(code)
    for code in asked:
        name = project.qualified(code)
        if code != route.handler and authenticator.credentials.read_directly_by(code):
            answer = authenticator.judged(code, name, project.routing.refusals.of(code))
            if answer.status == "required":
                # Whether the handler always gets as far as the call decides between the two.
                own = authenticator.judged(route.handler, name, project.routing.refusals.of(route.handler))
                perhaps = Authentication("unknown", name, answer.reason, answer.steps)
                yield own if own.status == "required" else perhaps
            elif answer.status != "none":
                yield answer
        if "WEBSOCKET" in route.methods and _closes(authenticator, code):
            yield Authentication("unknown", name, f"`{name}` may close the connection of its callers")


def _of_global_requests(authenticator: Authenticator, route: Route) -> list[Defined]:
    """The functions of the tree that a handler calls and that look at the request themselves: where the request is
    global, nobody has to pass it."""
    project = authenticator.project
    assert route.handler is not None
    site = Site(route.handler.path, route.handler.scope)
    found = {}
    for value in project.values_of(route.handler):
        for call in walk(value):
            if not isinstance(call, Call):
                continue
            meaning = project.values.callee(site, call.function)
            code = meaning.of if isinstance(meaning, Function) else meaning
            if isinstance(code, Defined) and project.scope_of(code).kind == "function":
                found[code] = authenticator.credentials.read_directly_by(code)
    return [code for code, reads in found.items() if reads]


def _is_request(authenticator: Authenticator, site: Site, parameter: Parameter) -> bool:
    project = authenticator.project
    found = project.values.annotated(site, parameter.annotation) if parameter.annotation is not None else None
    last = found.name.rpartition(".")[2] if isinstance(found, External) else ""
    return last in {"Request", "WebSocket", "HTTPConnection"}


def _closes(authenticator: Authenticator, code: Defined) -> bool:
    """Whether code closes a WebSocket for a reason, and not only at the end, or refuses it by an exception."""
    project = authenticator.project
    for value in project.values_of(code):
        for call in walk(value):
            if isinstance(call, Call) and call.arguments:
                last = getattr(call.function, "name", "").rpartition(".")[2]
                if last in {"close", "WebSocketException"}:
                    return True
    return False


def _is_made_of(authenticator: Authenticator, site: Site, value: Value, names: Collection[str]) -> bool:
    """Whether a value is made of what identifies the caller: of one of the names, or read from the request itself, by
    a function that it calls too."""
    if _mentions(value, names):
        return True
    return any(
        reads_credential(each, names) or (isinstance(each, Call) and authenticator.credentials.is_reading(site, each))
        for each in looked_at(value)
    )


def _mentions(value: Value, names: Collection[str]) -> bool:
    return any(isinstance(each, Reference) and each.name.partition(".")[0] in names for each in walk(value))
