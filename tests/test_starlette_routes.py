"""Starlette's own ways to say a route, and FastAPI routers made and put together by code."""

from __future__ import annotations

import pytest

from prodlint.project import Project
from tests.tree import project_of

HANDLERS = """
async def home(request): ...
async def item(request): ...
async def stream(websocket): ...
"""


def rows(project: Project) -> list[tuple[str, str, str]]:
    return sorted((",".join(each.methods), each.path, each.framework) for each in project.routes)


def status(project: Project, path: str, method: str = "GET") -> str:
    found = [each for each in project.routes if each.path == path and method in each.methods]
    assert len(found) == 1, [each.subject for each in project.routes]
    return project.authentication(found[0]).status


def test_lists_of_routes_from_several_files() -> None:
    project = project_of(
        {
            "views.py": HANDLERS,
            "items.py": """
from starlette.routing import Route, Router
from views import item
routes = [Route("/{id:int}", item, methods=["GET", "PUT"])]
routes.append(Route("/", endpoint=item))
items = Router(routes)
""",
            "app.py": """
from starlette.applications import Starlette
from starlette.routing import Host, Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles
from items import items, routes
from views import home, item, stream
ROUTES = [Route("/", home)] + [Mount("/items", items), Mount("/static", app=StaticFiles(directory="x"))]
ROUTES += [Mount("/v2", routes=[Mount("/items", routes=routes), WebSocketRoute("/ws", stream)])]
app = Starlette(routes=[*ROUTES, Host("api.example.com", app=Starlette(routes=[Route("/hosted", home)]))])
app.router.routes.append(Route("/late", home))
app.add_route("/added", item, methods=["POST"])
""",
        }
    )
    assert rows(project) == [
        ("GET", "/", "starlette"),
        ("GET", "/hosted", "starlette"),
        ("GET", "/items/", "starlette"),
        ("GET", "/late", "starlette"),
        ("GET", "/v2/items/", "starlette"),
        ("GET,PUT", "/items/{id}", "starlette"),
        ("GET,PUT", "/v2/items/{id}", "starlette"),
        ("POST", "/added", "starlette"),
        ("WEBSOCKET", "/v2/ws", "starlette"),
    ]
    assert not project.routing.lost
    assert {each.converters for each in project.routes if "{id}" in each.path} == {(("id", "int"),)}


def test_classes_of_endpoints() -> None:
    project = project_of(
        {
            "app.py": """
from starlette.applications import Starlette
from starlette.authentication import requires
from starlette.endpoints import HTTPEndpoint, WebSocketEndpoint
from starlette.routing import Route, WebSocketRoute
class User(HTTPEndpoint):
    async def get(self, request): ...
    @requires("authenticated")
    async def delete(self, request): ...
class Echo(WebSocketEndpoint):
    async def on_receive(self, websocket, data): ...
app = Starlette(routes=[Route("/user", User), WebSocketRoute("/ws", Echo)])
@app.route("/decorated")
class Decorated(HTTPEndpoint):
    def post(self, request): ...
""",
        }
    )
    assert rows(project) == [
        ("DELETE", "/user", "starlette"),
        ("GET", "/user", "starlette"),
        ("POST", "/decorated", "starlette"),
        ("WEBSOCKET", "/ws", "starlette"),
    ]
    assert status(project, "/user", "DELETE") == "required"
    assert status(project, "/user") == "none"
    assert all(each.view is not None for each in project.routes)


def test_dependencies_do_not_reach_plain_routes() -> None:
    """FastAPI runs them only for its own routes (see the comparison with the library below)."""
    project = project_of(
        {
            "app.py": """
from fastapi import APIRouter, Depends, FastAPI
from fastapi.security import HTTPBearer
def plain(request): ...
app = FastAPI(dependencies=[Depends(HTTPBearer())])
router = APIRouter()
router.add_route("/plain", plain)
@router.get("/own")
def own(): ...
app.include_router(router)
app.mount("/sub", sub := FastAPI())
@sub.get("/inner")
def inner(): ...
""",
        }
    )
    assert status(project, "/own") == "required"
    assert status(project, "/plain") == "none"


def test_dependencies_do_not_reach_plain_routes_in_the_library() -> None:
    fastapi = pytest.importorskip("fastapi")
    routing = pytest.importorskip("starlette.routing")
    responses = pytest.importorskip("starlette.responses")
    client = pytest.importorskip("starlette.testclient")

    def refuse() -> None:
        raise fastapi.HTTPException(401)

    def plain(request: object) -> object:
        return responses.PlainTextResponse("in")

    router = fastapi.APIRouter(routes=[routing.Route("/listed", plain)])
    router.add_api_route("/own", lambda: "in")
    router.add_route("/plain", plain)
    app = fastapi.FastAPI(dependencies=[fastapi.Depends(refuse)])
    app.include_router(router)
    asked = client.TestClient(app)
    assert {path: asked.get(path).status_code for path in ("/own", "/plain", "/listed")} == {
        "/own": 401, "/plain": 200, "/listed": 200,
    }  # fmt: skip


def test_backend_that_refuses_and_one_that_lets_pass() -> None:
    files = {
        "app.py": """
from starlette.applications import Starlette
from starlette.authentication import AuthCredentials, AuthenticationBackend, AuthenticationError, SimpleUser
from starlette.middleware import Middleware
from starlette.middleware.authentication import AuthenticationMiddleware
from starlette.routing import Route
class Backend(AuthenticationBackend):
    async def authenticate(self, conn):
        if "Authorization" not in conn.headers:
            BODY
        return AuthCredentials(["authenticated"]), SimpleUser("x")
def home(request): ...
def mine(request):
    return request.user.display_name
app = Starlette(
    routes=[Route("/", home), Route("/mine", mine)],
    middleware=[Middleware(AuthenticationMiddleware, backend=Backend())],
)
"""
    }
    refusing = project_of({"app.py": files["app.py"].replace("BODY", 'raise AuthenticationError("no")')})
    assert status(refusing, "/") == "required"
    passing = project_of({"app.py": files["app.py"].replace("BODY", "return")})
    assert status(passing, "/") == "none"
    assert status(passing, "/mine") == "optional"


def test_routers_from_loops_and_factories() -> None:
    project = project_of(
        {
            "routers.py": """
from fastapi import APIRouter
def make(prefix, name):
    router = APIRouter(prefix=prefix)
    @router.get(f"/{name}")
    def read(): ...
    return router
users = APIRouter()
@users.get("/list")
def listed(): ...
items = APIRouter()
@items.get("/all")
def everything(): ...
ROUTERS = {"/users": users, "/items": items}
""",
            "app.py": """
from fastapi import FastAPI
from routers import ROUTERS, items, make, users
app = FastAPI()
for prefix, router in ROUTERS.items():
    app.include_router(router, prefix=prefix)
for each, version in [(users, "v1"), (items, "v2")]:
    app.include_router(each, prefix=f"/{version}")
app.include_router(make("/a", "one"))
app.include_router(make("/b", "two"))
def add(router, path, function):
    router.add_api_route(path, function, methods=["POST"])
def save(): ...
def drop(): ...
add(app, "/save", save)
add(app, "/drop", drop)
""",
        }
    )
    assert [(methods, path) for methods, path, _ in rows(project)] == [
        ("GET", "/a/one"),
        ("GET", "/b/two"),
        ("GET", "/items/all"),
        ("GET", "/users/list"),
        ("GET", "/v1/list"),
        ("GET", "/v2/all"),
        ("POST", "/drop"),
        ("POST", "/save"),
    ]


def test_router_class_that_registers_its_methods() -> None:
    project = project_of(
        {
            "app.py": """
from fastapi import APIRouter, Depends, FastAPI
from fastapi.security import HTTPBearer
class Crud(APIRouter):
    def __init__(self, prefix, path):
        super().__init__(prefix=prefix, dependencies=[Depends(HTTPBearer())])
        self.add_api_route(path, self.read, methods=["GET"])
    def read(self): ...
app = FastAPI()
app.include_router(Crud("/users", "/all"))
app.include_router(Crud("/items", "/each"))
""",
        }
    )
    assert [(methods, path) for methods, path, _ in rows(project)] == [("GET", "/items/each"), ("GET", "/users/all")]
    assert status(project, "/users/all") == "required"


def test_routers_that_are_found_while_it_runs_are_unknown() -> None:
    project = project_of(
        {
            "app.py": """
import importlib, pkgutil
from fastapi import FastAPI
import plugins
app = FastAPI()
for module in pkgutil.iter_modules(plugins.__path__):
    app.include_router(importlib.import_module(module.name).router)
""",
        }
    )
    assert not project.routes
    assert [each.subject for each in project.routing.lost] == ["route put on a router by `include_router`"]


def test_wrapped_application_keeps_its_routes_and_gains_a_guard() -> None:
    project = project_of(
        {
            "app.py": """
from fastapi import FastAPI
from starlette.responses import PlainTextResponse
class Gate:
    def __init__(self, app):
        self.app = app
    async def __call__(self, scope, receive, send):
        headers = dict(scope["headers"])
        if b"authorization" not in headers:
            await PlainTextResponse("no", status_code=401)(scope, receive, send)
            return
        await self.app(scope, receive, send)
app = FastAPI()
@app.get("/before")
def before(): ...
app = Gate(app)
""",
        }
    )
    assert [path for _, path, _ in rows(project)] == ["/before"]
    assert [each.kind for each in project.routes[0].guards] == ["middleware"]
    assert status(project, "/before") != "none"


def test_class_with_decorated_methods_and_conditional_includes() -> None:
    project = project_of(
        {
            "views.py": """
from classy_fastapi import Routable, get, post
class Users(Routable):
    def __init__(self, store):
        super().__init__(prefix="/users")
    @get("/{id}")
    def read(self, id: int): ...
    @post("/")
    def add(self): ...
""",
            "app.py": """
import os
from fastapi import FastAPI
from views import Users
app = FastAPI()
if os.getenv("USERS"):
    app.include_router(Users(None).router)
""",
        }
    )
    assert [(methods, path) for methods, path, _ in rows(project)] == [("GET", "/users/{id}"), ("POST", "/users/")]
    assert all(each.conditional for each in project.routes)


def test_routers_of_packages_are_not_lost() -> None:
    project = project_of(
        {
            "app.py": """
from fastapi import FastAPI
from fastapi_users import FastAPIUsers
fastapi_users = FastAPIUsers[User, int](get_user_manager, [backend])
app = FastAPI()
app.include_router(fastapi_users.get_auth_router(backend), prefix="/auth")
app.include_router(fastapi_users.get_users_router(UserRead, UserUpdate), prefix="/users")
""",
        }
    )
    assert not project.routes
    assert not project.routing.lost


def test_route_class_that_refuses() -> None:
    project = project_of(
        {
            "app.py": """
from fastapi import APIRouter, FastAPI, HTTPException
from fastapi.routing import APIRoute
class Keyed(APIRoute):
    def get_route_handler(self):
        original = super().get_route_handler()
        async def handler(request):
            if request.headers.get("x-key") != "k":
                raise HTTPException(401)
            return await original(request)
        return handler
router = APIRouter(route_class=Keyed)
@router.get("/keyed")
def keyed(): ...
app = FastAPI()
app.include_router(router)
""",
        }
    )
    assert status(project, "/keyed") == "required"


def test_resource_classes_are_unknown() -> None:
    project = project_of(
        {
            "app.py": """
from fastapi import FastAPI
from fastapi_utils import Api, Resource
class Items(Resource):
    def get(self): ...
app = FastAPI()
api = Api(app)
api.add_resource(Items(), "/items")
""",
        }
    )
    assert [each.subject for each in project.routing.lost] == ["routes of a class of resources"]


def test_exception_handlers_of_the_application() -> None:
    project = project_of(
        {
            "app.py": """
from fastapi import Depends, FastAPI, Request
from fastapi.responses import JSONResponse
class NotAllowed(Exception): ...
def answer(request, error):
    return JSONResponse({}, status_code=401)
def signed_in(request: Request):
    if "authorization" not in request.headers:
        raise NotAllowed()
app = FastAPI(exception_handlers={NotAllowed: answer})
@app.get("/in", dependencies=[Depends(signed_in)])
def inside(): ...
""",
        }
    )
    assert status(project, "/in") == "required"


def test_attributes_of_a_user_without_an_account() -> None:
    authentication = pytest.importorskip("starlette.authentication")
    from prodlint.libraries.identity import ANONYMOUS_ATTRIBUTES

    own = {each for each in dir(authentication.UnauthenticatedUser()) if not each.startswith("_")}
    assert own == ANONYMOUS_ATTRIBUTES
