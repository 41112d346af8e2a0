"""Recognises credentials by their own text: providers' formats, and passwords inside URLs and connection strings."""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from msgspec import Struct

from prodlint.libraries.secret_names import is_sample_name
from prodlint.libraries.secret_values import has_secret_shape, is_placeholder, is_random, is_sequence, is_throw_away
from prodlint.libraries.secrets import LOCAL_HOSTS, PLUGINS, PROVIDERS, SAMPLE_HOSTS

__all__ = ["Judgement", "is_open_token", "judge_format", "may_have_format", "typed"]

URL_PASSWORD = "password in a connection URL"


class Judgement(Struct, frozen=True):
    """That a string looks like a credential: what it looks like, how sure that is ("high", "medium", "low"), and the
    string with `*` in place of what must not be kept."""

    kind: str
    confidence: str
    redacted: str


_URL = re.compile(
    r"(?P<head>\b[A-Za-z][A-Za-z0-9+.-]{1,20}://(?P<user>[^\s:/@?#'\"<>]{0,200}):)"
    r"(?P<password>[^\s/'\"<>]{1,300})@(?P<host>\[?[^\s/:?'\",]*)"
)
_URL_TAIL = re.compile(r"(?P<head>\A:)(?P<password>[^\s/@:'\"]{3,})@(?P<host>[\w.-]+)(?::\d+)?/[\w?=&%.-]*\Z")
_URL_QUERY = re.compile(
    r"(?P<head>[?&](?:\w*[_-])?(?:api_?key|apikey|key|token|secret|password|pwd|sig|signature)=)"
    r"(?P<password>[^&\s'\"#]{16,})",
    re.IGNORECASE,
)
_PAIRS = re.compile(r"(?P<head>\b(?:password|pwd)\s*=\s*)(?P<password>[^;\s'\"]+)", re.IGNORECASE)
_PAIRS_HOST = re.compile(r"\b(?:host|server|data source|dbname|database|uid|user id|user)\s*=", re.IGNORECASE)
_CREDENTIAL_WORD = re.compile(r"(?i)token|pass|secret|key|user|pw")
_HEADER = re.compile(r"(?P<head>\A(?:Bearer|Basic|Token) )(?P<password>[A-Za-z0-9+/=_.~-]{16,})\Z")
_GATE = re.compile(r"[0-9@=]|KEY-|hf_").search
"""A generated key without a single figure is one in hundreds; most strings of a program have none."""
_LONG_WORD = re.compile(r"\S{14}|=").search
_EMBEDDED = (
    r":[^\s/@]{1,300}@",
    r"[?&][\w-]{3,20}=",
    r"(?i:password|pwd)\s*=",
    r"\A(?:Bearer|Basic|Token) [A-Za-z0-9+/=_.~-]{16}",
)
_TRIGGER = re.compile(
    "|".join(dict.fromkeys([*_EMBEDDED, *(p.prefix for p in PROVIDERS), *(p.trigger for p in PLUGINS)]))
).search
_PROVIDERS = tuple((each.kind, re.compile(each.pattern)) for each in PROVIDERS)
_PLUGINS = tuple((each, re.compile(each.trigger)) for each in PLUGINS)
_KEY_BODY = re.compile(
    r"PRIVATE KEY(?: BLOCK)?-----(?:\\n|\s){0,8}(?:[\w-]{1,40}: [^\\\n]{0,200}(?:\\n|\n)+)*([A-Za-z0-9+/=\\\s]{64,})"
)
_PAST = 1793500000
"""Seconds since 1970: the beginning of November 2026. A fixed moment, as what is read of a file may be kept."""
_JWT = re.compile(r"eyJ[\w=-]+\.eyJ[\w=-]+\.[\w=-]{20,}")


def may_have_format(text: str) -> bool:
    """Whether a text can hold anything that `judge_format` recognises: a cheap test that most strings fail."""
    return _GATE(text) is not None and _LONG_WORD(text) is not None and _TRIGGER(text) is not None


def judge_format(text: str, name: str) -> Judgement | None:
    """What a string is by its own text; `name` is what it is bound to, "" for nothing. None for no credential."""
    found = _in_url(text)
    if not is_sample_name(name):
        for kind, _ in typed(text, name):
            return Judgement(kind, "high", "*" * len(text))
    return found


def typed(text: str, name: str = "") -> Iterator[tuple[str, str]]:
    """Kind and text of each credential in a provider's format."""
    for kind, pattern in _PROVIDERS:
        for match in pattern.finditer(text):
            if not _is_sample(match[0]):
                yield kind, match[0]
    # some detectors of detect-secrets want to see the assignment
    line = f'{name} = "{text}"' if name else text
    for plugin, trigger in _PLUGINS:
        if trigger.search(line) is None:
            continue
        detector = _detector(plugin.module, plugin.name)
        try:
            values = [_whole(detector, value, line) for value in detector.analyze_string(line)]
        except RecursionError:
            # the body of a hostile web token
            continue
        for value in values:
            if _is_believable(plugin.kind, value, text):
                yield plugin.kind, value


@cache
def _detector(module: str, name: str) -> Any:
    return getattr(importlib.import_module(f"detect_secrets.plugins.{module}"), name)()


def _whole(detector: Any, value: str, line: str) -> str:
    """The key of which a detector gives a part: some give the prefix alone, since it is a group of their pattern."""
    if len(value) > 6:
        return value
    matches = (match[0] for pattern in detector.denylist for match in pattern.finditer(line))
    return next((match for match in matches if value in match), value)


def _is_sample(value: str) -> bool:
    body = re.sub(r"\A[A-Za-z]{2,12}[-_.]", "", value)
    return (
        is_placeholder(value) or len(set(body)) < 8 or re.search(r"(?i)test|demo|secret.?key|abc123", body) is not None
    )


def _is_believable(kind: str, value: str, text: str) -> bool:
    """What the detectors of detect-secrets leave open: documented samples, identifiers and public keys."""
    if value not in text:
        return False
    if kind == "private key":
        return _has_key_body(text)
    if kind == "JSON web token":
        match = _JWT.search(text)
        return match is not None and not _is_public_token(match[0])
    if kind in {"Artifactory credentials", "Cloudant credentials", "SoftLayer credentials", "IBM Cloud key"}:
        return is_random(value.strip(' "=:')) and not is_placeholder(value)
    if kind == "Twilio API key":
        return re.fullmatch(r"SK[a-f0-9]{32}", value) is not None and len(set(value)) > 8
    return not _is_sample(value) and not is_sequence(value.rpartition("/")[2])


def _has_key_body(text: str) -> bool:
    """Whether lines of a key follow the `BEGIN` line: a header alone is what parsers compare with."""
    body = _KEY_BODY.search(text)
    return body is not None and len(set(body[1])) > 16 and not is_placeholder(body[1][:64])


def is_open_token(text: str) -> bool:
    """Whether a text is a JSON web token that opens nothing, whatever it is bound to."""
    match = _JWT.search(text)
    return match is not None and len(text) <= len(match[0]) + len("Bearer ") and _is_public_token(match[0])


def _is_public_token(token: str) -> bool:
    """Whether a JSON web token opens nothing: samples of documents, keys for anonymous clients, and those that had
    expired when this was written."""
    from base64 import urlsafe_b64decode
    from json import loads

    try:
        part = token.split(".")[1].rstrip("=")
        claims = loads(urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except (ValueError, RecursionError):
        return True
    if not isinstance(claims, dict):
        return True
    expires = claims.get("exp")
    if isinstance(expires, (int, float)) and expires < _PAST:
        return True
    return claims.get("role") == "anon" or claims.get("sub") == "1234567890" or claims.get("name") == "John Doe"


def _in_url(text: str) -> Judgement | None:
    """A password in a URL, a query or a connection string; all but it is kept."""
    redacted, kind, best = text, "", ""
    for match, what in _embedded(text):
        password = match["password"]
        if password.lower() in {"password", "pass", "pwd", "secret"}:
            continue
        # `app:app@` is short, and a password all the same.
        if is_placeholder(password) and password.lower() != (match.groupdict().get("user") or "").lower():
            continue
        confidence = _url_confidence(match, what, password)
        if not confidence:
            continue
        start, end = match.span("password")
        redacted = redacted[:start] + "*" * (end - start) + redacted[end:]
        if _RANK[confidence] > _RANK[best]:
            kind, best = what, confidence
    return Judgement(kind, best, redacted) if best else None


_RANK = {"": 0, "low": 1, "medium": 2, "high": 3}


def _embedded(text: str) -> Iterator[tuple[re.Match[str], str]]:
    if "://" in text:
        for match in _URL.finditer(text):
            yield match, URL_PASSWORD
        for match in _URL_QUERY.finditer(text):
            yield match, "key in a URL"
    elif text[0] == ":":
        for match in _URL_TAIL.finditer(text):
            yield match, URL_PASSWORD
    elif _PAIRS_HOST.search(text) is not None:
        for match in _PAIRS.finditer(text):
            yield match, "password in a connection string"
    for match in _HEADER.finditer(text):
        yield match, "authorization header"


def _url_confidence(match: re.Match[str], what: str, password: str) -> str:
    if what in {"key in a URL", "authorization header"}:
        return "medium" if is_random(password) else ""
    groups = match.groupdict()
    host = (groups.get("host") or "").lower()
    if ("." not in host and host in SAMPLE_HOSTS) or host.endswith((".example.com", "example.com", "example.org")):
        return ""
    user = (groups.get("user") or "").lower()
    if password.isdigit() and len(password) < 6 and not user:
        return ""
    trivial = is_throw_away(password) or password.lower() == user
    if trivial:
        return "low"
    shaped = is_random(password) or has_secret_shape(password)
    if not shaped and (_CREDENTIAL_WORD.search(password) is not None or any(map(str.isspace, match.string))):
        return "low"
    if host in LOCAL_HOSTS or not host or what == "password in a connection string":
        return "medium" if shaped else "low"
    return "high" if is_random(password) else "medium"
