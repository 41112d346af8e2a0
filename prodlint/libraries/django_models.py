"""What is known of Django's models: which classes they begin with, which of their attributes are columns, and how the
database's names are worked out.

Sources: the code of Django 4.2 to 6.0 (`django/db/models/base.py`, `options.py`, `fields/`, `indexes.py`,
`django/db/backends/base/schema.py`), django-mptt 0.16, django-model-utils 5, django-extensions 4; pinned by
tests/test_django_tables.py.
"""

from __future__ import annotations

from hashlib import md5
from typing import NamedTuple

__all__ = [
    "BOOLEANS",
    "DOCUMENTS",
    "FIELD_TYPES",
    "INDEXED_FIELDS",
    "INDEX_METHODS",
    "LIBRARY_BASES",
    "LIBRARY_TABLES",
    "MAX_INDEX_NAME",
    "MODEL_BASES",
    "ONE_TO_ONE",
    "PLAIN_ROOTS",
    "LibraryField",
    "cut",
    "field_kind",
    "foreign_key_name",
    "index_name_of_columns",
    "index_name_of_model",
]

MODEL_BASES = frozenset(
    {
        "django.db.models.Model",
        "django.db.models.base.Model",
        "django.contrib.gis.db.models.Model",
        "parler.models.TranslatableModel",
    }
)
"""Classes whose heirs are models, and that bring no column."""

PLAIN_ROOTS = frozenset({"builtins", "typing", "typing_extensions", "abc", "enum", "collections"})
"""Packages whose classes bring no column."""


class LibraryField(NamedTuple):
    """A field that a library's abstract model brings."""

    name: str
    type: str
    nullable: bool = False
    primary_key: bool = False
    unique: bool = False
    indexed: bool = False
    to: str = ""
    """The label of the model that it references."""
    many: bool = False


_USER = (LibraryField("password", "CharField(128)"), LibraryField("last_login", "DateTimeField", nullable=True))
_PERMISSIONS = (
    LibraryField("is_superuser", "BooleanField"),
    LibraryField("groups", "ManyToManyField", to="auth.Group", many=True),
    LibraryField("user_permissions", "ManyToManyField", to="auth.Permission", many=True),
)
_PERSON = (
    LibraryField("username", "CharField(150)", unique=True),
    LibraryField("first_name", "CharField(150)"),
    LibraryField("last_name", "CharField(150)"),
    LibraryField("email", "EmailField(254)"),
    LibraryField("is_staff", "BooleanField"),
    LibraryField("is_active", "BooleanField"),
    LibraryField("date_joined", "DateTimeField"),
)
_STAMPS = (LibraryField("created", "DateTimeField"), LibraryField("modified", "DateTimeField"))
_TITLE = (LibraryField("title", "CharField(255)"), LibraryField("description", "TextField", nullable=True))

LIBRARY_BASES: dict[str, tuple[LibraryField, ...]] = {
    "django.contrib.auth.models.AbstractBaseUser": _USER,
    "django.contrib.auth.base_user.AbstractBaseUser": _USER,
    "django.contrib.auth.models.PermissionsMixin": _PERMISSIONS,
    "django.contrib.auth.models.AbstractUser": (*_USER, *_PERMISSIONS, *_PERSON),
    "django.contrib.sessions.base_session.AbstractBaseSession": (
        LibraryField("session_key", "CharField(40)", primary_key=True),
        LibraryField("session_data", "TextField"),
        LibraryField("expire_date", "DateTimeField", indexed=True),
    ),
    "mptt.models.MPTTModel": (
        LibraryField("lft", "PositiveIntegerField"),
        LibraryField("rght", "PositiveIntegerField"),
        LibraryField("tree_id", "PositiveIntegerField", indexed=True),
        LibraryField("level", "PositiveIntegerField"),
    ),
    "model_utils.models.TimeStampedModel": _STAMPS,
    "model_utils.models.TimeFramedModel": (
        LibraryField("start", "DateTimeField", nullable=True),
        LibraryField("end", "DateTimeField", nullable=True),
    ),
    "model_utils.models.SoftDeletableModel": (LibraryField("is_removed", "BooleanField"),),
    "model_utils.models.UUIDModel": (LibraryField("id", "UUIDField", primary_key=True),),
    "django_extensions.db.models.TimeStampedModel": _STAMPS,
    "django_extensions.db.models.TitleDescriptionModel": _TITLE,
    "django_extensions.db.models.TitleSlugDescriptionModel": (
        *_TITLE,
        LibraryField("slug", "SlugField(50)", indexed=True),
    ),
    "django_extensions.db.models.ActivatorModel": (
        LibraryField("status", "IntegerField"),
        LibraryField("activate_date", "DateTimeField", nullable=True),
        LibraryField("deactivate_date", "DateTimeField", nullable=True),
    ),
}
"""The fields of libraries' abstract models."""

LIBRARY_TABLES: dict[str, tuple[str, str]] = {
    "auth.user": ("auth_user", "id"),
    "auth.group": ("auth_group", "id"),
    "auth.permission": ("auth_permission", "id"),
    "contenttypes.contenttype": ("django_content_type", "id"),
    "sites.site": ("django_site", "id"),
    "sessions.session": ("django_session", "session_key"),
    "admin.logentry": ("django_admin_log", "id"),
    "authtoken.token": ("authtoken_token", "key"),
    "socialaccount.socialaccount": ("socialaccount_socialaccount", "id"),
    "taggit.tag": ("taggit_tag", "id"),
}
"""Table and primary key of libraries' models, by label."""

_FOREIGN_KEYS = frozenset("ForeignKey OneToOneField TreeForeignKey TreeOneToOneField ParentalKey".split())
ONE_TO_ONE = frozenset("OneToOneField TreeOneToOneField".split())
_MANY_TO_MANY = frozenset("ManyToManyField TreeManyToManyField SortedManyToManyField ParentalManyToManyField".split())
_NO_COLUMNS = frozenset(
    "GenericForeignKey GenericRelation CompositePrimaryKey ForeignObject TaggableManager TranslatedField".split()
)
_VIRTUAL = frozenset({"django_prices.models.MoneyField", "django_prices.models.TaxedMoneyField"})
_OTHER_FIELDS = (".forms.", ".serializers.", ".filters.", "graphene.", "wtforms.", "rest_framework.", "dataclasses.")


def field_kind(name: str) -> str:
    """What a call makes of a model's attribute, by the dotted name of what is called: "foreign", "many" (a table of
    pairs), "column", or "" where it makes no column."""
    last = name.rpartition(".")[2]
    if last in _FOREIGN_KEYS:
        return "foreign"
    if last in _MANY_TO_MANY:
        return "many"
    if last in _NO_COLUMNS or name in _VIRTUAL or any(f".{part}" in f".{name}" for part in _OTHER_FIELDS):
        return ""
    return "column" if last.endswith("Field") or last in ("Field", "AutoLastModified") else ""


BOOLEANS = frozenset({"BooleanField", "NullBooleanField"})
DOCUMENTS = frozenset("JSONField BinaryField ArrayField HStoreField SearchVectorField".split())
"""Fields whose columns an ordinary index does not serve."""
FIELD_TYPES = {
    "AutoField": "integer", "BigAutoField": "bigint", "BigIntegerField": "bigint", "BinaryField": "bytea",
    "BooleanField": "boolean", "CharField": "varchar", "DateField": "date", "DateTimeField": "timestamptz",
    "DecimalField": "numeric", "DurationField": "interval", "EmailField": "varchar", "FileField": "varchar",
    "FilePathField": "varchar", "FloatField": "double precision", "GenericIPAddressField": "inet",
    "ImageField": "varchar", "IntegerField": "integer", "JSONField": "jsonb", "NullBooleanField": "boolean",
    "PositiveBigIntegerField": "bigint", "PositiveIntegerField": "integer", "PositiveSmallIntegerField": "smallint",
    "SlugField": "varchar", "SmallAutoField": "smallint", "SmallIntegerField": "smallint", "TextField": "text",
    "TimeField": "time", "URLField": "varchar", "UUIDField": "uuid",
}  # fmt: skip
"""PostgreSQL's types of fields (`django/db/backends/postgresql/base.py`, `data_types`)."""
INDEXED_FIELDS = frozenset({"SlugField", "AutoSlugField"})
"""Fields that are indexed unless they say otherwise."""
INDEX_METHODS = {
    "Index": "idx",
    "BTreeIndex": "btree",
    "GinIndex": "gin",
    "GistIndex": "gist",
    "BrinIndex": "brin",
    "HashIndex": "hash",
    "SpGistIndex": "spgist",
    "BloomIndex": "bloom",
}
"""Classes of indexes and the ending of the names that are worked out for them."""

_NAME_LENGTH = 63
"""The longest name that PostgreSQL keeps; the other databases of production allow 64 (MySQL) or more."""

MAX_INDEX_NAME = 30
"""The longest name of an `Index`."""


def _digest(*parts: str, length: int) -> str:
    found = md5(usedforsecurity=False)
    for part in parts:
        found.update(part.encode())
    return found.hexdigest()[:length]


def index_name_of_columns(table: str, columns: tuple[str, ...], suffix: str = "") -> str:
    """The name of the index of a field (`db_index`, a foreign key) or of `index_together`."""
    ending = _digest(table, *columns, length=8) + suffix
    joined = "_".join(columns)
    name = f"{table}_{joined}_{ending}"
    if len(name) <= _NAME_LENGTH:
        return name
    ending = ending[: _NAME_LENGTH // 3] if len(ending) > _NAME_LENGTH / 3 else ending
    other = (_NAME_LENGTH - len(ending)) // 2 - 1
    name = f"{table[:other]}_{joined[:other]}_{ending}"
    return f"D{name[:-1]}" if name[0] == "_" or name[0].isdigit() else name


def foreign_key_name(table: str, column: str, target: str) -> str:
    """The name of the foreign key of a column; `target` is `table.column`, and "" is given back for an unknown one."""
    other, _, last = target.rpartition(".")
    return index_name_of_columns(table, (column,), f"_fk_{other}_{last}") if other else ""


def index_name_of_model(table: str, columns: tuple[str, ...], descending: tuple[bool, ...], suffix: str) -> str:
    """The name of an `Index(fields=...)` that is given none."""
    ordered = [f"-{name}" if down else name for name, down in zip(columns, descending)]
    name = f"{table[:11]}_{columns[0][:7]}_{_digest(table, *ordered, suffix, length=6)}_{suffix}"
    return f"D{name[1:]}" if name[0] == "_" or name[0].isdigit() else name


def cut(name: str, length: int = _NAME_LENGTH) -> str:
    """A name, cut as Django cuts it where the database allows no more."""
    return name if len(name) <= length else f"{name[: length - 4]}{_digest(name, length=4)}"
