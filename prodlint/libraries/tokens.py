"""Libraries that issue and read signed tokens: their calls, their arguments, their settings and what these mean.

What is said of PyJWT 2.x, python-jose 3.5, Authlib 1.x and joserfc 1.x is pinned by `tests/test_tokens.py` against the
installed libraries.
"""

from __future__ import annotations

from msgspec import Struct

__all__ = [
    "ALGORITHMS_REQUIRED",
    "CLAIMS_UNCHECKED",
    "DECODERS",
    "ENCODERS",
    "FEWEST_BITS",
    "FLASK_KEYS",
    "FLASK_LIFETIMES",
    "ISSUERS",
    "KEY_ARGUMENTS",
    "KEY_ATTRIBUTES",
    "LITESTAR_AUTH",
    "MENTIONS",
    "RANDOM_CALLS",
    "SHORTEST_KEY",
    "SIMPLE_JWT",
    "SIMPLE_JWT_LIFETIMES",
    "UNVERIFIED",
    "Decoder",
    "Encoder",
    "Issuer",
    "family",
]

PYJWT, JOSE, AUTHLIB, JOSERFC = "PyJWT", "python-jose", "Authlib", "joserfc"
LITESTAR, FASTAPI_USERS, FLASK_JWT, SIMPLEJWT = "Litestar", "fastapi-users", "flask-jwt-extended", "simplejwt"

Place = tuple[str, int]
"""An argument: its keyword, and where it stands without it (-1 for nowhere)."""


class Encoder(Struct, frozen=True):
    """A function that signs claims."""

    library: str
    claims: Place
    key: Place
    algorithm: Place
    header: Place = ("", -1)
    """The argument whose `alg` names the algorithm, where there is none for that."""


class Decoder(Struct, frozen=True):
    """A function that reads a token."""

    library: str
    token: Place
    key: Place
    algorithms: Place
    options: Place = ("", -1)
    audience: str = ""


class Issuer(Struct, frozen=True):
    """A function or class that issues tokens by itself: what it is given and what it does without."""

    library: str
    kind: str
    """"access", "refresh" or "" where the caller decides."""
    lifetime: Place
    default: float | None
    """The seconds that its tokens live without that argument; None for ever, -1 for what a setting says."""
    key: Place = ("", -1)
    unit: str = "timedelta"
    """"seconds" where a number counts these."""


_PYJWT_ENCODE = Encoder(PYJWT, ("payload", 0), ("key", 1), ("algorithm", 2))
_JOSE_ENCODE = Encoder(JOSE, ("claims", 0), ("key", 1), ("algorithm", 2))
_AUTHLIB_ENCODE = Encoder(AUTHLIB, ("payload", 1), ("key", 2), ("", -1), ("header", 0))
_JOSERFC_ENCODE = Encoder(JOSERFC, ("claims", 1), ("key", 2), ("", -1), ("header", 0))

ENCODERS: dict[str, Encoder] = {
    "jwt.encode": _PYJWT_ENCODE,
    "jwt.api_jwt.encode": _PYJWT_ENCODE,
    "jwt.PyJWT.encode": _PYJWT_ENCODE,
    "jwt.api_jwt.PyJWT.encode": _PYJWT_ENCODE,
    "jose.jwt.encode": _JOSE_ENCODE,
    "authlib.jose.jwt.encode": _AUTHLIB_ENCODE,
    "authlib.jose.JsonWebToken.encode": _AUTHLIB_ENCODE,
    "joserfc.jwt.encode": _JOSERFC_ENCODE,
}
"""https://pyjwt.readthedocs.io/en/stable/api.html, https://python-jose.readthedocs.io/en/latest/jwt/api.html,
https://docs.authlib.org/en/latest/jose/jwt.html, https://jose.authlib.org/en/guide/jwt/"""

_PYJWT_DECODE = Decoder(PYJWT, ("jwt", 0), ("key", 1), ("algorithms", 2), ("options", 3), "audience")
_JOSE_DECODE = Decoder(JOSE, ("token", 0), ("key", 1), ("algorithms", 2), ("options", 3), "audience")
_AUTHLIB_DECODE = Decoder(AUTHLIB, ("s", 0), ("key", 1), ("", -1), ("claims_options", 3))
_JOSERFC_DECODE = Decoder(JOSERFC, ("value", 0), ("key", 1), ("algorithms", 2))

DECODERS: dict[str, Decoder] = {
    "jwt.decode": _PYJWT_DECODE,
    "jwt.decode_complete": _PYJWT_DECODE,
    "jwt.api_jwt.decode": _PYJWT_DECODE,
    "jwt.api_jwt.decode_complete": _PYJWT_DECODE,
    "jwt.PyJWT.decode": _PYJWT_DECODE,
    "jwt.api_jwt.PyJWT.decode": _PYJWT_DECODE,
    "jose.jwt.decode": _JOSE_DECODE,
    "authlib.jose.jwt.decode": _AUTHLIB_DECODE,
    "authlib.jose.JsonWebToken.decode": _AUTHLIB_DECODE,
    "joserfc.jwt.decode": _JOSERFC_DECODE,
}

UNVERIFIED = frozenset({"jose.jwt.get_unverified_claims", "jose.jws.get_unverified_claims"})
"""Functions that give the claims of any token, whoever signed it."""

UNVERIFIED_CLASSES = frozenset(
    f"rest_framework_simplejwt.tokens.{name}"
    for name in ("Token", "AccessToken", "RefreshToken", "UntypedToken", "SlidingToken")
)
"""Classes of simplejwt whose `verify=False` reads a token without a check."""

HEADER_READERS = frozenset(
    {
        "jwt.get_unverified_header",
        "jwt.api_jws.get_unverified_header",
        "jose.jwt.get_unverified_header",
        "jose.jwt.get_unverified_headers",
        "jose.jws.get_unverified_header",
        "jose.jws.get_unverified_headers",
    }
)
"""Functions that give a token's header, which its sender writes."""

ALGORITHMS_REQUIRED = frozenset({PYJWT})
"""Libraries that refuse every token when the algorithms are not named: PyJWT since 2.0."""

CLAIMS_UNCHECKED = frozenset({AUTHLIB, JOSERFC})
"""Libraries whose `decode` verifies the signature only: `exp` and `aud` are checked by `validate`."""

ALL_CHECKS_FOLLOW = frozenset({PYJWT})
"""Libraries in which `verify_signature: False` turns the checks of all claims off as well."""

NONE_ACCEPTED = frozenset({JOSERFC})
"""Libraries that accept an unsigned token when `none` is among the algorithms."""

AUTHLIB_JWT = "authlib.jose.jwt.decode"
"""Authlib's ready-made object: HMAC, RSA and elliptic-curve algorithms are all allowed."""

ISSUERS: dict[str, Issuer] = {
    "fastapi_users.authentication.JWTStrategy": Issuer(
        FASTAPI_USERS, "access", ("lifetime_seconds", 1), None, ("secret", 0), "seconds"
    ),
    "fastapi_users.authentication.strategy.JWTStrategy": Issuer(
        FASTAPI_USERS, "access", ("lifetime_seconds", 1), None, ("secret", 0), "seconds"
    ),
    "fastapi_users.authentication.strategy.jwt.JWTStrategy": Issuer(
        FASTAPI_USERS, "access", ("lifetime_seconds", 1), None, ("secret", 0), "seconds"
    ),
    "fastapi_users.jwt.generate_jwt": Issuer(
        FASTAPI_USERS, "", ("lifetime_seconds", 2), None, ("secret", 1), "seconds"
    ),
    "flask_jwt_extended.create_access_token": Issuer(FLASK_JWT, "access", ("expires_delta", 2), -1),
    "flask_jwt_extended.create_refresh_token": Issuer(FLASK_JWT, "refresh", ("expires_delta", 1), -1),
    **{
        f"{module}.{name}": Issuer(LITESTAR, "access", ("default_token_expiration", -1), 86400.0, ("token_secret", -1))
        for module in ("litestar.security.jwt", "litestar.security.jwt.auth", "litestar.contrib.jwt")
        for name in ("JWTAuth", "JWTCookieAuth", "OAuth2PasswordBearerAuth")
    },
}
"""fastapi-users: https://fastapi-users.github.io/fastapi-users/latest/configuration/authentication/strategies/jwt/
(`lifetime_seconds=None` never expires); flask-jwt-extended: https://flask-jwt-extended.readthedocs.io/en/stable/api/;
Litestar: https://docs.litestar.dev/2/reference/security/jwt.html (a day by default)."""

LITESTAR_TOKENS = frozenset({"litestar.security.jwt.Token", "litestar.security.jwt.token.Token"})
"""Litestar's token class: its `exp` is required, `encode(secret, algorithm)` signs it."""

FLASK_LIFETIMES: dict[str, tuple[str, float]] = {
    "JWT_ACCESS_TOKEN_EXPIRES": ("access", 900.0),
    "JWT_REFRESH_TOKEN_EXPIRES": ("refresh", 2592000.0),
}
"""Settings of flask-jwt-extended with their defaults in seconds; False means for ever, a number counts seconds.
https://flask-jwt-extended.readthedocs.io/en/stable/options.html"""

SIMPLE_JWT = "SIMPLE_JWT"
SIMPLE_JWT_LIFETIMES: dict[str, str] = {
    "ACCESS_TOKEN_LIFETIME": "access",
    "REFRESH_TOKEN_LIFETIME": "refresh",
    "SLIDING_TOKEN_LIFETIME": "access",
    "SLIDING_TOKEN_REFRESH_LIFETIME": "refresh",
}
"""Entries of simplejwt's setting; the defaults (5 minutes, 1 day) are short.
https://django-rest-framework-simplejwt.readthedocs.io/en/latest/settings.html"""

FLASK_KEYS: dict[str, str] = {
    "SECRET_KEY": "Flask's sessions",
    "JWT_SECRET_KEY": "JSON web tokens",
    "WTF_CSRF_SECRET_KEY": "CSRF tokens",
    "SECURITY_PASSWORD_SALT": "",
}
"""Keys of Flask's configuration that sign, and what. https://flask.palletsprojects.com/en/stable/config/#SECRET_KEY"""

KEY_ARGUMENTS: dict[str, tuple[Place, str]] = {
    **{
        f"itsdangerous{module}.{name}": (("secret_key", 0), "its tokens")
        for module, names in (
            ("", "Signer TimestampSigner Serializer TimedSerializer URLSafeSerializer URLSafeTimedSerializer"),
            ("", "JSONWebSignatureSerializer TimedJSONWebSignatureSerializer"),
            (".url_safe", "URLSafeSerializer URLSafeTimedSerializer"),
            (".timed", "TimestampSigner TimedSerializer"),
            (".signer", "Signer"),
            (".serializer", "Serializer"),
        )
        for name in names.split()
    },
    "starlette.middleware.sessions.SessionMiddleware": (("secret_key", 1), "session cookies"),
    "fastapi.middleware.sessions.SessionMiddleware": (("secret_key", 1), "session cookies"),
    "litestar.config.csrf.CSRFConfig": (("secret", 0), "CSRF tokens"),
    "aiohttp_session.cookie_storage.EncryptedCookieStorage": (("secret_key", 0), "session cookies"),
    "starlette_csrf.CSRFMiddleware": (("secret", 1), "CSRF tokens"),
    "starlette_csrf.middleware.CSRFMiddleware": (("secret", 1), "CSRF tokens"),
    "django.core.signing.Signer": (("key", -1), "its tokens"),
    "django.core.signing.TimestampSigner": (("key", -1), "its tokens"),
}
"""Classes that sign with a key that they are given, and what. Sources: the reference of each library."""

MIDDLEWARE = frozenset({"add_middleware", "Middleware"})
"""Calls that pass keywords on to the middleware class that they are given first."""

KEY_ATTRIBUTES: dict[str, str] = {
    "reset_password_token_secret": "password reset tokens",
    "verification_token_secret": "e-mail verification tokens",
}
"""Attributes of a class that derives from fastapi-users' `BaseUserManager`."""
LITESTAR_AUTH = frozenset(
    f"litestar.security.jwt.{module}{name}"
    for module in ("", "auth.")
    for name in ("JWTAuth", "JWTCookieAuth", "OAuth2PasswordBearerAuth")
)
"""What Litestar issues tokens with; `default_token_expiration` says how long they live, a day where it is left out.
Source: https://docs.litestar.dev/2/reference/security/jwt.html."""

USER_MANAGERS = frozenset({"fastapi_users.BaseUserManager", "fastapi_users.manager.BaseUserManager"})

MENTIONS = ("jwt", "jose", "authlib", "joserfc", "fastapi_users", "flask_jwt_extended", "rest_framework_simplejwt")
"""Identifiers of which one stands in every file that issues or reads a token."""

SHORTEST_KEY = 32
"""Bytes of a key for HMAC with SHA-256: RFC 7518, section 3.2."""

FEWEST_BITS = 128.0
"""Random bits that nobody can try out: NIST SP 800-131A."""

RANDOM_CALLS: dict[str, float] = {
    "secrets.token_urlsafe": 8.0,
    "secrets.token_hex": 8.0,
    "secrets.token_bytes": 8.0,
    "os.urandom": 8.0,
    "random.randbytes": 8.0,
    "secrets.randbits": 1.0,
    "random.getrandbits": 1.0,
    "uuid.uuid4": 0.0,
    "uuid.uuid1": 0.0,
    "secrets.choice": 0.0,
    "random.choice": 0.0,
    "random.choices": 0.0,
    "random.sample": 0.0,
    "random.randint": 0.0,
    "random.randrange": 0.0,
    "random.random": 0.0,
    "secrets.randbelow": 0.0,
    "random.SystemRandom.choice": 0.0,
    "random.SystemRandom.choices": 0.0,
    "django.core.management.utils.get_random_secret_key": 0.0,
    "django.utils.crypto.get_random_string": 0.0,
    "cryptography.fernet.Fernet.generate_key": 0.0,
}
"""Calls that give something new each time, with the bits that each unit of their first argument stands for (0 where it
counts something else)."""

_FAMILIES = {"HS": "HMAC", "RS": "RSA", "PS": "RSA", "ES": "elliptic curve", "ED": "Edwards curve"}


def family(algorithm: str) -> str:
    """The kind of key that an algorithm of JWA needs: "HMAC", "RSA" ...; "none", or "" for one that is not known."""
    name = algorithm.upper()
    return "none" if name == "NONE" else _FAMILIES.get(name[:2], "")
