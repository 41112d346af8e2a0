"""What opens a session or connection, what closes it, and what holds it until it is closed."""

from __future__ import annotations

SESSION_CLASSES = (
    "sqlalchemy.orm.Session",
    "sqlalchemy.orm.session.Session",
    "sqlmodel.Session",
    "sqlmodel.orm.session.Session",
    "sqlalchemy.ext.asyncio.AsyncSession",
    "sqlalchemy.ext.asyncio.session.AsyncSession",
    "sqlmodel.ext.asyncio.session.AsyncSession",
)

OPENERS = frozenset(
    {
        *SESSION_CLASSES,
        *(f"sqlalchemy.{module}Engine.{name}" for module in ("", "engine.") for name in ("connect", "raw_connection")),
        "sqlalchemy.ext.asyncio.AsyncEngine.connect",
        "psycopg2.connect",
        "psycopg.connect",
        "pymysql.connect",
        "asyncpg.connect",
    }
)
"""Classes, functions and methods that give an open session or connection."""

FACTORIES = frozenset(
    {
        "sqlalchemy.orm.sessionmaker",
        "sqlalchemy.orm.session.sessionmaker",
        "sqlalchemy.ext.asyncio.async_sessionmaker",
        "sqlalchemy.ext.asyncio.session.async_sessionmaker",
    }
)
"""Classes whose objects open a session when they are called. https://docs.sqlalchemy.org/en/20/orm/session_basics.html"""

CLOSERS = frozenset({"close", "aclose", "remove", "dispose", "close_all", "invalidate", "terminate"})

HOLDERS = frozenset(
    {"closing", "aclosing", "enter_context", "enter_async_context", "push", "push_async_exit", "callback"}
)
"""Functions that close what they are given: those of `contextlib`."""
