"""What web frameworks make of a cookie for which nothing is said: flags of `set_cookie` and of session cookies."""

from __future__ import annotations

from prodlint.libraries.sensitive import is_sensitive, words_of

FLAGS = ("secure", "httponly", "samesite")
"""The flags of a cookie, in the order in which a person would name them."""

MISSING: dict[str, str] = {
    "secure": "it is also sent over plain HTTP",
    "httponly": "any script of the page can read it",
    "samesite": "other sites' forms send it along",
}
"""What a cookie without the flag means."""

SET_COOKIE = frozenset({"set_cookie", "set_signed_cookie"})
"""Methods of responses that set a cookie: name first, then the value."""

LAX = frozenset({"starlette", "fastapi", "litestar"})
"""Packages whose `set_cookie` sends `SameSite=Lax` unless it is told otherwise; that of Werkzeug (Flask), Django and
aiohttp leaves the attribute out. None of them sets `Secure` or `HttpOnly` by itself. tests/test_credentials.py asks the
installed libraries."""

PLAIN = frozenset(
    {"flask", "quart", "werkzeug", "django", "rest_framework", "ninja", "aiohttp", "apiflask", "connexion"}
)

SESSION_COOKIES: dict[str, dict[str, tuple[str, str]]] = {
    "starlette.middleware.sessions.SessionMiddleware": {"secure": ("https_only", "False")},
    **{
        name: {"secure": ("secure", "False"), "httponly": ("httponly", "True"), "samesite": ("samesite", "'lax'")}
        for name in (
            "litestar.middleware.session.client_side.CookieBackendConfig",
            "litestar.middleware.session.server_side.ServerSideSessionConfig",
        )
    },
    **{
        name: {"secure": ("secure", "None"), "samesite": ("samesite", "'lax'")}
        for name in (
            "litestar.security.jwt.JWTCookieAuth",
            "litestar.security.jwt.auth.JWTCookieAuth",
            "litestar.security.jwt.OAuth2PasswordBearerAuth",
            "litestar.security.jwt.auth.OAuth2PasswordBearerAuth",
        )
    },
    **{
        name: {
            "secure": ("cookie_secure", "True"),
            "httponly": ("cookie_httponly", "True"),
            "samesite": ("cookie_samesite", "'lax'"),
        }
        for name in (
            "fastapi_users.authentication.CookieTransport",
            "fastapi_users.authentication.transport.CookieTransport",
            "fastapi_users.authentication.transport.cookie.CookieTransport",
        )
    },
    **{
        name: {"secure": ("secure", "None"), "httponly": ("httponly", "True"), "samesite": ("samesite", "None")}
        for name in (
            "aiohttp_session.SimpleCookieStorage",
            "aiohttp_session.cookie_storage.EncryptedCookieStorage",
            "aiohttp_session.nacl_storage.NaClCookieStorage",
            "aiohttp_session.redis_storage.RedisStorage",
            "aiohttp_session.memcached_storage.MemcachedStorage",
        )
    },
}
"""Classes that set the cookie of a session or token: for each flag the argument, and its default as Python writes it.
tests/test_credentials.py asks the installed libraries."""

FLASK_SETTINGS: dict[str, tuple[str, str]] = {
    "SESSION_COOKIE_SECURE": ("secure", "False"),
    "SESSION_COOKIE_HTTPONLY": ("httponly", "True"),
    "SESSION_COOKIE_SAMESITE": ("samesite", "None"),
}
"""Flask's settings of its session cookie with their defaults. Browsers take a cookie without `SameSite` for `Lax` or
nearly so, which is why only the first is asked for when none is set."""

DJANGO_SETTINGS: dict[str, tuple[str, str]] = {
    "SESSION_COOKIE_SECURE": ("secure", "False"),
    "SESSION_COOKIE_HTTPONLY": ("httponly", "True"),
    "SESSION_COOKIE_SAMESITE": ("samesite", "'Lax'"),
    "CSRF_COOKIE_SECURE": ("secure", "False"),
}
"""Django's settings of its session and CSRF cookies with their defaults (`django.conf.global_settings`)."""

FLASK_SESSIONS = frozenset({"flask_login", "flask_security", "flask_user", "flask_dance", "flask_wtf"})
"""Packages that keep something in Flask's session cookie."""

SECURED_BY = frozenset({"flask_talisman", "flask_session_cookie"})
"""Packages that set `SESSION_COOKIE_SECURE` themselves: Flask-Talisman does unless it is told otherwise."""

_SESSIONS = frozenset({"session", "sessionid", "sid", "sess", "jwt", "auth", "remember"})


def carries_session(name: str) -> bool:
    """Whether a cookie of that name is one that says who its sender is: `session`, `access_token`, not `csrf_token`."""
    words = set(words_of(name))
    if words & {"csrf", "xsrf", "csrftoken", "xsrftoken"}:
        return False
    return is_sensitive(name) or bool(words & _SESSIONS and not words & {"type", "expires", "timeout", "theme"})
