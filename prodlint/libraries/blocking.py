"""Calls that keep their thread waiting: for a database, another server, a process, a file or the clock."""

from __future__ import annotations

_REQUESTS = ("get", "post", "put", "patch", "delete", "head", "options", "request")

DATABASE, NETWORK, PROCESS, SLEEP, FILE = "database", "network", "process", "sleep", "file"

BLOCKING: dict[str, str] = {
    "time.sleep": SLEEP,
    "builtins.input": PROCESS,
    **{f"requests.{name}": NETWORK for name in _REQUESTS},
    **{f"{owner}.{name}": NETWORK for owner in ("requests.Session", "requests.sessions.Session") for name in _REQUESTS},
    "requests.Session.send": NETWORK,
    **{f"httpx.{name}": NETWORK for name in (*_REQUESTS, "stream")},
    **{f"httpx.Client.{name}": NETWORK for name in (*_REQUESTS, "send", "stream")},
    **{f"urllib3.PoolManager.{name}": NETWORK for name in ("request", "urlopen")},
    "urllib3.request": NETWORK,
    "urllib.request.urlopen": NETWORK,
    "urllib.request.urlretrieve": NETWORK,
    "smtplib.SMTP": NETWORK,
    "smtplib.SMTP_SSL": NETWORK,
    "socket.create_connection": NETWORK,
    "socket.getaddrinfo": NETWORK,
    "socket.gethostbyname": NETWORK,
    "jwt.PyJWKClient.get_signing_key_from_jwt": NETWORK,
    "google.oauth2.id_token.verify_oauth2_token": NETWORK,
    "sendgrid.SendGridAPIClient.send": NETWORK,
    "paramiko.SSHClient.connect": NETWORK,
    **{f"subprocess.{name}": PROCESS for name in ("run", "call", "check_call", "check_output", "getoutput")},
    "subprocess.getstatusoutput": PROCESS,
    "subprocess.Popen.wait": PROCESS,
    "subprocess.Popen.communicate": PROCESS,
    "os.system": PROCESS,
    "os.popen": PROCESS,
    **{f"sqlalchemy.inspect.{name}": DATABASE for name in ("get_schema_names", "get_table_names", "has_table")},
    "psycopg2.connect": DATABASE,
    "psycopg.connect": DATABASE,
    "psycopg.Connection.connect": DATABASE,
    "pymysql.connect": DATABASE,
    "MySQLdb.connect": DATABASE,
    "mysql.connector.connect": DATABASE,
    "sqlite3.connect": DATABASE,
    "pyodbc.connect": DATABASE,
    "builtins.open": FILE,
    "io.open": FILE,
    **{f"pathlib.Path.{name}": FILE for name in ("open", "read_text", "read_bytes", "write_text", "write_bytes")},
    **{f"shutil.{name}": FILE for name in ("copyfileobj", "copy", "copy2", "copyfile", "copytree", "rmtree", "move")},
}
"""Functions and methods by the name under which they are reached, with what they wait for."""

SESSIONS = (
    "sqlalchemy.orm.Session",
    "sqlalchemy.orm.session.Session",
    "sqlalchemy.orm.scoped_session",
    "sqlalchemy.orm.scoping.scoped_session",
    "sqlmodel.Session",
    "sqlmodel.orm.session.Session",
)
"""Sessions of SQLAlchemy and SQLModel that wait for the database in the caller's thread."""

SESSION_METHODS = frozenset(
    {
        "execute",
        "exec",
        "scalar",
        "scalars",
        "query",
        "get",
        "get_one",
        "commit",
        "flush",
        "refresh",
        "merge",
        "rollback",
        "bulk_save_objects",
        "bulk_insert_mappings",
        "bulk_update_mappings",
    }
)
"""Their methods that speak to the database; `add` and `delete` only note what is to be done, and `query` is the
beginning of what does. https://docs.sqlalchemy.org/en/20/orm/session_api.html"""

ENGINE_METHODS = frozenset({"connect", "begin", "raw_connection", "execute"})
ENGINES = ("sqlalchemy.Engine", "sqlalchemy.engine.Engine", "sqlalchemy.engine.base.Engine")

CLIENTS: dict[str, tuple[frozenset[str], str]] = {
    "openai": (frozenset({"create", "generate", "parse"}), NETWORK),
    "anthropic": (frozenset({"create", "stream", "count_tokens"}), NETWORK),
    "groq": (frozenset({"create"}), NETWORK),
    "cohere": (frozenset({"chat", "generate", "embed", "rerank"}), NETWORK),
    "google.genai": (frozenset({"generate_content", "embed_content"}), NETWORK),
    "google.generativeai": (frozenset({"generate_content", "send_message", "embed_content"}), NETWORK),
    "stripe": (frozenset({"create", "retrieve", "modify", "list", "delete", "cancel", "search"}), NETWORK),
    "twilio.rest": (frozenset({"create", "fetch"}), NETWORK),
    "slack_sdk.WebClient": (frozenset({"chat_postMessage", "users_info", "api_call", "files_upload_v2"}), NETWORK),
    "pymongo.MongoClient": (
        frozenset(
            """find_one insert_one insert_many update_one update_many delete_one delete_many aggregate count_documents
            find_one_and_update replace_one distinct server_info""".split()
        ),
        DATABASE,
    ),
    "redis.Redis": (
        frozenset(
            """get set setex delete exists expire incr incrby decr hget hset hgetall lpush rpush lpop rpop blpop brpop
            lrange sadd smembers zadd zrange publish keys scan ping mget mset ttl eval xadd xread getdel""".split()
        ),
        DATABASE,
    ),
}
"""Packages and classes of clients that wait in the caller's thread, with the last names of their calls that do. Clients
for asynchronous code have other names (`AsyncOpenAI`, `redis.asyncio`)."""

ASYNCHRONOUS = ("Async", "async", "aio")
"""Parts of a name that tell the asynchronous client of such a package."""

AWS_LOCAL = ("generate_presigned", "get_paginator", "get_waiter", "close", "can_paginate", "Bucket", "Table", "Object")
AWS_CLIENTS = ("boto3.client", "boto3.resource", "boto3.session.Session.client", "boto3.Session.client")
"""What makes a client of AWS, and the beginnings of its methods that ask nobody.
https://boto3.amazonaws.com/v1/documentation/api/latest/guide/clients.html"""

ON_THE_LOOP = frozenset({"fastapi", "starlette", "litestar", "aiohttp", "django", "django-ninja", "drf", "quart"})
"""Frameworks that run `async def` handlers of all requests on one event loop. Flask gives each its own."""

CACHES = frozenset(
    """functools.lru_cache functools.cache functools.cached_property cachetools.cached cachetools.func.ttl_cache
    cachetools.func.lru_cache async_lru.alru_cache""".split()
)
"""Decorators by which a function runs once, or seldom."""

TRANSPARENT = frozenset(
    """builtins.staticmethod builtins.classmethod builtins.property contextlib.contextmanager tenacity.retry
    backoff.on_exception abc.abstractmethod typing.override typing_extensions.override functools.wraps""".split()
)
"""Decorators under which a function still runs in its caller's thread."""

TO_THREAD = frozenset(
    """to_thread run_in_threadpool run_in_executor run_sync sync_to_async submit asyncify apply_async delay
    ThreadPoolExecutor ProcessPoolExecutor iterate_in_threadpool database_sync_to_async Thread""".split()
)
"""Names by which a decorator of the tree shows that it sends what it decorates to another thread or process."""


def waits_for(name: str) -> str:
    """What a call of a dotted name keeps its thread waiting for; "" for nothing known."""
    known = BLOCKING.get(name)
    if known is not None:
        return known
    owner, _, last = name.rpartition(".")
    if owner in SESSIONS:
        return DATABASE if last in SESSION_METHODS else ""
    for engine in ENGINES:
        if owner == engine and last in ENGINE_METHODS:
            return DATABASE
    for client in AWS_CLIENTS:
        if name.startswith(f"{client}."):
            return "" if name[len(client) + 1 :].startswith(AWS_LOCAL) else NETWORK
    for client, (methods, kind) in CLIENTS.items():
        if last in methods and name.startswith(f"{client}.") and not any(part in owner for part in ASYNCHRONOUS):
            return kind
    return ""
