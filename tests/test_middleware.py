"""What middleware and hooks do to an anonymous caller of one route: the paths that they free, and the doubt."""

import pytest

from prodlint.project import Project
from prodlint.project.identity.unread import unread_schemes
from prodlint.readers import python
from prodlint.sources import Source
from tests.tree import project_of

APPLICATION = """
from fastapi import FastAPI, Request, HTTPException, WebSocket
from fastapi.responses import JSONResponse, RedirectResponse, Response
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.authentication import AuthCredentials, AuthenticationBackend, AuthenticationError, SimpleUser
from starlette.middleware.authentication import AuthenticationMiddleware
from starlette.requests import Request as StarletteRequest
from starlette.datastructures import Headers
import fnmatch, re, os
from app.paths import PUBLIC, PREFIXES, is_public, settings
app = FastAPI()
{code}

@app.get("/health")
def health(): ...
@app.get("/api/items/{{item_id}}")
def item(item_id: int): ...
@app.post("/api/items")
def create(): ...
@app.get("/api/public/news")
def news(): ...
@app.get("/api/publications")
def publications(): ...
@app.websocket("/ws")
async def ws(websocket: WebSocket): ...
"""
PATHS = """
import os
from pydantic_settings import BaseSettings
PUBLIC = {"/health", "/docs"}
PREFIXES = ("/api/public", "/docs")


class Settings(BaseSettings):
    auth_enabled: bool = True
    auth_off: bool = False
    open_paths: list[str] = ["/health"]


settings = Settings()


def is_public(path):
    for prefix in PREFIXES:
        if path.startswith(prefix):
            return True
    return path in PUBLIC
"""
FREE, CLOSED, OPEN = ("required", "required", "required"), ("none",), ("none", "none", "none", "none", "none")
REFUSE = 'return JSONResponse({"detail": "no"}, status_code=401)'


def statuses(files: dict[str, str]) -> dict[str, str]:
    sources = {path: Source(path, "python", "application", "", len(text), 0) for path, text in files.items()}
    facts = {path: python.read(path, text) for path, text in files.items()}
    project = Project("/", sources, lambda path: facts[path])
    found = {}
    for route in project.routes:
        decided = [project.authenticator.of_guard(guard, route).status for guard in route.guards]
        found[route.path] = next((each for each in decided if each != "none"), "none")
    return found


def of_code(code: str) -> str:
    """One letter a route (health, item, create, news, publications): r, n, u."""
    found = statuses({"app/main.py": APPLICATION.format(code=code), "app/paths.py": PATHS, "app/__init__.py": ""})
    order = ["/health", "/api/items/{item_id}", "/api/items", "/api/public/news", "/api/publications"]
    return "".join(found[path][0] for path in order) + ("w" if found["/ws"] != "none" else "")


def dispatch(test: str, rest: str = "", refuse: str = REFUSE) -> str:
    """A middleware that lets pass what the test frees."""
    return f"""
class Auth(BaseHTTPMiddleware):
    PUBLIC = ["/health"]

    async def dispatch(self, request: Request, call_next):
        {test}
            return await call_next(request)
        token = request.headers.get("Authorization")
        if not token or not token.startswith("Bearer "):
            {refuse}
        {rest}
        return await call_next(request)

app.add_middleware(Auth)
"""


CASES = {
    "no exemption": (dispatch("if False:"), "rrrrr"),
    "a set of another file": (dispatch("if request.url.path in PUBLIC:"), "nrrrr"),
    "a list on the class": (dispatch("if request.url.path in self.PUBLIC:"), "nrrrr"),
    "written out": (dispatch('if request.url.path in ("/health", "/docs"):'), "nrrrr"),
    "equality": (dispatch('if request.url.path == "/health":'), "nrrrr"),
    "prefix": (dispatch('if request.url.path.startswith("/api/public"):'), "rrrnn"),
    "tuple of prefixes": (dispatch("if request.url.path.startswith(PREFIXES):"), "rrrnn"),
    "any": (dispatch("if any(request.url.path.startswith(p) for p in PREFIXES):"), "rrrnn"),
    "not any": (dispatch("if not any(request.url.path.startswith(p) for p in PREFIXES):"), "nnnrr"),
    "any of a list": (dispatch("if any([p in request.url.path for p in PREFIXES]):"), "rrrnn"),
    "regular expression": (dispatch('if re.match(r"^/(health|docs)$", request.url.path):'), "nrrrr"),
    "compiled": (dispatch('if re.compile(r"/api/public(/|$)").match(request.url.path):'), "rrrnr"),
    "search": (dispatch('if re.search("public", request.url.path):'), "rrrnn"),
    "fullmatch": (dispatch('if re.fullmatch(r"/api/items/[0-9]+", request.url.path):'), "rurrr"),
    "costly expression": (dispatch('if re.match(r"(a+)+$", request.url.path):'), "uuuuu"),
    "shell pattern": (dispatch('if any(fnmatch.fnmatch(request.url.path, p) for p in ["/api/public/*"]):'), "rrrnr"),
    "method": (dispatch('if request.method == "OPTIONS":'), "rrrrr"),
    "reading method": (dispatch('if request.method in ("GET", "HEAD"):'), "nnrnn"),
    "method and path": (dispatch('if request.method == "GET" and request.url.path.startswith("/api/items"):'), "rnrrr"),
    "method or path": (dispatch('if request.method == "OPTIONS" or request.url.path in PUBLIC:'), "nrrrr"),
    "local variable": (dispatch('path = request.url.path.rstrip("/")\n        if path in PUBLIC:'), "nrrrr"),
    "function of another file": (dispatch("if is_public(request.url.path):"), "nrrnn"),
    "setting with a default": (dispatch("if request.url.path in settings.open_paths:"), "nrrrr"),
    "switched off by default": (dispatch("if settings.auth_off:"), "rrrrr"),
    "open by default": (dispatch("if not settings.auth_off:"), "uuuuu"),
    "computed list": (dispatch("if request.url.path in load():"), "uuuuu"),
    "function outside the tree": (dispatch("if company.is_open(request):"), "uuuuu"),
    "scope": (dispatch('if request.scope["path"] in PUBLIC:'), "nrrrr"),
    "loop": (
        dispatch("for prefix in PREFIXES:\n          if request.url.path.startswith(prefix):"),
        "rrrnn",
    ),
    "raises": (dispatch("if request.url.path in PUBLIC:", refuse="raise HTTPException(401)"), "nrrrr"),
    "sends to the login page": (
        dispatch("if request.url.path in PUBLIC:", refuse='return RedirectResponse("/login")'),
        "nrrrr",
    ),
    "counts requests": (
        dispatch("if False:", refuse="return JSONResponse({}, status_code=429)"),
        "nnnnn",
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_exemption(name: str) -> None:
    code, expected = CASES[name]
    assert of_code(code) == expected


OTHERS = {
    "allow-list style": (
        """
@app.middleware("http")
async def guard(request: Request, call_next):
    if request.url.path.startswith("/api/items"):
        key = request.headers.get("x-api-key")
        if key != os.environ["KEY"]:
            return JSONResponse({}, status_code=401)
    return await call_next(request)
""",
        "nrrnn",
    ),
    "a list given to the constructor": (
        """
class Auth(BaseHTTPMiddleware):
    def __init__(self, app, exclude=None, prefixes=()):
        super().__init__(app)
        self.exclude = exclude or []
        self.prefixes = prefixes

    async def dispatch(self, request, call_next):
        if request.url.path in self.exclude or request.url.path.startswith(tuple(self.prefixes)):
            return await call_next(request)
        if "authorization" not in request.headers:
            raise HTTPException(status_code=401)
        return await call_next(request)

app.add_middleware(Auth, exclude=["/health"], prefixes=["/api/public/"])
""",
        "nrrnr",
    ),
    "a helper that refuses": (
        """
class Auth(BaseHTTPMiddleware):
    async def dispatch(self, request, call_next):
        if not self._is_open(request):
            user = await self._user(request)
            request.state.user = user
        return await call_next(request)

    def _is_open(self, request):
        path = request.url.path
        if request.method == "OPTIONS":
            return True
        return path in PUBLIC

    async def _user(self, request):
        header = request.headers.get("Authorization", "")
        scheme, _, token = header.partition(" ")
        if scheme.lower() != "bearer":
            raise HTTPException(401)
        return verify(token)

app.add_middleware(Auth)
""",
        "nrrrr",
    ),
    "pure ASGI": (
        """
class Auth:
    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        if scope["path"] in PUBLIC:
            await self.app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        if b"authorization" not in headers:
            response = JSONResponse({"detail": "no"}, status_code=401)
            await response(scope, receive, send)
            return
        await self.app(scope, receive, send)

app.add_middleware(Auth)
""",
        "nrrrrw",
    ),
    "pure ASGI that sends by hand": (
        """
class Auth:
    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        if scope["type"] == "http":
            for name, value in scope["headers"]:
                if name == b"authorization":
                    break
            else:
                await send({"type": "http.response.start", "status": 401, "headers": []})
                await send({"type": "http.response.body", "body": b""})
                return
        await self.app(scope, receive, send)

app.add_middleware(Auth)
""",
        "rrrrr",
    ),
    "a token that does not decode": (
        """
@app.middleware("http")
async def guard(request, call_next):
    if request.url.path in PUBLIC:
        return await call_next(request)
    try:
        token = request.headers["Authorization"].split()[1]
        request.state.user = decode(token)
    except Exception:
        return JSONResponse({}, status_code=401)
    return await call_next(request)
""",
        "nrrrr",
    ),
    "errors of the application as answers": (
        """
@app.middleware("http")
async def errors(request, call_next):
    try:
        return await call_next(request)
    except PermissionError:
        return JSONResponse({}, status_code=401)
""",
        "nnnnn",
    ),
    "a token against forgery": (
        """
@app.middleware("http")
async def forgery(request, call_next):
    if request.method in {"POST", "PUT"}:
        if request.headers.get("x-csrf-token") is None:
            return JSONResponse({}, status_code=403)
    return await call_next(request)
""",
        "nnnnn",
    ),
    "an address": (
        """
@app.middleware("http")
async def inside(request, call_next):
    if request.client.host not in ALLOWED:
        return JSONResponse({}, status_code=403)
    return await call_next(request)
""",
        "uuuuu",
    ),
    "only who is asked for is looked up": (
        """
@app.middleware("http")
async def identify(request, call_next):
    token = request.headers.get("Authorization")
    request.state.user = lookup(token) if token else None
    return await call_next(request)
""",
        "nnnnn",
    ),
    "only a bad token is refused": (
        """
@app.middleware("http")
async def identify(request, call_next):
    token = request.headers.get("Authorization")
    if token:
        if not verify(token):
            return JSONResponse({}, status_code=401)
    return await call_next(request)
""",
        "nnnnn",
    ),
    "added under a condition": (
        """
class Auth(BaseHTTPMiddleware):
    async def dispatch(self, request, call_next):
        if "authorization" not in request.headers:
            return JSONResponse({}, status_code=401)
        return await call_next(request)

if os.getenv("AUTH"):
    app.add_middleware(Auth)
""",
        "uuuuu",
    ),
    "a backend that raises for anyone unknown": (
        """
class Backend(AuthenticationBackend):
    async def authenticate(self, conn):
        if conn.url.path in PUBLIC:
            return None
        if "Authorization" not in conn.headers:
            raise AuthenticationError("no")
        return AuthCredentials(["authenticated"]), SimpleUser("someone")

app.add_middleware(AuthenticationMiddleware, backend=Backend())
""",
        "nrrrrw",
    ),
    "a backend that lets the unknown pass": (
        """
class Backend(AuthenticationBackend):
    async def authenticate(self, conn):
        if "Authorization" not in conn.headers:
            return
        try:
            return decode(conn.headers["Authorization"])
        except ValueError:
            raise AuthenticationError("no")

app.add_middleware(AuthenticationMiddleware, backend=Backend())
""",
        "nnnnn",
    ),
    "a response of a computed status": (
        """
@app.middleware("http")
async def guard(request, call_next):
    if not request.headers.get("Authorization"):
        return JSONResponse({}, status_code=refusal_status())
    return await call_next(request)
""",
        "uuuuu",
    ),
}


@pytest.mark.parametrize("name", OTHERS)
def test_form(name: str) -> None:
    code, expected = OTHERS[name]
    assert of_code(code) == expected


def test_the_evidence_names_the_prefix() -> None:
    code = dispatch('if request.url.path.startswith("/api/public"):')
    files = {"app/main.py": APPLICATION.format(code=code), "app/paths.py": PATHS, "app/__init__.py": ""}
    sources = {path: Source(path, "python", "application", "", len(text), 0) for path, text in files.items()}
    facts = {path: python.read(path, text) for path, text in files.items()}
    project = Project("/", sources, lambda path: facts[path])
    route = next(each for each in project.routes if each.path == "/api/publications")
    decided = project.authentication(route)
    assert decided.status == "none"
    assert decided.steps[-1].message.endswith("lets every path pass that begins with `/api/public`")


def test_dead_entries_of_the_configuration_are_said() -> None:
    from prodlint.project.inspect import notices

    text = APPLICATION.format(code="")
    sources = {"app/main.py": Source("app/main.py", "python", "application", "", len(text), 0)}
    facts = python.read("app/main.py", text)
    options = {"project": {"public-routes": ("/health", "/gone/*"), "auth-dependencies": ("app.gate.check",)}}
    said = notices(Project("/", sources, lambda path: facts, options))
    assert said == (
        "The configuration's `public-routes` names `/gone/*`, which matches no route that was read.",
        "The configuration's `auth-dependencies` names `app.gate.check`, which no route that was read asks for.",
    )


def test_a_dependency_that_the_configuration_names_refuses() -> None:
    text = (
        "from company_auth import require_user\nfrom fastapi import Depends, FastAPI\n"
        "from fastapi.security import HTTPBearer\n"
        "app = FastAPI()\nscheme = HTTPBearer()\n"
        "@app.get('/a')\ndef a(user=Depends(require_user)): ...\n"
        "@app.get('/b', dependencies=[Depends(scheme)])\ndef b(): ...\n"
        "@app.get('/c')\ndef c(): ...\n"
    )

    def answers(*names: str) -> list[str]:
        project = project_of({"app/main.py": text}, {"project": {"auth-dependencies": names}})
        unread = [route.path for each in unread_schemes(project) for route in each.routes]
        return [*(project.authentication(each).status for each in project.routes), *unread]

    assert answers() == ["unknown", "required", "none", "/b"]
    assert answers("company_auth.require_user") == ["required", "required", "none", "/b"]
    assert answers("require_user") == ["required", "required", "none", "/b"]
    assert answers("fastapi.security.HTTPBearer") == ["unknown", "required", "none"]
