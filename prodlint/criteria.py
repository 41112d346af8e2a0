"""What the `match:` of a rule page may say, and how it is read: a small language for faults that one call, key or
instruction shows.

A match names what it looks for (`call`, `key` or `instruction`) and narrows it:

- `call`: resolved names of functions. `with` and `without` speak of its arguments, `within` of its surroundings
  (`async`, `function`, `loop`, `try`, `except`, `module`); `position` says where an argument stands without its name.
  `unless` names functions of which a call anywhere in the tree may change what holds (a default timeout for all
  sockets): then a match is undecided.
- `key`: a path into TOML, YAML, JSON, ini and .env files, `*` for any key or item. `within` holds the patterns of the
  files; `with` and `without` speak of the entries of the mapping found there.
- `instruction`: a pattern for an instruction of a Dockerfile (`USER root`); `with` and `without` speak of its flags.

`with: {verify: false}` asks for an argument that is known to be that constant (a list: any of them; a string may be a
pattern). `without: timeout` asks that the argument is not given; `without: {url: "*://localhost*"}` that it is not
known to match. A page may hold several matches; any of them is enough. There are no boolean operators and no
variables: where this does not suffice, a rule is code.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

__all__ = ["Match", "MatchError", "Scalar", "read"]

Scalar = str | int | float | bool | None

SURROUNDINGS = ("async", "except", "function", "loop", "module", "try")


class MatchError(ValueError):
    """A `match:` that cannot be understood; its text completes "the page ..."."""


class Match(Struct, frozen=True, omit_defaults=True):
    """One alternative of a page's `match:`; exactly one of `call`, `key` and `instruction` is filled."""

    call: tuple[str, ...] = ()
    key: tuple[str, ...] = ()
    instruction: tuple[str, ...] = ()
    having: dict[str, tuple[Scalar, ...]] = {}
    """`with`: the constants of which the argument has to be one."""
    without: dict[str, tuple[str, ...]] = {}
    """The patterns that the argument must not match; none: the argument must not be given."""
    within: tuple[str, ...] = ()
    position: dict[str, int] = {}
    unless: tuple[str, ...] = ()


def read(raw: object) -> tuple[Match, ...]:
    """The matches of a page's `match:` value as YAML gives it. Raises `MatchError` with a clause that says what is
    wrong."""
    alternatives = raw if isinstance(raw, list) else [raw]
    if not alternatives:
        raise MatchError("has an empty `match`")
    return tuple(_alternative(each) for each in alternatives)


def _alternative(raw: object) -> Match:
    known = ("call", "key", "instruction", "with", "without", "within", "position", "unless")
    if not isinstance(raw, dict):
        raise MatchError("has a `match` that is not a mapping")
    for key in raw:
        if key not in known:
            raise MatchError(f"has a `match` with the unknown key `{key}`; known are {', '.join(known)}")
    targets = [key for key in ("call", "key", "instruction") if key in raw]
    if len(targets) != 1:
        raise MatchError("has a `match` that must name exactly one of `call`, `key` and `instruction`")
    match = Match(
        call=_words(raw, "call"),
        key=_words(raw, "key"),
        instruction=_words(raw, "instruction"),
        having=_having(raw.get("with", {})),
        without=_without(raw.get("without", {})),
        within=_words(raw, "within"),
        position=_position(raw.get("position", {})),
        unless=_words(raw, "unless"),
    )
    if match.call and not set(match.within) <= set(SURROUNDINGS):
        raise MatchError(f"has a `within` that for a call must be one of {', '.join(SURROUNDINGS)}")
    if match.key and not match.within:
        raise MatchError("has a `key` with no `within` that names its files")
    if match.instruction and match.within:
        raise MatchError("has a `within`, which an `instruction` does not take")
    for key in ("position", "unless"):
        if key in raw and not match.call:
            raise MatchError(f"has a `{key}`, which only a `call` takes")
    return match


def _words(raw: Mapping[Any, Any], key: str) -> tuple[str, ...]:
    value = raw.get(key, [])
    words = value if isinstance(value, list) else [value]
    if not all(isinstance(word, str) and word for word in words) or (key in raw and not words):
        raise MatchError(f"has a `match` whose `{key}` is neither a string nor a list of strings")
    return tuple(words)


def _having(raw: object) -> dict[str, tuple[Scalar, ...]]:
    if not isinstance(raw, dict) or not all(isinstance(name, str) for name in raw):
        raise MatchError("has a `with` that is not a mapping of names to constants")
    having: dict[str, tuple[Scalar, ...]] = {}
    for name, value in raw.items():
        values = value if isinstance(value, list) else [value]
        if not values or not all(each is None or isinstance(each, (str, int, float, bool)) for each in values):
            raise MatchError(f"has a `with` whose `{name}` is neither a constant nor a list of constants")
        having[name] = tuple(values)
    return having


def _without(raw: object) -> dict[str, tuple[str, ...]]:
    if not isinstance(raw, dict):
        return dict.fromkeys(_words({"without": raw}, "without"), ())
    return {str(name): _words(raw, name) for name in raw}


def _position(raw: object) -> dict[str, int]:
    if not isinstance(raw, dict) or not all(
        isinstance(name, str) and type(index) is int and index >= 0 for name, index in raw.items()
    ):
        raise MatchError("has a `position` that is not a mapping of names to numbers from 0")
    return dict(raw)
