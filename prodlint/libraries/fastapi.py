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

CLASS_BASED_VIEWS = frozenset(
    {
        "fastapi_utils.cbv.cbv",
        "fastapi_restful.cbv.cbv",
        "fastapi_class.View",
        "classy_fastapi.Routable",
    }
)
