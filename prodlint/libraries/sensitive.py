"""Names of data that must not be shown: passwords, tokens, keys, cards, identity numbers; and what hides it."""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import pairwise

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")

SECRET_WORDS = frozenset(
    "password passwd pwd passphrase secret secrets token tokens jwt apikey credential credentials passcode otp "
    "authorization bearer".split()
)
_CODES = "verification recovery backup reset login signin mfa totp factor fa auth authentication sms activation".split()
"""Words that make a code one that lets somebody in; `factor` and `fa` end "two-factor" and "2fa"."""

SECRET_PAIRS = frozenset(
    {
        ("api", "key"),
        ("access", "key"),
        ("private", "key"),
        ("secret", "key"),
        ("signing", "key"),
        ("encryption", "key"),
        ("auth", "header"),
        ("session", "cookie"),
        ("card", "number"),
        ("credit", "card"),
        ("social", "security"),
        ("security", "number"),
        ("pin", "code"),
        ("recovery", "codes"),
        ("backup", "codes"),
        *((kind, "code") for kind in _CODES),
    }
)
PERSONAL_WORDS = frozenset({"ssn", "cvv", "cvc", "iban", "passport"})
HARMLESS_WORDS = frozenset(
    "type id ids name names count counts length len size limit limits expire expires expiry expiration expired ttl "
    "lifetime minutes hours days seconds age url uri path endpoint header headers field fields hash hashed hasher hint "
    "policy valid validator validators validity validated scheme schemes format prefix algorithm usage used max min "
    "budget required enabled changed updated error errors exception reset created at version status state mode "
    "strength form template message msg label env var variable file location algo kind model schema counter encoder "
    "manager service provider handler bucket window cost per masked redacted obfuscated truncated preview "
    "present exists missing set is has have should total prompt completion remaining consumed num csrf xsrf page next "
    "prev previous continuation cursor sync pagination cancel cancellation stop pad eos bos unk sep special vocab word "
    "context placeholder alias role permission permissions regex pattern rule rules flow grant manager repository repo "
    "router dao crud table column reservation lease lock fencing slot exp iat nbf jti".split()
)
"""Words that make a name speak *about* a secret: `token_type`, `password_hash`, `has_password`, `prompt_tokens`; or
that make a token something else: `next_page_token`."""

TURNS = frozenset({"acquire", "release", "lock", "unlock", "extend", "reacquire", "renew"})
"""First words of methods that take the token of a turn (a lock's, a limiter's), which lets nobody in."""

LAST_HARMLESS_WORDS = frozenset(
    "ok match matches matched correct incorrect wrong success check checked verified provided given found supplied "
    "attempts attempt retries failures failed history rotation rotated flag".split()
)
"""Words that do so at the end of a name only: `password_given`, not `given_password`."""

PUBLIC_PARTS = frozenset({"key", "selector", "identifier", "lookup"})
SECRET_PARTS = frozenset({"secret", "verifier", "secret_hash", "hashed_secret", "verifier_hash"})
"""Attributes of a credential of two parts: it is found by the first, and the second, or a hash of it, is compared."""

CREDENTIAL_CLASSES = frozenset(
    """token tokens key keys secret credential credentials password reset recovery invite invitation session sessions
    auth authorization login signin signup registration verification verify activation confirmation confirm access
    refresh api otp magic link share unsubscribe device user account grant""".split()
)
"""Words of a class whose token lets somebody in, whatever else it is: `PasswordReset`, not `Payment`."""

REFUSALS = frozenset(
    """SignatureExpired BadSignature BadTimeSignature BadData BadPayload BadHeader ExpiredSignatureError
    InvalidSignatureError InvalidTokenError DecodeError JWTError JWSError JWTClaimsError ExpiredTokenError
    BadSignatureError InvalidAlgorithmError InvalidAudienceError InvalidIssuerError ImmatureSignatureError""".split()
)
"""Exceptions of itsdangerous, Django's signing, PyJWT, python-jose and authlib: the token was refused, so that whoever
reads it can do nothing with it."""

TOKEN_OWNERS = frozenset("access refresh auth api bearer session oauth device push bot user users secret".split())
"""Words without which `tokens`, in the plural, are what a language model counts."""

TOKEN_RECORDS = frozenset(
    "data payload claims info details record row entry object obj user response result doc instance cls class backend "
    "store factory generator auth dep dependency client auth2 request db model".split()
)
"""Last words of a name that make a token's name that of an object about it: `token_payload`."""


@lru_cache(maxsize=8192)
def words_of(name: str) -> tuple[str, ...]:
    """The words of an identifier in snake, camel or kebab case, lower case."""
    return tuple(word.lower() for word in _WORD.findall(name))


@lru_cache(maxsize=8192)
def is_sensitive(name: str) -> bool:
    """Whether what a name is bound to is itself a secret: `access_token` and `apiKey`, not `token_type`."""
    words = words_of(name)
    if not words or not HARMLESS_WORDS.isdisjoint(words):
        # A reset of a password is an event, the token for it a secret.
        if words[-1:] not in {("token",), ("code",)} or HARMLESS_WORDS.intersection(words) != {"reset"}:
            return False
    if words[-1] in LAST_HARMLESS_WORDS or (words[-1] in TOKEN_RECORDS and is_weak(name)):
        return False
    if "tokens" in words and TOKEN_OWNERS.isdisjoint(words):
        return False
    if not (SECRET_WORDS | PERSONAL_WORDS).isdisjoint(words):
        return True
    return not SECRET_PAIRS.isdisjoint(pairwise(words))


@lru_cache(maxsize=8192)
def is_weak(name: str) -> bool:
    """Whether only the word "token" (or "credentials") speaks for a secret; parsers use it too."""
    words = words_of(name)
    strong = (SECRET_WORDS | PERSONAL_WORDS) - {"token", "tokens", "credential", "credentials"}
    return strong.isdisjoint(words) and SECRET_PAIRS.isdisjoint(pairwise(words))


_CARRIERS = frozenset(
    """token tokens credential credentials value values str string raw plain plaintext text bytes hex b64 base64 encoded
    content param parameter arg argument input old new current generated given query""".split()
)
"""Last words of a name of which only "token" speaks for a secret, where it is still the token that is meant."""


@lru_cache(maxsize=8192)
def speaks_for_secret(name: str) -> bool:
    """Whether a name is enough to take a value of which nothing else is known for a secret. What a token has is not
    one: `token_username`, `token_scopes`; nor, by its name alone, `token_key`, what it is found by where tokens have
    two parts."""
    words = [each for each in words_of(name) if not each.isdigit()]
    return is_sensitive(name) and (not is_weak(name) or not words or words[-1] in _CARRIERS)


@lru_cache(maxsize=8192)
def is_public_title(title: str) -> bool:
    """Whether a title says that a field holds what a token is found by: "Token key", "Token identifier"."""
    words = words_of(title)
    return "token" in words[:-1] and words[-1] in PUBLIC_PARTS | {"id"} and is_weak(title)


@lru_cache(maxsize=8192)
def is_about(name: str) -> bool:
    """Whether a name speaks about a secret without being one: `token_id`, `hashed_password`, `masked`."""
    words = words_of(name)
    mentions = not (SECRET_WORDS | PERSONAL_WORDS).isdisjoint(words) or not SECRET_PAIRS.isdisjoint(pairwise(words))
    return (mentions or not MASKING_WORDS.isdisjoint(words)) and not is_sensitive(name)


@lru_cache(maxsize=8192)
def is_plain(name: str) -> bool:
    """Whether an attribute or item of that name is no secret whatever it belongs to: `id` of a token."""
    return is_about(name) or (not is_sensitive(name) and not HARMLESS_WORDS.isdisjoint(words_of(name)))


@lru_cache(maxsize=1024)
def is_connection(name: str) -> bool:
    """Whether a setting is a connection URL, which holds the password of a server: `DATABASE_URL`, `REDIS_URI`."""
    words = words_of(name)
    return bool(words) and words[-1] in {"url", "uri", "dsn"} and not CONNECTION_WORDS.isdisjoint(words)


@lru_cache(maxsize=8192)
def hides(name: str) -> bool:
    """Whether a function of that name gives back something harmless: a mask, a hash, a length, a verdict."""
    words = words_of(name)
    return not MASKING_WORDS.isdisjoint(words) or words[:1] in _VERDICTS


@lru_cache(maxsize=8192)
def gives_secret(name: str) -> bool:
    """Whether a function of that name gives a secret: `get_token`, `generate_api_key`, not `refresh_token`."""
    words = words_of(name.lstrip("_"))
    return len(words) > 1 and words[0] in GIVING_WORDS and is_sensitive("_".join(words[1:]))


CONNECTION_WORDS = frozenset(
    "database db sqlalchemy postgres postgresql mysql mariadb redis mongo mongodb amqp broker rabbitmq".split()
)

MASKING_WORDS = frozenset(
    "mask masks masked masking anon anonymous obscure obscured conceal redact redacts redacted redaction sanitize "
    "sanitized sanitise sanitised scrub scrubbed "
    "hash hashed hashes hasher sha1 sha sha256 md5 hexdigest digest hmac fingerprint obfuscate obfuscated anonymize "
    "anonymized anonymise truncate truncated shorten shortened abbreviate encrypt encrypted censor censored hide "
    "hidden filter filtered len length count preview partial last4 safe public clean cleaned strip_secrets".split()
)
"""Words of functions and names that stand for what is left of a secret once it is harmless."""

_VERDICTS = frozenset((word,) for word in "is has check verify validate valid can should needs requires exists".split())

GIVING_WORDS = frozenset(
    "get create generate make issue build fetch obtain retrieve read load encode sign extract decrypt new".split()
)

KEEPING_CALLS = frozenset(
    """str repr ascii bytes format dict list tuple set sorted reversed next iter dumps pformat jsonable_encoder quote
    quote_plus b64encode b64decode urlsafe_b64encode cast deepcopy copy SecretStr to_thread gather from_iterable chain
    MappingProxyType escape dedent fill""".split()
)
"""Functions, by their last name, whose result shows what they are given."""

KEEPING_METHODS = frozenset(
    """encode decode strip lstrip rstrip lower upper title casefold removeprefix removesuffix replace split rsplit
    partition rpartition splitlines copy items values ljust rjust zfill center expandtabs getvalue read
    get_secret_value reveal first render_as_string""".split()
)
"""Methods whose result shows what they are called on."""

UNPACKING_ATTRIBUTES = frozenset(
    {"data", "value", "raw", "raw_data", "plain", "plaintext", "cleartext", "credentials", "text"}
)
"""Attributes that give the bare value of a field or wrapper: `form.password.data`."""

ITEM_METHODS = frozenset({"get", "pop", "setdefault", "getlist", "get_all", "getfirst"})
"""Methods that give one item of a mapping, by key."""

DUMPS = frozenset(
    {"model_dump", "model_dump_json", "dict", "json", "to_dict", "as_dict", "asdict", "to_json", "_asdict"}
)
"""Methods that give all fields of an object."""

DUMP_FUNCTIONS = frozenset({"asdict", "astuple", "vars", "to_builtins", "unstructure"})

SECRET_TYPES = frozenset({"SecretStr", "SecretBytes", "Secret", "CommaSeparatedStrings"})
"""Types, by their last name, that do not show their value."""

TEXT_TYPES = frozenset(
    """str bytes Any object dict Dict list List tuple Tuple set frozenset Mapping MutableMapping Sequence Iterable Text
    constr StringConstraints AnyStr LiteralString Header Cookie Form Body Query SecretStrOrStr bytearray""".split()
)
"""Types, by their last name, that show a value; those of no other library's class are taken to."""

REQUEST_TYPES = frozenset({"Request", "HttpRequest", "HTTPConnection", "ASGIRequest", "WSGIRequest"})
REQUEST_NAMES = frozenset({"request", "req"})
REQUEST_ATTRIBUTES: dict[str, str] = {
    "headers": "all headers of the request, credentials included",
    "META": "all headers of the request, credentials included",
    "cookies": "all cookies of the request, the session's included",
    "COOKIES": "all cookies of the request, the session's included",
    "body": "the whole body of the request",
    "data": "the whole body of the request",
    "POST": "the whole body of the request",
    "form": "the whole body of the request",
    "json": "the whole body of the request",
}
"""Attributes of a request (of Starlette, Flask, Django and REST framework) that carry credentials or whatever a client
sends."""

REQUEST_METHODS = frozenset({"body", "json", "form", "get_json", "get_data"})

HEADER_NAMES = frozenset(
    {"authorization", "cookie", "set-cookie", "proxy-authorization", "http_authorization", "http_cookie"}
)

WHOLE_OBJECTS: dict[str, str] = {
    "os.environ": "all environment variables, secrets included",
    "flask.current_app.config": "the whole configuration, secrets included",
    "flask.Flask.config": "the whole configuration, secrets included",
}

SHOWING_CLASSES: dict[str, str] = {
    "fastapi.security.HTTPAuthorizationCredentials": "credentials",
    "fastapi.security.http.HTTPAuthorizationCredentials": "credentials",
    "fastapi.security.HTTPBasicCredentials": "password",
    "fastapi.security.http.HTTPBasicCredentials": "password",
}
"""Classes outside the tree whose text shows a secret field."""

SECRET_CALLS = frozenset(
    {
        "jwt.encode",
        "jwt.api_jwt.encode",
        "jose.jwt.encode",
        "authlib.jose.jwt.encode",
        "secrets.token_hex",
        "secrets.token_urlsafe",
        "secrets.token_bytes",
        "getpass.getpass",
        "flask_jwt_extended.create_access_token",
        "flask_jwt_extended.create_refresh_token",
        "cryptography.fernet.Fernet.generate_key",
    }
)
"""Calls that give a credential, whatever it is bound to."""

CLAIM_CALLS = frozenset(
    {
        "jwt.decode",
        "jwt.api_jwt.decode",
        "jwt.get_unverified_header",
        "jose.jwt.decode",
        "jose.jwt.get_unverified_claims",
        "jose.jwt.get_unverified_header",
        "authlib.jose.jwt.decode",
        "firebase_admin.auth.verify_id_token",
        "os.getcwd",
        "pathlib.Path.cwd",
        "contextvars.ContextVar.set",
        "builtins.object",
    }
)
"""Calls whose result is no secret, even under the name of one: the claims of a token, a place to go back to."""

ROW_METHODS = frozenset(
    """first one one_or_none scalar scalars scalar_one scalar_one_or_none fetchone fetch_one get_one get_one_or_none
    get_or_create get_or_404 first_or_404 find_one get_by_id create save add refresh""".split()
)
"""Methods that give a row, an object whose text nobody knows, whatever it is bound to."""

FIELD_BASES = frozenset(
    {
        "pydantic.BaseModel",
        "pydantic.main.BaseModel",
        "pydantic.v1.BaseModel",
        "sqlmodel.SQLModel",
        "sqlmodel.main.SQLModel",
        "msgspec.Struct",
        "typing.NamedTuple",
        "typing.TypedDict",
        "typing_extensions.TypedDict",
    }
)
FIELD_DECORATORS = frozenset(
    {
        "dataclasses.dataclass",
        "pydantic.dataclasses.dataclass",
        "attrs.define",
        "attrs.frozen",
        "attrs.mutable",
        "attr.s",
        "attr.attrs",
        "attr.define",
        "attr.dataclass",
    }
)
"""What gives a class a text that lists its fields. SQLAlchemy's declarative models and Django's have none."""
