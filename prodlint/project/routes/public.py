"""Routes that are public by nature, told from the path, the handler's name and what it does, never by one word.

Health checks, documentation and the like are told by their path; for what hands out or changes credentials (login,
signup, password reset, OAuth callbacks) two of three have to agree: path, handler's name, and what the handler takes or
calls. A webhook is public when its handler verifies a signature.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from prodlint.facts import Call, Reference, walk
from prodlint.libraries.sensitive import words_of
from prodlint.project.values.bindings import Defined
from prodlint.project.values.outcomes import Site

if TYPE_CHECKING:
    from prodlint.project import Project
    from prodlint.project.routes.route import Route

_INFRASTRUCTURE = {
    "health": "health check",
    "healthz": "health check",
    "healthcheck": "health check",
    "health-check": "health check",
    "health_check": "health check",
    "ready": "readiness check",
    "readyz": "readiness check",
    "readiness": "readiness check",
    "live": "liveness check",
    "livez": "liveness check",
    "liveness": "liveness check",
    "ping": "health check",
    "heartbeat": "health check",
    "version": "version",
    "metrics": "metrics",
    "docs": "documentation",
    "redoc": "documentation",
    "swagger": "documentation",
    "openapi.json": "documentation",
    "favicon.ico": "static file",
    "robots.txt": "static file",
    "sitemap.xml": "static file",
    "manifest.json": "static file",
    "security.txt": "static file",
    "jwks.json": "public keys",
    "jwks": "public keys",
}
_ENTRANCES: dict[str, tuple[frozenset[str], frozenset[str]]] = {
    reason: (frozenset(plain.split()), frozenset(vague.split()))
    for reason, plain, vague in (
        ("logout", "logout signout logoff", "out"),
        ("login", "login signin logon authenticate", "sign token tokens session sessions auth mfa otp verify access"),
        ("token refresh", "", "refresh"),
        ("signup", "register registration signup", "join onboard sign up"),
        ("password reset", "forgot", "password recover recovery reset"),
        ("account confirmation", "", "confirm confirmation verify verification activate activation"),
        ("OAuth flow", "oauth oauth2 saml oidc sso", "callback authorize authorized"),
    )
}
"""For each entrance the words that mean nothing else, and those that need to be borne out by what the handler does."""
_CREDENTIAL_CALLS = re.compile(
    r"(verify|check|validate|compare|hash|get|create|update|reset|set)_?\w*(password|credential)"
    r"|(create|encode|generate|issue|make|refresh|decode|verify|get)_?\w*(token|jwt)|authenticate|checkpw|hashpw"
    r"|fetch_token|authorize_access_token|authorize_redirect|log_?in|sign_?in|(create|register)_?user|delete_cookie"
    r"|send_\w*(mail|otp|code)",
    re.IGNORECASE,
)
_RESERVED = frozenset({"admin", "internal", "private", "debug"})
"""Segments that say that a path is not for everyone, whatever its handler does."""
_PEOPLE = frozenset({"user", "users", "account", "accounts", "customers", "members"})
_SIGNATURE_CALLS = frozenset(
    {"compare_digest", "construct_event", "verify_signature", "verify_webhook", "verify_header"}
)
_CREDENTIAL_FIELDS = frozenset({"password", "email", "username", "refresh_token", "token", "code", "otp"})


def public_reason(project: Project, route: Route) -> str:
    """Why a route is public by nature; "" where it is not."""
    segments = [segment for segment in route.path.lower().split("/") if segment]
    last = segments[-1] if segments else ""
    if not segments and set(route.methods) <= {"GET", "HEAD"}:
        return "root"
    if last in _INFRASTRUCTURE:
        return _INFRASTRUCTURE[last]
    if ".well-known" in segments or (segments and segments[0] in {"static", "assets"}):
        return "static file"
    if any(_INFRASTRUCTURE.get(segment, "").endswith("check") for segment in segments):
        return "health check"
    if set(route.methods) <= {"GET", "HEAD"} and any("{" in each and "token" in each for each in segments):
        return "link with a token"
    if set(route.methods) == {"OPTIONS"}:
        return "CORS preflight"
    if route.handler is None:
        return ""
    return _entrance(project, route, segments) or _verified_webhook(project, route.handler)


def _entrance(project: Project, route: Route, segments: list[str]) -> str:
    assert route.handler is not None
    if not _RESERVED.isdisjoint(segments):
        return ""
    if route.methods == ("POST",) and segments and segments[-1] in _PEOPLE and _takes_password(project, route.handler):
        return "signup"
    in_path = {word for segment in segments if not segment.startswith("{") for word in _words(segment)}
    name = project.scope_of(route.handler).name
    in_name = {*words_of(name), "".join(words_of(name))}
    does = _handles_credentials(project, route.handler)
    for reason, (plain, vague) in _ENTRANCES.items():
        words = plain | vague
        if (in_path & plain and (in_name & words or does)) or (in_name & plain and in_path & words):
            return reason
        if does and in_path & words and in_name & words:
            return reason
    return ""


def _words(segment: str) -> set[str]:
    words = {word for word in re.split(r"[^a-z0-9]+", segment) if word}
    return words | {segment, re.sub(r"[^a-z0-9]", "", segment)}


def _handles_credentials(project: Project, handler: Defined) -> bool:
    """Whether a handler takes a password form or credential fields, or calls what checks or issues a credential."""
    scope = project.scope_of(handler)
    for parameter in scope.parameters:
        if parameter.name.lower() in _CREDENTIAL_FIELDS:
            return True
        written = (
            " ".join(each.name for each in walk(parameter.annotation) if isinstance(each, Reference))
            if (parameter.annotation is not None)
            else ""
        )
        if "OAuth2PasswordRequestForm" in written:
            return True
    for value in project.values_of(handler):
        for inner in walk(value):
            if isinstance(inner, Call):
                called = getattr(inner.function, "name", "").rpartition(".")[2]
                if _CREDENTIAL_CALLS.search(called):
                    return True
    return False


def _takes_password(project: Project, handler: Defined) -> bool:
    """Whether a handler hashes a password, or takes a model with a password in it."""
    scope = project.scope_of(handler)
    for value in project.values_of(handler):
        for inner in walk(value):
            if isinstance(inner, Call) and "password" in getattr(inner.function, "name", "").lower():
                return True
    site = Site(handler.path, max(scope.parent, 0))
    for parameter in scope.parameters:
        of = project.values.annotated(site, parameter.annotation) if parameter.annotation is not None else None
        if isinstance(of, Defined) and project.names.class_member(of.path, of.scope, "password") is not None:
            return True
    return False


def _verified_webhook(project: Project, handler: Defined, depth: int = 0) -> str:
    """ "signed webhook" where the handler, or a function of the tree that it calls, verifies a signature."""
    for value in project.values_of(handler):
        for inner in walk(value):
            if not isinstance(inner, Call):
                continue
            called = getattr(inner.function, "name", "").rpartition(".")[2]
            if called in _SIGNATURE_CALLS or ("verify" in called and "signature" in called):
                return "signed webhook"
            if depth == 0 and ("verify" in called or "signature" in called or "validate" in called):
                code = project.values.evaluate(Site(handler.path, handler.scope), inner.function).meaning
                if isinstance(code, Defined) and project.scope_of(code).kind == "function":
                    found = _verified_webhook(project, code, 1)
                    if found:
                        return found
    return ""
