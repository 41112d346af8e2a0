"""What tells a client, a context or a connection not to verify the certificate of the other side.

Sources: https://requests.readthedocs.io/en/latest/user/advanced/#ssl-cert-verification,
https://www.python-httpx.org/advanced/ssl/, https://docs.aiohttp.org/en/stable/client_advanced.html,
https://docs.python.org/3/library/ssl.html, https://urllib3.readthedocs.io/en/stable/reference/urllib3.connection.html,
https://www.postgresql.org/docs/current/libpq-ssl.html, https://pymongo.readthedocs.io/en/stable/examples/tls.html,
https://redis.readthedocs.io/en/stable/connections.html, https://ldap3.readthedocs.io/en/latest/ssltls.html.
"""

from __future__ import annotations

import re

from msgspec import Struct

__all__ = [
    "ATTRIBUTES",
    "CALLS",
    "CHOICE",
    "CONTEXTS",
    "DEFAULT_CONTEXT",
    "ENTRIES",
    "LOCAL",
    "SESSIONS",
    "TEXTS",
    "Unverified",
]

NONE = "ssl.CERT_NONE"


class Unverified(Struct, frozen=True):
    """How a call is told not to verify: an argument with one of some values, or nothing at all, as the function never
    does."""

    argument: str = ""
    values: tuple[str | bool | None, ...] = (False,)
    """Constants, or the names of constants such as `ssl.CERT_NONE`."""
    position: int | None = None
    address: str = ""
    """The argument that names the other side; "" where there is none."""
    address_position: int | None = None
    remote: bool = False
    """Whether the other side counts only where its name has a dot: what has none is in the same network."""


_METHODS = ("delete", "get", "head", "options", "patch", "post", "put")
_AT_0 = Unverified("verify", address="url", address_position=0)
_AT_1 = Unverified("verify", address="url", address_position=1)
_MONGO = Unverified("tlsAllowInvalidCertificates", (True,), address="host", address_position=0)
_REDIS = Unverified("ssl_cert_reqs", (None, "none", "CERT_NONE", NONE), address="host", address_position=0)
_SEARCH = Unverified("verify_certs", address="hosts", address_position=0)

CALLS: dict[str, tuple[Unverified, ...]] = {
    **{f"requests.{name}": (_AT_0,) for name in _METHODS},
    **{f"requests.Session.{name}": (_AT_0,) for name in _METHODS},
    **{f"requests.sessions.Session.{name}": (_AT_0,) for name in _METHODS},
    **{f"httpx.{name}": (_AT_0,) for name in _METHODS},
    "requests.request": (_AT_1,),
    "requests.Session.request": (_AT_1,),
    "requests.sessions.Session.request": (_AT_1,),
    "httpx.request": (_AT_1,),
    "httpx.stream": (_AT_1,),
    "httpx.AsyncHTTPTransport": (Unverified("verify", position=0),),
    "httpx.HTTPTransport": (Unverified("verify", position=0),),
    "httpx.AsyncClient": (Unverified("verify", address="base_url"),),
    "httpx.Client": (Unverified("verify", address="base_url"),),
    **{
        f"aiohttp.ClientSession.{name}": tuple(
            Unverified(argument, address="url", address_position=0) for argument in ("ssl", "verify_ssl")
        )
        for name in (*_METHODS, "ws_connect")
    },
    "aiohttp.ClientSession.request": tuple(
        Unverified(argument, address="url", address_position=1) for argument in ("ssl", "verify_ssl")
    ),
    "aiohttp.TCPConnector": (Unverified("ssl"), Unverified("verify_ssl")),
    "ssl._create_unverified_context": (Unverified(),),
    "urllib3.PoolManager": (Unverified("cert_reqs", ("CERT_NONE", "NONE", NONE)),),
    "urllib3.HTTPSConnectionPool": (Unverified("cert_reqs", ("CERT_NONE", "NONE", NONE)),),
    "boto3.client": (Unverified("verify", address="endpoint_url"),),
    "boto3.resource": (Unverified("verify", address="endpoint_url"),),
    "elasticsearch.AsyncElasticsearch": (_SEARCH,),
    "elasticsearch.Elasticsearch": (_SEARCH,),
    "opensearchpy.AsyncOpenSearch": (_SEARCH,),
    "opensearchpy.OpenSearch": (_SEARCH,),
    "pymongo.MongoClient": (_MONGO,),
    "pymongo.AsyncMongoClient": (_MONGO,),
    "motor.motor_asyncio.AsyncIOMotorClient": (_MONGO,),
    "redis.Redis": (_REDIS,),
    "redis.StrictRedis": (_REDIS,),
    "redis.from_url": (_REDIS,),
    "redis.Redis.from_url": (_REDIS,),
    "redis.asyncio.Redis": (_REDIS,),
    "redis.asyncio.from_url": (_REDIS,),
    "redis.asyncio.Redis.from_url": (_REDIS,),
    "pinotdb.connect": (Unverified("verify_ssl", address="host", address_position=0),),
    "ldap3.Tls": (Unverified("validate", (NONE,)),),
    **{
        name: (Unverified("sslmode", ("disable",), address="host", remote=True),)
        for name in ("psycopg.connect", "psycopg.AsyncConnection.connect", "psycopg2.connect")
    },
    "asyncpg.connect": (Unverified("ssl", (False, "disable"), address="host", remote=True),),
    "asyncpg.create_pool": (Unverified("ssl", (False, "disable"), address="host", remote=True),),
}

TEXTS: dict[str, tuple[str, int]] = {
    "sqlalchemy.create_engine": ("url", 0),
    "sqlalchemy.ext.asyncio.create_async_engine": ("url", 0),
    "sqlmodel.create_engine": ("url", 0),
    "psycopg.connect": ("conninfo", 0),
    "psycopg.AsyncConnection.connect": ("conninfo", 0),
    "psycopg2.connect": ("dsn", 0),
    "asyncpg.connect": ("dsn", 0),
    "asyncpg.create_pool": ("dsn", 0),
}
"""Connections that take one text with all that they need, `...@db.example.org/shop?sslmode=disable`."""

ATTRIBUTES = frozenset({"verify", "verify_mode"})
"""What is assigned to: `session.verify = False`, `context.verify_mode = ssl.CERT_NONE`."""

SESSIONS = frozenset({"requests.Session", "requests.sessions.Session", "requests.session"})
"""What has an attribute `verify` that holds for all of its requests."""

CONTEXTS = "ssl._create_unverified_context"
DEFAULT_CONTEXT = "ssl._create_default_https_context"
"""What urllib makes its contexts with; the other one in its place switches verification off in the whole process."""

LOCAL = re.compile(
    r"(?:[a-z][a-z0-9+.-]*://)?(?:[^@/]*@)?(?:localhost|127\.[0-9.]+|\[?::1\]?)(?:[:/?\0].*)?\Z", re.DOTALL
)
"""An address of the same machine; what is not known of it is a zero byte."""

ENTRIES: dict[str, tuple[str | None, ...]] = {"ssl_cert_reqs": (NONE, "none", "CERT_NONE")}
"""Entries of mappings: `CELERY_BROKER_USE_SSL = {"ssl_cert_reqs": ssl.CERT_NONE}`
(https://docs.celeryq.dev/en/stable/userguide/configuration.html#broker-use-ssl)."""

CHOICE = re.compile(
    r"verif|insecure|unsafe|cert|self_?signed|trust|strict|(?:ssl|tls|host)_?check|check_?(?:ssl|tls|host)",
    re.IGNORECASE,
)
"""Words in a condition that asks whether to verify; whether there is TLS at all is another question."""
