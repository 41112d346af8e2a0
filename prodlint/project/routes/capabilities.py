"""Links that somebody was given: whoever knows the address may use it, as with an unsubscribe link or a ping URL.

One word of the path is not enough. A part of the path has to be a secret by its name or by its converter, the handler
has to look it up or verify it, and an unguessable id alone needs the path or the handler's name to say what it is for.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from prodlint.facts import Call, Operation, Reference, Value, walk
from prodlint.libraries.sensitive import words_of
from prodlint.project.values.outcomes import Site

if TYPE_CHECKING:
    from prodlint.project import Project
    from prodlint.project.routes.route import Route

_FRAMEWORKS = frozenset({"django", "drf", "django-ninja"})
_SECRET = re.compile(
    r"(signed_\w+|(\w+_)?(token|signature|hmac)|uidb64"
    r"|(api|access|secret|share|ping|badge|activation|invite|feed|download|reset)_key)"
)
_GIVEN = frozenset(
    "ping pings hook hooks webhook webhooks callback callbacks unsubscribe unsub share shared sharing invite invites "
    "invitation badge embed pixel track tracking".split()
)
"""Words that say that the address itself was handed out."""
_CALLED = frozenset({"status", "delivery", "callback", "webhook"})
"""Words of the name of a handler that another service calls."""
_EXEMPT = frozenset({"django.views.decorators.csrf.csrf_exempt"})
_RESERVED = frozenset({"admin", "internal", "private", "debug", "delete", "remove", "edit"})


def capability_reason(project: Project, route: Route, segments: list[str]) -> str:
    """ "link with a token" where the address is the credential; "" where it is not."""
    if route.framework not in _FRAMEWORKS or route.handler is None or not _RESERVED.isdisjoint(segments):
        return ""
    converters = dict(route.converters)
    parameters = set(re.findall(r"\{(\w+)\}", route.path))
    for name in sorted(parameters):
        if not _uses(project, route, name):
            continue
        if _SECRET.fullmatch(name.lower()):
            return "link with a token"
        if converters.get(name) == "uuid" and _is_given(project, route, segments):
            return "link with a token"
    return ""


def _is_given(project: Project, route: Route, segments: list[str]) -> bool:
    """Whether a URL with an unguessable id is made for callers without a session: path or name say so, or the handler
    takes a POST without a CSRF token and is named for a service that calls back."""
    assert route.handler is not None
    scope = project.scope_of(route.handler)
    words = {word for each in segments if "{" not in each for word in re.split(r"[^a-z]+", each)}
    name = set(words_of(scope.name))
    exempt = any(
        project.values.external_name(Site(route.handler.path, max(scope.parent, 0)), each) in _EXEMPT
        for each in scope.decorators
    )
    if (words | name) & _GIVEN:
        return exempt or set(route.methods) <= {"GET", "HEAD", "*"}
    return exempt and route.methods == ("POST",) and bool(name & _CALLED)


def _uses(project: Project, route: Route, name: str) -> bool:
    """Whether the handler looks an object up by a part of the path, passes it on or compares it."""
    assert route.handler is not None
    for value in project.values_of(route.handler):
        for each in walk(value):
            if isinstance(each, Call) and any(_is(argument.value, name) for argument in each.arguments):
                return True
            if (
                isinstance(each, Operation)
                and each.operator in {"==", "!="}
                and any(_is(x, name) for x in each.operands)
            ):
                return True
    return False


def _is(value: Value, name: str) -> bool:
    return isinstance(value, Reference) and value.name == name
