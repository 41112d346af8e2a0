"""Web frameworks whose routes are recognised but not read yet."""

from __future__ import annotations

OBJECTS: dict[str, str] = {
    "flask.Flask": "Flask",
    "flask.Blueprint": "Flask",
    "flask.app.Flask": "Flask",
    "flask.blueprints.Blueprint": "Flask",
    "flask_smorest.Blueprint": "Flask",
    "flask_openapi3.OpenAPI": "Flask",
    "flask_openapi3.APIBlueprint": "Flask",
    "apiflask.APIFlask": "Flask",
    "apiflask.APIBlueprint": "Flask",
    "flask_restx.Namespace": "Flask-RESTX",
    "flask_restx.Api": "Flask-RESTX",
    "flask_restful.Api": "Flask-RESTful",
    "quart.Quart": "Quart",
    "quart.Blueprint": "Quart",
    "sanic.Sanic": "Sanic",
    "sanic.Blueprint": "Sanic",
    "bottle.Bottle": "Bottle",
    "ninja.NinjaAPI": "django-ninja",
    "ninja.Router": "django-ninja",
    "aiohttp.web.RouteTableDef": "aiohttp",
}
"""Objects on which routes are registered by decorators such as `@app.route("/")`."""

HANDLER_DECORATORS: dict[str, str] = {
    f"litestar.{name}": "Litestar" for name in ("get", "post", "put", "patch", "delete", "head", "route", "websocket")
} | {f"litestar.handlers.{name}": "Litestar" for name in ("get", "post", "put", "patch", "delete", "head", "route")}
"""Decorators that make a function a route by themselves."""

DJANGO_PATHS = frozenset(
    {
        "django.urls.path",
        "django.urls.re_path",
        "django.conf.urls.url",
        "django.urls.conf.path",
        "django.urls.conf.re_path",
    }
)
STARLETTE_ROUTES: dict[str, str] = {
    "starlette.routing.Route": "Starlette",
    "starlette.routing.WebSocketRoute": "Starlette",
    "aiohttp.web.get": "aiohttp",
    "aiohttp.web.post": "aiohttp",
    "aiohttp.web.put": "aiohttp",
    "aiohttp.web.delete": "aiohttp",
    "aiohttp.web.route": "aiohttp",
    "aiohttp.web.UrlDispatcher.add_route": "aiohttp",
}
"""Calls that are one route each."""

NO_ROUTERS = frozenset(
    "slack_bolt celery typer click socketio discord telegram aiogram dash streamlit nicegui gradio mcp fastmcp "
    "textual kivy "
    "requests httpx redis boto3 googleapiclient".split()
)
"""Packages whose objects are called `app`, `api` or `router` and serve no HTTP routes of this application."""

DJANGO_MODELS = frozenset({"django.db.models.Model", "django.db.models.base.Model"})

METHODS = frozenset({"route", "get", "post", "put", "patch", "delete", "websocket"})
"""Names of the decorators on `OBJECTS` that register a route."""
