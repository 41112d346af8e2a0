"""How libraries hash, check and protect credentials: password hashes, signatures, comparisons, CSRF protection."""

from __future__ import annotations

import re

from prodlint.libraries.sensitive import words_of

# --- passwords --------------------------------------------------------------------------------------------------------

DIGESTS: dict[str, str] = {
    f"hashlib.{name}": name.upper()
    for name in "md5 sha1 sha224 sha256 sha384 sha512 sha3_224 sha3_256 sha3_384 sha3_512 blake2b blake2s new".split()
}
DIGESTS["hashlib.new"] = "a fast digest"
DIGESTS |= {f"Crypto.Hash.{name}.new": name for name in ("MD5", "SHA1", "SHA256", "SHA512")}
DIGESTS |= {f"Cryptodome.Hash.{name}.new": name for name in ("MD5", "SHA1", "SHA256", "SHA512")}
"""Digests that graphics cards compute by the billion a second, with the name that a person would use. A salt or a key
(HMAC) slows nobody down who has the table and the code."""

KEYED_DIGESTS: dict[str, str] = {"hmac.new": "HMAC", "hmac.digest": "HMAC", "hmac.HMAC": "HMAC"}

DERIVATIONS = frozenset({"hashlib.pbkdf2_hmac"})
"""Iterated digests: name, password, salt, iterations."""
FEW_ITERATIONS = 10_000
"""NIST SP 800-63B (2017), 5.1.1.2: the iteration count of PBKDF2 should be at least 10,000. OWASP asks for 600,000."""

WEAK_SCHEMES: dict[str, str] = {
    name: reason
    for reason, names in (
        ("stores passwords as plain text", "plaintext ldap_plaintext roundup_plaintext"),
        (
            "is a fast digest without a salt",
            "hex_md4 hex_md5 hex_sha1 hex_sha256 hex_sha512 ldap_md5 ldap_sha1 ldap_hex_md5 ldap_hex_sha1 nthash "
            "lmhash mysql323 mysql41 oracle10 msdcc postgres_md5 htdigest",
        ),
        (
            "is a fast digest",
            "ldap_salted_md5 ldap_salted_sha1 ldap_salted_sha256 ldap_salted_sha512 django_salted_md5 "
            "django_salted_sha1 mssql2000 mssql2005 oracle11 msdcc2",
        ),
        ("is broken", "des_crypt bsdi_crypt bigcrypt crypt16 django_des_crypt md5_crypt apr_md5_crypt"),
    )
    for name in names.split()
}
"""Schemes of passlib that do not hold an attacker up. Not among them: sha256_crypt, sha512_crypt, sha1_crypt and the
pbkdf2 family, which are iterated tens of thousands of times by default (passlib reference, "passlib.hash"; the rounds
are asked of the installed passlib in tests/test_credentials.py)."""

CRYPT_CONTEXTS = frozenset(
    {"passlib.context.CryptContext", "passlib.context.LazyCryptContext", "libpass.context.CryptContext"}
)
"""`schemes` are those that a context can verify; it hashes with `default`, or else the first of them."""

WEAK_DJANGO_HASHERS: dict[str, str] = {
    "MD5PasswordHasher": "MD5",
    "UnsaltedMD5PasswordHasher": "MD5",
    "SHA1PasswordHasher": "SHA-1",
    "UnsaltedSHA1PasswordHasher": "SHA-1",
    "CryptPasswordHasher": "DES",
}
"""Classes of `django.contrib.auth.hashers`; Django hashes with the first of `PASSWORD_HASHERS`."""

WERKZEUG_HASHERS = frozenset({"werkzeug.security.generate_password_hash", "flask.security.generate_password_hash"})
WEAK_WERKZEUG_METHODS = ("plain", "md5", "sha1", "sha224", "sha256", "sha384", "sha512")
"""`method=` of `generate_password_hash` before Werkzeug 3: one salted round (changelog, 2.3 and 3.0). `pbkdf2:...` and
`scrypt` are iterated."""

_PASSWORDS = frozenset({"password", "passwd", "pwd", "passphrase", "passw"})
_NOT_THE_PASSWORD = frozenset(
    "hash hashed hasher hashes digest encrypted crypt salt salted reset token confirm confirmation confirmed repeat "
    "repeated again verify old new current previous id url policy length len hint file path min max type field form "
    "change changed expires expired at count attempts is has needs validator key code error errors msg message link "
    "enabled generated temp temporary app db database smtp mail email redis ftp proxy".split()
)


def is_password(name: str) -> bool:
    """Whether what a name is bound to is a person's password as typed: `password`, `user_password`."""
    words = words_of(name)
    return not _PASSWORDS.isdisjoint(words) and not (_NOT_THE_PASSWORD - {"new", "current", "old"}).intersection(words)


def is_stored_password(name: str) -> bool:
    """Whether a column or attribute of that name keeps a password, hashed or not: `password`, `pwd_hash`."""
    words = set(words_of(name))
    if words & {"reset", "token", "confirm", "expires", "changed", "at", "hint", "policy"}:
        return False
    return bool(words & _PASSWORDS)


# --- comparisons ------------------------------------------------------------------------------------------------------

HMAC_DIGESTS = frozenset({"hmac.new", "hmac.digest", "hmac.HMAC"})
ENCODINGS = frozenset({"base64.b64encode", "base64.standard_b64encode", "base64.urlsafe_b64encode", "binascii.hexlify"})
"""Functions that write bytes as text, all of them."""
HARMLESS_HEADERS = frozenset(
    "content-type content-length accept accept-encoding accept-language host origin referer user-agent upgrade "
    "connection x-requested-with x-forwarded-for x-forwarded-proto x-forwarded-host x-real-ip range if-none-match "
    "if-modified-since etag cache-control x-request-id traceparent hx-request x-http-method-override".split()
)
"""Headers that nobody takes for a credential."""

_CREDENTIAL_HEADER = re.compile(
    r"authorization|api[-_]?key|token|secret|signature|hmac|password|credential|(^|[-_])(auth|sig|jwt)([-_]|$)", re.I
)
_PUBLIC_HEADER = re.compile(r"csrf|xsrf|token[-_]?type|scheme|algorithm|version|key[-_]?id|timestamp", re.I)


def is_credential_header(name: str) -> bool:
    """Whether a header or cookie carries a credential or a signature: `Authorization`, `X-Hub-Signature-256`."""
    return bool(_CREDENTIAL_HEADER.search(name)) and not _PUBLIC_HEADER.search(name)


SCHEME_WORDS = frozenset(
    "bearer basic token digest apikey api-key negotiate jwt null none undefined true false".split()
)
"""What a credential is compared with to learn its kind, or whether it was sent at all."""

COMPARERS = frozenset({"hmac.compare_digest", "secrets.compare_digest", "django.utils.crypto.constant_time_compare"})
QUERY_METHODS = frozenset(
    "where filter filter_by exclude having and_ or_ not_ join outerjoin select_from case when get_one find find_one "
    "select update delete exists any has on_conflict_do_update scalar scalars execute exec".split()
)
"""Methods in whose arguments `column == value` is a condition of a query and compares nothing."""

# --- verification of passwords and issue of tokens --------------------------------------------------------------------

TOKEN_MAKERS = frozenset(
    {
        "jwt.encode",
        "jwt.api_jwt.encode",
        "jose.jwt.encode",
        "authlib.jose.jwt.encode",
        "joserfc.jwt.encode",
        "flask_jwt_extended.create_access_token",
        "flask_login.login_user",
        "django.contrib.auth.login",
    }
)
"""Calls after which the caller is somebody: they make a token or start a session."""
PASSWORD_FORMS = frozenset(
    {
        "fastapi.security.OAuth2PasswordRequestForm",
        "fastapi.security.oauth2.OAuth2PasswordRequestForm",
        "fastapi.security.OAuth2PasswordRequestFormStrict",
        "fastapi.security.oauth2.OAuth2PasswordRequestFormStrict",
    }
)

# --- CSRF -------------------------------------------------------------------------------------------------------------

CSRF_SETTINGS: dict[str, str] = {
    "WTF_CSRF_ENABLED": "Flask-WTF",
    "JWT_COOKIE_CSRF_PROTECT": "Flask-JWT-Extended",
    "authjwt_cookie_csrf_protect": "fastapi-jwt-auth",
}
"""Settings that switch the protection off when they are false; by default all three are true (Flask-WTF and
Flask-JWT-Extended "Configuration", fastapi-jwt-auth "Configuration Options")."""

CSRF_EXEMPTIONS = frozenset({"django.views.decorators.csrf.csrf_exempt"})
CSRF_MIDDLEWARE = "django.middleware.csrf.CsrfViewMiddleware"
DJANGO_SESSIONS = "django.contrib.sessions.middleware.SessionMiddleware"
FLASK_EXEMPTIONS = frozenset({"flask_wtf.csrf.CSRFProtect.exempt", "flask_wtf.CSRFProtect.exempt"})
AIOHTTP_MIDDLEWARE = frozenset({"aiohttp.web.middleware", "aiohttp.web_middlewares.middleware"})
"""Makes a function a middleware of aiohttp. It does nothing until an application lists it in `middlewares`, and aiohttp
has no protection of its own (aiohttp "Web Server Advanced", "Middlewares")."""
AIOHTTP_SESSIONS = frozenset({"aiohttp_session", "aiohttp_security"})
REST_SESSIONS = frozenset({"rest_framework.authentication.SessionAuthentication"})
"""Enforces CSRF by its method `enforce_csrf`."""

COOKIE_GUARDS = frozenset(
    {
        "django.contrib.auth.decorators.login_required",
        "django.contrib.auth.decorators.permission_required",
        "django.contrib.auth.decorators.user_passes_test",
        "django.contrib.admin.views.decorators.staff_member_required",
        "flask_login.login_required",
        "flask_login.utils.login_required",
        "flask_security.login_required",
    }
)
"""Decorators that let those in who have a session cookie."""
COOKIE_MIXINS = frozenset(
    {
        "django.contrib.auth.mixins.LoginRequiredMixin",
        "django.contrib.auth.mixins.PermissionRequiredMixin",
        "django.contrib.auth.mixins.UserPassesTestMixin",
    }
)
SAFE_METHODS = frozenset(
    {
        "django.views.decorators.http.require_GET",
        "django.views.decorators.http.require_safe",
    }
)

# --- webhooks ---------------------------------------------------------------------------------------------------------

HOOK_WORDS = frozenset({"webhook", "webhooks", "hook", "hooks"})
BODY_READS = frozenset("json body form get_json get_data stream data post text read POST".split())
"""Methods and attributes of a request that give its body."""
PARSED_READS = frozenset({"json", "get_json", "form", "POST", "post"})
"""Those that give it parsed."""
SIGNATURE_CALLS = frozenset(
    {
        "check_signature",
        "compare_digest",
        "constant_time_compare",
        "construct_event",
        "unsign",
        "unsign_object",
        "verify_signature",
        "verify_webhook",
        "verify_header",
    }
)
"""Functions, by their last name, that verify a signature."""
SIGNATURE_LIBRARIES = frozenset(
    {
        "stripe.Webhook.construct_event",
        "stripe.webhook.Webhook.construct_event",
        "svix.webhooks.Webhook.verify",
        "svix.Webhook.verify",
        "standardwebhooks.Webhook.verify",
        "standardwebhooks.webhooks.Webhook.verify",
        "twilio.request_validator.RequestValidator.validate",
        "slack_sdk.signature.SignatureVerifier.is_valid_request",
        "slack_sdk.signature.SignatureVerifier.is_valid",
        "nacl.signing.VerifyKey.verify",
    }
)
"""Functions and methods of libraries that verify one (each project's documentation of its webhooks)."""
