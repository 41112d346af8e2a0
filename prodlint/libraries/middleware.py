"""What middleware and hooks see of a request: where its path, its method and the caller's credential stand.

Sources: Starlette "Requests" and "Middleware", Flask `flask.Request`, Django "Request and response objects" and
"Middleware", the ASGI specification "HTTP connection scope"; each project's documentation.
"""

from __future__ import annotations

REQUEST_OBJECTS = frozenset({"flask.request", "flask.globals.request", "quart.request"})
"""Importable objects that are the current request."""

REQUEST_CLASSES = frozenset(
    {
        "fastapi.Request",
        "fastapi.requests.Request",
        "starlette.requests.Request",
        "starlette.requests.HTTPConnection",
        "litestar.Request",
        "litestar.connection.Request",
        "litestar.connection.ASGIConnection",
    }
)
"""Classes that make a request of an ASGI scope."""

HEADER_CLASSES = frozenset({"starlette.datastructures.Headers", "starlette.datastructures.MutableHeaders"})

IDENTITY_OBJECTS: dict[str, str] = {
    "flask.session": "credentials",
    "quart.session": "credentials",
    "flask.g": "state",
    "flask.globals.g": "state",
    "flask_login.current_user": "user",
    "flask_login.utils.current_user": "user",
    "flask_security.current_user": "user",
    "flask_jwt_extended.current_user": "user",
    "flask_jwt_extended.get_jwt_identity": "absent",
    "flask_jwt_extended.get_jwt": "absent",
    "django.contrib.auth.get_user": "user",
}
"""Importable objects and functions, and what an anonymous caller finds behind them."""

REFUSING_CALLS: dict[str, str] = {
    "flask_jwt_extended.verify_jwt_in_request": "optional",
    "flask_jwt_extended.view_decorators.verify_jwt_in_request": "optional",
}
"""Functions that raise for an anonymous caller, with the keyword that, when true, lets one pass."""

REFUSING_EXCEPTIONS = frozenset(
    {
        "starlette.authentication.AuthenticationError",
        "fastapi.exceptions.AuthenticationError",
    }
)
"""Exceptions with which an `AuthenticationBackend` refuses: `AuthenticationMiddleware` answers 400 (Starlette
documentation, "Authentication")."""

BACKEND_MIDDLEWARE = frozenset({"starlette.middleware.authentication.AuthenticationMiddleware"})
"""Middleware that leaves the caller to a backend; it refuses nobody by itself."""

UNSET_FLAGS = frozenset({"flask.current_app.testing", "flask.current_app.debug"})
"""Flags of an application that production leaves at false."""

FUNCTION_MIDDLEWARE = frozenset({"starlette.middleware.base.BaseHTTPMiddleware"})
"""Middleware that runs the function given as `dispatch`."""

URL_RESOLVERS = frozenset({"django.urls.resolve", "django.core.urlresolvers.resolve"})

ATTRIBUTES: dict[str, dict[str, str]] = {
    "request": {
        "url": "url",
        "path": "path",
        "path_info": "path",
        "full_path": "path",
        "method": "method",
        "headers": "headers",
        "META": "headers",
        "environ": "headers",
        "cookies": "credentials",
        "COOKIES": "credentials",
        "session": "credentials",
        "authorization": "absent",
        "auth": "absent",
        "user": "user",
        "state": "state",
        "client": "address",
        "remote_addr": "address",
        "access_route": "address",
        "scope": "scope",
        "scope_type": "type",
        "endpoint": "endpoint",
        "blueprint": "blueprint",
        "resolver_match": "match",
        "query_params": "sent",
        "args": "sent",
        "GET": "sent",
        "POST": "sent",
        "form": "sent",
        "values": "sent",
    },
    "url": {"path": "path"},
    "match": {"url_name": "url_name"},
    "user": {
        "is_authenticated": "no",
        "is_staff": "no",
        "is_superuser": "no",
        "is_active": "no",
        "is_anonymous": "yes",
        "id": "absent",
        "pk": "absent",
    },
    "state": {"user": "absent"},
}
"""What the attributes of a thing are: another thing with attributes, or, for a caller who shows no credential, "no",
"yes" or "absent"."""

SCOPE_KEYS: dict[str, str] = {
    "type": "type",
    "path": "scope path",
    "method": "method",
    "headers": "headers",
    "user": "user",
    "auth": "absent",
    "session": "credentials",
    "client": "address",
    "root_path": "root",
}

ABOUT_ROUTE = frozenset(
    {
        "url",
        "path",
        "path_info",
        "full_path",
        "endpoint",
        "blueprint",
        "url_rule",
        "resolver_match",
        "route",
        "view_args",
    }
)
"""Attributes (and keys of a scope) of a request that tell its routes apart."""

ORDINARY_HEADERS = frozenset(
    "host origin referer referrer user-agent accept content-type content-length content-encoding connection upgrade "
    "cache-control pragma range te via date expect forwarded x-forwarded-for x-forwarded-proto x-forwarded-host "
    "x-real-ip x-request-id x-correlation-id x-requested-with hx-request traceparent tracestate dnt priority "
    "accept-language accept-encoding accept-charset if-none-match if-match if-modified-since last-event-id "
    "access-control-request-method access-control-request-headers sec-fetch-site sec-fetch-mode path-info "
    "request-method server-name http-host http-origin http-referer http-user-agent".split()
)
"""Headers that identify nobody; so does every one with "csrf" or "xsrf" in its name. In lower case with hyphens."""

ADDRESS_HEADERS = frozenset({"x-forwarded-for", "x-real-ip", "remote-addr", "http-x-forwarded-for", "forwarded"})
