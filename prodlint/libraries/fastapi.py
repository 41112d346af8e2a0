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

REFUSING_DEPENDENCIES: dict[str, str] = {
    "fastapi_users.FastAPIUsers.current_user": "optional",
    "fastapi_users.fastapi_users.FastAPIUsers.current_user": "optional",
    "fastapi_jwt_auth.AuthJWT.jwt_required": "",
    "fastapi_jwt.JwtAccessBearer": "",
    "fastapi_jwt.JwtRefreshBearer": "",
    "fastapi_azure_auth.SingleTenantAzureAuthorizationCodeBearer": "",
    "fastapi_azure_auth.MultiTenantAzureAuthorizationCodeBearer": "",
    "fastapi_azure_auth.B2CMultiTenantAuthorizationCodeBearer": "",
    "fastapi_auth0.Auth0.get_user": "",
    "auth0_fastapi_api.Auth0FastAPI.require_auth": "",
    "auth0_fastapi.auth.auth_client.AuthClient.require_session": "",
    "authx.AuthX.access_token_required": "",
    "authx.AuthX.fresh_token_required": "",
    "authx.AuthX.token_required": "",
    "fastapi_clerk_auth.ClerkHTTPBearer": "",
    "fastapi_login.LoginManager": "",
    "fief_client.integrations.fastapi.FiefAuth.authenticated": "optional",
    "fief_client.integrations.fastapi.FiefAuth.current_user": "optional",
    "propelauth_fastapi.init_auth.require_user": "",
    "propelauth_fastapi.init_auth.optional_user": "optional-always",
    "supertokens_python.recipe.session.framework.fastapi.verify_session": "session_required",
    "fastapi_keycloak.FastAPIKeycloak.get_current_user": "",
    "gotrue.require_user": "",
}
"""Third-party dependencies that refuse an anonymous caller; the value names the keyword that, when true, lets one pass
("optional"), when false lets one pass ("session_required"), or says that it never refuses ("optional-always").
Sources: each project's own documentation of its FastAPI integration."""

NEUTRAL_PACKAGES = frozenset(
    "fastapi starlette pydantic sqlalchemy sqlmodel redis fastapi_limiter fastapi_pagination fastapi_filter "
    "fastapi_cache "
    "fastapi_mail slowapi httpx aiohttp motor beanie pymongo odmantic tortoise builtins typing functools contextlib "
    "collections datetime uuid logging os asyncio advanced_alchemy dependency_injector punq dishka aioboto3 boto3 "
    "elasticsearch opensearchpy qdrant_client openai langchain google azure aiokafka faststream taskiq arq celery "
    "fastapi_babel fastapi_localization fastapi_health psycopg asyncpg databases encodings json pathlib".split()
)
"""Packages whose dependencies authenticate nobody, but for those that the tables above name. A dependency from any
other package outside the tree is unknown."""

HTTP_EXCEPTIONS = frozenset(
    {
        "fastapi.HTTPException",
        "fastapi.exceptions.HTTPException",
        "starlette.exceptions.HTTPException",
    }
)
EXCEPTION_STATUS: dict[str, int] = {
    "fastapi.exceptions.RequestValidationError": 422,
    "fastapi.WebSocketException": 403,
    "fastapi.exceptions.WebSocketException": 403,
    "starlette.exceptions.WebSocketException": 403,
    "fastcrud.exceptions.http_exceptions.BadRequestException": 400,
    "fastcrud.exceptions.http_exceptions.UnauthorizedException": 401,
    "fastcrud.exceptions.http_exceptions.ForbiddenException": 403,
    "fastcrud.exceptions.http_exceptions.NotFoundException": 404,
    "fastcrud.exceptions.http_exceptions.DuplicateValueException": 422,
    "fastcrud.exceptions.http_exceptions.UnprocessableEntityException": 422,
    "fastcrud.exceptions.http_exceptions.RateLimitException": 429,
    "fastapi_jwt_auth.exceptions.AuthJWTException": 401,
    "fastapi_users.exceptions.InvalidPasswordException": 400,
}
"""Exceptions of libraries with the status that they answer."""

METHODS = ("get", "post", "put", "delete", "patch", "options", "head", "trace")
ROUTE_DECORATORS = frozenset({*METHODS, "api_route", "route", "websocket", "websocket_route"})

CREDENTIAL_ATTRIBUTES = frozenset({"headers", "cookies", "session", "user", "auth", "authorization"})
"""Attributes of a request or connection that carry a credential or the identity made of one."""

CLASS_BASED_VIEWS = frozenset(
    {
        "fastapi_utils.cbv.cbv",
        "fastapi_restful.cbv.cbv",
        "fastapi_class.View",
        "classy_fastapi.Routable",
    }
)
