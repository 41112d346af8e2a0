"""Where the protection against forged requests is switched off for callers who are known by a cookie."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import TYPE_CHECKING

from msgspec import Struct

from prodlint.facts import Block, Call, Constant, Operation, Reference, Subscript, Value, walk
from prodlint.finding import Location, Step
from prodlint.libraries.cookies import FLASK_SESSIONS
from prodlint.libraries.credentials import (
    AIOHTTP_MIDDLEWARE,
    AIOHTTP_SESSIONS,
    COOKIE_GUARDS,
    COOKIE_MIXINS,
    CSRF_EXEMPTIONS,
    CSRF_MIDDLEWARE,
    CSRF_SETTINGS,
    DJANGO_SESSIONS,
    FLASK_EXEMPTIONS,
    HARMLESS_HEADERS,
    REST_SESSIONS,
    SAFE_METHODS,
)
from prodlint.project.credentials.cookies import configured, imported
from prodlint.project.credentials.django import assigned, production_settings
from prodlint.project.credentials.places import counts
from prodlint.project.flow.traces import last_name, receiver_of
from prodlint.project.values.bindings import Defined
from prodlint.project.values.outcomes import Given, Items, Known, Site

if TYPE_CHECKING:
    from prodlint.project import Project

__all__ = ["Opening", "openings"]

_COOKIE_READS = frozenset({"user", "session", "COOKIES"})
_TOKEN_READS = frozenset({"headers", "META", "auth"})
_FLASK_USERS = frozenset({"current_user", "session", "login_required"})


class Opening(Struct, frozen=True):
    """A place that switches the protection off, and why the callers are known by a cookie."""

    location: Location
    what: str
    subject: str
    evidence: str
    steps: tuple[Step, ...] = ()


def openings(project: Project) -> Iterator[Opening]:
    """All of an application's own code."""
    yield from _settings(project)
    yield from _middleware(project)
    yield from _exempt_views(project)
    yield from _exempt_in_flask(project)
    yield from _rest(project)
    yield from _left_out(project)


# --- settings ---------------------------------------------------------------------------------------------------------


def _settings(project: Project) -> Iterator[Opening]:
    flask = {project.sources[path].project for path in project.mentioning("flask", "Flask")}
    named = set(project.mentioning(*CSRF_SETTINGS))
    keyed = (path for path in project.mentioning("config") if project.sources[path].project in flask)
    for path in sorted({*named, *(keyed if flask else ())}):
        if not counts(project, path):
            continue
        for name, (location, given) in configured(project, path, CSRF_SETTINGS):
            meaning = project.values.given(given).meaning
            if not isinstance(meaning, Known) or meaning.value is not False or name not in CSRF_SETTINGS:
                continue
            if name != "WTF_CSRF_ENABLED":
                yield Opening(location, f"`{name} = False`", name, "the token is sent in a cookie")
            elif _uses_flask_sessions(project, path):
                yield Opening(location, f"`{name} = False`", name, "callers are known by Flask's session cookie")


def _uses_flask_sessions(project: Project, path: str) -> bool:
    component = project.sources[path].project
    own = (each for each in project.mentioning("flask", *FLASK_SESSIONS) if project.sources[each].project == component)
    wanted = (FLASK_SESSIONS - {"flask_wtf"}) | {"flask.session"}
    return any(name in wanted for each in own if counts(project, each) for name in imported(project, each))


def _middleware(project: Project) -> Iterator[Opening]:
    for path in production_settings(project, "MIDDLEWARE"):
        found = assigned(project, path, "MIDDLEWARE")
        listed = project.values.given(found[1]).meaning if found is not None else None
        if found is None or not isinstance(listed, Items):
            continue
        meanings = [project.values.given(given).meaning for given in listed.values]
        names = {str(each.value) for each in meanings if isinstance(each, Known)}
        if len(names) < len(meanings) or DJANGO_SESSIONS not in names or any("Csrf" in name for name in names):
            continue
        if "django.contrib.auth.middleware.AuthenticationMiddleware" in names:
            what = f"`{CSRF_MIDDLEWARE.rpartition('.')[2]}` is missing in `MIDDLEWARE`"
            yield Opening(found[0], what, "MIDDLEWARE", "callers are known by Django's session cookie")


# --- views ------------------------------------------------------------------------------------------------------------


def _exempt_views(project: Project) -> Iterator[Opening]:
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
            reads = _reads(project, code, with_inner=True)
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
    reads = _reads(project, view)
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


def _reads(project: Project, code: Defined, with_inner: bool = False) -> set[str]:
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
    reads = _reads(project, view)
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


# --- Flask and REST framework -----------------------------------------------------------------------------------------


def _exempt_in_flask(project: Project) -> Iterator[Opening]:
    """`@csrf.exempt` on a view that asks who is logged in. A blueprint that is exempt as a whole is looked through for
    views that do."""
    for path in project.mentioning("exempt"):
        python = project.python(path)
        if python is None or not counts(project, path):
            continue
        for index, scope in enumerate(python.scopes):
            outside = Site(path, max(scope.parent, 0))
            for decorator in scope.decorators:
                if project.values.external_name(outside, decorator) in FLASK_EXEMPTIONS:
                    view = Defined(path, index)
                    if _is_for_users(project, view):
                        what = f"`{last_name(decorator)}` opens `{scope.qualname}`"
                        evidence = "the view knows callers by the session cookie"
                        yield Opening(Location(path, decorator.place), what, project.qualified(view), evidence)
        for call, block in project.calls_in(path):
            site = Site(path, python.blocks[block].scope)
            first = call.positional(0)
            if first is None or last_name(call.function) != "exempt":
                continue
            if project.values.external_name(site, call.function) in FLASK_EXEMPTIONS:
                yield from _exempt_blueprint(project, Given(site, first), Location(path, call.place))


def _exempt_blueprint(project: Project, given: Given, location: Location) -> Iterator[Opening]:
    meaning = project.values.given(given).meaning
    if isinstance(meaning, Defined) and project.scope_of(meaning).kind == "function":
        views = [meaning]
        what = f"`exempt` opens `{project.scope_of(meaning).name}`"
    else:
        made = getattr(getattr(meaning, "call", None), "value", None)
        views = [
            route.handler
            for route in project.routes
            if route.handler is not None
            and route.methods != ("GET",)
            and made is not None
            and any(each.value == made for each in route.calls)
        ]
        what = "`exempt` opens the views of the blueprint"
    guarded = next((view for view in views if _is_for_users(project, view)), None)
    if guarded is not None:
        step = Step("this view knows callers by the session cookie", _place(project, guarded))
        subject = f"exempt {project.qualified(guarded)}"
        yield Opening(location, what, subject, "callers are known by the session cookie", (step,))


def _place(project: Project, code: Defined) -> Location:
    return Location(code.path, project.scope_of(code).place)


def _is_for_users(project: Project, view: Defined) -> bool:
    """Whether a view of Flask asks who is logged in, and looks at no header by itself."""
    scope = project.scope_of(view)
    outside = Site(view.path, max(scope.parent, 0))
    if _reads(project, view) & {"headers"}:
        return False
    for decorator in scope.decorators:
        function = decorator.function if isinstance(decorator, Call) else decorator
        if project.values.external_name(outside, function) in COOKIE_GUARDS:
            return True
    site = Site(view.path, view.scope)
    for value in project.values_of(view):
        for each in walk(value):
            if isinstance(each, Reference) and each.name.partition(".")[0] in _FLASK_USERS:
                name = project.values.external_name(site, Reference(each.name.partition(".")[0], -each.place))
                if name in {"flask_login.current_user", "flask.session", "flask_login.utils.current_user"}:
                    return True
    return False


def _rest(project: Project) -> Iterator[Opening]:
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


# --- aiohttp ----------------------------------------------------------------------------------------------------------


def _left_out(project: Project) -> Iterator[Opening]:
    """A middleware of aiohttp that the application wrote against forged requests and lists nowhere, beside sessions."""
    sessions = {project.sources[path].project for path in project.mentioning(*AIOHTTP_SESSIONS)}
    for path in project.mentioning("middleware") if sessions else ():
        python = project.python(path)
        if python is None or not counts(project, path) or project.sources[path].project not in sessions:
            continue
        for scope in python.scopes:
            if scope.kind != "function" or "csrf" not in scope.name.lower() or not scope.decorators:
                continue
            outside = Site(path, max(scope.parent, 0))
            made = (project.values.external_name(outside, each) for each in scope.decorators)
            if AIOHTTP_MIDDLEWARE.isdisjoint(made) or _is_used(project, path, scope.name):
                continue
            what = f"no application lists the middleware `{scope.name}`"
            evidence = "callers are known by a session cookie"
            yield Opening(Location(path, scope.place), what, scope.qualname, evidence)


def _is_used(project: Project, path: str, name: str) -> bool:
    """Whether any other file writes the name, or its own one does so elsewhere than where it is defined."""
    if any(other != path for other in project.mentioning(name)):
        return True
    python = project.python(path)
    assert python is not None
    values = (value for index in range(len(python.scopes)) for value in project.values_of(Defined(path, index)))
    mentions = (each for value in values for each in walk(value))
    return any(
        (isinstance(each, Reference) and name in each.name.split("."))
        or (isinstance(each, Constant) and each.value == name)
        for each in mentions
    )
