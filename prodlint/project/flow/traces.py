"""What an expression gives away, as data, and how an expression is named to a person."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct

from prodlint.facts import Argument, Attribute, Await, Call, Constant, Reference, Subscript, Value, place_of, span
from prodlint.finding import Location, Step
from prodlint.libraries.sensitive import HEADER_NAMES, is_about, is_connection, is_sensitive
from prodlint.project.values.bindings import Bound
from prodlint.project.values.outcomes import Site

_MAX_STEPS = 8
SECRET, WHOLE, REQUEST, CONNECTION, UNKNOWN = range(5)
"""How bad an exposure is, the worst first; `UNKNOWN` is a dump of an object of which nothing is known."""


class Trace(Struct, frozen=True):
    """Something that an expression gives away, or, with `parameter`, whatever a caller passes."""

    what: str
    """As a person would write it: `settings.SECRET_KEY`."""
    rank: int
    steps: tuple[Step, ...]
    """From the source to the expression."""
    detail: str = ""
    """What of it is secret, where the name does not say so."""
    parameter: Bound | None = None


class Verdict(Struct, frozen=True):
    """`is_safe` says that a value is known to be harmless; without it and without traces nothing is known of it."""

    traces: tuple[Trace, ...] = ()
    is_safe: bool = False


SAFE = Verdict((), True)
UNCLEAR = Verdict()


class Where(Struct, frozen=True):
    """Where an expression stands: `names` are what comprehensions around it bind."""

    path: str
    scope: int
    block: int
    names: tuple[tuple[str, Verdict], ...] = ()

    @property
    def site(self) -> Site:
        return Site(self.path, self.scope)


def merged(verdicts: Iterable[Verdict]) -> Verdict:
    """What several parts give away together."""
    several = list(verdicts)
    traces = tuple(dict.fromkeys(trace for verdict in several for trace in verdict.traces))
    return Verdict(traces[:12], all(verdict.is_safe for verdict in several))


def written(value: Value | None) -> str:
    """An expression as a person would name it, constants left out but for keys."""
    match value:
        case Reference(name):
            return name
        case Attribute(inner, name):
            return f"{written(inner)}.{name}"
        case Await(inner):
            return written(inner)
        case Subscript(inner, Constant(str() as key)) if _names_a_secret(key):
            return f'{written(inner)}["{key}"]'
        case Subscript(inner):
            return f"{written(inner)}[...]"
        case Call(function, ()):
            return f"{written(function)}()"
        case Call(function, (Argument(Constant(str() as key), "", ""), *_)) if _names_a_secret(key):
            return f'{written(function)}("{key}")'
        case Call(function):
            return f"{written(function)}(...)"
    return "..."


def _names_a_secret(key: str) -> bool:
    """Whether a constant is the name of a secret, so that showing it shows none."""
    is_name = key.replace("-", "_").isidentifier() and len(key) <= 40
    return is_name and (is_sensitive(key) or is_connection(key) or key.lower() in HEADER_NAMES)


def receiver_of(reference: Reference) -> Reference:
    """A dotted name without its last part, with a place of its own: values are remembered by their places."""
    head = reference.name.rpartition(".")[0]
    at = span(reference.place)
    return Reference(head, place_of(at.line, at.column, at.line, at.column + len(head)))


def last_name(value: Value) -> str:
    """The last name in an expression: `id` of `token.id`, "" for none."""
    match value:
        case Reference(name):
            return name.rpartition(".")[2]
        case Attribute(_, name):
            return name
        case Call(function):
            return last_name(function)
        case Await(inner):
            return last_name(inner)
        case Subscript(_, Constant(str() as key)):
            return key
        case Subscript(inner):
            return last_name(inner)
    return ""


def longer(steps: tuple[Step, ...], step: Step) -> tuple[Step, ...]:
    return (*steps, step) if len(steps) < _MAX_STEPS and (not steps or steps[-1] != step) else steps


def trace_at(where: Where, value: Value, what: str, rank: int, message: str) -> Trace:
    """A trace of one step, which stands at an expression."""
    return Trace(what, rank, (Step(message, Location(where.path, value.place)),))


def is_word(text: str) -> bool:
    """Whether a constant is a name rather than a secret: a mask, a key of a mapping, a variable's or header's name."""
    looks = "/" in text or " " in text or text.isupper() or len(text) < 3
    return looks or not text.strip("*x.X-") or is_sensitive(text) or is_about(text)
