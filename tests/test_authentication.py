"""What stands before a route is what an anonymous caller meets there: small applications with the expected status.

Each expectation was measured: it is what the running application answers to a request without a credential."""

from __future__ import annotations

import pytest

from tests.tree import project_of

_FASTAPI = """
from typing import Annotated, Optional
import jwt
from fastapi import APIRouter, Cookie, Depends, FastAPI, Header, HTTPException, Query, Request, Security
from fastapi.responses import JSONResponse, RedirectResponse
from fastapi.security import APIKeyHeader, HTTPBearer
app = FastAPI()
"""
_FLASK = """
from functools import wraps
from flask import Blueprint, Flask, abort, g, jsonify, request, session
app = Flask(__name__)
"""


def _statuses(files: dict[str, str] | str) -> dict[str, str]:
    project = project_of({"main.py": files} if isinstance(files, str) else files)
    return {route.path: project.authentication(route).status for route in project.routes}


def _of_dependency(code: str, dependency: str) -> str:
    route = f"\n@app.get('/x')\ndef read(given=Depends({dependency})):\n    return 1\n"
    return _statuses(_FASTAPI + code + route)["/x"]


_PERMISSIONS = """
class Permission:
    status_code = 403
    def allows(self, request): ...
    def __init__(self, request: Request):
        if not self.allows(request):
            raise HTTPException(status_code=self.status_code)
class SignedIn(Permission):
    status_code = 401
    def allows(self, request):
        return "authorization" in request.headers
class Anybody(Permission):
    def allows(self, request):
        return True
class All:
    def __init__(self, classes):
        self.classes = classes
    def __call__(self, request: Request):
        for each in self.classes:
            each(request=request)
class Inherited(Permission):
    def __init__(self, request: Request, page: int = 1):
        super().__init__(request)
    def allows(self, request):
        return request.headers.get("authorization") is not None
class Roles:
    def __init__(self, roles):
        self.roles = roles
    def __call__(self, request: Request):
        for role in self.roles:
            if role not in request.cookies.get("roles", ""):
                raise HTTPException(401)
"""
_SERVICE = """
class Service:
    def token(self, request: Request, optional: bool = False):
        header = request.headers.get("authorization")
        if header is None:
            if optional:
                return None
            raise HTTPException(401)
        return header
    def required(self, optional=False):
        def inner(request: Request):
            return self.token(request, optional=optional)
        return inner
service = Service()
"""


@pytest.mark.parametrize(
    ("code", "dependency", "status"),
    [
        (_PERMISSIONS, "SignedIn", "required"),
        (_PERMISSIONS, "Anybody", "none"),
        (_PERMISSIONS, "Inherited", "required"),
        (_PERMISSIONS, "All([SignedIn])", "required"),
        (_PERMISSIONS, "All([Anybody])", "none"),
        (_PERMISSIONS, "Roles(['a'])", "required"),
        (_PERMISSIONS, "Roles([])", "optional"),
        (_SERVICE, "service.token", "required"),
        (_SERVICE, "service.required()", "required"),
        (_SERVICE, "service.required(optional=True)", "optional"),
    ],
)
def test_objects_know_their_own_class_and_arguments(code: str, dependency: str, status: str) -> None:
    assert _of_dependency(code, dependency) == status


@pytest.mark.parametrize(
    ("body", "status"),
    [
        # A response that a dependency returns is a value like any other.
        ("if 'authorization' not in request.headers:\n        return JSONResponse({}, status_code=401)", "optional"),
        # The first handler is for credentials that were good once; the second one lets all others pass.
        (
            "try:\n        return jwt.decode(request.headers.get('token', ''), KEY, ['HS256'])\n"
            "    except jwt.ExpiredSignatureError:\n        raise HTTPException(401)\n"
            "    except jwt.PyJWTError:\n        return None",
            "optional",
        ),
        ("token = request.headers.get('token') or 'demo'\n    if not token: raise HTTPException(401)", "optional"),
        ("for part in request.headers.get('token', '').split():\n        raise HTTPException(401)", "unknown"),
        ("if request.state.user == 'banned': raise HTTPException(403)", "unknown"),
        (
            "match request.headers.get('token'):\n        case 'bad':\n            raise HTTPException(401)\n"
            "        case _:\n            return None",
            "unknown",
        ),
        (
            "match request.headers.get('token'):\n        case 'good':\n            return 1\n"
            "        case _:\n            raise HTTPException(401)",
            "required",
        ),
        ("if DISABLED: return None\n    if not request.cookies.get('a'): raise HTTPException(401)", "required"),
        ("if DISABLED and not request.cookies.get('a'): raise HTTPException(401)", "unknown"),
        ("if ENABLED and not request.cookies.get('a'): raise HTTPException(401)", "required"),
        ("if ENABLED: return None\n    if not request.cookies.get('a'): raise HTTPException(401)", "unknown"),
        ("if not request.cookies.get('a'): raise HTTPException(307, headers={'Location': '/login'})", "required"),
        ("if not request.cookies.get('a'): raise SignIn", "required"),
        ("return request.app.state.backend.authenticate(request)", "unknown"),
        ("return CONTAINER.get('auth').authenticate(request)", "unknown"),
        ("with suppress(HTTPException):\n        if not request.cookies.get('a'): raise HTTPException(401)", "none"),
        ("return request.cookies.get('a')\n    raise HTTPException(401)", "optional"),
        ("return KEYS.get(request.headers.get('x-key'))", "none"),
    ],
)
def test_what_stands_in_the_way_of_a_refusal(body: str, status: str) -> None:
    code = (
        "DISABLED = False\nENABLED = True\nKEYS = {'a': 1}\nclass SignIn(Exception): pass\n"
        "@app.exception_handler(SignIn)\ndef to_login(request, exc): return RedirectResponse('/login')\n"
        f"def check(request: Request):\n    {body}\n"
    )
    assert _of_dependency(code, "check") == status


_HOLDER = """
class Holder:
    def __init__(self, request: Request):
        self.user = request.cookies.get("user")
    @property
    def required(self):
        if self.user is None: raise HTTPException(401)
        return self.user
def holder(request: Request): return Holder(request)
def required(of: Holder = Depends(holder)): return of.required
def cookie(request: Request):
    if not request.cookies.get("a"): raise HTTPException(401)
def nothing(request: Request): return None
def every(*wanted):
    def inner(request: Request):
        for each in wanted: each(request)
    return inner
def scoped(asked: SecurityScopes, token: Optional[str] = Header(None)):
    if asked.scopes and token is None: raise HTTPException(401)
"""


@pytest.mark.parametrize(
    ("dependency", "status"),
    [("required", "required"), ("every(cookie)", "required"), ("every(nothing)", "none"), ("scoped", "unknown")],
)
def test_properties_and_dependencies_that_call_others(dependency: str, status: str) -> None:
    assert _of_dependency("from fastapi.security import SecurityScopes\n" + _HOLDER, dependency) == status


def test_a_handler_may_ask_an_object_that_is_made_of_the_request() -> None:
    holder = _HOLDER.replace("    @property\n", "")
    route = "@app.get('/x')\ndef read(of: Holder = Depends(holder)):\n    return of.required()\n"
    assert _statuses(_FASTAPI + "from fastapi.security import SecurityScopes\n" + holder + route) == {"/x": "required"}


def test_a_key_in_the_query_is_a_credential_and_a_page_token_is_none() -> None:
    code = (
        "def key(api_key: str = Query('')):\n    if api_key != KEY: raise HTTPException(403)\n"
        "def page(token: str = Query('', alias='page-token')):\n    if not token: raise HTTPException(403)\n"
    )
    assert _of_dependency(code, "key") == "required"
    assert _of_dependency(code, "page") == "none"


def test_abstract_methods_and_overrides_are_followed_or_unknown() -> None:
    code = (
        "from typing import Protocol\n"
        "class Backend(Protocol):\n    def authenticate(self, request: Request): ...\n"
        "def backend() -> Backend: raise NotImplementedError\n"
        "def check(request: Request, of: Backend = Depends(backend)): return of.authenticate(request)\n"
        "def real(request: Request):\n    if not request.cookies.get('a'): raise HTTPException(401)\n"
        "def nobody(): return None\n"
        "def open_place(): raise NotImplementedError\n"
        "def hard(request: Request):\n    if not request.cookies.get('a'): raise HTTPException(401)\n"
        "def either(request: Request):\n    if not request.cookies.get('a'): raise HTTPException(401)\n"
        "app.dependency_overrides[open_place] = real\n"
        "app.dependency_overrides[hard] = nobody\n"
        "if DEBUG:\n    app.dependency_overrides[either] = nobody\n"
    )
    assert _of_dependency(code, "check") == "unknown"
    assert _of_dependency(code, "open_place") == "required"
    assert _of_dependency(code, "hard") == "none"
    assert _of_dependency(code, "either") == "unknown"


def test_decorators_refuse_by_themselves_and_not_by_what_the_handler_raises() -> None:
    found = _statuses(
        _FASTAPI
        + """
from functools import wraps
class requires:
    def __init__(self, scope): self.scope = scope
    def __call__(self, function):
        @wraps(function)
        async def wrapper(request: Request):
            self.check(request)
            return await function(request)
        return wrapper
    def check(self, request):
        if self.scope not in request.headers.get("x-scopes", ""): raise HTTPException(403)
def translates(function):
    @wraps(function)
    async def wrapper(request: Request):
        print(request.headers.get("authorization"))
        try:
            return await function(request)
        except PermissionError:
            raise HTTPException(403)
    return wrapper
@app.get("/closed")
@requires("a")
async def closed(request: Request): return 1
@app.get("/open")
@translates
async def opened(request: Request): return 1
"""
    )
    assert found == {"/closed": "required", "/open": "optional"}


def test_the_route_class_that_is_given_decides() -> None:
    found = _statuses(
        _FASTAPI
        + """
from fastapi.routing import APIRoute
class Base(APIRoute):
    def get_route_handler(self):
        original = super().get_route_handler()
        async def handle(request: Request):
            self.before(request)
            try:
                return await original(request)
            except KeyError:
                raise HTTPException(401)
        return handle
    def before(self, request): pass
class Checked(Base):
    def before(self, request):
        if not request.cookies.get("sid"): raise HTTPException(401)
one = APIRouter(prefix="/one", route_class=Checked)
two = APIRouter(prefix="/two", route_class=Base)
@one.get("/x")
def first(): return 1
@two.get("/x")
def second(): return 1
for each in (one, two): app.include_router(each)
"""
    )
    assert found == {"/one/x": "required", "/two/x": "optional"}


def test_routers_of_objects_have_what_their_own_class_registers() -> None:
    found = _statuses(
        _FASTAPI
        + """
def user(request: Request):
    if not request.headers.get("authorization"): raise HTTPException(401)
class Controller:
    prefix = ""
    def __init__(self, *wanted):
        self.router = APIRouter(prefix=self.prefix, dependencies=[Depends(each) for each in wanted])
        self.register()
    def register(self):
        self.router.add_api_route("/list", self.all, methods=["GET"])
    def all(self): return []
class Books(Controller):
    prefix = "/books"
class Shops(Controller):
    prefix = "/shops"
    def register(self):
        super().register()
        self.router.add_api_route("/more", self.all, methods=["POST"])
class Given:
    def __init__(self, router): self.router = router
class Items(Given):
    def __init__(self):
        super().__init__(APIRouter(prefix="/items"))
        self.router.add_api_route("/a", self.a, methods=["GET"], dependencies=[Depends(user)])
    def a(self): return 1
def made(prefix, *wanted):
    return APIRouter(prefix=prefix, dependencies=[Depends(each) for each in wanted])
closed = made("/closed", user)
@closed.get("/x")
def x(): return 1
for each in (Books(user).router, Shops().router, Items().router, closed): app.include_router(each)
"""
    )
    assert found == {
        "/books/list": "required",
        "/shops/list": "none",
        "/shops/more": "none",
        "/items/a": "required",
        "/closed/x": "required",
    }


def test_flask_exceptions_hand_their_status_on_to_the_class_behind() -> None:
    found = _statuses(
        _FLASK
        + """
class ApiError(Exception):
    def __init__(self, message, code=400):
        self.message = message
        self.code = code
class AuthError(ApiError):
    def __init__(self): super().__init__("no", 401)
@app.errorhandler(ApiError)
def api(error): return jsonify(m=error.message), error.code
def token(view):
    @wraps(view)
    def inner(*a, **k):
        if not request.headers.get("Authorization"): raise AuthError()
        return view(*a, **k)
    return inner
def logged(view):
    @wraps(view)
    def inner(*a, **k):
        try:
            return view(*a, **k)
        except PermissionError:
            abort(403)
    return inner
@app.route("/closed")
@token
def closed(): return "x"
@app.route("/open")
@logged
def opened(): return "x"
@app.before_request
def load(): g.user = session.get("user")
@app.route("/either")
def either(): return ("x", 200) if g.user else ("no", 401)
"""
    )
    assert found == {"/closed": "required", "/open": "none", "/either": "required"}


def test_litestar_guards_that_look_at_the_options_of_the_handler() -> None:
    found = _statuses(
        """
from litestar import Litestar, Router, get
from litestar.exceptions import NotAuthorizedException
def unless_public(connection, handler):
    if handler.opt.get("public"):
        return
    if "x-key" not in connection.headers:
        raise NotAuthorizedException()
def where_asked(connection, handler):
    if handler.opt.get("closed"):
        if "x-key" not in connection.headers:
            raise NotAuthorizedException()
@get("/a")
async def a() -> str: return "x"
@get("/b", opt={"public": True})
async def b() -> str: return "x"
@get("/c", opt={"public": VALUE})
async def c() -> str: return "x"
@get("/d")
async def d() -> str: return "x"
@get("/e", closed=True)
async def e() -> str: return "x"
app = Litestar([
    Router("/one", route_handlers=[a, b, c], guards=[unless_public]),
    Router("/two", route_handlers=[d, e], guards=[where_asked]),
])
"""
    )
    assert found == {
        "/one/a": "required",
        "/one/b": "none",
        "/one/c": "unknown",
        "/two/d": "none",
        "/two/e": "required",
    }


def test_a_dispatch_of_an_endpoint_class_is_unknown() -> None:
    found = _statuses(
        """
from starlette.applications import Starlette
from starlette.endpoints import HTTPEndpoint
from starlette.responses import JSONResponse
from starlette.routing import Route
class Checked(HTTPEndpoint):
    async def dispatch(self):
        if "authorization" not in dict(self.scope["headers"]):
            response = JSONResponse({}, 401)
            return await response(self.scope, self.receive, self.send)
        if not self.request.headers.get("authorization"):
            return
        await super().dispatch()
    async def get(self, request): return JSONResponse({})
class Plain(HTTPEndpoint):
    async def get(self, request): return JSONResponse({})
app = Starlette(routes=[Route("/a", Checked), Route("/b", Plain)])
"""
    )
    assert found == {"/a": "unknown", "/b": "none"}


def test_a_dependency_that_lets_paths_pass() -> None:
    """Measured: 200 for /open/a, 401 for the others; one that takes more than the request is not run."""
    code = _FASTAPI + """
def check(request: Request):
    if request.url.path.startswith("/open"):
        return None
    if "authorization" not in request.headers:
        raise HTTPException(401)
def logged(request: Request):
    print(request.url.path)
    if "authorization" not in request.headers:
        raise HTTPException(401)
def several(request: Request, authorization: str | None = Header(None)):
    if request.url.path in ("/docs", "/several"):
        return None
    if authorization is None:
        raise HTTPException(401)
router = APIRouter(dependencies=[Depends(check)])
@router.get("/open/a")
def opened(): ...
@router.get("/closed/a")
def closed(): ...
@app.get("/logged", dependencies=[Depends(logged)])
def with_log(): ...
@app.get("/several", dependencies=[Depends(several)])
def with_several(): ...
app.include_router(router)
"""
    expected = {"/open/a": "none", "/closed/a": "required", "/logged": "required", "/several": "unknown"}
    assert _statuses(code) == expected


def test_a_handler_that_sets_the_status_of_its_response() -> None:
    """FastAPI answers with the status of the `Response` that it handed out; a dependency only sets it, and the handler
    runs all the same."""
    code = _FASTAPI + """
from fastapi import Response
def soft(response: Response, authorization: str | None = Header(None)):
    if authorization is None:
        response.status_code = 401
        return None
    return authorization
@app.get("/own")
def own(response: Response, authorization: str | None = Header(None)):
    if authorization is None:
        response.status_code = 401
        return {}
    return {"for": authorization}
@app.get("/soft")
def softly(given=Depends(soft)):
    return {"all": "of it"}
"""
    found = _statuses(code)
    assert found["/own"] == "required"
    assert found["/soft"] != "required"


def test_a_decorator_that_makes_a_signature() -> None:
    """Measured: 401, as FastAPI finds `Depends` in `__signature__`."""
    code = _FASTAPI + """
import inspect
from functools import wraps
def check(request: Request):
    if "authorization" not in request.headers:
        raise HTTPException(401)
def guarded(function):
    @wraps(function)
    def wrapper(*args, caller=None, **kwargs):
        return function(*args, **kwargs)
    asked = inspect.Parameter("caller", inspect.Parameter.KEYWORD_ONLY, default=Depends(check))
    wrapper.__signature__ = inspect.signature(function).replace(parameters=[asked])
    return wrapper
@app.get("/x")
@guarded
def read(): ...
"""
    assert _statuses(code) == {"/x": "unknown"}
