"""Who authenticates, by name: third-party dependencies, decorators, permission classes and middleware, and where a
request carries what identifies its caller."""

from __future__ import annotations

import re

REFUSING: dict[str, str] = {
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
    "starlette.authentication.requires": "",
    "flask_login.login_required": "",
    "flask_login.utils.login_required": "",
    "flask_login.fresh_login_required": "",
    "flask_httpauth.HTTPBasicAuth.login_required": "optional",
    "flask_httpauth.HTTPDigestAuth.login_required": "optional",
    "flask_httpauth.HTTPTokenAuth.login_required": "optional",
    "flask_httpauth.MultiAuth.login_required": "optional",
    "flask_jwt_extended.jwt_required": "optional",
    "flask_jwt_extended.fresh_jwt_required": "",
    "flask_jwt_extended.jwt_refresh_token_required": "",
    "flask_jwt_extended.jwt_optional": "optional-always",
    "flask_jwt.jwt_required": "",
    "flask_security.login_required": "",
    "flask_security.auth_required": "",
    "flask_security.auth_token_required": "",
    "flask_security.http_auth_required": "",
    "flask_security.roles_required": "",
    "flask_security.roles_accepted": "",
    "flask_security.permissions_required": "",
    "flask_security.permissions_accepted": "",
    "flask_security.decorators.login_required": "",
    "flask_security.decorators.auth_required": "",
    "flask_security.decorators.roles_required": "",
    "flask_security.decorators.roles_accepted": "",
    "flask_security.unauth_csrf": "optional-always",
    "flask_jwt_extended.view_decorators.jwt_required": "optional",
    "flask_principal.Permission.require": "",
    "flask_user.login_required": "",
    "flask_user.roles_required": "",
    "flask_praetorian.auth_required": "",
    "flask_praetorian.auth_accepted": "optional-always",
    "flask_praetorian.roles_required": "",
    "flask_praetorian.roles_accepted": "",
    "flask_basicauth.BasicAuth.required": "",
    "flask_simplelogin.login_required": "",
    "flask_oidc.OpenIDConnect.require_login": "",
    "flask_oidc.OpenIDConnect.accept_token": "",
    "flask_pyoidc.OIDCAuthentication.oidc_auth": "",
    "flask_pyoidc.flask_pyoidc.OIDCAuthentication.oidc_auth": "",
    "apiflask.APIFlask.auth_required": "optional",
    "apiflask.APIBlueprint.auth_required": "optional",
    "apiflask.auth_required": "optional",
    "authlib.integrations.flask_oauth2.ResourceProtector.__call__": "optional",
    "authlib.integrations.flask_oauth2.ResourceProtector": "optional",
    "quart_auth.login_required": "",
    "quart_auth.basic_auth_required": "",
    "quart_jwt_extended.jwt_required": "",
    "django.contrib.auth.decorators.login_required": "",
    "django.contrib.auth.decorators.permission_required": "",
    "django.contrib.auth.decorators.user_passes_test": "",
    "django.contrib.admin.views.decorators.staff_member_required": "",
}
"""Third-party dependencies, decorators, guards and permission classes that refuse an anonymous caller; the value names
the keyword that, when true, lets one pass ("optional"), when false lets one pass ("session_required"), or says that it
never refuses ("optional-always").
Sources: each project's own documentation."""

CHECKS: dict[str, str] = {
    "flask_jwt_extended.verify_jwt_in_request": "optional",
    "flask_jwt_extended.view_decorators.verify_jwt_in_request": "optional",
    "flask_jwt_extended.verify_fresh_jwt_in_request": "",
    "flask_jwt_extended.verify_jwt_refresh_token_in_request": "",
    "authlib.integrations.flask_oauth2.ResourceProtector.acquire_token": "",
    "flask_principal.Permission.require": "",
    "flask_principal.Permission.test": "",
    "aiohttp_security.check_authorized": "",
    "aiohttp_security.check_permission": "",
    "aiohttp_security.api.check_authorized": "",
    "aiohttp_security.api.check_permission": "",
}
"""Functions that refuse an anonymous caller where they are called in the body of another (Flask-JWT-Extended and
Authlib documentation); the value is the keyword that, when true, lets one pass."""

LOGINS = frozenset(
    {
        "flask_login.login_user",
        "flask_login.utils.login_user",
        "flask_security.login_user",
        "flask_security.utils.login_user",
        "quart_auth.login_user",
        "django.contrib.auth.login",
        "django.contrib.auth.alogin",
        "flask_jwt_extended.set_access_cookies",
    }
)
"""Functions that make their caller a known user: a handler that calls one is an entrance."""

LOADERS: dict[str, bool] = {
    f"{package}.LoginManager.{method}": method.startswith("request")
    for package in ("flask_login", "flask_login.login_manager")
    for method in ("user_loader", "request_loader")
}
"""Methods that are given a function which finds out who sent a request, and whether it is handed the request
(Flask-Login, "Custom Login using Request Loader")."""

NEUTRAL_PACKAGES = frozenset(
    "fastapi starlette pydantic sqlalchemy sqlmodel redis fastapi_limiter fastapi_pagination fastapi_filter "
    "fastapi_cache "
    "fastapi_mail slowapi httpx aiohttp motor beanie pymongo odmantic tortoise builtins typing functools contextlib "
    "collections datetime uuid logging os asyncio advanced_alchemy dependency_injector punq dishka aioboto3 boto3 "
    "elasticsearch opensearchpy qdrant_client openai langchain google azure aiokafka faststream taskiq arq celery "
    "flask werkzeug django rest_framework litestar litestar_saq litestar_email "
    "litestar_vite aiohttp_jinja2 aiohttp_session aiohttp_cors aiohttp_debugtoolbar "
    "flask_caching flask_cors flask_limiter markupsafe "
    "flask_apispec flask_restful flask_restx flask_restplus flask_smorest flask_openapi3 apiflask quart webargs "
    "marshmallow flask_marshmallow flask_babel flask_wtf flask_talisman flask_sqlalchemy flask_pydantic flasgger "
    "flask_expects_json flask_compress flask_socketio flask_mail flask_migrate flask_moment wtforms cachetools "
    "sentry_sdk prometheus_client prometheus_flask_exporter opentelemetry ddtrace newrelic tenacity backoff retrying "
    "deprecated wrapt statsd rq quart_schema quart_cors "
    "fastapi_babel fastapi_localization fastapi_health psycopg asyncpg databases encodings json pathlib".split()
)
"""Packages whose dependencies authenticate nobody, but for those that the tables above name. A dependency from any
other package outside the tree is unknown."""

CREDENTIAL_ATTRIBUTES = frozenset({"headers", "cookies", "session", "user", "current_user", "auth", "authorization"})
"""Attributes of a request or connection that carry a credential or the identity made of one."""

CREDENTIAL_KEYS = re.compile(r"(^|[_-])(token|apikey|secret|signature)$|api[_-]?key$|^auth$", re.IGNORECASE)
"""Keys of a query or body under which a credential is sent."""

CREDENTIAL_PARAMETERS = re.compile(r"api[_-]?key$|^(access|auth|bearer|jwt)[_-]?token$|^token$", re.IGNORECASE)
"""Parameters of the query that a dependency takes a credential from; `page-token` is none."""

DATABASES = frozenset({"db", "database", "sqlalchemy"})
DATABASE_METHODS = frozenset(
    "add add_all begin begin_nested bulk_insert_mappings bulk_save_objects close commit connection delete execute "
    "expire expire_all expunge expunge_all flush merge no_autoflush query refresh remove rollback scalar "
    "scalars".split()
)
"""What is called `session` beside the session of a caller: objects before it, and methods behind it (SQLAlchemy,
`Session`)."""

HARMLESS_HEADERS = frozenset(
    "user-agent content-type content-length content-encoding accept accept-language accept-encoding host origin "
    "referer x-forwarded-for x-forwarded-proto x-forwarded-host x-real-ip x-request-id x-correlation-id if-none-match "
    "if-modified-since range cache-control connection x-requested-with".split()
)
"""Headers that say nothing of who the caller is, in lower case."""

CREDENTIAL_OBJECTS = frozenset(
    {
        "flask.session",
        "quart.session",
        "flask_login.current_user",
        "flask_login.utils.current_user",
        "flask_security.current_user",
        "flask_jwt_extended.current_user",
        "flask_jwt_extended.get_jwt_identity",
        "flask_jwt_extended.get_current_user",
        "flask_jwt_extended.get_jwt",
        "flask_jwt_extended.get_jwt_claims",
        "flask_jwt_extended.verify_jwt_in_request",
        "flask_httpauth.HTTPBasicAuth.current_user",
        "aiohttp_session.get_session",
        "aiohttp_security.authorized_userid",
        "aiohttp_security.check_authorized",
        "django.contrib.auth.get_user",
    }
)
"""Importable objects and functions that are, or give, the identity of the caller."""
