"""Litestar's routes: layers of paths, guards and dependencies, security backends and what they let pass."""

from __future__ import annotations

import pytest

from prodlint.project import Project
from prodlint.project.routes.litestar.security import is_excluded
from tests.tree import project_of

GUARDS = """
from litestar.exceptions import NotAuthorizedException, PermissionDeniedException
def signed_in(connection, handler):
    if not connection.headers.get("authorization"):
        raise NotAuthorizedException()
def requires(role):
    def guard(connection, handler):
        if connection.user.role != role:
            raise PermissionDeniedException()
    return guard
def logged(connection, handler):
    print(connection.url)
"""


def rows(project: Project) -> list[tuple[str, str]]:
    return sorted((",".join(each.methods), each.path) for each in project.routes)


def status(project: Project, path: str, method: str = "GET") -> str:
    found = [each for each in project.routes if each.path == path and method in each.methods]
    assert len(found) == 1, [each.subject for each in project.routes]
    return project.authentication(found[0]).status


def test_layers_of_paths() -> None:
    project = project_of(
        {
            "items.py": """
from litestar import Controller, delete, get, route, websocket
class Base(Controller):
    @get("/inherited")
    async def inherited(self) -> str: ...
class Items(Base):
    path = "/items/{shop:str}"
    @get(["/", "/all"])
    async def listed(self) -> list[Item]: ...
    @delete(path="/{item_id:int}")
    async def removed(self, item_id: int) -> None: ...
    @route("/both", http_method=["GET", "POST"])
    async def both(self) -> None: ...
    @websocket("/ws")
    async def stream(self, socket) -> None: ...
""",
            "app.py": """
from litestar import Litestar, Router, get
from litestar.static_files import create_static_files_router
from items import Items
@get()
async def root() -> str: ...
@get("/late")
async def late() -> str: ...
v1 = Router(path="/v1", route_handlers=[Items])
app = Litestar(route_handlers=[root, Router("/api", route_handlers=[v1]), create_static_files_router(path="/s")])
app.register(late)
""",
        }
    )
    shop = "/api/v1/items/{shop}"
    assert rows(project) == sorted(
        [
            ("GET", "/"), ("GET", "/late"), ("GET", shop), ("GET", f"{shop}/all"), ("GET", f"{shop}/inherited"),
            ("DELETE", shop + "/{item_id}"), ("GET,POST", f"{shop}/both"), ("WEBSOCKET", f"{shop}/ws"),
        ]
    )  # fmt: skip
    assert not project.routing.lost
    removed = next(each for each in project.routes if each.methods == ("DELETE",))
    assert removed.converters == (("shop", "str"), ("item_id", "int"))
    assert {each.framework for each in project.routes} == {"litestar"}


def test_layered_guards() -> None:
    project = project_of(
        {
            "guards.py": GUARDS,
            "app.py": """
from litestar import Controller, Litestar, Router, get, post
from guards import logged, requires, signed_in
class Users(Controller):
    path = "/users"
    guards = [signed_in]
    @get()
    async def listed(self) -> str: ...
@get("/open", guards=[logged])
async def opened() -> str: ...
@post("/admin", guards=[requires("admin")])
async def admin() -> str: ...
@get("/in")
async def inside() -> str: ...
app = Litestar([Users, opened, admin, Router("/r", route_handlers=[inside], guards=[signed_in])])
""",
        }
    )
    assert status(project, "/users") == "required"
    assert status(project, "/open") == "none"
    assert status(project, "/admin", "POST") == "required"
    assert status(project, "/r/in") == "required"


SECURED = """
from litestar import Controller, Litestar, get, post
from litestar.plugins import InitPluginProtocol
from litestar.security.jwt import OAuth2PasswordBearerAuth
auth = OAuth2PasswordBearerAuth[User](
    retrieve_user_handler=found, token_secret="x", token_url="/login", exclude=["/health", "^/public/", "/docs/\\\\d+"],
)
class Users(Controller):
    path = "/users"
    @get("/me")
    async def me(self) -> str: ...
    @get("/health")
    async def health(self) -> str: ...
    @post("/login", exclude_from_auth=True)
    async def login(self) -> str: ...
    @get("/maybe", opt={"exclude_from_auth": FLAG})
    async def maybe(self) -> str: ...
class Public(Controller):
    path = "/public"
    opt = {"exclude_from_auth": False}
    @get("/x")
    async def x(self) -> str: ...
@get("/docs/{page:str}")
async def page(page: str) -> str: ...
@get("/opt", opt={"exclude_from_auth": True})
async def opt() -> str: ...
class Core(InitPluginProtocol):
    def on_app_init(self, app_config):
        app_config = self._secure(app_config, auth=auth)
        self._routes(app_config, controllers=[Users, Public])
        app_config.route_handlers.append(page)
        return app_config
    def _secure(self, app_config, auth):
        return auth.on_app_init(app_config)
    def _routes(self, app_config, *, controllers):
        app_config.route_handlers.extend(controllers)
def create_app():
    return Litestar(route_handlers=[opt], plugins=[Core()])
"""


def test_security_backend_of_a_plugin_and_what_it_lets_pass() -> None:
    project = project_of({"app.py": SECURED})
    assert not project.routing.lost
    assert {each.path: project.authentication(each).status for each in project.routes} == {
        "/users/me": "required",
        "/users/health": "none",
        "/users/login": "none",
        "/users/maybe": "unknown",
        "/public/x": "none",
        "/docs/{page}": "unknown",
        "/opt": "none",
    }


def test_security_backend_of_on_app_init() -> None:
    project = project_of(
        {
            "app.py": """
from litestar import Litestar, get
from litestar.security.session_auth import SessionAuth
@get("/me")
async def me() -> str: ...
@get("/free", public=True)
async def free() -> str: ...
session = SessionAuth(retrieve_user_handler=x, session_backend_config=y, exclude_opt_key="public")
app = Litestar([me, free], on_app_init=[session.on_app_init])
""",
        }
    )
    assert status(project, "/me") == "required"
    assert status(project, "/free") == "none"


def test_expressions_are_searched_for_anywhere_in_the_path() -> None:
    assert is_excluded(("/health",), "/api/health/x") is True
    assert is_excluded(("^/health",), "/api/health/x") is False
    assert is_excluded((r"/items/\d+",), "/items/{id}") is None
    assert is_excluded(("/items/.*",), "/items/{id}") is True
    assert is_excluded((), "/items") is False


def test_bypass_in_the_library() -> None:
    utilities = pytest.importorskip("litestar.middleware._utils")
    jwt = pytest.importorskip("litestar.security.jwt")

    class Handler:
        opt = {"exclude_from_auth": True}

    backend = jwt.JWTAuth(token_secret="x" * 32, retrieve_user_handler=lambda token, connection: None)
    assert backend.exclude_opt_key == "exclude_from_auth"
    assert set(backend.exclude_http_methods) == {"OPTIONS", "HEAD"}
    pattern = utilities.build_exclude_path_pattern(exclude=["/health", "^/public/"])

    def passes(path: str, method: str = "GET", handler: object = None) -> bool:
        scope = {"type": "http", "path": path, "method": method, "route_handler": handler}
        return bool(
            utilities.should_bypass_middleware(
                exclude_http_methods=("OPTIONS",), exclude_opt_key="exclude_from_auth", exclude_path_pattern=pattern,
                scope=scope, scopes={"http"},
            )
        )  # fmt: skip

    assert passes("/users/health")
    assert not passes("/users/public/x")
    assert passes("/users", handler=Handler())
    assert passes("/users", "OPTIONS")
    assert not passes("/users")


def test_keywords_of_handlers_in_the_library() -> None:
    litestar = pytest.importorskip("litestar")
    import inspect

    from prodlint.libraries.litestar import HANDLER_PARAMETERS, HANDLERS

    for name in ("get", "post", "put", "patch", "delete", "head", "route", "websocket", "asgi"):
        assert f"litestar.{name}" in HANDLERS
        decorator = getattr(litestar, name)
        signature = inspect.signature(decorator.__init__ if inspect.isclass(decorator) else decorator)
        own = {each for each in signature.parameters if each not in {"self", "kwargs", "fn"}}
        assert own <= HANDLER_PARAMETERS, own - HANDLER_PARAMETERS


def test_dependencies_by_layer() -> None:
    project = project_of(
        {
            "deps.py": """
from litestar.exceptions import NotAuthorizedException
def provide_user(request):
    if not request.headers.get("authorization"):
        raise NotAuthorizedException()
    return 1
def provide_cart(user): ...
def provide_other(): ...
""",
            "app.py": """
from litestar import Controller, Litestar, get
from litestar.di import Provide
from deps import provide_cart, provide_other, provide_user
class Carts(Controller):
    path = "/carts"
    dependencies = {"cart": Provide(provide_cart)} | {"other": Provide(provide_other, sync_to_thread=False)}
    @get("/mine")
    async def mine(self, cart: Cart) -> str: ...
    @get("/open")
    async def opened(self, other: int) -> str: ...
app = Litestar([Carts], dependencies={"user": Provide(provide_user)})
""",
        }
    )
    assert status(project, "/carts/mine") == "required"
    assert status(project, "/carts/open") == "none"
    mine = next(each for each in project.routes if each.path == "/carts/mine")
    assert [each.name for top in mine.dependencies for each in top.closure()] == [
        "deps.provide_user",
        "deps.provide_cart",
    ]


def test_dependencies_that_cannot_be_followed_make_a_route_unknown() -> None:
    project = project_of(
        {
            "app.py": """
from litestar import Litestar, get
@get("/x")
async def x(user: User) -> str: ...
app = Litestar([x], dependencies=load_dependencies())
""",
        }
    )
    assert status(project, "/x") == "unknown"


def test_authentication_middleware() -> None:
    project = project_of(
        {
            "app.py": """
from litestar import Litestar, get
from litestar.exceptions import NotAuthorizedException
from litestar.middleware import AbstractAuthenticationMiddleware, DefineMiddleware
class Auth(AbstractAuthenticationMiddleware):
    async def authenticate_request(self, connection):
        if not connection.headers.get("authorization"):
            raise NotAuthorizedException()
        return result
@get("/in")
async def inside() -> str: ...
@get("/docs")
async def docs() -> str: ...
app = Litestar([inside, docs], middleware=[DefineMiddleware(Auth, exclude="docs")])
""",
        }
    )
    assert status(project, "/in") == "required"
    assert status(project, "/docs") == "none"


def test_handlers_that_nobody_serves_are_lost() -> None:
    project = project_of({"app.py": "from litestar import get\n@get('/x')\nasync def x() -> str: ...\n"})
    assert [each.reason for each in project.routing.lost] == ["no application of the tree serves it"]


def test_guard_with_an_exception_of_its_own_is_not_open() -> None:
    project = project_of(
        {
            "app.py": """
from litestar import Litestar, get
class NotAllowed(Exception): ...
def guard(connection, handler):
    if not connection.headers.get("authorization"):
        raise NotAllowed()
@get("/x", guards=[guard])
async def x() -> str: ...
app = Litestar([x], exception_handlers={NotAllowed: answer})
""",
        }
    )
    assert status(project, "/x") == "unknown"
