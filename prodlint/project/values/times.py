"""Spans of time and moments: `timedelta`s, the clock, and what is done with them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prodlint.facts import Call
from prodlint.finding import Step
from prodlint.libraries.values import CLOCKS, SAME_MOMENT, SPANS, UNITS
from prodlint.project.values.outcomes import Choice, Duration, Environment, Known, Meaning, Outcome, Site

if TYPE_CHECKING:
    from prodlint.project.values.evaluator import Values

__all__ = ["compute", "moment_method", "outcome_of_clock"]

_ORDER = ("days", "seconds", "microseconds", "milliseconds", "minutes", "hours", "weeks")
_LONGEST = 1e12
"""Some thirty thousand years: what is longer is a mistake of the reader's."""


def outcome_of_clock(values: Values, site: Site, call: Call, name: str) -> Outcome | None:
    """What a call of the clock or of `timedelta` gives; None for any other, and where an argument is not known."""
    if name in CLOCKS:
        return Outcome(Duration(0.0, True))
    if name in SAME_MOMENT and call.arguments and not call.arguments[0].star:
        outcome = values.evaluate(site, call.arguments[0].value)
        return outcome if _is_time(outcome.meaning) else None
    if name not in SPANS:
        return None
    total: Meaning = Duration(0.0)
    steps: tuple[Step, ...] = ()
    for position, argument in enumerate(call.arguments):
        unit = argument.name or (_ORDER[position] if position < len(_ORDER) else "")
        if argument.star or unit not in UNITS:
            return None
        outcome = values.evaluate(site, argument.value)
        steps = (*steps, *outcome.steps)
        added = _lifted(total, outcome.meaning, UNITS[unit])
        if added is None:
            return None
        total = added
    return Outcome(total, steps)


def _is_time(meaning: Meaning) -> bool:
    match meaning:
        case Duration():
            return True
        case Environment(_, fallback):
            return fallback is not None and _is_time(fallback)
        case Choice(several):
            return all(_is_time(each) for each in several)
    return False


def _lifted(total: Meaning, amount: Meaning, unit: float) -> Meaning | None:
    """The span with so many units more; what the environment decides stays the environment's."""
    match amount:
        case Environment(name, fallback):
            inner = _lifted(total, fallback, unit) if fallback is not None else None
            return Environment(name, inner) if inner is not None or fallback is None else None
        case Choice(several):
            found = [_lifted(total, each, unit) for each in several]
            known = tuple(dict.fromkeys(each for each in found if each is not None))
            if len(known) < len(several) and None in found:
                return None
            return known[0] if len(known) == 1 else Choice(known)
        case Known(int() | float() as number) if not isinstance(number, bool):
            return _more(total, number * unit)
        case Known(str() as text):
            # A setting whose default is written as a string: a settings class converts it.
            return _more(total, float(text) * unit) if text.replace(".", "", 1).isdigit() else None
    return None


def _more(total: Meaning, seconds: float) -> Meaning | None:
    match total:
        case Duration(so_far) if abs(so_far + seconds) < _LONGEST:
            return Duration(so_far + seconds)
        case Environment(name, fallback):
            inner = _more(fallback, seconds) if fallback is not None else None
            return Environment(name, inner)
        case Choice(several):
            found = [_more(each, seconds) for each in several]
            return Choice(tuple(each for each in found if each is not None))
    return None


def compute(operator: str, left: Meaning, right: Meaning) -> Meaning | None:
    """What an operator makes of two operands of which one is a span or a moment; None where it is not evaluated."""
    match operator, left, right:
        case "+", Duration(one, now), Duration(other, also) if not (now and also):
            return Duration(one + other, now or also)
        case "-", Duration(one, now), Duration(other, also) if now or not also:
            return Duration(one - other, now and not also)
        case (("+" | "-"), Duration(one, True), Known(int() | float() as number)):
            return Duration(one + number if operator == "+" else one - number, True)
        case "+", Known(int() | float() as number), Duration(one, True):
            return Duration(one + number, True)
        case "*", Duration(one, False), Known(int() | float() as number):
            return Duration(one * number)
        case "*", Known(int() | float() as number), Duration(one, False):
            return Duration(one * number)
        case "/" | "//", Duration(one, False), Known(int() | float() as number) if number:
            return Duration(one / number)
    return None


def moment_method(time: Duration, name: str) -> Meaning | None:
    """What a method of a span or moment gives; None where it is not evaluated."""
    if name == "total_seconds":
        return Known(time.seconds)
    return time if name in {"__int__", "__float__", "__round__"} or f".{name}" in SAME_MOMENT else None
