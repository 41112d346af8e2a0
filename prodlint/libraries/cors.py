"""Which origins a browser lets call the application: the middleware and settings that say so, and their defaults."""

from __future__ import annotations

from msgspec import Struct


class Cors(Struct, frozen=True):
    """How a library's call says which origins are allowed."""

    origins: str
    """The keyword; a list, or one text."""
    credentials: str
    regex: str = ""
    default: str = ""
    """What holds where the keyword is not given: "*" or nobody."""
    anchored: bool = True
    """Whether an expression has to match the whole origin."""


STARLETTE = Cors("allow_origins", "allow_credentials", "allow_origin_regex")
"""`*` with credentials answers each origin with itself; an expression has to match fully. Source: the code of
`starlette.middleware.cors`, pinned by a test."""

MIDDLEWARE = frozenset({"fastapi.middleware.cors.CORSMiddleware", "starlette.middleware.cors.CORSMiddleware"})

CALLS: dict[str, Cors] = {
    "flask_cors.CORS": Cors("origins", "supports_credentials", default="*", anchored=False),
    "flask_cors.cross_origin": Cors("origins", "supports_credentials", default="*", anchored=False),
    "flask_cors.CORS.init_app": Cors("origins", "supports_credentials", default="*", anchored=False),
    "litestar.config.cors.CORSConfig": Cors("allow_origins", "allow_credentials", "allow_origin_regex", "*"),
}
"""Sources: https://flask-cors.readthedocs.io/en/latest/configuration.html and
https://docs.litestar.dev/2/reference/config.html#litestar.config.cors.CORSConfig."""

FLASK_SETTING = "CORS_ORIGINS"
"""Flask-CORS takes it from the application's configuration where the call names no origins."""

DJANGO_ALL = ("CORS_ALLOW_ALL_ORIGINS", "CORS_ORIGIN_ALLOW_ALL")
DJANGO_REGEXES = ("CORS_ALLOWED_ORIGIN_REGEXES", "CORS_ORIGIN_REGEX_WHITELIST")
DJANGO_CREDENTIALS = "CORS_ALLOW_CREDENTIALS"
"""django-cors-headers: https://github.com/adamchainz/django-cors-headers#configuration; an expression is tried with
`re.match`, so from the beginning and not to the end."""

HEADER = "access-control-allow-origin"
CREDENTIALS_HEADER = "access-control-allow-credentials"

PUBLIC_SUFFIXES = (
    *("vercel.app", "netlify.app", "herokuapp.com", "github.io", "gitlab.io", "pages.dev", "workers.dev", "web.app"),
    *("firebaseapp.com", "onrender.com", "fly.dev", "azurewebsites.net", "azurestaticapps.net", "surge.sh"),
    *("ngrok.io", "ngrok-free.app", "amplifyapp.com", "cloudfront.net", "run.app", "streamlit.app", "replit.app"),
)
"""Hosts below which anyone can have a site: entries of the private section of https://publicsuffix.org/list/."""
