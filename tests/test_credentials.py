"""What the tables about cookies, password hashes and CSRF protection say is what the installed libraries do."""

import importlib
import inspect

import pytest

from prodlint.libraries.cookies import DJANGO_SETTINGS, FLASK_SETTINGS, LAX, SESSION_COOKIES, carries_session
from prodlint.libraries.credentials import (
    CSRF_SETTINGS,
    WEAK_DJANGO_HASHERS,
    WEAK_SCHEMES,
    is_credential_header,
    is_password,
    is_stored_password,
)


def resolved(dotted: str) -> object:
    """What a dotted name of an installed library stands for; skips the test where the library is not installed."""
    pytest.importorskip(dotted.partition(".")[0])
    parts = dotted.split(".")
    for split in range(len(parts) - 1, 0, -1):
        try:
            found = importlib.import_module(".".join(parts[:split]))
        except ModuleNotFoundError:
            continue
        for part in parts[split:]:
            found = getattr(found, part)
        return found
    raise AssertionError(dotted)


@pytest.mark.parametrize(
    ("name", "samesite"),
    [
        ("starlette.responses.Response.set_cookie", "lax"),
        ("litestar.Response.set_cookie", "lax"),
        ("werkzeug.wrappers.Response.set_cookie", None),
        ("django.http.HttpResponse.set_cookie", None),
        ("aiohttp.web.Response.set_cookie", None),
    ],
)
def test_cookies_are_open_unless_told_otherwise(name: str, samesite: str | None) -> None:
    parameters = inspect.signature(resolved(name)).parameters  # type: ignore[arg-type]
    assert not parameters["secure"].default
    assert not parameters["httponly"].default
    assert parameters["samesite"].default == samesite
    assert (name.partition(".")[0] in LAX) == (samesite == "lax")
    names = [each for each in parameters if each != "self"]
    assert names[0] in {"key", "name"} and names[1] == "value"


@pytest.mark.parametrize("name", sorted(SESSION_COOKIES))
def test_defaults_of_session_cookies(name: str) -> None:
    if name.startswith("aiohttp_session.") and not name.endswith("SimpleCookieStorage"):
        pytest.skip("takes its defaults from AbstractStorage, and needs a package for the storage")
    parameters = inspect.signature(resolved(name)).parameters  # type: ignore[arg-type]
    for argument, default in SESSION_COOKIES[name].values():
        assert repr(parameters[argument].default) == default


def test_settings_of_flask() -> None:
    flask = pytest.importorskip("flask")
    for name, (_, default) in FLASK_SETTINGS.items():
        assert repr(flask.Flask.default_config[name]) == default


def test_settings_of_django() -> None:
    pytest.importorskip("django")
    from django.conf import global_settings  # type: ignore[import-not-found,import-untyped,unused-ignore]

    for name, (_, default) in DJANGO_SETTINGS.items():
        assert repr(getattr(global_settings, name)) == default


def test_weak_schemes_are_those_of_passlib() -> None:
    registry = pytest.importorskip("passlib.registry")
    known = set(registry.list_crypt_handlers())
    assert set(WEAK_SCHEMES) - known == set()
    for name in ("sha256_crypt", "sha512_crypt", "sha1_crypt", "pbkdf2_sha256", "pbkdf2_sha512"):
        assert name not in WEAK_SCHEMES
        assert registry.get_crypt_handler(name).default_rounds >= 25_000


def test_the_default_of_a_context_is_its_first_scheme() -> None:
    context = pytest.importorskip("passlib.context")
    made = context.CryptContext(schemes=["sha256_crypt", "hex_md5"], deprecated="auto")
    assert made.default_scheme() == "sha256_crypt"
    assert context.CryptContext(schemes=["hex_md5", "sha256_crypt"], default="sha256_crypt").default_scheme() == (
        "sha256_crypt"
    )


def test_weak_hashers_of_django() -> None:
    hashers = pytest.importorskip("django.contrib.auth.hashers")
    assert hasattr(hashers, "MD5PasswordHasher") and "MD5PasswordHasher" in WEAK_DJANGO_HASHERS
    assert not {"PBKDF2PasswordHasher", "ScryptPasswordHasher", "Argon2PasswordHasher"} & set(WEAK_DJANGO_HASHERS)


def test_csrf_protection_is_on_by_default() -> None:
    flask = pytest.importorskip("flask")
    wtf = pytest.importorskip("flask_wtf")
    application = flask.Flask("test")
    wtf.CSRFProtect(application)
    assert application.config["WTF_CSRF_ENABLED"] is True and "WTF_CSRF_ENABLED" in CSRF_SETTINGS


def test_csrf_protection_of_tokens_in_cookies_is_on_by_default() -> None:
    flask = pytest.importorskip("flask")
    jwt = pytest.importorskip("flask_jwt_extended")
    application = flask.Flask("test")
    jwt.JWTManager(application)
    assert application.config["JWT_COOKIE_CSRF_PROTECT"] is True and "JWT_COOKIE_CSRF_PROTECT" in CSRF_SETTINGS


def test_names() -> None:
    assert is_password("password") and is_password("new_password") and is_password("userPassword")
    assert not any(is_password(name) for name in ("password_hash", "password_confirm", "reset_password_token", "pass"))
    assert is_stored_password("password_hash") and not is_stored_password("password_changed_at")
    assert is_credential_header("x-hub-signature-256") and is_credential_header("Authorization")
    assert not any(is_credential_header(name) for name in ("content-type", "x-csrf-token", "x-token-type"))
    assert carries_session("sessionid") and carries_session("access_token") and carries_session("jwt")
    assert not any(carries_session(name) for name in ("csrf_token", "theme", "language", "token_type"))
