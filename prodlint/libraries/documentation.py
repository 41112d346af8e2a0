"""Interactive documentation and schemas that frameworks serve by themselves, or by a view.

Sources: FastAPI "Metadata and Docs URLs", Litestar `OpenAPIConfig`, Flask-RESTX `Api(doc=)`, django-ninja
`NinjaAPI(docs_url=, openapi_url=)`, drf-spectacular `SERVE_PERMISSIONS`; each project's documentation.
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

VIEWS = frozenset(
    {
        "drf_spectacular.views.SpectacularAPIView",
        "drf_spectacular.views.SpectacularSwaggerView",
        "drf_spectacular.views.SpectacularRedocView",
        "rest_framework.schemas.get_schema_view",
        "drf_yasg.views.get_schema_view",
    }
)
