"""What identity is called and how queries are written: request objects, query methods, repositories, agent tools."""

from __future__ import annotations

import re

from prodlint.libraries.sensitive import words_of

# --- the caller -------------------------------------------------------------------------------------------------------

REQUEST_IDENTITY = frozenset(
    {"user", "auser", "session", "state", "auth", "headers", "cookies", "META", "COOKIES", "authorization", "g"}
)
"""Attributes of a request that carry a credential, or what a middleware made of one ("Request" in the references of
Starlette, Django, Flask, Litestar and aiohttp)."""
REQUEST_INPUT = frozenset(
    {
        "path_params", "query_params", "args", "form", "json", "data", "values", "GET", "POST", "get_json", "body",
        "view_args", "match_info", "query", "files", "FILES", "post", "get_data", "stream", "raw_path_params",
    }
)  # fmt: skip
"""Attributes and methods of a request that give what the client chose."""
REQUEST_PARTS = frozenset(
    """method url path full_path base_url app scope client encoding content_type content_params resolver_match scheme
    host port is_secure is_ajax get_host get_port get_full_path get_full_path_info build_absolute_uri accepts
    read readline readlines upload_handlers urlconf current_app script_root url_root host_url endpoint blueprint
    blueprints url_rule remote_addr user_agent is_json mimetype mimetype_params content_length content_encoding
    date environ root_path query_string accept_mimetypes accept_languages access_route referrer is_disconnected
    send_push_promise receive url_for clone rel_url remote transport version protocol can_read_body body_exists
    has_body if_modified_since http_range loop config_dict logger route_handler htmx csp_nonce LANGUAGE_CODE
    correlation_id trace_id request_id start_time""".split()
)
"""Attributes and methods of a request that say nothing of the caller and are none of its input (same references)."""
GLOBAL_REQUESTS = frozenset({"flask.request", "flask.globals.request", "quart.request"})
IDENTITY_OBJECTS = frozenset(
    {
        "flask.session", "flask.g", "quart.session", "quart.g", "flask_login.current_user",
        "flask_login.utils.current_user", "flask_security.current_user", "flask_jwt_extended.current_user",
        "flask_jwt_extended.get_jwt_identity", "flask_jwt_extended.get_current_user", "flask_jwt_extended.get_jwt",
        "flask_jwt_extended.get_jwt_claims", "flask_jwt.current_identity", "aiohttp_session.get_session",
        "aiohttp_security.authorized_userid", "aiohttp_security.check_authorized", "django.contrib.auth.get_user",
        "fastmcp.server.dependencies.get_access_token", "fastmcp.server.dependencies.get_http_headers",
        "fastmcp.server.dependencies.get_http_request",
        "mcp.server.auth.middleware.auth_context.get_access_token",
    }
)  # fmt: skip
"""Importable objects and functions that are the caller, or give what identifies it (each project's reference)."""
IDENTITY_METHODS = frozenset({"current_user", "get_current_user"})
"""Methods of authentication objects that give the caller: `token_auth.current_user()` (Flask-HTTPAuth)."""
AUTHENTICATION_PACKAGES = frozenset({"flask_httpauth", "flask_login", "flask_jwt_extended", "flask_security"})

IMPLICIT = frozenset({"contextvars", "threading", "asgiref", "starlette_context", "asyncio_local", "werkzeug.local"})
"""Packages whose objects carry what somebody else put there: a caller or a tenant, perhaps."""

# --- names ------------------------------------------------------------------------------------------------------------

_PERSON = frozenset({"user", "owner", "tenant", "account", "customer", "member", "patient", "client", "uid"})
_IDENTITIES = frozenset(
    {
        "user_id", "owner_id", "tenant_id", "userid", "ownerid", "tenantid", "uid", "user_uuid", "owner_uuid",
        "tenant_uuid", "user", "owner", "current_user", "current_user_id", "customer_id", "account_id", "user_pk",
        "acting_user_id", "on_behalf_of",
    }
)  # fmt: skip
_USERS = frozenset({*_IDENTITIES, "username", "user_name", "email", "login"})
_PRIVILEGES = frozenset(
    {
        "role", "roles", "user_role", "is_admin", "is_superuser", "is_staff", "admin", "superuser", "permissions",
        "scopes", "user_roles", "is_owner", "privileged",
    }
)  # fmt: skip
_STATES = frozenset(
    {
        "active", "is_active", "disabled", "is_disabled", "enabled", "is_enabled", "verified", "is_verified",
        "email_verified", "is_email_verified", "confirmed", "is_confirmed", "email_confirmed", "banned", "is_banned",
        "blocked", "is_blocked", "locked", "is_locked", "deleted", "is_deleted", "deleted_at", "is_authenticated",
        "is_anonymous", "exp", "iat", "type", "token_type", "aud", "iss", "sub", "id", "email", "jti", "username",
        "expired", "is_expired", "expires_at", "revoked", "is_revoked", "token_version", "hashed_password", "password",
        "password_hash", "status", "user", "credentials", "token", "scheme", "headers", "session", "cookies", "state",
    }
)  # fmt: skip
_AUTHORITY = frozenset(
    """role roles admin superuser staff permission permissions scope scopes privilege privileges group groups owner
    moderator manager manage organize invite level clearance rank grants""".split()
)


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


def is_identity(name: str) -> bool:
    """Whether what a client sends under a name says whose data it wants: `user_id`, `ownerId`."""
    return _snake(name) in _IDENTITIES


def is_user_name(name: str) -> bool:
    """Whether a name stands for a user in a request that is about users: `username`, `user_id`."""
    return _snake(name) in _USERS


def is_privilege(name: str) -> bool:
    """Whether a name stands for what somebody may do: `role`, `is_admin`."""
    return _snake(name) in _PRIVILEGES


def names_account(name: str) -> bool:
    """Whether a cookie or an item of a session of that name says whose account is meant: `userid`, `username`. Not
    `uid` and the like, which often are random."""
    return _snake(name) in _USERS - {"uid", "user_uuid", "owner_uuid", "tenant_uuid"}


def names_privilege(text: str) -> bool:
    """Whether a text that is compared with what a client sent says what the client may do: `admin`, `app_admin`."""
    return not {"admin", "administrator", "superuser", "superadmin", "sysadmin"}.isdisjoint(words_of(text))


def is_state(name: str) -> bool:
    """Whether an attribute of the caller says that the account or token is in order, and not what it may do."""
    return _snake(name) in _STATES


def is_authority(name: str) -> bool:
    """Whether an attribute of the caller says what it may do."""
    return not _AUTHORITY.isdisjoint(words_of(name))


def is_owner_column(name: str) -> bool:
    """Whether a column that holds a person's key says whose a row is, and not who wrote or reviewed it."""
    return not _PERSON.isdisjoint(words_of(name)) and len(words_of(name)) <= 2


# --- queries ----------------------------------------------------------------------------------------------------------

SELECTS = frozenset({"select", "query", "update", "delete", "exists", "select_from"})
"""Functions and methods, by their last name, that begin a query with the entity as an argument."""
CONDITIONS = frozenset({"where", "filter", "having", "join", "outerjoin", "join_from", "and_", "or_", "not_"})
BY_NAME = frozenset({"filter_by"})
GETS = frozenset({"get", "get_one", "get_or_404", "one_or_404", "first_or_404"})
"""Methods of a session, query or Flask-SQLAlchemy's `db` that load a row by its key."""
DJANGO_SHORTCUTS = frozenset(
    {"get_object_or_404", "aget_object_or_404", "get_list_or_404", "aget_list_or_404"}
)
DJANGO_LOOKUPS = frozenset(
    {"filter", "get", "aget", "exclude", "get_or_create", "aget_or_create", "update_or_create", "aupdate_or_create"}
)
"""Methods of a manager or queryset whose keywords are conditions (Django "QuerySet API reference")."""
DJANGO_CREATES = frozenset(
    {"create", "acreate", "get_or_create", "aget_or_create", "update_or_create", "aupdate_or_create"}
)
MODIFIERS = frozenset({"delete", "sqlmodel_update", "expunge"})
"""Methods of a session or row that change or delete what they are given."""
CONVERSIONS = frozenset(
    {"dict", "model_dump", "json", "model_dump_json", "copy", "to_dict", "model_copy", "items", "get_secret_value"}
)
"""Methods of a model or mapping that give it in another form."""

REPOSITORIES: dict[str, str] = {
    "fastcrud.FastCRUD": "fastcrud",
    "fastcrud.crud.fast_crud.FastCRUD": "fastcrud",
}
REPOSITORY_METHODS: dict[str, dict[str, str]] = {
    "fastcrud": {
        "get": "read", "get_multi": "read", "get_joined": "read", "get_multi_joined": "read", "exists": "read",
        "count": "read", "get_multi_by_cursor": "read", "update": "update", "delete": "delete", "db_delete": "delete",
        "create": "insert", "upsert": "insert",
    }
}  # fmt: skip
"""Methods of generic repositories with what they do; keywords that name a column are conditions (FastCRUD,
"Enhanced query parameters": `**kwargs` of every method but `create` are filters)."""

# --- agents -----------------------------------------------------------------------------------------------------------

TOOL_DECORATORS = frozenset(
    {
        "mcp.server.fastmcp.FastMCP.tool",
        "mcp.server.fastmcp.server.FastMCP.tool",
        "mcp.server.FastMCP.tool",
        "mcp.server.Server.call_tool",
        "mcp.server.lowlevel.Server.call_tool",
        "mcp.server.lowlevel.server.Server.call_tool",
        "fastmcp.FastMCP.tool",
        "fastmcp.server.FastMCP.tool",
        "agents.function_tool",
        "agents.tool.function_tool",
        "langchain.tools.tool",
        "langchain.agents.tool",
        "langchain_core.tools.tool",
        "langchain_core.tools.convert.tool",
        "pydantic_ai.Agent.tool",
        "pydantic_ai.Agent.tool_plain",
        "pydantic_ai.agent.Agent.tool",
        "crewai.tools.tool",
        "llama_index.core.tools.FunctionTool.from_defaults",
        "smolagents.tool",
    }
)
"""Decorators after which a language model chooses the arguments of a function (each project's documentation)."""
TOOL_CONTEXTS = frozenset(
    {
        "Context", "RunContextWrapper", "RunContext", "ToolContext", "InjectedToolArg", "InjectedState", "ToolRuntime",
        "RunnableConfig",
    }
)  # fmt: skip
"""Types, by their last name, of parameters that the framework fills and no model chooses; in `Annotated` too."""

# --- what hides isolation ---------------------------------------------------------------------------------------------

SILENT_FILTERS = ("with_loader_criteria", "do_orm_execute", "before_compile", "schema_translate_map")
"""Names of SQLAlchemy that say that queries may be narrowed where no query shows it ("ORM Execute Events",
"Multi-tenancy schema translation")."""
ROW_SECURITY = re.compile(
    r"row level security|set_config\s*\(|set\s+(local|session)?\s*[\"']?(app|rls|request|jwt)\.|search_path",
    re.IGNORECASE,
)
"""Statements that make PostgreSQL narrow queries by itself."""
SCHEMA_OPTION = "schema_translate_map"
"""The option of a connection that puts other schemas in the place of those of the tables (SQLAlchemy, "Translation of
Schema Names")."""

PURE_PACKAGES = frozenset(
    """builtins typing uuid datetime decimal enum json re math collections itertools functools operator dataclasses copy
    hashlib hmac secrets base64 string random time os pathlib logging structlog loguru pydantic sqlalchemy sqlmodel
    fastapi starlette flask werkzeug flask_sqlalchemy flask_login flask_babel litestar django rest_framework slugify
    asyncio contextlib inspect types pytz dateutil pendulum jwt jose passlib bcrypt fastcrud advanced_alchemy orjson
    msgspec httpx requests redis celery email urllib html io csv tempfile shutil abc warnings traceback markupsafe
    wtforms flask_wtf fastapi_pagination openai anthropic langchain langchain_core mcp fastmcp""".split()
)
"""Packages whose functions check nobody's ownership; they give back something made of what they are given."""

# --- tokens -----------------------------------------------------------------------------------------------------------

TOKEN_CHECKS = frozenset(
    {
        "jwt.decode", "jwt.api_jwt.decode", "jose.jwt.decode", "authlib.jose.jwt.decode", "joserfc.jwt.decode",
        "hmac.compare_digest", "secrets.compare_digest", "firebase_admin.auth.verify_id_token",
        "google.oauth2.id_token.verify_oauth2_token", "google.oauth2.id_token.verify_token",
        "itsdangerous.URLSafeTimedSerializer.loads", "itsdangerous.TimedSerializer.loads",
        "itsdangerous.URLSafeSerializer.loads", "python_jose.jwt.decode",
    }
)  # fmt: skip
"""Functions that decode or verify a credential (each project's reference); most raise for a bad one."""

ANONYMOUS_ATTRIBUTES = frozenset({"display_name", "identity", "is_authenticated"})
"""What `request.user` has for a caller without an account: `starlette.authentication.UnauthenticatedUser`."""

# --- threads ----------------------------------------------------------------------------------------------------------

HANDED_ON: dict[str, int] = {"run_in_threadpool": 0, "to_thread": 0, "run_sync": 0, "run_in_executor": 1}
"""Functions that call what they are given in another thread, with the arguments after it, and the position of that:
of Starlette, asyncio and AnyIO. (`run_sync` of an asynchronous session of SQLAlchemy gives its session first.)"""
WRAPPERS = frozenset({"sync_to_async", "asyncify", "database_sync_to_async"})
"""Functions that give a function which calls theirs in another thread: of asgiref, asyncer and Channels."""
