"""What a string itself says: a placeholder, a path, a name, prose - or something that could be a credential."""

from __future__ import annotations

import re
from base64 import b64decode
from collections import Counter
from itertools import pairwise
from math import log2

from prodlint.libraries.secret_names import words_of
from prodlint.libraries.secrets import FOLLOWERS, NOT_A_VALUE, THROW_AWAY, WEAK_VALUES

__all__ = [
    "has_secret_shape",
    "is_constant_name",
    "is_guessable",
    "is_harmless",
    "is_placeholder",
    "is_random",
    "is_respelled",
    "is_sequence",
    "is_template",
    "is_throw_away",
    "is_uuid",
]

_PLACEHOLDER = re.compile(
    r"""(?ix)
    change.?(?:me|this|it)(?![a-z]) | replace.?(?:me|this|with|by) | (?:set|fill|put).?(?:me|this|in|here) | insert
    | your[\W_] | [\W_]your\b | my.?own | goes.?here | [_-]here\b | to.?be.?(?:set|changed|replaced|defined)
    | dummy | placeholder | example | sample | (?<![a-z])(?:fake|mock) | redacted | \bTODO\b | \bdefault\b | unset
    | not.?(?:a.?)?real | not.?(?:a.?|so.?|very.?)?secret | not.?set | insecure.?(?:default|dev)
    | generate.?(?:with|by|using|a|one) | (?<![a-z0-9])xx+(?![a-z0-9]) | xxxx | \.\.\. | \*\*\* | ___ | ---
    """
)
_LEET_PLACEHOLDER = re.compile(r"(?i)change.?(?:me|this)")
_TEMPLATE = re.compile(
    r"\{[^{}]*\}|%\([\w.]+\)s|\$\{|<[a-zA-Z][\w -]+>"
    r"|\A(?:\$\(.*|\$[A-Za-z_]\w*|%\w+%|<.*>|\[.*\]|@\w+@|\W*)\Z"
)
_REGEX = re.compile(r"%[sdr]|\\[dwsbSWDBAZ]|\[[a-zA-Z0-9^]-|\(\?|\.[*+]|\A\^|\]\{\d|\]\+|\]\*")
_PATH = re.compile(
    r"\A(?:\.{0,2}/|~/|[A-Za-z]:\\|\.\w+/)[\w./ \\{}*@-]*\Z"
    r"|\.(?:pem|key|crt|cer|txt|json|ya?ml|toml|ini|env|cfg|conf|py|html?|js|css|md|p12|pfx|jks|sock|db|sqlite3?)\Z"
)
_HASH = re.compile(
    r"\A(?:\$(?:2[abxy]?|1|5|6|argon2\w*|pbkdf2[\w-]*|scrypt|bcrypt\w*|apr1|y)\$|pbkdf2_|bcrypt|argon2|scrypt:|sha\d+\$|md5\$|\{[A-Z0-9-]+\}|sha\d+:|sha\d+-)"
)
_PUBLIC = re.compile(
    r"\A(?:ssh-(?:rsa|ed25519|dss) |ecdsa-sha2|-----BEGIN (?:PUBLIC|RSA PUBLIC|CERT)|pk_|sk_test_|rk_test_)"
)
_CONSTANT_NAME = re.compile(r"\A_*[A-Z]+\d{0,4}(?:_(?:[A-Z]+\d{0,4}|\d{1,2}))+\Z")
_DOTTED = re.compile(r"\A[A-Za-z_]{2,}[0-9]?(?:\.[A-Za-z_]{2,}[0-9]?)+(?:\.[A-Za-z_]\w*)?\Z")
_WORDS = re.compile(r"\A[A-Za-z]{2,}\d{0,2}(?:[-_./: +][A-Za-z]+\d{0,2}|[-_./:]\d{1,4})*\Z")
_CODE = re.compile(r"\(\)|=>|->|\A[\w.]+\[.*\]\Z|\A[\w.]+\(.*\)\Z|</|\A[.#][a-z][\w-]*\Z|\A--|;\s|:\s|,\s|\s=\s|&\w+=")
_HEADER = re.compile(r"\A(?:X-|Sec-)?[A-Z][a-zA-Z]*(?:-[A-Z][A-Za-z]*)+\Z|\AX-")
_SECRET_WORD = re.compile(r"(?i)secret|s3cr|passw|p@ss|pa55|letmein|hunter\d|qwerty|admin")
_RANDOM_ALPHABET = re.compile(r"[A-Za-z0-9+/=_.~!@#$%^&*()?,:;|<>-]+")
_HEXADECIMAL = re.compile(r"(?:[0-9a-f]+|[0-9A-F]+)\Z")
_BASE64 = re.compile(r"[A-Za-z0-9+/]+={0,2}")
_UUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\Z", re.IGNORECASE)
_LEET = str.maketrans("013457@$!", "oieastasi")
_SEQUENCES = (
    "01234567890123456789", "98765432109876543210", "abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopqrstuvwxyz",
    "0123456789abcdef0123456789abcdef", "deadbeef", "cafebabe",
)  # fmt: skip


def is_placeholder(text: str) -> bool:
    """Whether a text stands in for a secret: sample words, template marks, one character over and over, a sequence."""
    return (
        _PLACEHOLDER.search(text) is not None
        or _LEET_PLACEHOLDER.search(text.translate(_LEET)) is not None
        or _TEMPLATE.search(text) is not None
        or len(set(text)) <= max(2, min(4, len(text) // 8))
        or (len(text) >= 12 and is_sequence(text))
    )


def is_template(text: str) -> bool:
    """Whether a text is only filled in later: `${NAME}`, `<password>`, `{{ password }}`."""
    return _TEMPLATE.search(text) is not None


def is_constant_name(text: str) -> bool:
    """Whether a text reads as the name of a constant or variable: `SECRET_KEY`."""
    return _CONSTANT_NAME.match(text) is not None


def is_sequence(text: str) -> bool:
    """Whether most of a text is made of runs such as `123` and `abcdef`, as made-up keys are."""
    rest = "".join(filter(str.isalnum, text.lower()))
    covered = index = 0
    while index < len(rest) - 2:
        length = 3
        if not any(rest[index : index + 3] in sequence for sequence in _SEQUENCES):
            index += 1
            continue
        while index + length < len(rest) and any(rest[index : index + length + 1] in each for each in _SEQUENCES):
            length += 1
        covered += length
        index += length
    return covered * 2 > len(rest)


def is_harmless(text: str, name: str) -> bool:
    """Whether a text is no credential whatever it is bound to: a placeholder, path, hash, pattern, name or sentence."""
    if len(text) < 3 or len(text) > 4096 or not text.isascii() or is_placeholder(text) or "://" in text:
        return True
    lowered = text.lower()
    if lowered in NOT_A_VALUE or lowered.strip("_-") in NOT_A_VALUE:
        return True
    if any(pattern.search(text) is not None for pattern in (_PATH, _HASH, _PUBLIC, _CONSTANT_NAME)):
        return True
    if is_random(text):
        return False
    if any(pattern.search(text) is not None for pattern in (_REGEX, _DOTTED, _CODE, _HEADER)):
        return True
    # PASSWORD = "password", CLIENT_SECRET = "clientSecret": the name of a field, not its value
    mine, other = "".join(words_of(text)), "".join(words_of(name))
    return (
        bool(mine)
        and mine != "secret"
        and (mine == other or (not any(map(str.isdigit, text)) and other.endswith(mine)))
    )


def is_random(text: str) -> bool:
    """Whether a text looks generated: long, one word, and not put together from words."""
    text = text.removeprefix("django-insecure-")
    length = len(text)
    if length < 12 or _RANDOM_ALPHABET.fullmatch(text) is None:
        return False
    entropy = -sum(count / length * log2(count / length) for count in Counter(text).values())
    if _HEXADECIMAL.match(text) is not None:
        return length >= 16 and entropy >= 2.6 and any(map(str.isdigit, text)) and not text.isdigit()
    if entropy < 3 or text.isdigit() or _UUID.match(text) is not None or _encodes_words(text):
        return False
    limit = 0.6 if length >= 16 else 0.5
    if not any(map(str.isdigit, text)):
        limit -= 0.1 if length >= 16 else 0.2
    return _wordiness(text) < limit and _wordiness(text.translate(_LEET)) < limit + 0.1


def _encodes_words(text: str) -> bool:
    """Whether a text is base64 of a few words (`aGVsbG8gd29ybGQ=`); with a colon they may be a user and a password."""
    if len(text) % 4 or _BASE64.fullmatch(text) is None:
        return False
    decoded = b64decode(text)
    return b" " in decoded and b":" not in decoded and all(32 <= each < 127 for each in decoded)


def is_uuid(text: str) -> bool:
    """Whether a text is a UUID that is no sample: as a token it may be a key as well as a mere name."""
    return _UUID.match(text) is not None and len(set(text)) > 6


def _wordiness(text: str) -> float:
    """How many in a text's pairs of neighbours are pairs of letters that words are made of, from 0 to 1. Signs part
    words, and figures next to each other count for nothing."""
    good = pairs = 0
    lowered = text.lower()
    for left, right in pairwise(lowered):
        if not left.isalnum() or not right.isalnum() or (left.isdigit() and right.isdigit()):
            continue
        pairs += 1
        good += right in FOLLOWERS.get(left, ())
    return good / pairs if pairs >= 4 else 1.0


def has_secret_shape(text: str) -> bool:
    """Whether a text is what a person types as a password: one word with figures or signs in it, not an identifier."""
    if len(text) < 5 or any(map(str.isspace, text)):
        return False
    if _WORDS.match(text) is not None:
        # `password1`, `Test1234`, but not `min_length_8`
        return text.isalnum() and not text.isalpha()
    return any(map(str.isdigit, text)) or any(sign in text for sign in "!@#$%^&*?")


def is_throw_away(text: str) -> bool:
    """Whether a text is what local services and test users are given: `postgres`, `test123`."""
    lowered = text.lower()
    stem = lowered.rstrip("0123456789!")
    return lowered in THROW_AWAY or (stem in THROW_AWAY and not stem.startswith("p"))


def is_respelled(text: str) -> bool:
    """Whether a text is a word such as secret with figures in place of letters: `S3CR3TK3Y`."""
    plain = text.lower()
    spelled = plain.translate(_LEET)
    return any(word in spelled and word not in plain for word in ("secret", "password"))


def is_guessable(text: str) -> bool:
    """Whether a text is a word that people use for a password, or says of itself that it is a secret."""
    return text.lower() in WEAK_VALUES or (_SECRET_WORD.search(text) is not None and not any(map(str.isspace, text)))
