"""Names of data that must not be shown: passwords, tokens, keys, cards, identity numbers."""

from __future__ import annotations

import re
from functools import lru_cache

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")

SECRET_WORDS = frozenset(
    "password passwd pwd passphrase secret secrets token tokens jwt apikey credential credentials passcode otp "
    "authorization bearer".split()
)
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
    "present exists missing set is has have should".split()
)
"""Words that make a name speak *about* a secret: `token_type`, `password_hash`, `has_password`."""


@lru_cache(maxsize=8192)
def words_of(name: str) -> tuple[str, ...]:
    """The words of an identifier in snake, camel or kebab case, lower case."""
    return tuple(word.lower() for word in _WORD.findall(name))


@lru_cache(maxsize=8192)
def is_sensitive(name: str) -> bool:
    """Whether what a name is bound to is itself a secret: `access_token` and `apiKey`, not `token_type`."""
    words = words_of(name)
    if not words or not HARMLESS_WORDS.isdisjoint(words):
        return False
    if not (SECRET_WORDS | PERSONAL_WORDS).isdisjoint(words):
        return True
    return any(pair in SECRET_PAIRS for pair in zip(words, words[1:], strict=False))
