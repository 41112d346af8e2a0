"""Interactive documentation and schemas that frameworks serve by themselves.

Sources: FastAPI "Metadata and Docs URLs", Flask-RESTX `Api(doc=)`, django-ninja `NinjaAPI(docs_url=, openapi_url=)`;
each project's documentation.
"""

from __future__ import annotations

APPLICATIONS: dict[str, tuple[str, ...]] = {
    "fastapi.FastAPI": ("openapi_url", "docs_url", "redoc_url"),
    "fastapi.applications.FastAPI": ("openapi_url", "docs_url", "redoc_url"),
    "ninja.NinjaAPI": ("openapi_url", "docs_url"),
    "flask_restx.Api": ("doc",),
    "flask_restplus.Api": ("doc",),
}
"""Applications that serve documentation by themselves, with the arguments that turn it off; the first one turns off all
of it."""

SCHEMA_VIEWS = frozenset(
    f"drf_spectacular.views.Spectacular{name}View" for name in ("API", "JSONAPI", "YAMLAPI", "Swagger", "Redoc")
)
"""Views that an application lists among its URLs; they ask nobody unless they are given `permission_classes` or
`SPECTACULAR_SETTINGS` has `SERVE_PERMISSIONS`. Source:
https://drf-spectacular.readthedocs.io/en/latest/settings.html."""
