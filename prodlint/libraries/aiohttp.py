"""aiohttp's server by name: applications, route tables, class-based views.

Sources: aiohttp documentation, "Web Server Quickstart" (routes, resources, class-based views, nested applications) and
"Server Reference"; tests/test_aiohttp_routes.py compares with the installed library.
"""

from __future__ import annotations

APPLICATIONS = frozenset({"aiohttp.web.Application", "aiohttp.web_app.Application"})
TABLES = frozenset({"aiohttp.web.RouteTableDef", "aiohttp.web_routedef.RouteTableDef"})
VIEWS = frozenset({"aiohttp.web.View", "aiohttp.web_urldispatcher.View"})

VERBS = ("get", "post", "put", "patch", "delete", "head", "options")
DEFINITIONS: dict[str, str] = {
    f"aiohttp.{module}.{name}": name
    for module in ("web", "web_routedef")
    for name in (*VERBS, "route", "view", "static")
}
"""Functions that make a route for a list (`web.get("/", handler)`), by what they are."""
ADDING: dict[str, str] = {f"add_{name}": name for name in (*VERBS, "route", "view")}
"""Methods of an application's router that add a route, by what they are; those of `RouteTableDef` are the same names
without `add_`."""
