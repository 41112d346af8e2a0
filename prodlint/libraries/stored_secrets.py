"""Names of fields that hold a secret which no response should carry: passwords and their hashes, secrets, tokens."""

from __future__ import annotations

from functools import lru_cache

from prodlint.libraries.sensitive import is_sensitive, is_weak, words_of

_PASSWORD = frozenset({"password", "passwd", "pwd", "passphrase", "passhash"})
_HASH = frozenset("hash hashed hashes digest encrypted bcrypt argon argon2 salt salted crypt enc".split())
_BESIDE = frozenset("user users plain raw login account admin value stored db old new current the my field 2".split())
_FOR_OTHERS = frozenset(
    """share shared sharing public publishable invite invitation invited device push fcm apns csrf xsrf page download
    file view viewer embed guest join link preview anonymous""".split()
)
"""Words that make a token one that its readers are meant to have."""

_MADE_FOR_OTHERS = frozenset(
    "share shared sharing invite invitation device push fcm apns csrf xsrf guest embed".split()
)
"""Of these, the words that say so of a class: `ClientPublic` is only its public face."""


@lru_cache(maxsize=8192)
def is_password(name: str) -> bool:
    """Whether a field is a password or the hash of one: `hashed_password`, not `password_changed_at`."""
    words = set(words_of(name))
    return bool(words & _PASSWORD) and words <= _PASSWORD | _HASH | _BESIDE


@lru_cache(maxsize=8192)
def is_password_hash(name: str) -> bool:
    """Whether a field is the hash or the salt of a password."""
    return (is_password(name) and not _HASH.isdisjoint(words_of(name))) or words_of(name) == ("passhash",)


@lru_cache(maxsize=8192)
def is_stored_secret(name: str) -> bool:
    """Whether a field holds a secret, token or key that its owner alone should have: `totp_secret`, `refresh_token`."""
    return is_sensitive(name) and not is_password(name) and _FOR_OTHERS.isdisjoint(words_of(name))


def is_for_others(name: str) -> bool:
    """Whether the name of a class says that its secrets are made for those who read them: `CsrfToken`."""
    return not _MADE_FOR_OTHERS.isdisjoint(words_of(name))


def is_strong(name: str) -> bool:
    """Whether the name of a secret leaves no doubt: a bare `token` may be many things."""
    return not is_weak(name)


HIDING_TYPES = frozenset({"SecretStr", "SecretBytes", "Secret"})
"""Types that a JSON response shows as `**********` (pydantic; pinned by tests/test_responses.py)."""

PLAIN_VALUES = frozenset(
    """builtins.bool builtins.int builtins.float datetime.datetime datetime.date datetime.timedelta uuid.UUID""".split()
)
"""Types of which no value is a secret text."""

SERIALIZER_DECORATORS = frozenset(
    {
        "pydantic.field_serializer",
        "pydantic.model_serializer",
        "pydantic.field_validator",
        "pydantic.model_validator",
        "pydantic.validator",
        "pydantic.root_validator",
        "pydantic.functional_serializers.field_serializer",
        "pydantic.functional_validators.field_validator",
        "pydantic.functional_validators.model_validator",
    }
)
"""Decorators of methods that may put something else in the place of a field's value."""

WHOLE_VALIDATORS = frozenset(
    {"pydantic.model_validator", "pydantic.root_validator", "pydantic.functional_validators.model_validator"}
)
"""Of these, the ones that see the whole model and are made to check or complete it."""

ROW_METHODS = frozenset(
    """first one one_or_none scalar scalars scalar_one scalar_one_or_none all fetchone fetchall get get_one get_or_404
    one_or_404 first_or_404 get_one_or_none unique to_list merge exec""".split()
)
"""Last methods of a query that give whole rows."""

QUERIES = frozenset("query filter filter_by where order_by limit offset options".split())
"""Last methods of a query whose rows are what it was made for, as long as it is iterated."""

ROOTS = frozenset({"query", "select", "get", "get_one", "get_or_404", "merge"})
"""Calls whose first argument is the class of the rows."""

WHOLE_DUMPS = frozenset({"model_dump", "dict", "to_dict", "as_dict", "asdict", "model_dump_json", "json", "serialize"})
WHOLE_DUMP_FUNCTIONS = frozenset({"builtins.vars", "dataclasses.asdict", "fastapi.encoders.jsonable_encoder"})
"""What gives all columns of an object."""

DICTIONARIES = frozenset({"builtins.dict", "flask.jsonify", "flask.json.jsonify"})
"""Calls whose keywords are the keys of what they give."""

JSON_ANSWERS = DICTIONARIES | {
    "django.http.JsonResponse",
    "fastapi.responses.JSONResponse",
    "starlette.responses.JSONResponse",
    "rest_framework.response.Response",
    "aiohttp.web.json_response",
    "flask.make_response",
    "json.dumps",
}
"""Calls whose arguments are what is answered."""

TABLE_COLUMNS = ("__table__.columns", "__table__.c", "__mapper__.columns")
"""What lists the columns of a mapped class: `{each.name: getattr(self, each.name) for each in self.__table__.c}`."""

MODEL_SERIALIZERS = frozenset(
    {"rest_framework.serializers.ModelSerializer", "rest_framework.serializers.HyperlinkedModelSerializer"}
)
DJANGO_USERS = frozenset(
    {
        "django.contrib.auth.models.User",
        "django.contrib.auth.models.AbstractUser",
        "django.contrib.auth.models.AbstractBaseUser",
        "django.contrib.auth.base_user.AbstractBaseUser",
        "django.contrib.auth.get_user_model",
    }
)
"""Django's users, which keep the hash of their password in `password` (`AbstractBaseUser`)."""
