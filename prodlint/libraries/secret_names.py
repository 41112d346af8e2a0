"""What a name says about its value: a password, a signing key, a key that a provider issued, or nothing."""

from __future__ import annotations

import re
from functools import lru_cache

from prodlint.libraries.secrets import (
    ISSUED_OWNERS,
    KEY_OWNERS,
    PASSWORD_WORDS,
    QUALIFIERS,
    SAMPLE_WORDS,
    SIGNING_OWNERS,
    SILENT_FIRST_WORDS,
    SILENT_TOKEN_OWNERS,
)

__all__ = ["Meaning", "is_public_name", "is_sample_name", "meaning_of", "words_of"]

Meaning = tuple[str, str]
"""A family ("password", "signing" or "issued") and how to call the value, for a person."""

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_GLUED = re.compile(
    r"(?P<owner>[a-z0-9]*?)(?P<last>password|passwd|passphrase|secretkey|privatekey|apikey|accesskey|secret|token)\Z"
)
_PUBLIC = re.compile(r"(?:NEXT_PUBLIC|NUXT_PUBLIC|EXPO_PUBLIC|PUBLIC|VITE|REACT_APP|VUE_APP|GATSBY)_")
"""https://vite.dev/guide/env-and-mode, https://nextjs.org/docs/pages/guides/environment-variables and their kin."""
_MAX_NAME = 80
_NOTHING: Meaning = ("", "")


def is_public_name(name: str) -> bool:
    """Whether a name is that of a variable that a frontend's build copies into what browsers load: `VITE_API_KEY`."""
    return _PUBLIC.match(name) is not None


def words_of(name: str) -> list[str]:
    """The words of a snake, kebab, dotted or camel case name, in lower case: `jwtSecret_KEY` -> jwt, secret, key."""
    return [word.lower() for word in _WORD.findall(name)]


def is_sample_name(name: str) -> bool:
    """Whether a name says that its value is made up: `DUMMY_KEY`."""
    return bool(name) and len(name) <= _MAX_NAME and not SAMPLE_WORDS.isdisjoint(words_of(name))


@lru_cache(maxsize=8192)
def meaning_of(name: str) -> Meaning:
    """The meaning of a name, ("", "") for a name that promises no secret.

    The last word decides, since English puts it there: a `password_field` is a field and a `token_url` a URL. Numbers
    and words such as `prod` or `default` behind it are skipped.
    """
    if len(name) > _MAX_NAME or is_public_name(name):
        return _NOTHING
    words = words_of(name)
    while words and (words[-1].isdigit() or (words[-1] in QUALIFIERS and len(words) > 1)):
        words.pop()
    if not words:
        return _NOTHING
    if words[-1] not in PASSWORD_WORDS:
        glued = _GLUED.match(words[-1])
        if glued is not None:
            tail = glued["last"]
            words[-1:] = [glued["owner"], tail[:-3], "key"] if tail.endswith("key") else [glued["owner"], tail]
            words = [word for word in words if word]
    owners, last = words[:-1], words[-1]
    if any(word in SILENT_FIRST_WORDS for word in owners) or not SAMPLE_WORDS.isdisjoint(words):
        return _NOTHING
    owner = owners[-1] if owners else ""
    if last in PASSWORD_WORDS:
        # `pass` and `pw` alone are also verdicts and widths
        return ("password", "password") if owners or last not in {"pass", "pw"} else _NOTHING
    if last in {"credential", "credentials"}:
        return ("issued", "credential")
    if last == "secret" or (last == "secrets" and owners):
        # `APP_SECRET` is the application's own key, `wechat_app_secret` what somebody issued.
        is_own = owner in ("app", "application") and len(owners) == 1 and name.isupper()
        return ("issued", f"{owner} secret") if owner in ISSUED_OWNERS and not is_own else ("signing", "secret")
    if last == "token":
        return _NOTHING if owner in SILENT_TOKEN_OWNERS else ("issued", "token")
    if last == "salt" and owner in {"password", "security"}:
        return ("signing", "password salt")
    if last != "key" or not owner:
        return _NOTHING
    if owner in SIGNING_OWNERS:
        # AWS calls the secret half of its pair `secret_access_key` and `aws_secret_key`
        if "aws" in owners or "s3" in owners or "minio" in owners:
            return ("issued", "secret key")
        return ("signing", "secret key" if owner == "secret" else f"{owner} key")
    if owner in KEY_OWNERS:
        return ("issued", "API key" if owner == "api" else "private key" if owner == "private" else "key")
    return _NOTHING
