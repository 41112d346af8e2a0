"""Handlers that show a page which is the same for everybody, or send to another address: they give nothing away."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prodlint.facts import Call, Lambda, Reference, walk
from prodlint.libraries.flask import FORMS
from prodlint.libraries.responses import PLAIN_CALLS, REDIRECTS, RENDERERS
from prodlint.project.values.bindings import Bound, Defined, External, Variable
from prodlint.project.values.outcomes import Instance, Known, Site

if TYPE_CHECKING:
    from prodlint.project import Project
    from prodlint.project.routes.route import Route

_READING = frozenset({"GET", "HEAD", "*"})
_RESERVED = frozenset({"admin", "internal", "private", "debug"})
_LOGGING = frozenset({"debug", "info", "warning", "error", "exception"})


def page_reason(project: Project, route: Route, segments: list[str]) -> str:
    """ "page without data" where all that a handler does is to render a template or to redirect: nothing that it looks
    up, and nothing of its own module, goes into the answer."""
    if route.handler is None or not set(route.methods) <= _READING or not _RESERVED.isdisjoint(segments):
        return ""
    if project.scope_of(route.handler).kind != "function":
        return ""
    site = Site(route.handler.path, route.handler.scope)
    shown = False
    called: set[int] = set()
    for value in project.values_of(route.handler):
        for each in walk(value):
            if isinstance(each, Lambda):
                return ""
            if isinstance(each, Call):
                kind = _call(project, site, each)
                if not kind:
                    return ""
                shown = shown or kind == "answer"
                called.add(each.function.place)
            elif isinstance(each, Reference) and each.place not in called and not _is_plain(project, site, each):
                return ""
    return "page without data" if shown else ""


def _call(project: Project, site: Site, call: Call) -> str:
    """ "answer" for rendering and redirecting, "plain" for what looks nothing up, "" for any other call."""
    meaning = project.values.callee(site, call.function)
    if isinstance(meaning, External):
        if meaning.name in RENDERERS or meaning.name in REDIRECTS:
            return "answer"
        last = meaning.name.rpartition(".")[2]
        is_logging = last in _LOGGING and "log" in meaning.name.lower().rpartition(".")[0]
        return "plain" if meaning.name in PLAIN_CALLS or is_logging else ""
    if isinstance(meaning, Defined) and project.scope_of(meaning).kind == "class":
        return "plain" if project.names.derives_from(meaning, FORMS) else ""
    return ""


def _is_plain(project: Project, site: Site, reference: Reference) -> bool:
    """Whether a name stands for something of the handler itself, a constant, or the request."""
    symbol, _ = project.names.resolve(site.path, site.scope, reference.name)
    match symbol:
        case Bound():
            return True
        case Variable(scope=scope) if scope == site.scope:
            return True
    meaning = project.values.evaluate(site, reference).meaning
    match meaning:
        case Known() | Defined():
            return True
        case External(name) | Instance(External(name)):
            plain = ("flask.request", "quart.request", "builtins.", "django.conf.settings.")
            return name in PLAIN_CALLS or name.startswith(plain)
    return False
