"""FastAPI and Starlette by name: applications, routers, dependencies, security schemes, middleware."""

from __future__ import annotations

APPLICATIONS = frozenset(
    {
        "fastapi.FastAPI",
        "fastapi.applications.FastAPI",
        "starlette.applications.Starlette",
    }
)
ROUTERS = frozenset(
    {
        "fastapi.APIRouter",
        "fastapi.routing.APIRouter",
        "fastapi.routers.APIRouter",
        "starlette.routing.Router",
        "fastapi.routing.Router",
        "fastapi_utils.inferring_router.InferringRouter",
        "fastapi_restful.inferring_router.InferringRouter",
        "fastapi_crudrouter.SQLAlchemyCRUDRouter",
        "fastapi_versioning.VersionedFastAPI",
    }
)
DEPENDS = frozenset(
    {
        "fastapi.Depends",
        "fastapi.Security",
        "fastapi.params.Depends",
        "fastapi.params.Security",
        "fastapi.param_functions.Depends",
        "fastapi.param_functions.Security",
    }
)
PARAMETERS: dict[str, str] = {
    f"{module}.{name}": name.lower()
    for module in ("fastapi", "fastapi.params", "fastapi.param_functions")
    for name in ("Path", "Query", "Header", "Cookie", "Body", "Form", "File")
}
"""Parameter declarations, and where FastAPI takes the value from."""

SCHEMES = frozenset(
    f"{module}.{name}"
    for module in ("fastapi.security", "fastapi.security.oauth2", "fastapi.security.http", "fastapi.security.api_key",
                   "fastapi.security.open_id_connect_url", "fastapi.security.base")
    for name in ("OAuth2", "OAuth2PasswordBearer", "OAuth2AuthorizationCodeBearer", "HTTPBearer", "HTTPBasic",
                 "HTTPDigest", "APIKeyHeader", "APIKeyQuery", "APIKeyCookie", "OpenIdConnect", "SecurityBase")
)  # fmt: skip
"""Security schemes: unless made with `auto_error=False`, an instance used as a dependency answers 401 or 403 when the
credential is missing (FastAPI reference, "Security Tools")."""

METHODS = ("get", "post", "put", "delete", "patch", "options", "head", "trace")
ROUTE_DECORATORS = frozenset({*METHODS, "api_route", "route", "websocket", "websocket_route"})

ROUTE_OBJECTS: dict[str, str] = {
    f"{module}.{name}": name
    for module, names in (
        ("starlette.routing", ("Route", "WebSocketRoute", "Mount", "Host")),
        ("fastapi.routing", ("APIRoute", "APIWebSocketRoute", "Mount")),
    )
    for name in names
}
"""Objects that are routes in the list of an application or router, by the kind of registration that they are."""

ROUTE_POSITIONS: dict[str, int] = {"starlette.applications.Starlette": 1, "starlette.routing.Router": 0}
"""Where the list of routes stands among the positional arguments (FastAPI's own classes take it as a keyword)."""

STARLETTE_KINDS = frozenset({"route", "add_route", "websocket_route", "add_websocket_route", "Route", "WebSocketRoute"})
"""Registrations that make a plain Starlette route, on FastAPI's objects too: its dependencies do not run for these
(`fastapi.routing.APIRouter.include_router` hands them on by `add_route`)."""

ENDPOINTS: dict[str, tuple[str, ...]] = {
    "starlette.endpoints.HTTPEndpoint": ("get", "head", "post", "put", "patch", "delete", "options", "query"),
    "starlette.endpoints.WebSocketEndpoint": ("on_connect", "on_receive", "on_disconnect"),
}
"""Classes of which the methods are handlers: of the first each for its HTTP method, of the second all for one
WebSocket (Starlette documentation, "Endpoints")."""

ROUTABLES = frozenset({"classy_fastapi.Routable", "classy_fastapi.routable.Routable"})
"""Classes whose decorated methods are routes of the object's `router`."""
ROUTABLE_DECORATORS = frozenset(
    f"{module}.{name}"
    for module in ("classy_fastapi", "classy_fastapi.decorators")
    for name in ("route", "get", "post", "put", "patch", "delete", "options", "head", "trace")
)

PACKAGED_ROUTERS: dict[str, tuple[str, ...]] = {
    f"{module}.{name}": paths
    for module in ("fastapi_users.FastAPIUsers", "fastapi_users.fastapi_users.FastAPIUsers")
    for name, paths in (
        ("get_auth_router", ("POST /login", "POST /logout")),
        ("get_register_router", ("POST /register",)),
        ("get_reset_password_router", ("POST /forgot-password", "POST /reset-password")),
        ("get_verify_router", ("POST /request-verify-token", "POST /verify")),
        ("get_users_router",
         ("GET /me", "PATCH /me", "GET /{id}", "PATCH /{id}", "DELETE /{id}")),
        ("get_oauth_router", ("GET /authorize", "GET /callback")),
        ("get_oauth_associate_router", ("GET /authorize", "GET /callback")),
    )
}  # fmt: skip
"""Routers that a package makes, with the routes that they add below the prefix of their include (FastAPI Users,
"Routers"). Their handlers are not in the tree, so that they are no rows; they are known and not lost."""

PACKAGED_APPLICATIONS = frozenset(
    "starlette fastapi prometheus_client starlette_exporter prometheus_fastapi_instrumentator sqladmin starlette_admin "
    "fastadmin fastapi_admin mcp fastmcp fastapi_mcp socketio strawberry ariadne graphene starlette_graphene3 gradio "
    "nicegui a2wsgi flower chainlit django flask dash apitally msal crudadmin".split()
)
"""Packages whose applications are mounted whole: files, metrics, admin sites, protocol servers. Their routes are the
package's and no rows; anything else that is mounted and not followed counts as unknown."""
