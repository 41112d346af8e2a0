"""The entrances of an application, which a caller uses before he is known: login, signup, password reset, OAuth.

Neither a path nor a name makes an entrance: what the handler takes (a password, an address, a code) or calls has to
bear it out.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from msgspec import Struct

from prodlint.facts import Assign, Call, Constant, Operation, Reference, Subscript, Value, walk
from prodlint.libraries.authentication import LOGINS
from prodlint.libraries.identity import names_account
from prodlint.libraries.requests import GLOBAL_REQUESTS
from prodlint.libraries.sensitive import words_of
from prodlint.project.routes.flask.forms import form_fields
from prodlint.project.values.bindings import Defined
from prodlint.project.values.outcomes import Site

if TYPE_CHECKING:
    from prodlint.project import Project
    from prodlint.project.routes.route import Route


class _Entrance(Struct, frozen=True):
    """A kind of entrance: words that mean nothing else, words that need to be borne out, and what a handler of its kind
    takes (nothing in particular where empty)."""

    reason: str
    plain: frozenset[str]
    vague: frozenset[str] = frozenset()
    takes: frozenset[str] = frozenset()
    beside: frozenset[str] = frozenset()
    """Words of which one has to stand beside a plain one, unless the handler handles credentials."""


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


_PASSWORDS = _set("password passwd pass pwd password1 new_password pin otp passcode")
_PROOFS = _set(
    "code token key otp assertion credential id_token access_token refresh_token signature uid uidb64 ticket passkey "
    "samlresponse reset_token verification_code confirmation_token activation_key hash"
)
_NAMES = _set("email username login user_name mail identifier phone phone_number user")
_ENTRANCES = (
    _Entrance("logout", _set("logout signout logoff"), _set("out")),
    _Entrance("login", _set("login signin logon authenticate"),
              _set("sign token tokens session sessions auth mfa otp verify access jwt"), _PASSWORDS | _PROOFS),
    _Entrance("token refresh", frozenset(), _set("refresh"), _PROOFS),
    _Entrance("signup", _set("signup"), _set("register registration join onboard sign up invite accept"),
              _PASSWORDS | _NAMES),
    _Entrance("password reset", _set("forgot"), _set("password recover recovery reset forgotten"), _NAMES | _PROOFS),
    _Entrance("account confirmation", frozenset(), _set("confirm confirmation verify verification activate activation"),
              _PROOFS | _NAMES),
    _Entrance("OAuth flow", _set("oauth oauth2 saml oidc sso openid social"), _set("callback authorize authorized"),
              _PROOFS | {"state"},
              _set("callback authorize authorized login signin start redirect initiate begin complete finish metadata "
                   "acs url connect")),
)  # fmt: skip
_CREDENTIAL_CALLS = re.compile(
    r"(verify|check|validate|compare|hash|get|create|update|reset|set)_?\w*(password|credential)"
    r"|(create|encode|generate|issue|make|refresh|decode|verify|get)_?\w*(token|jwt)|authenticate|checkpw|hashpw"
    r"|fetch_token|authorize_access_token|authorize_redirect|log_?in|sign_?in|(create|register)_?user|delete_cookie"
    r"|send_\w*(mail|otp|code)|validate_on_submit",
    re.IGNORECASE,
)
_RESERVED = frozenset({"admin", "internal", "private", "debug"})
"""Segments that say that a path is not for everyone, whatever its handler does."""
_PEOPLE = frozenset({"user", "users", "account", "accounts", "customers", "members"})
_REGISTERS = frozenset({"register", "registration"})
_IDENTITY_PARAMETER = re.compile(r"\{(user_?|account_?|member_?|customer_?)?(id|pk|uuid)\}")


def entrance_reason(project: Project, route: Route, segments: list[str]) -> str:
    """Which entrance a route is; "" for none. `segments` are those of its path, in lower case."""
    if route.handler is None or not (_RESERVED.isdisjoint(segments) or _enters(project, route, segments)):
        return ""
    taken = _taken(project, route, route.handler)
    does = handles_credentials(project, route.handler)
    if route.methods == ("POST",) and segments and segments[-1] in _PEOPLE | _REGISTERS:
        if _takes_password(project, route, taken):
            return "signup"
    if _logs_in(project, route.handler) and ("" in taken or _takes_password(project, route, taken)):
        return "login"
    in_path = {word for segment in segments if not segment.startswith("{") for word in _words(segment)}
    name = project.scope_of(route.handler).name
    in_name = {*words_of(name), "".join(words_of(name))}
    if in_path & in_name & {"otp", "totp"} and taken & {"otp", "code", "passcode", "pin"}:
        return "login"
    for entrance in _ENTRANCES:
        if _is(entrance, route, in_path, in_name, taken, does):
            return entrance.reason
    return ""


def _is(
    entrance: _Entrance, route: Route, in_path: set[str], in_name: set[str], taken: frozenset[str], does: bool
) -> bool:
    """Whether path, handler's name, inputs and calls make a route this entrance."""
    words = entrance.plain | entrance.vague
    if entrance.reason == "password reset" and _IDENTITY_PARAMETER.search(route.path):
        return False  # Somebody else's password by its owner's id is a matter for administrators.
    if not in_path & words or not (in_name & words or in_path & entrance.plain):
        return False
    if entrance.reason == "logout":
        return bool(in_path & entrance.plain or in_name & entrance.plain)
    # A body that is read whole, without a schema, may hold anything.
    takes = bool(taken & entrance.takes) or not entrance.takes or "" in taken
    if entrance.reason == "OAuth flow":
        return does or bool(in_path & entrance.plain and (in_path | in_name) & entrance.beside)
    if (in_path | in_name) & entrance.plain:
        # A page that shows the form takes nothing yet.
        return takes or does or set(route.methods) <= {"GET", "HEAD"}
    if entrance.reason in {"signup", "password reset", "account confirmation"}:
        return takes and (does or bool(taken & (_PASSWORDS | _PROOFS)) or bool(in_name & words and in_path & words))
    return takes and does


def _enters(project: Project, route: Route, segments: list[str]) -> bool:
    """`/admin/login`, answered by a handler called `login`."""
    assert route.handler is not None
    words = {"login", "logout"} & _words(segments[-1])
    return bool(words & set(words_of(project.scope_of(route.handler).name)))


def _words(segment: str) -> set[str]:
    words = {word for word in re.split(r"[^a-z0-9]+", segment) if word}
    return words | {segment, re.sub(r"[^a-z0-9]", "", segment)}


def handles_credentials(project: Project, handler: Defined) -> bool:
    """Whether a handler calls what checks or issues a credential."""
    for call in project.calls_of(handler):
        called = str(getattr(call.function, "name", "")).rpartition(".")[2]
        if _CREDENTIAL_CALLS.search(called):
            return True
    return any(
        "OAuth2PasswordRequestForm" in str(getattr(each, "name", ""))
        for parameter in project.scope_of(handler).parameters
        for each in (walk(parameter.annotation) if parameter.annotation is not None else ())
    )


def _takes_password(project: Project, route: Route, taken: frozenset[str]) -> bool:
    """Whether a route takes a password, or its handler hashes one."""
    assert route.handler is not None
    if taken & _PASSWORDS:
        return True
    for value in project.values_of(route.handler):
        for each in walk(value):
            if isinstance(each, Call) and "password" in str(getattr(each.function, "name", "")).lower():
                return True
            if isinstance(each, Operation) and each.operator in {"in", "not in"}:
                key = each.operands[0]  # `"password" not in data`
                if isinstance(key, Constant) and key.value in _PASSWORDS:
                    return True
    return False


def _taken(project: Project, route: Route, handler: Defined) -> frozenset[str]:
    """The names of what a route takes; in Flask the fields of its forms, and parameters that a decorator fills. "" is
    what may hold anything: a body without a schema, or with one that cannot be followed."""
    inputs = project.inputs.of(route)
    found = {each.name.lower() for each in inputs} | {"" for each in inputs if each.source == "unknown"}
    if route.framework in GLOBAL_REQUESTS:
        found |= form_fields(project, handler)
        found |= {each.name.lower() for each in project.scope_of(handler).parameters}
    return frozenset(found)


def _logs_in(project: Project, handler: Defined) -> bool:
    """Whether a handler makes its caller a known user."""
    site = Site(handler.path, handler.scope)
    if any(project.values.external_name(site, call.function) in LOGINS for call in project.calls_of(handler)):
        return True
    return any(
        _keeps_user(target)
        for statement in project.statements_of(handler)
        if isinstance(statement, Assign) and not isinstance(statement.value, Constant)
        for target in statement.targets
    )


def _keeps_user(target: Value) -> bool:
    """`session["user_id"] = user.id`, `request.session["user"] = ...`: the session says who calls from now on."""
    match target:
        case Subscript(Reference(name), Constant(str() as key)):
            return name.rpartition(".")[2] == "session" and names_account(key)
    return False
