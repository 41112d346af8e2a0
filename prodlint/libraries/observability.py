"""What shows how an application does in production: error trackers, metrics, tracing, log formats, correlation ids.

For each library: the distributions that bring it, the module, and what has to be named in the code, in a settings list
or on a command line before it does anything. Sources: each project's own "getting started"; names are held against the
installed libraries in tests/test_observability.py.
"""

from __future__ import annotations

from typing import NamedTuple

__all__ = [
    "ACCESS_LOG_PROGRAMS",
    "FRAMEWORKS",
    "HAND_METERS",
    "HEALTH_MODULES",
    "INTEGRATIONS",
    "MAIL_HANDLERS",
    "MEASURING_METHODS",
    "PREPARATIONS",
    "REQUEST_ID_NAMES",
    "STRUCTURED_CLASSES",
    "STRUCTURED_MODULES",
    "TRACKER_START",
    "TRACKER_TRACES",
    "Integration",
    "Preparation",
]


class Preparation(NamedTuple):
    """A call without which what a library offers does not work."""

    distribution: str
    used: str
    """The dotted name of the call that shows it in use."""
    what: str
    """What is missing, for a person."""
    effect: str
    """What the application does without it, for a person."""
    needed: frozenset[str] = frozenset()
    """Dotted names of calls of which one is enough."""
    names: frozenset[str] = frozenset()
    """Identifiers of which one in the application's code is enough."""
    arguments: frozenset[str] = frozenset()
    """Keywords of the use in the versions that need it; empty where all do."""
    attached: str = ""
    """The keyword of the use that is enough, or, first and without a name, an object of an application."""


PREPARATIONS = (
    Preparation(
        "fastapi-limiter",
        "fastapi_limiter.depends.RateLimiter",
        "nothing calls `FastAPILimiter.init`",
        "every limited route answers with an error",
        needed=frozenset({"fastapi_limiter.FastAPILimiter.init"}),
        arguments=frozenset({"times", "milliseconds", "seconds", "minutes", "hours"}),
    ),
    Preparation(
        "flask-limiter",
        "flask_limiter.Limiter",
        "nothing gives it an application",
        "it limits nothing",
        needed=frozenset({"flask_limiter.Limiter.init_app", "flask_limiter.extension.Limiter.init_app"}),
        attached="app",
    ),
    Preparation(
        "prometheus-fastapi-instrumentator",
        "prometheus_fastapi_instrumentator.Instrumentator.instrument",
        "nothing calls its `expose`",
        "nobody can read what it measures",
        names=frozenset(
            """expose make_asgi_app make_wsgi_app generate_latest start_http_server start_wsgi_server push_to_gateway
            pushadd_to_gateway write_to_textfile handle_metrics PrometheusController""".split()
        ),
    ),
)
"""fastapi-limiter 0.1 raises in each request before `init` ran; 0.2 takes a limiter instead. Sources: `__call__` in
https://github.com/long2ice/fastapi-limiter/blob/v0.1.6/fastapi_limiter/depends.py,
https://flask-limiter.readthedocs.io/en/stable/#initialize-the-extension,
https://github.com/trallnag/prometheus-fastapi-instrumentator#fast-track."""


class Integration(NamedTuple):
    """A library that only helps once it is attached."""

    module: str
    """The name it is imported by, dotted where that tells it from its siblings."""
    distributions: tuple[str, ...]
    """Normalised names of what is installed."""
    purposes: frozenset[str]
    """Of "errors", "metrics", "tracing", "structured", "request-id", "rate-limit"."""
    starts: frozenset[str] = frozenset()
    """Identifiers of which one in a file that imports the module attaches it; empty where the import is enough."""
    commands: frozenset[str] = frozenset()
    """Programs that attach it when they start the server."""
    verb: str = ""
    """What the code has to do, for a person: "calls `sentry_sdk.init`"."""
    settings: tuple[str, ...] = ()
    """Beginnings of the dotted names that attach it as strings (in Django's lists, `dictConfig`)."""
    calls: frozenset[str] = frozenset()
    """Dotted names of calls that attach it from a file that does not name the module."""


def _integration(
    module: str,
    distributions: str,
    purposes: str,
    starts: str = "",
    verb: str = "",
    commands: str = "",
    settings: bool | str = False,
    calls: str = "",
) -> Integration:
    sets = [frozenset(text.split()) for text in (purposes, starts, commands, calls)]
    named = settings.split() if isinstance(settings, str) else [module] * settings
    return Integration(module, tuple(distributions.split()), sets[0], sets[1], sets[2], verb, tuple(named), sets[3])


INTEGRATIONS: tuple[Integration, ...] = (
    # --- error trackers ---
    _integration("sentry_sdk", "sentry-sdk", "errors", "init", "calls `sentry_sdk.init`"),
    _integration("raven", "raven", "errors", "Client Sentry", "makes a client", settings=True),
    _integration("rollbar", "rollbar", "errors", "init", "calls `rollbar.init`", settings=True),
    _integration("bugsnag", "bugsnag", "errors", "configure", "calls `bugsnag.configure`", settings=True),
    _integration("honeybadger", "honeybadger", "errors", "configure FlaskHoneybadger ASGIHoneybadger",
                 "calls `honeybadger.configure`", settings=True),
    _integration("airbrake", "airbrake", "errors"),
    _integration("raygun4py", "raygun4py", "errors", settings=True),
    _integration("appsignal", "appsignal", "errors tracing metrics", "Appsignal", "makes an `Appsignal`"),
    _integration("google.cloud.error_reporting", "google-cloud-error-reporting", "errors", "Client", "makes a client"),
    # --- agents ---
    _integration("ddtrace", "ddtrace", "tracing metrics errors", "patch patch_all auto TraceMiddleware Pin",
                 "is started by `ddtrace-run` nor calls `patch_all`", "ddtrace-run", settings=True),
    _integration("newrelic", "newrelic", "tracing metrics errors",
                 "initialize ASGIApplicationWrapper WSGIApplicationWrapper",
                 "is started by `newrelic-admin` nor calls `initialize`", "newrelic-admin"),
    _integration("elasticapm", "elastic-apm", "tracing metrics errors",
                 "ElasticAPM make_apm_client instrument", "adds `ElasticAPM`", "elasticapm-run", settings=True),
    _integration("scout_apm", "scout-apm", "tracing metrics errors", "ScoutMiddleware ScoutApm install",
                 "adds its middleware", settings=True),
    _integration("instana", "instana", "tracing metrics"),
    _integration("skywalking", "apache-skywalking", "tracing", "start", "calls `agent.start`", "sw-python"),
    _integration("azure.monitor.opentelemetry", "azure-monitor-opentelemetry", "tracing metrics errors",
                 "configure_azure_monitor", "calls `configure_azure_monitor`"),
    _integration("opencensus", "opencensus opencensus-ext-azure", "tracing metrics"),
    _integration("applicationinsights", "applicationinsights", "tracing metrics errors", settings=True),
    _integration("aws_xray_sdk", "aws-xray-sdk", "tracing", "patch patch_all XRayMiddleware configure begin_segment",
                 "configures its recorder", settings=True),
    _integration("logfire", "logfire", "tracing metrics errors structured", "configure", "calls `logfire.configure`"),
    _integration("beeline", "honeycomb-beeline", "tracing", "init", "calls `beeline.init`", settings=True),
    _integration("jaeger_client", "jaeger-client", "tracing", "Config initialize_tracer", "makes a tracer"),
    # --- OpenTelemetry ---
    _integration("opentelemetry.instrumentation.fastapi", "opentelemetry-instrumentation-fastapi", "tracing metrics",
                 "instrument instrument_app", "calls its `instrument_app`", "opentelemetry-instrument"),
    _integration("opentelemetry.instrumentation.starlette", "opentelemetry-instrumentation-starlette",
                 "tracing metrics", "instrument instrument_app", "calls its `instrument_app`",
                 "opentelemetry-instrument"),
    _integration("opentelemetry.instrumentation.flask", "opentelemetry-instrumentation-flask", "tracing metrics",
                 "instrument instrument_app", "calls its `instrument_app`", "opentelemetry-instrument"),
    _integration("opentelemetry.instrumentation.django", "opentelemetry-instrumentation-django", "tracing metrics",
                 "instrument instrument_app", "calls its `instrument`", "opentelemetry-instrument"),
    _integration("opentelemetry.instrumentation.asgi", "opentelemetry-instrumentation-asgi", "tracing metrics",
                 "OpenTelemetryMiddleware", "adds `OpenTelemetryMiddleware`", "opentelemetry-instrument"),
    # --- Litestar's own ---
    _integration("litestar.plugins.opentelemetry", "", "tracing metrics", "OpenTelemetryConfig OpenTelemetryPlugin"),
    _integration("litestar.contrib.opentelemetry", "", "tracing metrics", "OpenTelemetryConfig OpenTelemetryPlugin"),
    _integration("litestar.plugins.prometheus", "", "metrics", "PrometheusConfig"),
    _integration("litestar.contrib.prometheus", "", "metrics", "PrometheusConfig"),
    _integration("litestar.plugins.structlog", "", "structured", "StructlogPlugin"),
    _integration("litestar.logging", "", "structured", "StructLoggingConfig"),
    _integration("opentelemetry", "", "tracing metrics", "", "", "opentelemetry-instrument"),
    # --- metrics ---
    _integration("prometheus_fastapi_instrumentator", "prometheus-fastapi-instrumentator", "metrics",
                 "instrument", "calls `Instrumentator().instrument(app)`"),
    _integration("starlette_exporter", "starlette-exporter", "metrics", "PrometheusMiddleware",
                 "adds `PrometheusMiddleware`"),
    _integration("starlette_prometheus", "starlette-prometheus", "metrics", "PrometheusMiddleware metrics",
                 "adds `PrometheusMiddleware`"),
    _integration("prometheus_flask_exporter", "prometheus-flask-exporter", "metrics",
                 "PrometheusMetrics GunicornPrometheusMetrics GunicornInternalPrometheusMetrics "
                 "RESTfulPrometheusMetrics UWsgiPrometheusMetrics", "makes `PrometheusMetrics`"),
    _integration("django_prometheus", "django-prometheus", "metrics", "", "adds its middleware",
                 settings="django_prometheus.middleware"),
    _integration("aioprometheus", "aioprometheus", "metrics"),
    _integration("prometheus_client", "prometheus-client", "metrics",
                 "generate_latest make_asgi_app make_wsgi_app start_http_server start_wsgi_server MetricsHandler "
                 "push_to_gateway pushadd_to_gateway instance_ip_grouping_key write_to_textfile choose_encoder "
                 "exposition", "serves its metrics (`make_asgi_app`, `generate_latest`)"),
    _integration("statsd", "statsd", "metrics"),
    _integration("aiodogstatsd", "aiodogstatsd", "metrics"),
    _integration("datadog", "datadog", "metrics"),
    _integration("aws_lambda_powertools", "aws-lambda-powertools", "metrics tracing structured request-id"),
    # --- log formats ---
    _integration("pythonjsonlogger", "python-json-logger", "structured", "JsonFormatter jsonlogger json orjson msgspec",
                 "uses its formatter", settings=True),
    _integration("structlog", "structlog", "structured",
                 "configure configure_once ProcessorFormatter wrap_logger JSONRenderer LogfmtRenderer KeyValueRenderer",
                 "calls `structlog.configure`", settings=True),
    _integration("ecs_logging", "ecs-logging", "structured", "StdlibFormatter StructlogFormatter", "uses its formatter",
                 settings=True),
    _integration("json_log_formatter", "json-log-formatter", "structured", "JSONFormatter VerboseJSONFormatter",
                 "uses its formatter", settings=True),
    _integration("json_logging", "json-logging", "structured",
                 "init_fastapi init_flask init_non_web init_quart init_sanic",
                 "calls one of its `init_...`"),
    _integration("logstash_async", "python-logstash-async", "structured", settings=True),
    _integration("google.cloud.logging", "google-cloud-logging", "structured", "setup_logging CloudLoggingHandler "
                 "StructuredLogHandler Client", "calls `setup_logging`", settings=True),
    _integration("watchtower", "watchtower", "structured", settings=True),
    _integration("graypy", "graypy", "structured", settings=True),
    _integration("pygelf", "pygelf", "structured", settings=True),
    # --- request and correlation ids ---
    _integration("asgi_correlation_id", "asgi-correlation-id", "request-id", "CorrelationIdMiddleware",
                 "adds `CorrelationIdMiddleware`"),
    _integration("starlette_context", "starlette-context", "request-id", "ContextMiddleware RawContextMiddleware",
                 "adds its middleware"),
    _integration("django_guid", "django-guid", "request-id", "", "adds its middleware",
                 settings="django_guid.middleware"),
    _integration("django_structlog", "django-structlog", "request-id structured", "", "adds its middleware",
                 settings="django_structlog.middlewares"),
    _integration("log_request_id", "django-log-request-id", "request-id", "", "adds its middleware",
                 settings="log_request_id.middleware"),
    _integration("flask_log_request_id", "flask-log-request-id", "request-id", "RequestID", "makes `RequestID`"),
    _integration("cid", "django-cid", "request-id", "", "adds its middleware", settings="cid.middleware"),
    # --- limits ---
    _integration("slowapi", "slowapi", "rate-limit", "limit shared_limit SlowAPIMiddleware SlowAPIASGIMiddleware",
                 "limits a route or adds `SlowAPIMiddleware`",
                 calls="slowapi.Limiter.limit slowapi.extension.Limiter.limit slowapi.Limiter.shared_limit"),
    _integration("fastapi_limiter", "fastapi-limiter", "rate-limit", "RateLimiter WebSocketRateLimiter",
                 "uses `RateLimiter`"),
    _integration("flask_limiter", "flask-limiter", "rate-limit", "Limiter", "makes a `Limiter`"),
    _integration("django_ratelimit", "django-ratelimit", "rate-limit", "ratelimit", "decorates a view", settings=True),
    _integration("axes", "django-axes", "rate-limit", settings=True),
)  # fmt: skip
"""The libraries; a module whose name continues another's stands before it."""

STRUCTURED_MODULES = frozenset(
    each.module for each in INTEGRATIONS if "structured" in each.purposes and each.module != "structlog"
)
STRUCTURED_CLASSES = frozenset(
    "JsonFormatter JSONFormatter JSONRenderer LogfmtRenderer KeyValueRenderer StdlibFormatter EcsFormatter "
    "StructuredLogHandler CloudLoggingHandler LogfmtFormatter Logfmter ECSFormatter GelfFormatter LogstashFormatter "
    "LogstashFormatterV1 OTLPLogExporter LoggingHandler setup_logging MozlogFormatter JsonLogFormatter".split()
)
"""Classes and functions that write records as JSON, as keys and values, or send them as such: structlog's renderers,
formatters of the packages above, OpenTelemetry's handler. `LoggingHandler` and `setup_logging` count only where one of
these packages is imported."""

REQUEST_ID_NAMES = frozenset(
    "request_id correlation_id trace_id req_id request_uuid correlation_id_var request_id_var request_id_ctx "
    "request_id_context request_id_contextvar x_request_id x_correlation_id correlationId requestId transaction_id "
    "CORRELATION_ID REQUEST_ID RequestId RequestID CorrelationId CorrelationID RequestIdFilter CorrelationIdFilter "
    "RequestIdMiddleware RequestIDMiddleware CorrelationMiddleware LoggingInstrumentor request_guid".split()
)
"""What the id of a request is called in code that makes one."""

HEALTH_MODULES = frozenset(
    "fastapi_health fastapi_healthcheck fastapi_healthchecks health_check healthcheck starlette_healthcheck dockerflow "
    "watchman flask_healthz django_healthchecks easy_health django_alive healthpy asgi_health".split()
)
"""Packages that bring health routes of their own."""

MEASURING_METHODS = frozenset(
    "timer timing counter gauge histogram incr increment decr observe record_latency distribution".split()
)
"""What objects that measure have in common, whoever wrote them."""

FRAMEWORKS = frozenset(
    """fastapi starlette flask django litestar quart sanic aiohttp sqlalchemy sklearn torch tensorflow keras nltk scipy
    numpy pandas celery kombu redis boto3 botocore google azure pytest rest_framework ninja evaluate datasets""".split()
)
"""Packages whose modules called `metrics` or `tracing` measure no requests by themselves."""

HAND_METERS = frozenset({"statsd", "prometheus_client", "datadog", "aiodogstatsd"})
"""Libraries that count and time only what they are told to."""

MAIL_HANDLERS = frozenset({"logging.handlers.SMTPHandler"})
"""Handlers that mail each record; Django's `AdminEmailHandler` mails only where `ADMINS` names somebody. Source:
https://docs.python.org/3/library/logging.handlers.html#smtphandler."""

ACCESS_LOG_PROGRAMS = frozenset({"uvicorn", "hypercorn", "daphne", "granian", "uwsgi", "fastapi", "waitress-serve"})
"""Servers that can write one line for each request."""

TRACKER_START = "sentry_sdk.init"
TRACKER_TRACES = ("traces_sample_rate", "traces_sampler", "enable_tracing")
"""Arguments that make Sentry time requests too; without one it only reports errors. Source:
https://docs.sentry.io/platforms/python/tracing/."""
