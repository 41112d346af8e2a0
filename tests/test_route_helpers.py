"""Routes that an application's own functions, classes and partials register: none of them may be missing in silence.

Each expectation was measured with FastAPI 0.115: the running table, and what a request without the header is answered."""

from __future__ import annotations

import pytest

from tests.tree import project_of

_HEAD = """
import functools
from functools import partial, wraps
from fastapi import APIRouter, Depends, FastAPI, HTTPException, Request

def check(request: Request):
    if "x-key" not in request.headers:
        raise HTTPException(401)

AUTH = [Depends(check)]
app = FastAPI()
router = APIRouter(prefix="/r")
"""


def _table(code: str, tail: str = "\napp.include_router(router)\n", **files: str) -> dict[str, tuple[str, str]]:
    project = project_of({"main.py": _HEAD + code + tail, **files})
    found = {
        f"{','.join(each.methods)} {each.path}": (each.name.removeprefix("main."), project.authentication(each).status)
        for each in project.routes
    }
    found |= {f"lost {each.subject}": ("", each.reason) for each in project.routing.lost}
    return found


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (
            "def secure(path, **kw):\n return app.get(path, dependencies=AUTH, **kw)\n"
            "@secure('/a')\ndef a(): ...\n@secure('/b', tags=['x'])\ndef b(): ...",
            {"GET /a": ("a", "required"), "GET /b": ("b", "required")},
        ),
        (
            "def post(path, **kw):\n return router.post(path, **kw)\n"
            "@post('/a')\ndef a(): ...\n@post('/b', dependencies=AUTH)\ndef b(): ...",
            {"POST /r/a": ("a", "none"), "POST /r/b": ("b", "required")},
        ),
        (
            "def get(path, **kw):\n kw.setdefault('dependencies', AUTH)\n return router.get(path, **kw)\n"
            "@get('/a')\ndef a(): ...",
            {"GET /r/a": ("a", "required")},
        ),
        (
            "def named(fn):\n return router.get('/' + fn.__name__.replace('_', '-'))(fn)\n@named\ndef my_list(): ...",
            {"GET /r/my-list": ("my_list", "none")},
        ),
        (
            "def route(path, methods=('GET',), secure=True):\n def register(fn):\n"
            "  router.add_api_route(path, fn, methods=list(methods), dependencies=AUTH if secure else [])\n"
            "  return fn\n return register\n"
            "@route('/a')\ndef a(): ...\n@route('/b', methods=['POST'], secure=False)\ndef b(): ...",
            {"GET /r/a": ("a", "required"), "POST /r/b": ("b", "none")},
        ),
        (
            "def get(path, *args, **kwargs):\n made = router.get(path, *args, **kwargs)\n def inner(fn):\n"
            "  @wraps(fn)\n  def wrapper(*a, **k):\n   return fn(*a, **k)\n  return made(wrapper)\n return inner\n"
            "@get('/a')\ndef a(): ...\n@get('/b', dependencies=AUTH)\ndef b(): ...",
            {"GET /r/a": ("a", "none"), "GET /r/b": ("b", "required")},
        ),
        (
            "class Api:\n def __init__(self, prefix):\n  self.router = APIRouter(prefix=prefix)\n"
            " def get(self, path, public=False):\n"
            "  return self.router.get(path, dependencies=[] if public else AUTH)\n"
            "api = Api('/api')\n@api.get('/a')\ndef a(): ...\n@api.get('/b', public=True)\ndef b(): ...\n"
            "app.include_router(api.router)",
            {"GET /api/a": ("a", "required"), "GET /api/b": ("b", "none")},
        ),
        (
            "def secure(path):\n return app.get(path, dependencies=AUTH)\n"
            "for path in ('/a', '/b'):\n @secure(path)\n def a(): ...",
            {"GET /a": ("a", "required"), "GET /b": ("a", "required")},
        ),
    ],
)
def test_decorators_of_an_applications_own(code: str, expected: dict[str, tuple[str, str]]) -> None:
    assert _table(code) == expected


def test_a_decorator_that_puts_a_check_around_the_handler() -> None:
    code = (
        "def guarded(path):\n def register(fn):\n  @wraps(fn)\n  def wrapper(request: Request):\n"
        "   if 'authorization' not in request.headers:\n    raise HTTPException(401)\n   return fn(request)\n"
        "  return router.get(path)(wrapper)\n return register\n@guarded('/a')\ndef a(request: Request): ..."
    )
    assert _table(code) == {"GET /r/a": ("a", "required")}


def test_partials() -> None:
    code = """
Private = partial(APIRouter, dependencies=AUTH)
Both = functools.partial(Private, tags=["a"])
one, two = Private(prefix="/one"), Both(prefix="/two")
@one.get("/x")
def x(): ...
@two.get("/y")
def y(): ...
secure = partial(app.get, dependencies=AUTH)
@secure("/a")
def a(): ...
fixed = partial(app.get, "/fixed")
@fixed()
def b(): ...
plain = app.post
@plain("/c")
def c(): ...
register = partial(app.add_api_route, methods=["PUT"], dependencies=AUTH)
register("/d", c)
include = partial(app.include_router, prefix="/more")
include(one)
app.include_router(two)
"""
    assert _table(code, "") == {
        "GET /more/one/x": ("x", "required"),
        "GET /two/y": ("y", "required"),
        "GET /a": ("a", "required"),
        "GET /fixed": ("b", "none"),
        "POST /c": ("c", "none"),
        "PUT /d": ("c", "required"),
    }


def test_a_partial_of_another_module() -> None:
    parts = "from functools import partial\nfrom fastapi import APIRouter\nfrom guards import GUARDS\n"
    parts += "Private = partial(APIRouter, dependencies=GUARDS)\n"
    guards = "from fastapi import Depends, HTTPException, Request\ndef check(request: Request):\n"
    guards += " if 'x-key' not in request.headers:\n  raise HTTPException(401)\nGUARDS = [Depends(check)]\n"
    main = "from fastapi import FastAPI\nfrom parts import Private\nGUARDS = []\nrouter = Private(prefix='/p')\n"
    main += "@router.get('/x')\ndef x(): ...\napp = FastAPI()\napp.include_router(router)\n"
    project = project_of({"parts.py": parts, "guards.py": guards, "main.py": main})
    (route,) = project.routes
    assert (route.path, project.authentication(route).status) == ("/p/x", "required")


def test_functions_that_take_a_router_and_return_it() -> None:
    code = """
def with_health(given):
    @given.get("/health")
    def health(): ...
    return given
def secured(given: APIRouter) -> APIRouter:
    given.dependencies.append(Depends(check))
    return given
router = with_health(router)
@router.get("/x")
def x(): ...
other = APIRouter(prefix="/o")
other = secured(other)
@other.get("/y")
def y(): ...
for each in (router, other):
    app.include_router(each)
"""
    assert _table(code, "") == {
        "GET /r/health": ("with_health.health", "none"),
        "GET /r/x": ("x", "none"),
        "GET /o/y": ("y", "unknown"),
    }


def test_methods_that_are_applied_by_hand() -> None:
    code = """
class Things:
    def __init__(self):
        self.router = APIRouter(prefix="/things")
        self.router.get("/one")(self.one)
        post = self.router.post
        post("/two", dependencies=AUTH)(self.two)
    def one(self): ...
    def two(self): ...
class More(Things):
    def one(self, user=Depends(check)): ...
class Given:
    def __init__(self, given: APIRouter):
        given.get("/three")(self.three)
    def three(self): ...
app.include_router(Things().router)
app.include_router(More().router, prefix="/more")
Given(app)
"""
    assert _table(code, "") == {
        "GET /things/one": ("Things.one", "none"),
        "POST /things/two": ("Things.two", "required"),
        "GET /more/things/one": ("More.one", "required"),
        "POST /more/things/two": ("Things.two", "required"),
        "GET /three": ("Given.three", "none"),
    }


_LATE = "@router.get('/x')\ndef x(): ...\napp.include_router(router)\n@router.get('/late')\ndef late(): ..."


@pytest.mark.parametrize(("version", "is_copied"), [("0.136.0", True), ("0.137.0", False), ("", False)])
def test_what_comes_after_the_include_of_its_router(version: str, is_copied: bool) -> None:
    files = {"requirements.txt": f"fastapi=={version}\n"} if version else {}
    found = _table(_LATE, "", **files)
    assert ("GET /r/late" in found) is not is_copied
    assert any("copies routes" in reason for _, reason in found.values()) is is_copied


@pytest.mark.parametrize(
    "code",
    [
        "import company\n@company.secure_route('/x')\ndef x(): ...",
        "import company\nmade = company.make('/s')\n@made.get('/x')\ndef x(): ...",
        "table = {'g': app.get}\n@table['g']('/x')\ndef x(): ...",
        "@getattr(app, 'put')('/x')\ndef x(): ...",
        "def x(): ...\nfor method in ('get', 'post'):\n getattr(app, method)('/x')(x)",
        "short = lambda path: app.get(path)\n@short('/x')\ndef x(): ...",
        "class Short:\n def __init__(self, app):\n  self.app = app\n def __call__(self, path):\n"
        "  return self.app.get(path)\nshort = Short(app)\n@short('/x')\ndef x(): ...",
    ],
)
def test_what_cannot_be_followed_is_counted(code: str) -> None:
    assert any(each.startswith("lost") for each in _table(code))


@pytest.mark.parametrize(
    "code",
    [
        "import telegram_things\n@telegram_things.command('/start')\ndef start(): ...",
        "def cached(key):\n def inner(fn):\n  return fn\n return inner\n@cached('/x')\ndef x(): ...",
        "import socketio\nserver = socketio.AsyncServer()\n@server.on('/x')\ndef x(): ...",
    ],
)
def test_other_decorators_are_no_routes(code: str) -> None:
    assert _table(code) == {}


def test_a_helper_of_which_nothing_is_known_counts_once() -> None:
    code = "def fill(given: APIRouter, url, members):\n for name, function in members:\n"
    code += "  given.api_route(url, methods=[name])(function)\nimport company\n"
    code += "fill(router, company.url, company.members)\nfill(app, company.url, company.members)"
    found = _table(code)
    assert [each for each in found if not each.startswith("lost")] == []
    assert len(found) == 1


@pytest.mark.parametrize(
    ("code", "paths"),
    [
        ("from bottle import route\n@route('/x')\ndef x(): ...", ["/x"]),
        ("from robyn import Robyn\napp = Robyn('x')\n@app.get('/x')\ndef x(): ...", ["/x"]),
        ("import blacksheep\napp = blacksheep.Application()\n@app.router.get('/x')\ndef x(): ...", ["/x"]),
        ("import tornado.web\napp = tornado.web.Application([('/', H)])", ["*"]),
        (
            "from pyramid.config import Configurator\nwith Configurator() as config:\n config.add_route('x', '/x')",
            ["*"],
        ),
        ("import falcon\napp = falcon.App()\napp.add_route('/x', X())", ["*"]),
    ],
)
def test_frameworks_that_are_not_read_are_counted(code: str, paths: list[str]) -> None:
    assert [each.path for each in project_of({"main.py": code}).unread_routes] == paths
