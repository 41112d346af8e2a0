"""Evidence about the OWASP Top 10, most of it that of the sections before."""

from __future__ import annotations

from collections.abc import Iterator

from prodlint.checklist import Evidence
from prodlint.finding import Location
from prodlint.scorecard.application import Application
from prodlint.scorecard.evidence import authentication, inputs
from prodlint.scorecard.evidence.said import for_it

_HASHERS = {
    "passlib.context.CryptContext", "bcrypt.hashpw", "argon2.PasswordHasher", "pwdlib.PasswordHash",
    "pwdlib.PasswordHash.recommended", "werkzeug.security.generate_password_hash", "flask_bcrypt.Bcrypt",
    "hashlib.scrypt", "hashlib.pbkdf2_hmac",
}  # fmt: skip


def a01_access_control(app: Application) -> Iterator[Evidence]:
    """Who refuses, and whose the rows are."""
    yield from authentication.protected_routes(app)
    if app.tables:
        yield from authentication.user_isolation(app)


def a02_cryptography(app: Application) -> Iterator[Evidence]:
    """What hashes passwords."""
    for site in app.project.calls(_HASHERS, app.paths):
        yield for_it(f"`{site.name.rpartition('.')[2]}` hashes passwords", Location(site.path, site.call.place))
    if app.django_models is not None and app.mentions("set_password", "create_user", "check_password"):
        yield for_it("Django hashes passwords with PBKDF2 and 600,000 rounds or more", app.django_models)


def a03_injection(app: Application) -> Iterator[Evidence]:
    """Queries whose values are bound."""
    yield from inputs.sql_injection(app)


def a07_authentication(app: Application) -> Iterator[Evidence]:
    """Tokens that are verified, and how long they live."""
    for decoded in app.project.decoded_tokens:
        if app.project.role(decoded.call.path) == "application":
            yield for_it("the signature of a token is verified", decoded.location)
            break
    yield from authentication.access_token_lifetime(app)
    yield from authentication.protected_routes(app)
