"""Web frameworks whose routes are recognised but not read yet."""

from __future__ import annotations

OBJECTS: dict[str, str] = {
    "flask_sock.Sock": "Flask-Sock",
    "flask_openapi3.APIView": "flask-openapi3's class-based views",
    "sanic.Sanic": "Sanic",
    "sanic.Blueprint": "Sanic",
    "bottle.Bottle": "Bottle",
    "robyn.Robyn": "Robyn",
    "robyn.SubRouter": "Robyn",
    "blacksheep.Application": "BlackSheep",
    "blacksheep.Application.router": "BlackSheep",
    "blacksheep.Router": "BlackSheep",
    "emmett.App": "Emmett",
    "microdot.Microdot": "Microdot",
    "muffin.Application": "Muffin",
}
"""Objects on which routes are registered by decorators such as `@app.route("/")`."""

HANDLER_DECORATORS: dict[str, str] = {
    "flask_admin.expose": "Flask-Admin",
    "flask_admin.base.expose": "Flask-Admin",
    "flask_appbuilder.expose": "Flask-AppBuilder",
    "flask_appbuilder.api.expose": "Flask-AppBuilder",
    "flask_appbuilder.baseviews.expose": "Flask-AppBuilder",
    "flask_classful.route": "Flask-Classful",
    **{
        f"{module}.{name}": title
        for module, title in (("bottle", "Bottle"), ("hug", "Hug"), ("blacksheep", "BlackSheep"))
        for name in ("route", "get", "post", "put", "patch", "delete")
    },
}
"""Decorators that make a function a route by themselves."""

APPLICATION_CALLS: dict[str, str] = {
    "tornado.web.Application": "Tornado",
    "pyramid.config.Configurator": "Pyramid",
    "cherrypy.quickstart": "CherryPy",
    "cherrypy.tree.mount": "CherryPy",
    "falcon.App": "Falcon",
    "falcon.API": "Falcon",
    "falcon.asgi.App": "Falcon",
    "web.application": "web.py",
}
"""Calls that make an application whose routes stand in no decorators."""

NO_ROUTERS = frozenset(
    "slack_bolt celery typer click socketio discord telegram aiogram dash streamlit nicegui gradio mcp fastmcp "
    "textual kivy aiohttp litestar django ninja sanic bottle robyn blacksheep emmett microdot muffin falcon hug "
    "flask quart flask_restful flask_restx flask_restplus flask_smorest flask_openapi3 apiflask connexion "
    "requests httpx redis boto3 googleapiclient".split()
)
"""Packages whose objects are called `app`, `api` or `router` and serve no HTTP routes of this application."""

FRAMEWORKS = frozenset("ninja flask flask_restx flask_smorest flask_openapi3 apiflask quart litestar aiohttp".split())
"""Those of them that serve HTTP routes by decorators."""

DJANGO_MODELS = frozenset({"django.db.models.Model", "django.db.models.base.Model"})

METHODS = frozenset({"route", "get", "post", "put", "patch", "delete", "websocket", "expose"})
"""Names of the decorators on `OBJECTS` that register a route."""
