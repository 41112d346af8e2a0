"""Libraries that make database engines: their names, their arguments, and what tells which database they speak to."""

from __future__ import annotations

from msgspec import Struct

ENGINE_FACTORIES = frozenset(
    {
        "sqlalchemy.create_engine",
        "sqlalchemy.engine.create_engine",
        "sqlalchemy.engine.create.create_engine",
        "sqlalchemy.ext.asyncio.create_async_engine",
        "sqlalchemy.ext.asyncio.engine.create_async_engine",
        "sqlalchemy.future.create_engine",
        "sqlmodel.create_engine",
    }
)
"""Functions whose first argument, or keyword `url`, is a URL and whose keywords are the engine's own.
https://docs.sqlalchemy.org/en/20/core/engines.html#sqlalchemy.create_engine"""

CONFIGURED_FACTORIES = frozenset(
    {
        "sqlalchemy.engine_from_config",
        "sqlalchemy.engine.engine_from_config",
        "sqlalchemy.async_engine_from_config",
        "sqlalchemy.ext.asyncio.async_engine_from_config",
    }
)
"""Functions that take URL and options from a mapping with a prefix, as a rule an ini file's."""

CONFIGURATIONS: dict[str, tuple[str, str]] = {
    f"{module}.SQLAlchemy{mode}Config": ("connection_string", "engine_config")
    for mode in ("Async", "Sync")
    for module in (
        "advanced_alchemy.config",
        "advanced_alchemy.config.asyncio",
        "advanced_alchemy.config.sync",
        "advanced_alchemy.extensions.litestar",
        "advanced_alchemy.extensions.starlette",
        "advanced_alchemy.extensions.fastapi",
        "advanced_alchemy.extensions.flask",
        "advanced_alchemy.extensions.sanic",
        "litestar.plugins.sqlalchemy",
        "litestar.contrib.sqlalchemy.plugins",
    )
}
"""Classes that make an engine from a URL and a group of options: the names of these two arguments.
https://docs.advanced-alchemy.litestar.dev/latest/reference/config/asyncio.html"""

CREATED: dict[str, str] = {
    **dict.fromkeys((*ENGINE_FACTORIES, *CONFIGURED_FACTORIES), "engine"),
    **dict.fromkeys(
        """asyncpg.create_pool asyncpg.pool.create_pool aiomysql.create_pool asyncmy.create_pool oracledb.create_pool
        psycopg_pool.ConnectionPool psycopg_pool.AsyncConnectionPool psycopg2.pool.SimpleConnectionPool
        psycopg2.pool.ThreadedConnectionPool mysql.connector.pooling.MySQLConnectionPool redis.ConnectionPool
        redis.asyncio.ConnectionPool""".split(),
        "pool",
    ),
    **dict.fromkeys(
        """pymongo.MongoClient pymongo.AsyncMongoClient motor.motor_asyncio.AsyncIOMotorClient redis.Redis
        redis.from_url redis.Redis.from_url redis.asyncio.Redis redis.asyncio.from_url redis.asyncio.Redis.from_url
        elasticsearch.Elasticsearch elasticsearch.AsyncElasticsearch databases.Database""".split(),
        "client",
    ),
}
"""What makes an engine, a pool of connections, or a client of a database that has a pool, each to be made once."""

FLASK_EXTENSION = "flask_sqlalchemy.SQLAlchemy"
FLASK_OVERRIDES = (
    "apply_driver_hacks",
    "apply_pool_defaults",
    "_apply_driver_defaults",
    "_make_engine",
    "create_engine",
)
"""Methods of the extension by which a subclass changes the options of its engines (2.x, 3.x)."""
FLASK_URL = "SQLALCHEMY_DATABASE_URI"
FLASK_OPTIONS = "SQLALCHEMY_ENGINE_OPTIONS"
FLASK_POOL = {
    "SQLALCHEMY_POOL_SIZE": "pool_size",
    "SQLALCHEMY_MAX_OVERFLOW": "max_overflow",
    "SQLALCHEMY_POOL_TIMEOUT": "pool_timeout",
    "SQLALCHEMY_POOL_RECYCLE": "pool_recycle",
    "SQLALCHEMY_ECHO": "echo",
}
"""Configuration keys of Flask-SQLAlchemy; those of the pool were taken out in 3.0.
https://flask-sqlalchemy.readthedocs.io/en/stable/config/"""

UNPOOLED = frozenset({"NullPool", "StaticPool", "SingletonThreadPool", "AssertionPool"})
"""Pool classes of SQLAlchemy that have no size. https://docs.sqlalchemy.org/en/20/core/pooling.html"""

POOL_SIZES = frozenset({"pool_size", "max_overflow"})
POOL_SIZE, MAX_OVERFLOW = 5, 10
"""What `create_engine` takes without them (`QueuePool`, `AsyncAdaptedQueuePool`)."""

DJANGO_BACKENDS: dict[str, str] = {
    "postgis": "postgresql",
    "postgresql": "postgresql",
    "psycopg": "postgresql",
    "mysql": "mysql",
    "mariadb": "mysql",
    "oracle": "oracle",
    "spatialite": "sqlite",
    "sqlite3": "sqlite",
    "mssql": "mssql",
    "cockroachdb": "cockroachdb",
}
"""Parts of the names of Django's database backends, with the dialect that they speak.
https://docs.djangoproject.com/en/stable/ref/settings/#engine"""

DJANGO_URLS: dict[str, str] = {"dj_database_url.config": "DATABASE_URL", "dj_database_url.parse": ""}
"""Functions that make an entry of `DATABASES` of a URL, with the variable that they read, if any. Their keywords are
the keys of the entry in lower case. https://github.com/jazzband/dj-database-url"""


class DriverPool(Struct, frozen=True):
    """How a driver's own pool is told its size."""

    dialect: str
    largest: str
    """The keyword for the most connections that it opens."""


DRIVER_POOLS: dict[str, DriverPool] = {
    "asyncpg.create_pool": DriverPool("postgresql", "max_size"),
    "asyncpg.pool.create_pool": DriverPool("postgresql", "max_size"),
    "psycopg_pool.ConnectionPool": DriverPool("postgresql", "max_size"),
    "psycopg_pool.AsyncConnectionPool": DriverPool("postgresql", "max_size"),
    "aiopg.create_pool": DriverPool("postgresql", "maxsize"),
    "aiomysql.create_pool": DriverPool("mysql", "maxsize"),
}
DRIVER_SIZES: dict[str, tuple[int, int]] = {
    "asyncpg": (10, 0),
    "psycopg_pool": (4, 0),
    "aiopg": (10, 0),
    "aiomysql": (10, 0),
    "databases": (10, 0),
    "tortoise": (5, 0),
}
"""The most connections that these pools open by default, and how many more under load; `databases` leaves it to
asyncpg, aiopg and aiomysql.
https://magicstack.github.io/asyncpg/current/api/index.html#asyncpg.pool.create_pool,
https://www.psycopg.org/psycopg3/docs/api/pool.html, https://aiopg.readthedocs.io/en/stable/core.html,
https://aiomysql.readthedocs.io/en/stable/pool.html"""

class UrlPool(Struct, frozen=True):
    """How a library that makes its own pool is told its database."""

    library: str
    position: int
    """Where the URL stands when it has no name; -1 for nowhere."""
    url: str
    config: str = ""
    """The keyword of a mapping with `connections`."""
    config_position: int = -1


_TORTOISE = UrlPool("tortoise", -1, "db_url", "config", 1)
URL_POOLS: dict[str, UrlPool] = {
    "databases.Database": UrlPool("databases", 0, "url"),
    "tortoise.Tortoise.init": UrlPool("tortoise", -1, "db_url", "config", 0),
    **{
        f"tortoise.contrib.{name}": _TORTOISE
        for name in (
            "fastapi.register_tortoise", "fastapi.RegisterTortoise", "starlette.register_tortoise",
            "quart.register_tortoise", "sanic.register_tortoise", "aiohttp.register_tortoise",
        )
    },
}  # fmt: skip
"""Calls that make such pools. https://tortoise.github.io/databases.html, https://www.encode.io/databases/"""
URL_POOL_SIZES = ("maxsize", "max_size")
"""What sets their size, in the query of the URL, among the credentials or as a keyword."""
URL_DIALECTS = {"asyncpg": "postgresql", "psycopg": "postgresql", "postgres": "postgresql", "aiomysql": "mysql"}
"""Tortoise's names of databases, where they are those of drivers."""

CONNECTION_LIMITS: dict[str, int] = {"postgresql": 100, "postgres": 100, "mysql": 151, "mariadb": 151}
"""Connections that a server accepts unless it is told otherwise (`max_connections`).
https://www.postgresql.org/docs/current/runtime-config-connection.html#GUC-MAX-CONNECTIONS,
https://dev.mysql.com/doc/refman/8.4/en/server-system-variables.html#sysvar_max_connections,
https://mariadb.com/docs/server/server-management/variables-and-modes/server-system-variables#max_connections"""

_POSTGRES_IMAGES = ("postgres", "postgis", "timescale", "pgvector")
DATABASE_IMAGES: dict[str, tuple[str, ...]] = {
    "postgresql": _POSTGRES_IMAGES,
    "postgres": _POSTGRES_IMAGES,
    "mysql": ("mysql", "mariadb", "percona"),
    "mariadb": ("mysql", "mariadb", "percona"),
}
"""Parts of the names of images that run such a server."""

POOLERS = ("pgbouncer", "pgpool", "odyssey", "pgcat", "supavisor", "proxysql", "pooler.")
"""Parts of the names of images and hosts of external poolers, which share a few connections among many clients."""

LISTENERS = frozenset({"sqlalchemy.event.listens_for", "sqlalchemy.event.listen", "sqlalchemy.event.api.listens_for"})
POOL_EVENTS = frozenset({"checkout", "checkin", "engine_connect"})
"""Events when a pool hands out a connection, at which a listener may ask whether it is alive, or count it.
https://docs.sqlalchemy.org/en/20/core/events.html#sqlalchemy.events.PoolEvents"""

POOL_READS = frozenset({"checkedout", "checkedin", "status", "get_size", "get_idle_size", "get_stats", "pop_stats"})
"""Methods that give the numbers of a pool: SQLAlchemy's `QueuePool`, asyncpg's `Pool`, psycopg's `ConnectionPool`."""

POOL_MONITORS: dict[str, str] = {
    "opentelemetry-instrumentation-sqlalchemy": "SQLAlchemyInstrumentor",
    "opentelemetry-instrumentation-asyncpg": "",
    "sqlalchemy-prometheus": "",
    "sqlalchemy-collectd": "",
}
"""Packages that export them, with the class that has to be used, if any.
https://opentelemetry-python-contrib.readthedocs.io/en/latest/instrumentation/sqlalchemy/sqlalchemy.html"""

ENGINE_LOGGERS = frozenset({"sqlalchemy", "sqlalchemy.engine", "sqlalchemy.engine.Engine", "sqlalchemy.engine.base"})
VERBOSE_LEVELS = frozenset({"INFO", "DEBUG", "NOTSET"})
"""Loggers that write statements, and the levels at which they do; `echo=True` sets INFO.
https://docs.sqlalchemy.org/en/20/core/engines.html#configuring-logging"""

TIMEOUT_ARGUMENTS = frozenset(
    {
        "connect_timeout",
        "connection_timeout",
        "timeout",
        "command_timeout",
        "read_timeout",
        "write_timeout",
        "statement_timeout",
        "login_timeout",
        "tcp_user_timeout",
    }
)
"""Arguments of drivers that limit how long they wait: libpq's, asyncpg's, PyMySQL's, mysqlclient's, pyodbc's."""

TIMEOUT_WORDS = ("statement_timeout", "connect_timeout", "command_timeout", "max_execution_time", "lock_timeout")
"""What a URL's query, libpq's `options` and PostgreSQL's settings call them.
https://www.postgresql.org/docs/current/runtime-config-client.html#GUC-STATEMENT-TIMEOUT"""

SERVERS: dict[str, str] = {
    "postgresql": "PostgreSQL",
    "postgres": "PostgreSQL",
    "mysql": "MySQL",
    "mariadb": "MariaDB",
    "mssql": "SQL Server",
    "oracle": "Oracle",
    "cockroachdb": "CockroachDB",
    "yugabytedb": "YugabyteDB",
    "redshift": "Redshift",
    "timescaledb": "TimescaleDB",
    "server": "a database server",
}
"""Dialects of databases that are servers and limit their connections, with a name for a person."""

EMBEDDED = frozenset({"sqlite", "duckdb", "libsql", "pysqlite", "access", "memory"})
"""Dialects of databases that live in the process."""

URL_TYPES: dict[str, str] = {
    "PostgresDsn": "postgresql",
    "CockroachDsn": "cockroachdb",
    "MySQLDsn": "mysql",
    "MariaDBDsn": "mariadb",
}
"""URL types of pydantic that allow one database only. https://docs.pydantic.dev/latest/api/networks/"""

URL_BUILDERS = (
    "URL",
    "URL.create",
    "MultiHostUrl.build",
    "Url.build",
    *(f"{name}.build" for name in URL_TYPES),
)
"""Ends of the names of what builds a URL from its parts: the dialect is `drivername=`, `scheme=`, or comes first."""

DRIVERS: dict[str, str] = {
    "psycopg2": "postgresql",
    "psycopg2-binary": "postgresql",
    "psycopg": "postgresql",
    "psycopg-binary": "postgresql",
    "asyncpg": "postgresql",
    "pg8000": "postgresql",
    "pymysql": "mysql",
    "mysqlclient": "mysql",
    "aiomysql": "mysql",
    "asyncmy": "mysql",
    "mysql-connector-python": "mysql",
    "pyodbc": "mssql",
    "aioodbc": "mssql",
    "pymssql": "mssql",
    "oracledb": "oracle",
    "cx-oracle": "oracle",
}
"""Drivers by the name under which they are installed. https://docs.sqlalchemy.org/en/20/dialects/"""

EITHER_DRIVERS = frozenset({"psycopg", "psycopg-binary", "oracledb"})
ASYNCHRONOUS_DRIVERS = EITHER_DRIVERS | {"asyncpg", "aiomysql", "asyncmy", "aioodbc"}
"""Those that `create_async_engine` accepts; of these `create_engine` accepts `EITHER_DRIVERS` only."""

LONG_RUNNING = frozenset(
    [
        "uvicorn",
        "gunicorn",
        "hypercorn",
        "granian",
        "waitress",
        "celery",
        "dramatiq",
        "arq",
        "faststream",
        "grpc",
        "mcp",
        "fastmcp",
        "aiokafka",
        "pika",
    ]
)
"""Packages by which a module shows that its process stays: it is no script, although nothing imports it."""

SERVERLESS = frozenset(
    {
        "mangum",
        "serverless-wsgi",
        "zappa",
        "chalice",
        "aws-wsgi",
        "apig-wsgi",
        "modal",
        "vercel-wsgi",
    }
)
"""Packages that run an application as a function, one request in a process at a time."""

SERVERLESS_FILES = frozenset({"serverless.yml", "serverless.yaml", "zappa_settings.json", "samconfig.toml"})


def dialect_of(text: str) -> str:
    """The dialect that a URL, or its beginning, names: `postgresql` for `postgresql+asyncpg://...`; "" for none."""
    scheme, separator, _ = text.partition(":")
    if not separator and "+" not in text and text.lower() not in SERVERS and text.lower() not in EMBEDDED:
        return ""
    dialect = scheme.partition("+")[0].strip().lower()
    return dialect if dialect.replace("_", "").isalnum() else ""
