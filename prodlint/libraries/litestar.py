"""Litestar by name: applications, routers, controllers, handler decorators, authentication.

Sources: Litestar 2 documentation, "Routing", "Route handlers", "Layered architecture", "Security backends", "Guards",
"Dependency injection", "Middleware"; tests/test_litestar_routes.py compares with the installed library.
"""

from __future__ import annotations

APPLICATIONS = frozenset({"litestar.Litestar", "litestar.app.Litestar"})
FROM_CONFIG = frozenset({"litestar.Litestar.from_config", "litestar.app.Litestar.from_config"})
ROUTERS = frozenset({"litestar.Router", "litestar.router.Router"})
CONTROLLERS = frozenset({"litestar.Controller", "litestar.controller.Controller"})
LISTENERS = frozenset({"litestar.handlers.WebsocketListener", "litestar.handlers.websocket_handlers.WebsocketListener"})
STATIC_ROUTERS = frozenset(
    {"litestar.static_files.create_static_files_router", "litestar.static_files.StaticFilesConfig"}
)
PLUGINS = frozenset(
    {
        "litestar.plugins.InitPlugin",
        "litestar.plugins.InitPluginProtocol",
        "litestar.plugins.base.InitPlugin",
        "litestar.plugins.base.InitPluginProtocol",
    }
)
REGISTER = frozenset(
    f"{of}.register"
    for of in ("litestar.Litestar", "litestar.app.Litestar", "litestar.Router", "litestar.router.Router")
)

HANDLERS: dict[str, str] = {
    f"{module}.{name}": method
    for module in ("litestar", "litestar.handlers", "litestar.handlers.http_handlers",
                   "litestar.handlers.websocket_handlers", "litestar.handlers.asgi_handlers")
    for name, method in (
        ("get", "GET"), ("post", "POST"), ("put", "PUT"), ("patch", "PATCH"), ("delete", "DELETE"), ("head", "HEAD"),
        ("route", ""), ("websocket", "WEBSOCKET"), ("websocket_listener", "WEBSOCKET"),
        ("websocket_stream", "WEBSOCKET"), ("asgi", "*"),
    )
}  # fmt: skip
"""Decorators that make a function a handler, by its method; `route` takes them as `http_method`."""

HANDLER_PARAMETERS = frozenset(
    """after_request after_response background before_request cache cache_control cache_key_builder content_encoding
    content_media_type data_dto dependencies deprecated description dto etag exception_handlers guards
    http_method include_in_schema media_type middleware name operation_class operation_id opt path raises
    request_class request_max_body_size responses response_class response_cookies response_description response_headers
    return_dto security signature_namespace signature_types status_code summary sync_to_thread tags type_decoders
    type_encoders websocket_class is_mount is_static copy_scope handler_class connection_accept_handler
    connection_lifespan on_accept on_disconnect receive_mode send_mode warn_on_data_discard""".split()
)
"""Keywords of handler decorators with a meaning of their own; any other goes into `opt` (`BaseRouteHandler`)."""

SECURITY: dict[str, str] = {
    f"{module}.{name}": "exclude_from_auth"
    for module, names in (
        ("litestar.security.jwt", ("JWTAuth", "JWTCookieAuth", "OAuth2PasswordBearerAuth")),
        ("litestar.security.jwt.auth", ("JWTAuth", "JWTCookieAuth", "OAuth2PasswordBearerAuth")),
        ("litestar.contrib.jwt", ("JWTAuth", "JWTCookieAuth", "OAuth2PasswordBearerAuth")),
        ("litestar.security.session_auth", ("SessionAuth",)),
        ("litestar.security.session_auth.auth", ("SessionAuth",)),
    )
    for name in names
}
"""Security backends: their middleware answers 401 to whoever shows no credential, but where a regular expression of
`exclude` is found in the path, or the key of the value (unless `exclude_opt_key` names another) is true in the `opt`
of a handler or a layer above it (`litestar.middleware._utils.should_bypass_middleware`)."""

FREE_METHODS = frozenset({"OPTIONS", "HEAD"})
"""Methods that security backends let pass unless `exclude_http_methods` says otherwise."""

AUTHENTICATION_MIDDLEWARE = frozenset(
    {
        "litestar.middleware.AbstractAuthenticationMiddleware",
        "litestar.middleware.authentication.AbstractAuthenticationMiddleware",
    }
)
"""Classes whose `authenticate_request` runs before the handler, unless bypassed in the same way."""
DEFINE = frozenset({"litestar.middleware.DefineMiddleware", "litestar.middleware.base.DefineMiddleware"})
PROVIDE = frozenset({"litestar.di.Provide"})

PACKAGED_DEPENDENCIES = frozenset({"advanced_alchemy", "litestar", "litestar_saq", "litestar_email"})
"""Packages whose functions make mappings of dependencies that authenticate nobody."""
