"""What object-relational mappers call their bases, columns and constraints."""

from __future__ import annotations

from typing import NamedTuple

__all__ = [
    "APPLICATION_CLASSES",
    "BASE_COLUMNS",
    "BASE_UNIQUES",
    "COLUMN_TYPES",
    "CREATORS",
    "DOCUMENT_TYPES",
    "ENUM_TYPES",
    "FACTORIES",
    "FEW_VALUES",
    "INDEXES_FOREIGN_KEYS",
    "MAPPER_PACKAGES",
    "MIGRATION_TOOLS",
    "OWNER_COLUMNS",
    "STARTUP_HOOKS",
    "STARTUP_KEYWORDS",
    "BaseColumn",
    "base_kind",
    "construct",
    "short_name",
]

MAPPER_PACKAGES = frozenset({"sqlalchemy", "sqlmodel", "flask_sqlalchemy", "flask_sqlalchemy_lite", "advanced_alchemy"})
"""Packages whose import says that a tree may have tables. `db = SQLAlchemy()` resolves to `flask_sqlalchemy`."""

_CONSTRUCTS = frozenset(
    """Column mapped_column ForeignKey ForeignKeyConstraint Index UniqueConstraint PrimaryKeyConstraint Table MetaData
    relationship Relationship Field deferred column_property Sequence Identity Computed CheckConstraint FetchedValue
    DefaultClause aliased declared_attr registry desc asc nulls_first nulls_last nullsfirst nullslast text func
    """.split()
)

FACTORIES = frozenset({"declarative_base", "automap_base", "generate_base"})
"""Functions that make a declarative base."""


class BaseColumn(NamedTuple):
    """A column that a library's base class or mixin brings."""

    name: str
    type: str
    nullable: bool = False
    primary_key: bool = False


_AUDIT = (BaseColumn("created_at", "DateTimeUTC"), BaseColumn("updated_at", "DateTimeUTC"))
_SENTINEL = (BaseColumn("sa_orm_sentinel", "Integer", nullable=True),)
_KEYS = (
    ("UUID", "GUID", _SENTINEL),
    ("UUIDv6", "GUID", _SENTINEL),
    ("UUIDv7", "GUID", _SENTINEL),
    ("NanoID", "String", _SENTINEL),
    ("BigInt", "BigInteger", ()),
    ("Identity", "BigInteger", ()),
)
_ENDINGS: tuple[tuple[str, tuple[BaseColumn, ...]], ...] = (("Base", ()), ("PrimaryKey", ()), ("AuditBase", _AUDIT))

BASE_COLUMNS: dict[str, tuple[BaseColumn, ...]] = {
    f"advanced_alchemy.{kind}{ending}": (BaseColumn("id", key, primary_key=True), *sentinel, *audit)
    for kind, key, sentinel in _KEYS
    for ending, audit in _ENDINGS
} | {
    "advanced_alchemy.AuditColumns": _AUDIT,
    "advanced_alchemy.SlugKey": (BaseColumn("slug", "String(100)"),),
}
"""Columns of the bases and mixins of Advanced Alchemy 1 (its modules `base` and `mixins`), by package and class."""

BASE_UNIQUES: dict[str, tuple[tuple[str, str], ...]] = {
    "advanced_alchemy.SlugKey": (("", "slug"), ("ix_%(table_name)s_slug_unique", "slug")),
}
"""Their unique constraints (no name) and unique indexes, each of one column."""


def short_name(name: str) -> str:
    """Package and class of a dotted name: `advanced_alchemy.UUIDBase` for `advanced_alchemy.base.UUIDBase`."""
    return f"{name.partition('.')[0]}.{name.rpartition('.')[2]}"


def base_kind(name: str) -> str:
    """What a class outside the tree makes of its subclasses: "sqlmodel" (tables if they say `table=True`), "root" (a
    declarative base, which is no table itself), "declarative" (tables), "named" (tables whose names are worked out
    from the classes') or "" for none of them."""
    root, _, rest = name.partition(".")
    last = rest.rpartition(".")[2]
    if root == "sqlmodel":
        return "sqlmodel" if last == "SQLModel" else ""
    if root == "sqlalchemy":
        if last in ("DeclarativeBase", "DeclarativeBaseNoMeta", "DeclarativeMeta"):
            return "root"
        return "declarative" if last in FACTORIES else ""
    if root == "flask_sqlalchemy":
        return "named" if rest.endswith("SQLAlchemy.Model") else ""
    if root == "advanced_alchemy":
        return "named" if last.endswith("Base") or last == "DefaultBase" else ""
    return ""


def construct(name: str) -> str:
    """What a name of a mapper's package constructs: `Column` for `sqlalchemy.schema.Column`, `sqlmodel.Column` and
    `flask_sqlalchemy.SQLAlchemy.Column`; `ddl_if` for a construct that only some databases get; "" for all else.
    The packages re-export their classes in many modules, so the first and the last part of the name count."""
    root, _, rest = name.partition(".")
    if root not in MAPPER_PACKAGES and name not in ("pydantic.Field", "pydantic.fields.Field"):
        return ""
    last = rest.rpartition(".")[2]
    if last == "ddl_if":
        return last
    return last if last in _CONSTRUCTS else ""


OWNER_COLUMNS = frozenset(
    """user_id owner_id tenant_id account_id customer_id organization_id organisation_id org_id workspace_id team_id
    author_id creator_id member_id""".split()
)
"""Names of columns that say whose a row is: nearly every query of a table that has one filters by it."""

COLUMN_TYPES = {"Boolean": "boolean", "BOOLEAN": "boolean", "bool": "boolean"}
ENUM_TYPES = frozenset("Enum ENUM ChoiceType enum.Enum enum.IntEnum enum.StrEnum enum.Flag enum.IntFlag".split())
DOCUMENT_TYPES = frozenset(
    """JSON JSONB ARRAY TSVECTOR TSVectorType LargeBinary BLOB BYTEA PickleType HSTORE dict list Dict List bytes
    MutableDict MutableList""".split()
)
"""Types whose columns an ordinary index does not serve."""

INDEXES_FOREIGN_KEYS = frozenset({"mysql", "mariadb"})
"""Databases that make an index for each foreign key themselves (InnoDB: "FOREIGN KEY Constraints" in MySQL's manual).
PostgreSQL, SQLite, Oracle and SQL Server do not."""

FEW_VALUES = frozenset("type kind status state role visibility scope mode level priority severity category".split())
"""Names, and last words of names, of columns with a handful of values: an index on one alone helps little."""

COLUMN_LIBRARIES = ("sqlalchemy.", "sqlmodel.", "flask_sqlalchemy.", "django.db.models.", "tortoise.", "peewee.")
"""How the dotted names of what describes a column begin."""

COLUMN_CALLS = frozenset({"Column", "mapped_column"})
"""SQLAlchemy's descriptions of a column, whose type is an argument."""

TEXT_COLUMN_TYPES = frozenset("String Text Unicode UnicodeText VARCHAR CHAR TEXT NVARCHAR Uuid UUID".split())
"""Types of SQLAlchemy whose values, written out, are all that there is to them."""

TEXT_FIELDS = frozenset({"CharField", "TextField", "UUIDField"})
"""Fields of Django, Tortoise and Peewee of which the same holds."""

CREATORS = frozenset({"create_all", "generate_schemas"})
"""Methods that create the tables that do not exist and leave those that do as they are."""

APPLICATION_CLASSES = frozenset({"FastAPI", "Flask", "Starlette", "Litestar", "Quart", "Sanic", "APIFlask", "OpenAPI"})
STARTUP_HOOKS = frozenset("on_event before_first_request before_serving before_request lifespan on_startup".split())
"""Decorators whose functions run before an application answers, by their last names."""
STARTUP_KEYWORDS = frozenset({"lifespan", "on_startup", "before_startup"})
"""Arguments that take such functions."""

MIGRATION_TOOLS: dict[str, str] = {
    "alembic": "Alembic",
    "flask_migrate": "Flask-Migrate",
    "flask-migrate": "Flask-Migrate",
    "aerich": "Aerich",
    "yoyo": "yoyo",
    "yoyo-migrations": "yoyo",
    "piccolo": "Piccolo",
    "atlas": "Atlas",
    "dbmate": "dbmate",
    "flyway": "Flyway",
    "liquibase": "Liquibase",
    "sqitch": "Sqitch",
    "golang-migrate": "golang-migrate",
    "goose": "goose",
    "prisma": "Prisma",
    "migra": "migra",
}
"""Tools that change a database's schema, by how they are written in code, manifests, images and workflows."""
