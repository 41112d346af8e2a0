"""Tells credentials from other strings: providers' formats, connection URLs, and names whose value has the shape of one.

`judge` is asked about every string of every file, so it first turns away what cannot be a credential. detect-secrets is
imported only when a string has the trigger of one of its detectors; its scanner, which reads settings and may verify a
key over the network, is never used.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterator
from functools import cache, lru_cache
from typing import Any

from msgspec import Struct

from prodlint.facts import Secret, place_of
from prodlint.libraries.secrets import LOCAL_HOSTS, PLUGINS, PROVIDERS, SAMPLE_HOSTS
from prodlint.readers.secret_names import is_sample_name, meaning_of
from prodlint.readers.secret_values import (
    has_secret_shape,
    is_guessable,
    is_harmless,
    is_placeholder,
    is_random,
    is_sequence,
    is_throw_away,
    is_uuid,
)

__all__ = ["Judgement", "judge", "scan_comments", "scan_text"]

URL_PASSWORD = "password in a connection URL"


class Judgement(Struct, frozen=True):
    """That a string looks like a credential: what it looks like, how sure that is ("high", "medium", "low"), and the
    string with `*` in place of what must not be kept."""

    kind: str
    confidence: str
    redacted: str


_URL = re.compile(r"(?P<head>\b[A-Za-z][A-Za-z0-9+.-]*://(?P<user>[^\s:/@?#'\"<>]*):)(?P<password>[^\s/'\"<>]+)@(?P<host>\[?[^\s/:?'\",]*)")
_URL_TAIL = re.compile(r"(?P<head>\A:)(?P<password>[^\s/@:'\"]{3,})@(?P<host>[\w.-]+)(?::\d+)?/[\w?=&%.-]*\Z")
_URL_QUERY = re.compile(
    r"(?P<head>[?&](?:\w*[_-])?(?:api_?key|apikey|key|token|secret|password|pwd|sig|signature)=)(?P<password>[^&\s'\"#]{16,})", re.I
)
_PAIRS = re.compile(r"(?P<head>\b(?:password|pwd)\s*=\s*)(?P<password>[^;\s'\"]+)", re.IGNORECASE)
_PAIRS_HOST = re.compile(r"\b(?:host|server|data source|dbname|database|uid|user id|user)\s*=", re.IGNORECASE)
_CREDENTIAL_WORD = re.compile(r"(?i)token|pass|secret|key|user|pw")
_HEADER = re.compile(r"(?P<head>\A(?:Bearer|Basic|Token) )(?P<password>[A-Za-z0-9+/=_.~-]{16,})\Z")
_GATE = re.compile(r"[0-9@=]|KEY-|hf_").search
"""A generated key without a single figure is one in hundreds; most strings of a program have none."""
_LONG_WORD = re.compile(r"\S{14}|=").search
_EMBEDDED = (
    r":[^\s/@]+@",
    r"[?&][\w-]{3,20}=",
    r"(?i:password|pwd)\s*=",
    r"\A(?:Bearer|Basic|Token) [A-Za-z0-9+/=_.~-]{16}",
)
_TRIGGER = re.compile("|".join(dict.fromkeys([*_EMBEDDED, *(p.prefix for p in PROVIDERS), *(p.trigger for p in PLUGINS)]))).search
_PROVIDERS = tuple((each.kind, re.compile(each.pattern)) for each in PROVIDERS)
_PLUGINS = tuple((each, re.compile(each.trigger)) for each in PLUGINS)
_JWT = re.compile(r"eyJ[\w=-]+\.eyJ[\w=-]+\.[\w=-]{20,}")
_SHORTEST = 16
"""No provider's key, and no URL with a password worth reporting, is shorter."""


def judge(text: str, name: str, role: str) -> Judgement | None:
    """What a string looks like that is bound to `name` in the given role (see `facts.Secret`), or None for no secret.

    Roles beyond those: "part" is the constant part of an f-string, of which only generated text is believed.
    """
    length = len(text)
    if length < 3:
        return None
    if length >= _SHORTEST and _GATE(text) is not None and _LONG_WORD(text) is not None and _TRIGGER(text) is not None:
        judgement = _judge_format(text, name)
        if judgement is not None:
            return judgement
    if not name or length > 512:
        return None
    family, noun = meaning_of(name)
    if not family:
        return None
    return _judge_named(text, name, role, family, noun)


@lru_cache(maxsize=1024)
def _judge_named(text: str, name: str, role: str, family: str, noun: str) -> Judgement | None:
    if is_harmless(text, name):
        return None
    hidden = "*" * len(text)
    if is_random(text):
        return Judgement(f"generated {noun}", "medium", hidden)
    if role == "part":
        return None
    if is_uuid(text):
        return Judgement(noun, "medium", hidden)
    if role == "default":
        # the fallback of an environment read is the business of secret-default-in-settings, unless it is a real key
        return Judgement(f"guessable {noun}", "low", hidden)
    spaced = any(map(str.isspace, text))
    if family == "issued":
        if spaced or not (is_guessable(text) and has_secret_shape(text)):
            return None
        return Judgement(f"guessable {noun}", "medium", hidden)
    if family == "signing":
        if not _is_signing_value(text, name, role, spaced):
            return None
        return Judgement(f"guessable {noun}", "medium", hidden)
    if spaced:
        return None
    if is_throw_away(text):
        return Judgement(f"guessable {noun}", "low", hidden)
    if has_secret_shape(text) or is_guessable(text):
        return Judgement(noun if has_secret_shape(text) else f"guessable {noun}", "medium", hidden)
    return Judgement(f"guessable {noun}", "low", hidden) if text.islower() and text.isalpha() else None


def _is_signing_value(text: str, name: str, role: str, spaced: bool) -> bool:
    """Whether a text that does not look generated is used as a signing key: its owner may choose any word."""
    is_setting = name.isupper() or "_" in name.strip("_") or not name.islower()
    if spaced:
        is_phrase = 8 <= len(text) <= 60 and text.count(" ") <= 7 and text[-1].isalnum() and text.islower()
        return is_phrase and (name.isupper() or (is_setting and role in {"assignment", "keyword"}))
    if is_setting and role in {"assignment", "keyword", "parameter", "key", "line"}:
        return role != "key" or name.isupper() or has_secret_shape(text) or is_guessable(text)
    # a bare `secret` is as often the name of a secret in a vault
    return has_secret_shape(text) and not text.isupper()


# --- Formats ----------------------------------------------------------------------------------------------------------


def _judge_format(text: str, name: str) -> Judgement | None:
    found = _in_url(text)
    if not is_sample_name(name):
        for kind, _ in _typed(text, name):
            return Judgement(kind, "high", "*" * len(text))
    return found


def _typed(text: str, name: str = "") -> Iterator[tuple[str, str]]:
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
        for value in _detector(plugin.module, plugin.name).analyze_string(line):
            if _is_believable(plugin.kind, value, text):
                yield plugin.kind, value


@cache
def _detector(module: str, name: str) -> Any:
    return getattr(importlib.import_module(f"detect_secrets.plugins.{module}"), name)()


def _is_sample(value: str) -> bool:
    body = re.sub(r"\A[A-Za-z]{2,12}[-_.]", "", value)
    return is_placeholder(value) or len(set(body)) < 8 or re.search(r"(?i)test|demo|secret.?key|abc123", body) is not None


def _is_believable(kind: str, value: str, text: str) -> bool:
    """What the detectors of detect-secrets leave open: documented samples, identifiers and public keys."""
    if value not in text:
        return False
    if kind == "private key":
        return text.count("PRIVATE KEY") >= 1 and _has_key_body(text)
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
    body = re.search(r"PRIVATE KEY(?: BLOCK)?-----(?:\\n|\s)*((?:[\w-]+: .*(?:\\n|\s)+)*)([A-Za-z0-9+/=\\\s]{64,})", text)
    return body is not None and len(set(body[2])) > 16 and not is_placeholder(body[2][:64])


def _is_public_token(token: str) -> bool:
    """Whether a JSON web token is made for publication: samples of documents, and keys for anonymous clients."""
    from base64 import urlsafe_b64decode
    from json import loads

    try:
        part = token.split(".")[1].rstrip("=")
        claims = loads(urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except ValueError:
        return True
    if not isinstance(claims, dict):
        return True
    return claims.get("role") == "anon" or claims.get("sub") == "1234567890" or claims.get("name") == "John Doe"


def _in_url(text: str) -> Judgement | None:
    """A password in a URL, a query or a connection string; all but it is kept."""
    redacted, kind, best = text, "", ""
    for match, what in _embedded(text):
        password = match["password"]
        if is_placeholder(password) or password.lower() in {"password", "pass", "pwd", "secret"}:
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
    if "." not in host and host in SAMPLE_HOSTS or host.endswith((".example.com", "example.com", "example.org")):
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


# --- Text files and comments ------------------------------------------------------------------------------------------

_SHELL = re.compile(r"[ \t]*(?:export[ \t]+)?(?P<name>[A-Za-z_]\w*)=(?P<quote>[\"']?)(?P<value>[^\s\"'`;&|]{3,})(?P=quote)[ \t]*\Z")
_COMMENT = re.compile(r"#.*")


def scan_text(text: str) -> tuple[Secret, ...]:
    """The secrets in the lines of a text file: providers' formats anywhere, and `NAME=value` of shell scripts."""
    found = []
    block = _key_block(text)
    if block is not None:
        found.append(block)
    for number, line in enumerate(text.splitlines(), 1):
        if len(line) > 4096:
            continue
        secret = _in_line(line, number)
        if secret is not None:
            found.append(secret)
    return tuple(found)


def _key_block(text: str) -> Secret | None:
    begin = text.find("-----BEGIN")
    if begin < 0 or not any(kind == "private key" for kind, _ in _typed(text)):
        return None
    line = text.count("\n", 0, begin) + 1
    column = begin - (text.rfind("\n", 0, begin) + 1)
    return Secret(place_of(line, column, line, column + 10), "private key", "", "line", len(text) - begin, "high")


def _in_line(line: str, number: int) -> Secret | None:
    match = _SHELL.match(line)
    if match is not None:
        judgement = judge(match["value"], match["name"], "line")
        start, end, name = *match.span("value"), match["name"]
    else:
        judgement = _judge_format(line, "") if _TRIGGER(line) is not None else None
        start, end, name = len(line) - len(line.lstrip()), len(line.rstrip()), ""
    if judgement is None:
        return None
    return Secret(place_of(number, start, number, end), judgement.kind, name, "line", end - start, judgement.confidence)


def scan_comments(text: str) -> tuple[Secret, ...]:
    """The keys in a provider's format that stand in the comments of a Python file."""
    candidates = [match for match in _COMMENT.finditer(text) if _TRIGGER(match[0]) is not None]
    if not candidates:
        return ()
    found: list[Secret] = []
    comments: set[tuple[int, int]] | None = None
    for match in candidates:
        judgement = _judge_format(match[0], "")
        if judgement is None or judgement.confidence != "high":
            continue
        comments = _comments(text) if comments is None else comments
        line = text.count("\n", 0, match.start()) + 1
        column = match.start() - (text.rfind("\n", 0, match.start()) + 1)
        if (line, column) in comments:
            place = place_of(line, column, line, column + len(match[0]))
            found.append(Secret(place, judgement.kind, "", "comment", len(match[0]), "high"))
    return tuple(found)


def _comments(text: str) -> set[tuple[int, int]]:
    """Where comments start, so that a `#` inside a string is not taken for one."""
    import io
    import tokenize

    starts: set[tuple[int, int]] = set()
    try:
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            if token.type == tokenize.COMMENT:
                starts.add(token.start)
    except (tokenize.TokenError, SyntaxError):
        # what comes before the broken place is still good
        pass
    return starts
