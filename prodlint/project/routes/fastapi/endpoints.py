"""What a registration says by itself: its path and methods, the handlers that it means, its response model."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec import Struct

from prodlint.facts import Call, Value
from prodlint.libraries.fastapi import ENDPOINTS, METHODS, STARLETTE_KINDS
from prodlint.project.routes.fastapi.made import spread
from prodlint.project.routes.fastapi.registration import Registration
from prodlint.project.routes.written import written
from prodlint.project.values.bindings import Defined, External
from prodlint.project.values.outcomes import Function, Given, Instance, Items, Known, Meaning, Site, Text, options

if TYPE_CHECKING:
    from prodlint.project import Project
    from prodlint.project.routes.fastapi.routers import Routers

_PARAMETER = re.compile(r"\{([^{}:]+):([^{}]*)\}")


class Endpoint(Struct, frozen=True):
    """A handler with its methods; `view` is the class whose method it is, `owned` says that it was taken from an
    object (`self.read`), which is then made once and not for each request; `unknown` says what cannot be told."""

    methods: tuple[str, ...]
    handler: Defined | None
    view: Defined | None = None
    owned: bool = False
    unknown: str = ""


def endpoints_of(project: Project, registration: Registration) -> Iterator[Endpoint]:
    """The handlers that a registration means: one, but for a class of endpoints, which has one for each method."""
    call, site = registration.call.value, registration.call.site
    assert isinstance(call, Call)
    handler, meaning = registration.handler, None
    if handler is None:
        given = call.keyword("endpoint") or call.keyword("route") or call.positional(1)
        meaning = project.values.evaluate(site, given).meaning if given is not None else None
        if registration.applied is not None:
            meaning = project.values.given(registration.applied).meaning
        handler = _handler(project, meaning)
    if _is_partial(meaning):  # Starlette asks for the function inside (`starlette.routing.Route.__init__`).
        meaning = handler
    methods = _methods(project, registration)
    if handler is not None and project.scope_of(handler).kind == "class":
        yield from _of_class(project, handler, methods or ())
        return
    if methods is None:
        yield Endpoint(("*",), handler, owned=isinstance(meaning, Function), unknown="its methods are computed")
        return
    if not methods:
        methods = ("*",) if isinstance(meaning, Instance) and registration.kind in STARLETTE_KINDS else ("GET",)
    yield Endpoint(methods, handler, owned=isinstance(meaning, Function))


def _handler(project: Project, meaning: Meaning | None) -> Defined | None:
    for option in options(meaning) if meaning is not None else ():
        match option:
            case Defined():
                return option
            case Instance(_, call) if _is_partial(option) and call is not None:
                first = call.value.positional(0) if isinstance(call.value, Call) else None
                return _handler(project, project.values.evaluate(call.site, first).meaning) if first else None
            case Instance(Defined(path, scope)):
                code = project.names.class_member(path, scope, "__call__")
                return code if isinstance(code, Defined) else None
            case Function(of):
                return of
    return None


def _is_partial(meaning: Meaning | None) -> bool:
    return isinstance(meaning, Instance) and meaning.of == External("functools.partial")


def _of_class(project: Project, view: Defined, methods: tuple[str, ...]) -> Iterator[Endpoint]:
    """The methods of a class of endpoints; of any other class its `__call__`, which answers whatever the method is."""
    for ancestor in project.names.ancestors(view.path, view.scope):
        names = ENDPOINTS.get(ancestor.name, ()) if isinstance(ancestor, External) else ()
        found = [(name, project.names.class_member(view.path, view.scope, name)) for name in names]
        defined = [(name, code) for name, code in found if isinstance(code, Defined)]
        if names and not names[0].startswith("on_"):
            for name, code in defined:
                if not methods or name.upper() in methods:
                    yield Endpoint((name.upper(),), code, view, owned=True)
            return
        if names:
            yield Endpoint(("WEBSOCKET",), defined[0][1] if defined else view, view, owned=True)
            return
    called = project.names.class_member(view.path, view.scope, "__call__")
    yield Endpoint(methods or ("*",), called if isinstance(called, Defined) else view, view, owned=True)


def _methods(project: Project, registration: Registration) -> tuple[str, ...] | None:
    """The methods that a registration names; () for none, which are those of the handler or else GET; None where they
    are computed."""
    kind = registration.kind
    if kind in METHODS:
        return (kind.upper(),)
    if "websocket" in kind.lower():
        return ("WEBSOCKET",)
    call, site = registration.call.value, registration.call.site
    assert isinstance(call, Call)
    found = spread(project, site, call, "methods")
    if found is None and kind in {"Route", "add_route"}:
        value = call.positional(2)
        found = Given(site, value) if value is not None else None
    if found is None:
        return ()
    several: set[tuple[str, ...]] = set()
    for meaning in options(project.values.given(found).meaning):
        if isinstance(meaning, Known) and meaning.value is None:
            several.add(())
            continue
        if not isinstance(meaning, Items):
            return None
        known = [project.values.given(each).meaning for each in meaning.values]
        names = {str(each.value).upper() for each in known if isinstance(each, Known)}
        # `http.HTTPMethod.GET`
        names |= {each.name.rpartition(".")[2] for each in known if isinstance(each, External)}
        if len(names) < len(set(known)):
            return None
        several.add(tuple(sorted(names)))
    return several.pop() if len(several) == 1 else None


def plain_path(path: str) -> tuple[str, tuple[tuple[str, str], ...]]:
    """A path in the form `{name}`, and the converters of its parameters."""
    return _PARAMETER.sub(r"{\1}", path), tuple(_PARAMETER.findall(path))


def text_of(project: Project, routers: Routers, site: Site, value: Value | None) -> str:
    """A path as text; NUL stands for a part that is not known."""
    if value is None:
        return ""
    for meaning in options(project.values.evaluate(site, value).meaning):
        match meaning:
            case Known(text):
                return str(text) if text is not None else ""
            case Text(parts):
                return "".join(part if part is not None else "\0" for part in parts)
    passed = {text_of(project, routers, given.site, given.value) for given in routers.callers.passed(site, value)}
    return passed.pop() if len(passed) == 1 else "\0"


def response_model(project: Project, handler: Defined | None, call: Call) -> str:
    """The response model as written: `response_model=`, or else the return annotation."""
    given = call.keyword("response_model")
    if given is not None:
        return written(given)
    if handler is None:
        return ""
    returns = project.scope_of(handler).returns
    return written(returns) if returns is not None else ""


__all__ = ["Endpoint", "endpoints_of", "plain_path", "response_model", "text_of"]
