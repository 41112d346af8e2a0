"""aiohttp's routes: calls of the router, lists and tables, class-based views, nested applications, middleware."""

from __future__ import annotations

from prodlint.project import Project
from tests.tree import project_of


def rows(project: Project) -> list[tuple[str, str]]:
    return sorted((",".join(each.methods), each.path) for each in project.routes)


def status(project: Project, path: str, method: str = "GET") -> str:
    found = [each for each in project.routes if each.path == path and method in each.methods]
    assert len(found) == 1, [each.subject for each in project.routes]
    return project.authentication(found[0]).status


def test_ways_to_say_a_route() -> None:
    project = project_of(
        {
            "views.py": """
from aiohttp import web
routes = web.RouteTableDef()
@routes.get("/decorated")
async def decorated(request): ...
@routes.view("/view/{id:\\\\d{1,3}}")
class Item(web.View):
    async def get(self): ...
    async def delete(self): ...
async def plain(request): ...
""",
            "urls.py": """
from aiohttp import web
import views
def setup(app):
    app.router.add_get("/get", views.plain)
    app.router.add_route("PUT", "/route", views.plain)
    app.add_routes(views.routes)
    app.add_routes([web.post("/listed", views.plain), web.static("/s", "x")])
    app.router.add_static("/static", "x")
    resource = app.router.add_resource("/resource")
    resource.add_route("POST", views.plain)
""",
            "app.py": """
from aiohttp import web
import urls, views
def create():
    app = web.Application()
    urls.setup(app)
    admin = web.Application()
    admin.router.add_get("/", views.plain)
    app.add_subapp("/admin", admin)
    return app
""",
        }
    )
    assert rows(project) == [
        ("DELETE", "/view/{id}"),
        ("GET", "/admin/"),
        ("GET", "/decorated"),
        ("GET", "/get"),
        ("GET", "/view/{id}"),
        ("POST", "/listed"),
        ("POST", "/resource"),
        ("PUT", "/route"),
    ]
    assert not project.routing.lost
    view = next(each for each in project.routes if each.methods == ("DELETE",))
    assert view.converters == (("id", "\\d{1,3}"),)
    assert view.view is not None


def test_routes_in_a_loop() -> None:
    code = "from aiohttp import web\nasync def a(request): ...\nasync def b(request): ...\ndef make():\n"
    code += " app = web.Application()\n for path, handler in [('/a', a), ('/b', b)]:\n"
    code += "  app.router.add_get(path, handler)\n return app\n"
    found = [(each.path, each.name) for each in project_of({"main.py": code}).routes]
    assert found == [("/a", "main.a"), ("/b", "main.b")]


def test_middleware_and_decorators() -> None:
    project = project_of(
        {
            "app.py": """
from functools import wraps
from aiohttp import web
from aiohttp_security import check_authorized
from aiohttp_session import get_session
def authorize(handler):
    @wraps(handler)
    async def wrapper(request):
        session = await get_session(request)
        if session.get("user") is None:
            raise web.HTTPUnauthorized()
        return await handler(request)
    return wrapper
@authorize
async def mine(request): ...
async def checked(request):
    await check_authorized(request)
async def opened(request): ...
app = web.Application()
app.router.add_get("/mine", mine)
app.router.add_get("/checked", checked)
app.router.add_get("/open", opened)
""",
            "gate.py": """
from aiohttp import web
@web.middleware
async def gate(request, handler):
    if request.path != "/free" and "Authorization" not in request.headers:
        raise web.HTTPUnauthorized()
    return await handler(request)
async def behind(request): ...
async def free(request): ...
app = web.Application(middlewares=[gate])
app.router.add_get("/behind", behind)
app.router.add_get("/free", free)
""",
        }
    )
    assert status(project, "/mine") == "required"
    assert status(project, "/checked") == "required"
    assert status(project, "/open") == "none"
    assert status(project, "/behind") == "required"
    assert status(project, "/free") == "none"
