"""Section 3: logging, monitoring, errors."""

from prodlint.checklist.item import Group, Item, Section

_LOGGING = Group(
    "Logging",
    (
        Item(
            name="structured-logging",
            title="Logs are structured, one JSON object a record",
            rules=("unstructured-logging",),
            related=("print-in-application", "inert-integration"),
            needs=("routes",),
            verify="Pipe the log into `python -m json.tool --json-lines`.",
        ),
        Item(
            name="request-log",
            title="Each request is logged with a request id",
            rules=("missing-request-id", "missing-request-log"),
            needs=("routes",),
            verify="Send one request, take the id from its response, and find all of its log records by it.",
        ),
        Item(
            name="errors-logged",
            title="Errors are logged with their traceback",
            rules=("exception-swallowed", "error-logged-without-traceback"),
            needs=("routes",),
            verify="Provoke an error on staging and find its traceback in the log.",
        ),
        Item(
            name="performance-logged",
            title="Durations and other performance figures are recorded",
            rules=("missing-metrics",),
            related=("missing-request-log",),
            needs=("routes",),
            verify="Find the duration of one request in the log or the metrics.",
        ),
        Item(
            name="sensitive-data-kept-out",
            title="Passwords and tokens stay out of the logs",
            rules=("sensitive-data-logged", "secret-in-query-parameter"),
            related=("sql-echo-enabled",),
            verify="Log in on staging and search the log for the password and the token.",
        ),
    ),
)

_MONITORING = Group(
    "Monitoring",
    (
        Item(
            name="health-endpoint",
            title="A health endpoint says how the application is",
            rules=("missing-health-endpoint", "probe-path-mismatch"),
            related=("missing-container-healthcheck",),
            needs=("routes",),
            verify="`curl URL/health` answers 200, and 503 when something it needs is down.",
        ),
        Item(
            name="database-health",
            title="The health check asks the database",
            rules=("missing-health-endpoint", "health-endpoint-without-database"),
            needs=("routes", "database"),
            verify="Stop the database on staging: the readiness check has to fail.",
        ),
        Item(
            name="pool-metrics",
            title="Figures of the connection pool are exposed",
            rules=("missing-pool-monitoring",),
            needs=("server_database",),
            verify="Find connections in use, idle and waiting at `/metrics` or in the APM.",
        ),
        Item(
            name="error-rate-monitoring",
            title="The rate of errors is monitored (target: below 1 %)",
            rules=("missing-metrics", "missing-error-tracking"),
            either=True,
            related=("inert-integration",),
            needs=("routes",),
            verify="Find the rate of 5xx answers on the dashboard, and the alert at 1 %.",
        ),
        Item(
            name="response-time-monitoring",
            title="Response times are monitored",
            rules=("missing-metrics",),
            related=("inert-integration",),
            needs=("routes",),
            verify="Find the 95th percentile of each route on the dashboard.",
        ),
    ),
)

_ERRORS = Group(
    "Error tracking",
    (
        Item(
            name="exceptions-handled",
            title="Exceptions are caught and logged",
            rules=("exception-swallowed", "missing-exception-handler"),
            related=("missing-error-tracking",),
            needs=("routes",),
            verify="Raise an unexpected exception on staging: the client gets a plain 500, log and tracker get it all.",
        ),
        Item(
            name="friendly-errors",
            title="Error messages are written for users",
            rules=("exception-detail-exposed",),
            needs=("routes",),
            running="whether users understand what the messages say",
            verify="Provoke 400, 401, 403, 404, 422 and 500 and read what a user would see.",
        ),
        Item(
            name="no-stack-traces",
            title="Internal errors show users no traceback",
            rules=("exception-detail-exposed", "debug-mode"),
            needs=("routes",),
            verify="Provoke a 500 on production's settings and look for file names in the answer.",
        ),
        Item(
            name="error-rate",
            title="Fewer than 1 % of requests fail under normal load",
            needs=("routes",),
            running="how many requests fail",
            verify="Divide the 5xx answers of a week by all answers.",
        ),
    ),
)

SECTION = Section("observability", "Observability", (_LOGGING, _MONITORING, _ERRORS))
