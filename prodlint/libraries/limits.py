"""What limits how often a caller may ask: decorators, dependencies, middleware, settings, and who calls a model.

Sources: the documentation of slowapi, fastapi-limiter, Flask-Limiter, django-ratelimit, Django REST framework
("Throttling"), django-axes and Litestar ("Rate limit middleware").
"""

from __future__ import annotations

_LIMITERS = ("slowapi.Limiter", "slowapi.extension.Limiter", "flask_limiter.Limiter", "flask_limiter.extension.Limiter")
DECORATORS = frozenset(
    {
        *(f"{name}.limit" for name in _LIMITERS),
        *(f"{name}.shared_limit" for name in _LIMITERS),
        "django_ratelimit.decorators.ratelimit",
        "ratelimit.decorators.ratelimit",
        "ratelimit.limits",
        "ratelimit.decorators.limits",
        "rest_framework.decorators.throttle_classes",
        "axes.decorators.axes_dispatch",
        "fastapi_limiter.depends.RateLimiter",
        "fastapi_limiter.depends.WebSocketRateLimiter",
        "pyrate_limiter.Limiter.as_decorator",
    }
)
"""Decorators and dependencies that limit one route."""

BASIC = frozenset(
    {
        "fastapi.security.HTTPBasic",
        "fastapi.security.http.HTTPBasic",
        "flask_httpauth.HTTPBasicAuth.login_required",
        "rest_framework.authentication.BasicAuthentication",
    }
)
"""What takes a name and a password with each request: a route that gives a token for them is a login."""

MIDDLEWARE = frozenset(
    {
        "asgi_ratelimit.RateLimitMiddleware",
        "ratelimit.RateLimitMiddleware",
        "axes.middleware.AxesMiddleware",
        "fastapi_guard.SecurityMiddleware",
        "guard.middleware.SecurityMiddleware",
        "django_ratelimit.middleware.RatelimitMiddleware",
    }
)
"""Middleware that limits all routes behind it."""

LIMITERS = frozenset(_LIMITERS)
"""Limiters; with `default_limits` they limit what nothing else limits (slowapi: behind its middleware). Without
`storage_uri` they count in the memory of one process."""

SLOWAPI_MIDDLEWARE = ("SlowAPIMiddleware", "SlowAPIASGIMiddleware")
"""What applies slowapi's default limits to routes without a limit of their own; nothing else does.
Source: https://slowapi.readthedocs.io/en/latest/examples/#apply-a-global-default-limit-to-all-routes"""

REST_VIEWS = (
    "rest_framework_simplejwt.",
    "dj_rest_auth.",
    "djoser.",
    "knox.",
    "rest_registration.",
    "drf_social_oauth2.",
)
"""Packages whose views are those of Django REST framework and take its default throttles; its own `ObtainAuthToken`
switches them off."""

WHOLE = frozenset({"litestar.middleware.rate_limit.RateLimitConfig", "litestar.middleware.RateLimitConfig"})

ADDRESS = frozenset({"slowapi.util.get_remote_address", "flask_limiter.util.get_remote_address"})
"""Functions that count by the address of whoever connects, which behind a proxy is the proxy's."""

MODELS = frozenset({"openai", "anthropic", "litellm", "groq", "mistralai", "cohere", "ollama", "agents"})
"""Packages that call a language model, which costs money by the call."""

MODEL_CALLS = frozenset(
    {"create", "acreate", "completion", "acompletion", "chat", "generate", "run", "run_streamed", "stream", "parse"}
)

PROXIES = ("nginx", "traefik", "caddy", "haproxy", "envoy", "kong")
"""Programs in front of an application that can limit too."""

PROXY_LIMITS = frozenset({"limit_req", "limit_conn", "rate_limit", "lua_shared_dict", "modsecurity"})
"""Directives of nginx, and of Caddy's plugin, with which the proxy limits its clients, or may do so in code.
Source: https://nginx.org/en/docs/http/ngx_http_limit_req_module.html."""

TRUSTS = ("ProxyHeadersMiddleware", "ProxyFix", "forwarded_allow_ips")
"""Identifiers of code that takes the client's address from a proxy."""
