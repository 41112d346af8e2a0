"""Tells credentials from other strings: by their format, or by a name whose value has the shape of one.

`judge` is asked about every string of every file, so it first turns away what cannot be a credential. detect-secrets is
imported only when a string has the trigger of one of its detectors; its scanner, which reads settings and may verify a
key over the network, is never used.
"""

from __future__ import annotations

import re
from functools import lru_cache

from prodlint.facts import Secret, place_of
from prodlint.libraries.secret_names import meaning_of
from prodlint.libraries.secret_values import (
    has_secret_shape,
    is_guessable,
    is_harmless,
    is_random,
    is_respelled,
    is_throw_away,
    is_uuid,
)
from prodlint.readers.secret_formats import Judgement, is_open_token, judge_format, may_have_format, typed

__all__ = ["Judgement", "judge", "scan_comments", "scan_text"]

_SHORTEST = 16
"""No provider's key, and no URL with a password worth reporting, is shorter."""
_DIGEST = re.compile(r"(?i)(?:[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{56}|[0-9a-f]{64}|[0-9a-f]{96}|[0-9a-f]{128})")
"""What MD5 and the SHA family give: with a salt it would say so, without one a table of words gives the password."""
_LONGEST = 1 << 14
"""Of a longer string only the beginning is looked at, since detectors are not linear in its length."""


def judge(text: str, name: str, role: str) -> Judgement | None:
    """What a string looks like that is bound to `name` in the given role (see `facts.Secret`), or None for no secret.

    Roles beyond those: "part" is the constant part of an f-string, of which only generated text is believed.
    """
    length = len(text)
    if length < 3:
        return None
    if length > _LONGEST:
        found = judge(text[:_LONGEST], "", role)
        return found and Judgement(found.kind, found.confidence, found.redacted + "*" * (length - _LONGEST))
    if length >= _SHORTEST and may_have_format(text):
        judgement = judge_format(text, name)
        if judgement is not None:
            return judgement
        if is_open_token(text):
            return None
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
        either = " or unsalted digest of one" if family == "password" and _DIGEST.fullmatch(text) else ""
        return Judgement(f"generated {noun}{either}", "medium", hidden)
    if role == "part":
        return None
    if is_uuid(text):
        return Judgement(noun, "medium", hidden)
    if role == "default":
        # the fallback of an environment read is the business of secret-default-in-settings, unless it is a real key
        usual = family == "password" and is_throw_away(text)
        return Judgement(f"{'throw-away' if usual else 'guessable'} {noun}", "low", hidden)
    if text.isalpha() and text.istitle():
        # a label: {"password": "Passwort"}
        return None
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
        return Judgement(f"throw-away {noun}", "low", hidden)
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
    # a bare `secret` is as often the name of a secret in a vault, which is never spelled `S3CR3T`
    return has_secret_shape(text) and (not text.isupper() or is_respelled(text))


# --- Text files and comments ------------------------------------------------------------------------------------------

_SHELL = re.compile(
    r"[ \t]*(?:export[ \t]+)?(?P<name>[A-Za-z_]\w*)=(?P<quote>[\"']?)(?P<value>[^\s\"'`;&|]{3,})(?P=quote)[ \t]*\Z"
)
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
    if begin < 0 or not any(kind == "private key" for kind, _ in typed(text[begin : begin + _LONGEST])):
        return None
    line = text.count("\n", 0, begin) + 1
    column = begin - (text.rfind("\n", 0, begin) + 1)
    return Secret(place_of(line, column, line, column + 10), "private key", "", "line", len(text) - begin, "high")


def _in_line(line: str, number: int) -> Secret | None:
    match = _SHELL.match(line)
    # `password=form.password.data,` is a line of a program, whose template cannot be read as one.
    if match is not None and not match["value"].endswith((",", "(", "[", "{")):
        judgement = judge(match["value"], match["name"], "line")
        start, end, name = *match.span("value"), match["name"]
    else:
        judgement = judge_format(line, "") if may_have_format(line) else None
        start, end, name = len(line) - len(line.lstrip()), len(line.rstrip()), ""
    if judgement is None:
        return None
    return Secret(place_of(number, start, number, end), judgement.kind, name, "line", end - start, judgement.confidence)


def scan_comments(text: str) -> tuple[Secret, ...]:
    """The keys in a provider's format that stand in the comments of a Python file."""
    candidates = [match for match in _COMMENT.finditer(text) if may_have_format(match[0][:_LONGEST])]
    if not candidates:
        return ()
    found: list[Secret] = []
    comments: set[tuple[int, int]] | None = None
    line, at = 1, 0
    for match in candidates:
        judgement = judge_format(match[0][:_LONGEST], "")
        if judgement is None or judgement.confidence != "high":
            continue
        comments = _comments(text) if comments is None else comments
        line, at = line + text.count("\n", at, match.start()), match.start()
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
