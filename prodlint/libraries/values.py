"""Library calls whose value can be told without running them."""

from __future__ import annotations

ENVIRONMENT_READS: dict[str, str] = {
    "os.getenv": "",
    "os.environ.get": "",
    "os.environ.setdefault": "",
    "environ.get": "",
    "decouple.config": "",
    "environs.Env.str": "str",
    "environs.Env.bool": "bool",
    "environs.Env.int": "int",
    "environs.Env.list": "list",
    "environs.Env.url": "str",
    "environ.Env.str": "str",
    "environ.Env.bool": "bool",
    "environ.Env.int": "int",
    "environ.Env.list": "list",
    "environ.Env.db": "database",
    "environ.Env.db_url": "database",
    "environ.Env.cache": "",
    "environ.Env.cache_url": "",
    "environ.Env.email": "",
    "environ.Env.email_url": "",
    "environs.Env.dj_db_url": "database",
    "environs.Env.dj_email_url": "",
    "environs.Env.dj_cache_url": "",
}
"""Calls that read an environment variable: name first, then the default (by position or as `default=`), and the type
that they convert to. Sources: Python's `os`, python-decouple, Starlette's "Configuration", environs and django-environ
documentation."""

ENVIRONMENT_READERS: dict[str, str] = {
    "starlette.config.Config": "",
    "environs.Env": "str",
    "environ.Env": "",
    "environ.FileAwareEnv": "",
}
"""Classes whose instances read an environment variable when they are called."""

URL_READERS: dict[str, str] = {
    "dj_database_url.config": "DATABASE_URL",
    "dj_email_url.config": "EMAIL_URL",
    "django_cache_url.config": "CACHE_URL",
}
"""Functions that read a URL from a variable (`env=`, else this one) and give a dictionary for Django's settings;
without the variable they take `default=`. Source: each project's README."""

SETTINGS_BASES = frozenset(
    {
        "pydantic_settings.BaseSettings",
        "pydantic_settings.main.BaseSettings",
        "pydantic.BaseSettings",
        "pydantic.v1.BaseSettings",
        "pydantic.env_settings.BaseSettings",
        "sqlmodel_settings.BaseSettings",
    }
)
"""Classes whose fields are read from the environment."""

DATACLASSES = frozenset(
    {"dataclasses.dataclass", "pydantic.dataclasses.dataclass", "attr.s", "attr.define", "attrs.define", "attrs.frozen"}
)
"""Decorators that make an `__init__` of the annotated names in the body of a class (PEP 557, attrs documentation)."""

DATACLASS_FIELDS = frozenset(
    {"dataclasses.field", "attr.ib", "attr.field", "attrs.field", "pydantic.Field", "pydantic.fields.Field"}
)
"""Functions that describe a field of a dataclass, with `default` or `default_factory` (`factory` in attrs)."""

MODEL_BASES = frozenset({"pydantic.BaseModel", "pydantic.main.BaseModel", "pydantic.v1.BaseModel", "sqlmodel.SQLModel"})
"""Classes whose annotated names are fields that each object has a value of its own for: the default is only one."""

RETURNS: dict[str, str] = {
    "logging.getLogger": "logging.Logger",
    "logging.Logger.getChild": "logging.Logger",
    "structlog.get_logger": "structlog.BoundLogger",
    "structlog.getLogger": "structlog.BoundLogger",
    "structlog.stdlib.get_logger": "structlog.BoundLogger",
    "structlog.BoundLogger.bind": "structlog.BoundLogger",
    "structlog.BoundLogger.new": "structlog.BoundLogger",
    "loguru.logger.bind": "loguru.logger",
    "loguru.logger.opt": "loguru.logger",
    "loguru.logger.patch": "loguru.logger",
    "loguru.logger.contextualize": "loguru.logger",
    "celery.utils.log.get_task_logger": "logging.Logger",
    "flask.current_app.logger": "logging.Logger",
    "requests.session": "requests.Session",
    "sqlalchemy.orm.sessionmaker.__call__": "sqlalchemy.orm.Session",
    "sqlalchemy.orm.session.sessionmaker.__call__": "sqlalchemy.orm.Session",
    "sqlalchemy.orm.scoped_session.__call__": "sqlalchemy.orm.Session",
    "sqlalchemy.ext.asyncio.async_sessionmaker.__call__": "sqlalchemy.ext.asyncio.AsyncSession",
    "sqlmodel.create_engine": "sqlalchemy.Engine",
    "sqlalchemy.create_engine": "sqlalchemy.Engine",
    "sqlalchemy.ext.asyncio.create_async_engine": "sqlalchemy.ext.asyncio.AsyncEngine",
}
"""Functions and callable objects that return an instance of another class."""

PASS_THROUGH = frozenset(
    {
        "typing.cast",
        "builtins.str",
        "pydantic.SecretStr",
        "pydantic.types.SecretStr",
        "starlette.datastructures.Secret",
        "pydantic.PostgresDsn",
        "pydantic.AnyHttpUrl",
        "pydantic.AnyUrl",
        "pydantic.TypeAdapter.validate_python",
        "sqlalchemy.engine.make_url",
        "sqlalchemy.engine.url.make_url",
        "sqlalchemy.make_url",
        "databases.DatabaseURL",
        "copy.copy",
        "copy.deepcopy",
    }
)
"""Calls that, for what prodlint asks, give back their (last positional) argument."""

CLOCKS = frozenset(
    {
        "time.time",
        "datetime.datetime.now",
        "datetime.datetime.utcnow",
        "datetime.datetime.today",
        "django.utils.timezone.now",
        "pendulum.now",
        "arrow.now",
        "arrow.utcnow",
        "litestar.utils.utc_now",
    }
)
"""Calls that give the present moment."""

SAME_MOMENT = frozenset(
    {
        "calendar.timegm",
        "builtins.int",
        "builtins.float",
        "builtins.round",
        "math.floor",
        "math.ceil",
        "time.mktime",
        "datetime.datetime.timestamp",
        ".replace",
        ".astimezone",
        ".timestamp",
        ".utctimetuple",
        ".timetuple",
        ".int_timestamp",
    }
)
"""Calls and methods that write a moment in another way, or move it by less than a minute."""

SPANS = frozenset({"datetime.timedelta", "dateutil.relativedelta.relativedelta", "pendulum.duration"})
"""Calls that give a span of time; `timedelta` takes days, seconds, microseconds, milliseconds, minutes, hours and weeks
in this order."""

UNITS: dict[str, float] = {
    "microseconds": 1e-6,
    "milliseconds": 1e-3,
    "seconds": 1.0,
    "minutes": 60.0,
    "hours": 3600.0,
    "days": 86400.0,
    "weeks": 604800.0,
    "months": 2629800.0,
    "years": 31557600.0,
}
"""Arguments of those in seconds; a month is a twelfth of a year."""

MEMOIZERS = frozenset(
    {
        "functools.lru_cache",
        "functools.cache",
        "functools.cached_property",
        "builtins.property",
        "builtins.staticmethod",
        "builtins.classmethod",
        "pydantic.computed_field",
        "sqlalchemy.util.memoized_property",
    }
)
"""Decorators that leave what a function returns as it is."""

PROPERTIES = frozenset({"builtins.property", "functools.cached_property", "pydantic.computed_field"})
