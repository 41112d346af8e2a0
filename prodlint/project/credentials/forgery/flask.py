"""Views and blueprints of Flask that are exempt from the protection."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from prodlint.facts import Call, Reference, walk
from prodlint.finding import Location, Step
from prodlint.libraries.credentials import COOKIE_GUARDS, FLASK_EXEMPTIONS
from prodlint.project.credentials.forgery.opening import Opening
from prodlint.project.credentials.forgery.views import read_by
from prodlint.project.credentials.places import counts
from prodlint.project.flow.traces import last_name
from prodlint.project.values.bindings import Defined
from prodlint.project.values.outcomes import Given, Site

if TYPE_CHECKING:
    from prodlint.project import Project

_FLASK_USERS = frozenset({"current_user", "session", "login_required"})


def exempt_in_flask(project: Project) -> Iterator[Opening]:
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
    if read_by(project, view) & {"headers"}:
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


__all__ = ["exempt_in_flask"]
