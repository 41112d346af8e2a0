"""Finding secrets: what is one, what only looks so, and that no value leaves the reader. Keys are put together from
pieces, so that other scanners do not take these files for leaks."""

import random
import socket
import string
import subprocess
import sys
from base64 import urlsafe_b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prodlint.facts import span
from prodlint.libraries.secret_names import meaning_of, words_of
from prodlint.libraries.secret_values import is_random
from prodlint.readers.secrets import judge, scan_comments, scan_text

HEX = "0123456789abcdef"
BASE62 = string.ascii_letters + string.digits
DICE = random.Random(20260504)


def made(length: int, alphabet: str = BASE62) -> str:
    """A generated key; with a figure, since one without is taken for a word on purpose."""
    return "7" + "".join(DICE.choices(alphabet, k=length - 1))


def encoded(text: str) -> str:
    return urlsafe_b64encode(text.encode()).decode().rstrip("=")


WEB_TOKEN = f"{encoded(chr(123) + chr(34) + 'alg' + chr(34) + ':' + chr(34) + 'HS256' + chr(34) + chr(125))}."
PROVIDERS = {
    "AWS access key": "AK" + "IA" + made(16, string.ascii_uppercase + string.digits),
    "GitHub token": "gh" + "p_" + made(36),
    "GitLab token": "gl" + "pat-" + made(20),
    "Slack token": "xo" + "xb-" + made(12, string.digits) + "-" + made(24),
    "Slack webhook": "https://hooks.sl" + "ack.com/services/T" + made(8) + "/B" + made(8) + "/" + made(24),
    "Stripe secret key": "sk_" + "live_" + made(24),
    "SendGrid API key": "SG" + "." + made(22) + "." + made(43),
    "Twilio API key": "S" + "K" + made(32, HEX),
    "JSON web token": WEB_TOKEN + encoded('{"sub":"726dfd05","exp":4102444800}') + "." + made(43),
    "private key": "-----BEGIN RSA PRIV" + "ATE KEY-----\n" + made(64) + "\n" + made(64) + "\n",
    "Azure storage key": "DefaultEndpointsProtocol=https;Account" + "Key=" + made(86) + "==",
    "npm token": "//registry.npmjs.org/:_auth" + "Token=npm_" + made(36),
    "PyPI token": "py" + "pi-AgEIcHlwaS5vcmc" + made(80),
    "Telegram bot token": made(9, string.digits) + ":" + made(35),
    "Discord bot token": "M" + made(23) + "." + made(6) + "." + made(27),
    "Mailchimp API key": made(32, HEX) + "-us" + "12",
    "Square OAuth secret": "sq0" + "csp-" + made(43),
    "Anthropic API key": "sk-" + "ant-api03-" + made(80),
    "OpenAI API key": "sk-" + "proj-" + made(48),
    "OpenRouter API key": "sk-" + "or-v1-" + made(64, HEX),
    "Hugging Face token": "h" + "f_" + "".join(DICE.choices(string.ascii_letters, k=34)),
    "Groq API key": "gs" + "k_" + made(52),
    "xAI API key": "xa" + "i-" + made(80),
    "Google API key": "AI" + "za" + made(35),
    "Google OAuth token": "ya" + "29." + made(60),
    "Resend API key": "re" + "_" + made(8) + "_" + made(24),
    "webhook signing secret": "wh" + "sec_" + made(32),
    "DigitalOcean token": "do" + "p_v1_" + made(64, HEX),
    "Shopify token": "shp" + "at_" + made(32, HEX),
    "Postman API key": "PM" + "AK-" + made(24, HEX) + "-" + made(34, HEX),
    "Linear API key": "lin" + "_api_" + made(40),
}


@pytest.mark.parametrize("kind", PROVIDERS)
def test_providers_formats(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("a key was tried out over the network")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    key = PROVIDERS[kind]
    for text in (key, f"use {key}" if "\n" not in key else key):
        found = judge(text, "", "argument")
        assert found is not None and (found.kind, found.confidence) == (kind, "high")
        assert set(found.redacted) == {"*"} and len(found.redacted) == len(text)


@pytest.mark.parametrize(
    "text",
    [
        "AKIAIOSFODNN7EXAMPLE",
        "AK" + "IA" + "X" * 16,
        "sk-" + "ant-api03-your-key-goes-here-and-nowhere-else",
        "sk_" + "test_" + made(24),
        "pk_" + "live_" + made(24),
        "-----BEGIN RSA PRIV" + "ATE KEY-----",
        "-----BEGIN PUBLIC KEY-----\n" + made(64),
        "xo" + "xb-valid",
        "https://hooks.sl" + "ack.com/services/T1234/B5678/abcdefghijk",
        WEB_TOKEN + encoded('{"sub":"1234567890","name":"John Doe","iat":1516239022}') + "." + made(43),
        WEB_TOKEN + encoded('{"iss":"supabase","role":"anon"}') + "." + made(43),
        "https://" + made(32, HEX) + "@o123.ingest.sentry.io/456",
        "sha256:" + made(64, HEX),
        "/assets/app-" + made(20) + ".js",
    ],
)
def test_samples_and_public_keys(text: str) -> None:
    assert judge(text, "", "argument") is None


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("SECRET_KEY", "dev"),
        ("SECRET_KEY", "secret"),
        ("secret_key", "my-secret-key"),
        ("JWT_SECRET", "super secret jwt phrase"),
        ("apiKey", made(40)),
        ("X_API_KEY", made(32, HEX)),
        ("clientSecret", made(40)),
        ("aws_secret_access_key", made(40)),
        ("DATABASEPASSWORD", "password123"),
        ("db_pass", "Wq7!rTz2"),
        ("PASSWD", "hunter2"),
        ("pwd", "letmein"),
        ("password", "12345678"),
        ("ADMIN_PASSWORD", "admin"),
        ("webhook-secret", "Kx93-vQ0z-Lw72"),
        ("encryption_key", urlsafe_b64encode(DICE.randbytes(32)).decode()),
        ("SECRET_KEY", "django-insecure-" + made(50, string.ascii_lowercase + string.digits + "!@#$%^&*(-_=+)")),
        ("auth_token_prod", made(40)),
        ("token", made(40, HEX)),
        ("openai_key", made(40)),
    ],
)
def test_named_values(name: str, text: str) -> None:
    found = judge(text, name, "assignment")
    assert found is not None and found.confidence == "medium"
    assert found.redacted == "*" * len(text)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        # bandit 498, 842, 843, 1350 and their like
        ("token_type", "bearer"),
        ("token", "bearer"),
        ("input_token", "NextToken"),
        ("next_token", "a1b2c3d4e5f6a7b8"),
        ("token_fail_reason", "Unexpected API response received"),
        ("previous_token", "NEWLINE"),
        ("password", "***"),
        ("password", ""),
        ("password", "None"),
        ("password", "This field is required."),
        ("password", "Passwort"),
        ("password", "mot de passe"),
        ("new_password", "contrase\xf1a123"),
        ("password_field", "password1"),
        ("password_hash", made(40, HEX)),
        ("hashed_password", made(40, HEX)),
        ("password", "$2b$12$" + made(53)),
        ("password", "pbkdf2_sha256$260000$" + made(12) + "$" + made(43)),
        ("password_validators", "django.contrib.auth.password_validation"),
        ("public_key", made(40)),
        ("private_key", "/etc/ssl/private/server.key"),
        ("private_key_path", "server.pem"),
        ("private_key", "ssh-rsa " + made(40)),
        ("SECRET_KEY", "changethis"),
        ("SECRET_KEY", "Ch4ng3Th1s!"),
        ("SECRET_KEY", "your-secret-key"),
        ("SECRET_KEY", "<secret key>"),
        ("SECRET_KEY", "${SECRET_KEY}"),
        ("SECRET_KEY", "{{ secret_key }}"),
        ("SECRET_KEY", "%(secret_key)s"),
        ("SECRET_KEY", "$SECRET_KEY"),
        ("SECRET_KEY", "---"),
        ("secret_key", "TODO: set me"),
        ("API_KEY", "OPENAI_API_KEY"),
        ("api_key", "GITHUB_OAUTH2_CLIENT_SECRET"),
        ("api_key", "X-API-Key"),
        ("api_key", "apiKey"),
        ("api_key", "token:{user_id}"),
        ("client_secret", "client_secret"),
        ("access_token", "/login/access-token"),
        ("access_token", "https://auth.internal.io/token"),
        ("jwt_secret", "HS256"),
        ("cache_key", made(20)),
        ("primary_key", made(20)),
        ("storage_key", made(20)),
        ("DUMMY_PASSWORD", "Wq7!rTz2"),
        ("password", r"^(?=.*[A-Z])(?=.*\d).{8,}$"),
        ("secret", "projects/app/secrets/db"),
        ("auth_token", "xxxxxxxxxxxxxxxx"),
        ("auth_token", "0123456789abcdef0123456789abcdef"),
        ("auth_token", "invalid_token_that_is_at_least_32_chars_long"),
        ("pass", "green1"),
        ("revision", made(12, HEX)),
    ],
)
def test_what_only_looks_like_a_secret(name: str, text: str) -> None:
    assert judge(text, name, "assignment") is None


@pytest.mark.parametrize(
    ("url", "confidence", "redacted"),
    [
        (
            "postgresql+asyncpg://app:Vq83kTzw92Lm@db.corp.io:5432/app",
            "high",
            "postgresql+asyncpg://app:*@db.corp.io:5432/app",
        ),
        ("redis://:Vq83kTzw92Lm@cache.corp.io:6379/0", "high", "redis://:*@cache.corp.io:6379/0"),
        ("mongodb+srv://app:Vq83kTzw92Lm@c0.x.mongodb.net/?w=1", "high", "mongodb+srv://app:*@c0.x.mongodb.net/?w=1"),
        ("amqp://app:p@ss:w0rd#1x9K@mq.corp.io//", "medium", "amqp://app:*@mq.corp.io//"),
        ("postgresql://app:sunflower@db.corp.io/app", "medium", "postgresql://app:*@db.corp.io/app"),
        ("postgresql://postgres:postgres@localhost/app", "low", "postgresql://postgres:*@localhost/app"),
        ("postgresql://mealie:mealie@db.corp.io/app", "low", "postgresql://mealie:*@db.corp.io/app"),
        ("postgresql://app:Vq83kTzw92Lm@", "medium", "postgresql://app:*@"),
        (":Vq83kTzw92Lm@db.corp.io:5432/app", "high", ":*@db.corp.io:5432/app"),
        ("https://api.corp.io/v1?api_key=Vq83kTzw92LmQ04x&x=1", "medium", "https://api.corp.io/v1?api_key=*&x=1"),
        ("host=db.corp.io user=app password=Vq83kTzw92Lm", "medium", "host=db.corp.io user=app password=*"),
        ("Server=db;Uid=sa;Pwd=Vq83kTzw92Lm;", "medium", "Server=db;Uid=sa;Pwd=*;"),
    ],
)
def test_connection_urls_keep_all_but_the_password(url: str, confidence: str, redacted: str) -> None:
    found = judge(url, "DATABASE_URL", "assignment")
    assert found is not None and found.confidence == confidence
    assert len(found.redacted) == len(url)
    before, _, after = redacted.partition("*")
    stars = len(url) - len(before) - len(after)
    assert found.redacted == before + "*" * stars + after


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://user:password@host:5432/db",
        "postgresql://app:changeme@db.corp.io/app",
        "postgresql://{user}:{password}@{host}/app",
        "postgresql://app:${DB_PASSWORD}@db.corp.io/app",
        "postgresql://app:***@db.corp.io/app",
        "postgresql://app:Vq83kTzw92Lm@db.example.com/app",
        "https://corp.io:8080/@scope/package",
        "https://corp.io/search?key=value&token=abc",
        "mailto:someone@corp.io",
    ],
)
def test_connection_urls_without_a_real_password(url: str) -> None:
    assert judge(url, "DATABASE_URL", "assignment") is None


def test_the_fallback_of_an_environment_read_is_left_to_another_rule() -> None:
    weak = judge("dev", "SECRET_KEY", "default")
    assert weak is not None and (weak.confidence, weak.redacted) == ("low", "***")
    real = judge(made(32, HEX), "SECRET_KEY", "default")
    assert real is not None and real.confidence == "medium"


def test_of_a_part_of_an_f_string_only_generated_text_is_believed() -> None:
    assert judge("-suffix1", "secret_key", "part") is None
    assert judge(made(24), "secret_key", "part") is not None


def test_words_of_names() -> None:
    assert words_of("jwtSecret_KEY-old2") == ["jwt", "secret", "key", "old", "2"]
    assert meaning_of("AWSSecretAccessKey")[0] == "issued"
    assert meaning_of("SECRET_KEY_PROD") == meaning_of("secretkey") == ("signing", "secret key")
    assert meaning_of("forgot_password") == meaning_of("is_secret") == meaning_of("") == ("", "")


@pytest.mark.parametrize(
    ("length", "alphabet"),
    [(32, HEX), (20, BASE62), (40, BASE62), (32, string.ascii_lowercase + string.digits), (43, BASE62 + "-_")],
)
def test_generated_text_is_told_from_words(length: int, alphabet: str) -> None:
    texts = [made(length, alphabet) for _ in range(400)]
    assert sum(map(is_random, texts)) >= 0.96 * len(texts)


def test_identifiers_are_not_generated_text() -> None:
    import builtins
    import http
    import ssl

    import msgspec

    names = {name for module in (builtins, http, ssl, socket, subprocess, string, msgspec, sys) for name in dir(module)}
    assert len(names) > 500
    assert [name for name in names if judge(name, "api_key", "assignment") is not None] == []


@given(
    st.text(), st.sampled_from(["", "password", "SECRET_KEY", "api_key", "url"]), st.sampled_from(["key", "part", ""])
)
def test_any_text_is_judged_and_keeps_its_length(text: str, name: str, role: str) -> None:
    found = judge(text, name, role)
    assert found is None or len(found.redacted) == len(text)


@pytest.mark.parametrize(
    "text",
    [
        "a://" * 200_000,
        ":" * 500_000 + "@=",
        "eyJ" * 300_000 + ".1=",
        "PRIVATE KEY-----" + "a: " * 200_000 + "=",
        "-----BEGIN RSA PRIV" + "ATE KEY-----\n" + "Proc-Type: a: b\\n" * 50_000,
        "?key=" * 200_000,
        "password=" * 200_000 + "host=",
        "sk-" + "ant-" * 200_000 + "1",
        WEB_TOKEN + encoded("[" * 9000) + "." + made(43),
    ],
)
def test_hostile_text_neither_hangs_nor_fails(text: str) -> None:
    for name in ("", "password"):
        found = judge(text, name, "assignment")
        assert found is None or len(found.redacted) == len(text)
    assert len(scan_text(text)) <= 50_001
    assert len(scan_comments("# " + text)) <= 1


def test_lines_of_a_text_file() -> None:
    key = PROVIDERS["GitHub token"]
    text = f"#!/bin/sh\nexport API_TOKEN='{made(24)}'\nexport PASSWORD=$1\n  curl -H {key} x\nNAME=value\n"
    first, second = scan_text(text)
    assert (first.name, first.kind, first.confidence, span(first.place).line) == (
        "API_TOKEN",
        "generated token",
        "medium",
        2,
    )
    assert (second.kind, second.role, span(second.place).line, span(second.place).column) == (
        "GitHub token",
        "line",
        4,
        2,
    )
    assert key not in repr((first, second))


def test_a_private_key_file() -> None:
    (found,) = scan_text("# key\n" + PROVIDERS["private key"] + "-----END RSA PRIV" + "ATE KEY-----\n")
    assert (found.kind, span(found.place).line) == ("private key", 2)


def test_comments_hold_providers_keys_only_where_they_are_comments() -> None:
    key = PROVIDERS["Stripe secret key"]
    text = f'x = 1  # was {key}\ny = "# {key}"\n# {key}\n# SECRET_KEY = "dev"\n'
    assert [(span(each.place).line, span(each.place).column) for each in scan_comments(text)] == [(1, 7), (3, 0)]


def test_detect_secrets_is_imported_only_for_what_its_detectors_may_find() -> None:
    code = """
import sys
from prodlint.readers.secrets import judge, scan_comments, scan_text
for text in ("hello", "A sentence with 3 words.", "postgresql://app:Vq83kTzw92Lm@db.corp.io/app", "dev", "/v1/{id}"):
    judge(text, "SECRET_KEY", "assignment")
scan_comments("x = 1  # noqa: E501\\n")
scan_text("export A=1\\n")
assert not {"detect_secrets", "requests", "libcst", "yaml"} & set(sys.modules)
"""
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, check=False, text=True).stderr == ""
