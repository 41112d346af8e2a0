"""Section 2: response times, the database, caching."""

from prodlint.checklist.item import Group, Item, Section

_TIMES = Group(
    "Response times",
    (
        Item(
            name="chat-latency",
            title="The chat endpoint answers 95 of 100 requests within 3 seconds",
            related=("missing-request-timeout", "blocking-call-in-async"),
            needs=("chat",),
            running="how long requests take under load",
            verify="`ab -n 1000 -c 100 -p request.json -T application/json URL` and read the 95% line.",
        ),
        Item(
            name="query-latency",
            title="95 of 100 database queries take less than 100 ms",
            related=("missing-index", "n-plus-one-query", "unbounded-query", "missing-database-timeout"),
            needs=("database",),
            running="how long queries take on production's data",
            verify="Read the 95th percentile from `pg_stat_statements` or from traces after a week of traffic.",
        ),
        Item(
            name="health-latency",
            title="The health endpoint answers within 100 ms",
            rules=("missing-health-endpoint",),
            needs=("routes",),
            running="how long the health endpoint takes",
            verify="`curl -o /dev/null -s -w '%{time_total}\\n' URL/health`, some hundred times.",
        ),
        Item(
            name="load-test",
            title="A load test with 100 concurrent users has passed",
            related=("blocking-call-in-async", "connection-budget-exceeded", "engine-per-request"),
            needs=("routes",),
            running="whether the load test was run, and how it went",
            verify="Run Locust, k6 or `ab -c 100` against staging and keep the report.",
        ),
    ),
)

_DATABASE = Group(
    "Database",
    (
        Item(
            name="connection-pool",
            title="The connection pool has a chosen size (such as 10, and 20 more at peaks)",
            rules=("missing-pool-settings", "connection-budget-exceeded", "pool-without-pre-ping"),
            related=("missing-database-timeout",),
            needs=("server_database",),
            verify="Compare workers x replicas x (pool_size + max_overflow) with `SHOW max_connections`.",
        ),
        Item(
            name="owner-index",
            title="Every table has an index on the column that says whose a row is (`user_id`)",
            rules=("missing-index", "index-not-migrated"),
            needs=("owner_columns",),
            verify="`\\d+ TABLE` in psql for each table with an owner.",
        ),
        Item(
            name="parent-index",
            title="Child rows have an index on the parent's id (`conversation_id` of messages)",
            rules=("missing-index", "index-not-migrated"),
            needs=("parent_columns",),
            verify="`\\d+ TABLE` in psql for each child table; delete a parent and watch the time.",
        ),
        Item(
            name="filter-index",
            title="Columns that queries filter by have an index (`completed` of tasks)",
            rules=("missing-index", "index-not-migrated"),
            needs=("filter_columns",),
            verify="`EXPLAIN` the list queries. A flag with two values gains little from an index of its own; "
            "one on the owner and the flag together does.",
        ),
        Item(
            name="time-index",
            title="Columns that queries sort by have an index (`created_at` of messages)",
            rules=("missing-index", "index-not-migrated"),
            needs=("sort_columns",),
            verify="`EXPLAIN` the paged list queries and look for a Sort over many rows.",
        ),
        Item(
            name="pool-monitoring",
            title="The health of the connection pool is watched",
            rules=("missing-pool-monitoring",),
            needs=("server_database",),
            verify="Find connections in use and waiting on the dashboard; exhaust the pool on staging, see the alert.",
        ),
    ),
)

_CACHING = Group(
    "Caching",
    (
        Item(
            name="static-caching",
            title="Static files are cached (if the application serves any)",
            needs=("static_files",),
            running="which caching headers the proxy or the content network sends",
            verify="`curl -I URL/static/FILE` shows `Cache-Control` with a long `max-age`.",
        ),
        Item(
            name="pooling-active",
            title="Requests share pooled database connections",
            rules=("engine-per-request", "session-not-closed"),
            related=("pool-without-pre-ping",),
            needs=("server_database",),
            verify="Count the server's connections under load: they stay at the size of the pool.",
        ),
        Item(
            name="query-per-row",
            title="No query runs once for each row of another",
            rules=("n-plus-one-query",),
            needs=("database",),
            verify="Log the statements of one list request: their number does not grow with the rows.",
        ),
    ),
)

SECTION = Section("performance", "Performance", (_TIMES, _DATABASE, _CACHING))
