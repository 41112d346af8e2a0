"""Views of Django that are exempt from the protection, and session authentication of REST framework without it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import TYPE_CHECKING

from prodlint.facts import Block, Call, Constant, Operation, Reference, Subscript, Value, walk
from prodlint.finding import Location, Step
from prodlint.libraries.credentials import (
    COOKIE_GUARDS,
    COOKIE_MIXINS,
    CSRF_EXEMPTIONS,
    HARMLESS_HEADERS,
    REST_SESSIONS,
    SAFE_METHODS,
)
from prodlint.project.credentials.forgery.opening import Opening
from prodlint.project.credentials.places import counts
from prodlint.project.flow.traces import last_name, receiver_of
from prodlint.project.values.bindings import Defined
from prodlint.project.values.outcomes import Site

if TYPE_CHECKING:
    from prodlint.project import Project

_COOKIE_READS = frozenset({"user", "session", "COOKIES"})
_TOKEN_READS = frozenset({"headers", "META", "auth"})


def exempt_views(project: Project) -> Iterator[Opening]:
    for path in project.mentioning("csrf_exempt"):
        python = project.python(path)
        if python is None or not counts(project, path):
            continue
        for index, scope in enumerate(python.scopes):
            if scope.kind not in {"function", "class"} or not scope.decorators:
                continue
            outside = Site(path, max(scope.parent, 0))
            for decorator in scope.decorators:
                if not _exempts(project, outside, decorator):
                    continue
                is_dispatch = scope.name == "dispatch" and python.scopes[scope.parent].kind == "class"
                view = Defined(path, scope.parent if is_dispatch else index)
                yield from _opened(project, view, Location(path, decorator.place))
        for call, block in project.calls_in(path):
            first = call.positional(0)
            site = Site(path, python.blocks[block].scope)
            if last_name(call.function) != "csrf_exempt" or first is None or not _exempts(project, site, call.function):
                continue
            made = first.function if isinstance(first, Call) and last_name(first.function) == "as_view" else None
            of = receiver_of(made) if isinstance(made, Reference) else first
            meaning = project.values.evaluate(site, of).meaning
            if isinstance(meaning, Defined) and project.scope_of(meaning).kind in {"function", "class"}:
                yield from _opened(project, meaning, Location(path, call.place))


def _opened(project: Project, view: Defined, location: Location) -> Iterator[Opening]:
    evidence = _cookie(project, view)
    if evidence is not None:
        what = f"`csrf_exempt` opens `{project.scope_of(view).qualname}`"
        yield Opening(location, what, project.qualified(view), *evidence)


def _exempts(project: Project, site: Site, decorator: Value) -> bool:
    """`@csrf_exempt`, `@method_decorator(csrf_exempt, name="dispatch")`."""
    if isinstance(decorator, Call):
        if last_name(decorator.function) != "method_decorator":
            return False
        first = decorator.positional(0)
        several = getattr(first, "items", None) or (first,)
        return any(each is not None and _exempts(project, site, each) for each in several)
    return project.values.external_name(site, decorator) in CSRF_EXEMPTIONS


def _cookie(project: Project, view: Defined) -> tuple[str, tuple[Step, ...]] | None:
    """Why a view knows its callers by a cookie; None where it does not, or reads a token as well, or only reads."""
    scope = project.scope_of(view)
    outside = Site(view.path, max(scope.parent, 0))
    found: tuple[str, tuple[Step, ...]] | None = None
    for decorator in scope.decorators:
        function = decorator.function if isinstance(decorator, Call) else decorator
        name = project.values.external_name(outside, function)
        if name in SAFE_METHODS or _only_reads(name, decorator):
            return None
        if name in COOKIE_GUARDS:
            found = (f"`{last_name(function)}` knows callers by the session cookie", ())
        code = project.values.evaluate(outside, function).meaning
        if isinstance(code, Defined) and project.scope_of(code).kind == "function":
            reads = read_by(project, code, with_inner=True)
            if reads & _TOKEN_READS:
                return None
            if reads & _COOKIE_READS:
                step = Step("the decorator reads the session", Location(code.path, project.scope_of(code).place))
                found = (f"`{last_name(function)}` knows callers by the session cookie", (step,))
    if scope.kind == "class":
        ancestors = project.names.ancestors(view.path, view.scope)
        mixin = next((each for each in ancestors if getattr(each, "name", "") in COOKIE_MIXINS), None)
        if mixin is not None:
            name = str(getattr(mixin, "name", "")).rpartition(".")[2]
            return f"`{name}` knows callers by the session cookie", ()
        return None
    reads = read_by(project, view)
    if reads & _TOKEN_READS:
        return None
    if reads & _COOKIE_READS and _changes(project, view):
        name = sorted(reads & _COOKIE_READS)[0]
        found = found or (f"the view reads `request.{name}`", ())
    return found


def _only_reads(name: str, decorator: Value) -> bool:
    """`@require_http_methods(["GET"])`."""
    if name != "django.views.decorators.http.require_http_methods":
        return False
    methods = {each.value for each in walk(decorator) if isinstance(each, Constant)}
    return methods <= {"GET", "HEAD", "OPTIONS"}


def read_by(project: Project, code: Defined, with_inner: bool = False) -> set[str]:
    """The attributes of the request that a function reads, and those that its own wrappers read."""
    python = project.python(code.path)
    assert python is not None
    inside = {code.scope}
    for index in range(code.scope + 1, len(python.scopes)) if with_inner else ():
        if python.scopes[index].parent in inside:
            inside.add(index)
    found = set()
    for scope in inside:
        for value in project.values_of(Defined(code.path, scope)):
            harmless = {place for each in walk(value) for place in _harmless(each)}
            for each in walk(value):
                if isinstance(each, Reference) and each.place not in harmless:
                    parts = each.name.split(".")
                    for before, after in pairwise(parts):
                        if before in {"request", "req"}:
                            found.add(after)
    return found


def _harmless(value: Value) -> Iterator[int]:
    """The place of a look at a header that is no credential: `request.META["HTTP_USER_AGENT"]`."""
    match value:
        case Subscript(Reference(_, place), Constant(str() as key)):
            pass
        case Call(Reference(name, place), (first, *_)) if name.endswith(".get") and isinstance(first.value, Constant):
            key = str(first.value.value)
        case _:
            return
    if key.removeprefix("HTTP_").replace("_", "-").lower() in {*HARMLESS_HEADERS, "remote-addr"}:
        yield place


def _changes(project: Project, view: Defined) -> bool:
    """Whether a view does something that a forged request could be for: it looks at what was posted, or asks for the
    method and does more than answer `GET`."""
    reads = read_by(project, view)
    return bool(reads & {"POST", "body", "FILES", "data"}) or ("method" in reads and not _only_gets(project, view))


def _only_gets(project: Project, view: Defined) -> bool:
    """Whether all that a view does stands under one `if request.method == "GET":`."""
    python = project.python(view.path)
    assert python is not None
    own = project.scope_of(view).block
    inside = [each for each in python.blocks if each.parent == own and each.scope == view.scope]
    above = [each for each in project.statements_of(view) if each.block == own]
    match inside:
        case [Block(kind="if", value=Operation("==", operands))] if not above:
            return any(isinstance(each, Constant) and each.value == "GET" for each in operands)
    return False


def rest_sessions(project: Project) -> Iterator[Opening]:
    """A session authentication of REST framework whose `enforce_csrf` enforces nothing."""
    for path in project.mentioning("enforce_csrf"):
        python = project.python(path)
        for index, scope in enumerate(python.scopes if python is not None and counts(project, path) else ()):
            if scope.name != "enforce_csrf" or scope.kind != "function":
                continue
            if not project.names.derives_from(Defined(path, scope.parent), REST_SESSIONS):
                continue
            calls = list(project.calls_of(Defined(path, index)))
            if not calls:
                assert python is not None
                owner = python.scopes[scope.parent].name
                what = f"`{owner}.enforce_csrf` enforces nothing"
                yield Opening(Location(path, scope.place), what, owner, "callers are known by Django's session cookie")


__all__ = ["exempt_views", "read_by", "rest_sessions"]
