"""What an expression can turn out to be, and the chain of places that says so."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Union

from msgspec import Struct

from prodlint.facts import Argument, Call, Value
from prodlint.finding import Step
from prodlint.project.values.bindings import Bound, Defined, External, Module


class Site(Struct, frozen=True):
    """Where an expression is evaluated: a scope of a file and, inside a function that is followed through a call, the
    arguments by the parameter's name."""

    path: str
    scope: int = 0
    arguments: tuple[tuple[str, Given], ...] | None = None


class Given(Struct, frozen=True):
    """A value together with the site in which it is to be evaluated."""

    site: Site
    value: Value

    def __hash__(self) -> int:
        """By its place alone: the arguments of a followed call lead to those of the call before it, and so on."""
        return hash((self.site.path, self.site.scope, self.value.place))


class Known(Struct, frozen=True):
    """A constant. `redacted` says that the text is a secret's mask."""

    value: str | int | float | bool | None
    redacted: bool = False


class Text(Struct, frozen=True):
    """A string that is known in part: None stands for what is not."""

    parts: tuple[str | None, ...]


class Instance(Struct, frozen=True):
    """An object of a class (or of whatever a function outside the tree returns), and the call that made it."""

    of: Defined | External
    call: Given | None = None


class Function(Struct, frozen=True):
    """A method taken from an instance."""

    of: Defined
    owner: Instance | None = None


class Items(Struct, frozen=True):
    """A list, tuple or set display; `site` is where its elements are to be evaluated."""

    kind: str
    values: tuple[Given, ...]


class Pairs(Struct, frozen=True):
    """A mapping; a key of None stands for `**value`."""

    pairs: tuple[tuple[Given | None, Given], ...]

    def get(self, key: str) -> Given | None:
        from prodlint.facts import Constant

        for name, value in reversed(self.pairs):
            if name is not None and isinstance(name.value, Constant) and name.value.value == key:
                return value
        return None


class Duration(Struct, frozen=True):
    """A span of time, or, with `from_now`, the moment that lies so far ahead of when it is computed."""

    seconds: float
    from_now: bool = False


class Environment(Struct, frozen=True):
    """A value that an environment variable decides; `fallback` is what it is without the variable, None where the
    program does not start then."""

    name: str
    fallback: Meaning | None


class Choice(Struct, frozen=True):
    """One of several, depending on what only the running program knows."""

    options: tuple[Meaning, ...]


class Opaque(Struct, frozen=True):
    """Not to be told; `reason` completes "because ..."."""

    reason: str
    origin: Given | None = None
    """The call that is not evaluated, where there is one."""


Meaning = Union[
    Known,
    Text,
    Instance,
    Function,
    Items,
    Pairs,
    Duration,
    Environment,
    Choice,
    Opaque,
    Defined,
    External,
    Module,
    Bound,
]


class Outcome(Struct, frozen=True):
    """What an expression is, with the steps that led there, outermost use first."""

    meaning: Meaning
    steps: tuple[Step, ...] = ()


def options(meaning: Meaning) -> Iterator[Meaning]:
    """All that a meaning may be: the options of a choice, and of an environment variable what it falls back to."""
    match meaning:
        case Choice(several):
            for option in several:
                yield from options(option)
        case Environment(_, fallback) if fallback is not None:
            yield from options(fallback)
        case _:
            yield meaning


def truth(meaning: Meaning) -> bool | None:
    """Whether a meaning is true; None where that cannot be told."""
    match meaning:
        case Known(value):
            return bool(value)
        case Duration(seconds, from_now):
            return from_now or seconds != 0
        case Pairs(several) | Items(_, several) if several:
            return True
        case Choice(several):
            answers = {truth(each) for each in several}
            return answers.pop() if len(answers) == 1 else None
    return None


def arguments_of(call: Call) -> tuple[list[Argument], dict[str, Value]]:
    """The positional arguments and the keywords of a call."""
    positional = [argument for argument in call.arguments if not argument.name and argument.star != "**"]
    keywords = {argument.name: argument.value for argument in call.arguments if argument.name}
    return positional, keywords


def either(outcomes: list[Outcome]) -> Outcome:
    """One outcome out of several: itself if all are equal, else a choice."""
    if not outcomes:
        return Outcome(Opaque("nothing is assigned"))
    if len(outcomes) == 1:
        return outcomes[0]
    distinct = {outcome.meaning: outcome for outcome in reversed(outcomes)}
    if len(distinct) == 1:
        return outcomes[0]
    steps = tuple(step for outcome in outcomes for step in outcome.steps)
    return Outcome(Choice(tuple(dict.fromkeys(outcome.meaning for outcome in outcomes))), steps[:12])
