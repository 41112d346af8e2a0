"""What operators make of values of which some are known."""

from __future__ import annotations

import re
from typing import Any

from prodlint.project.migrations.meanings import FilePath, Listing, Made, Method, Tagged, Unknown, truth

__all__ = ["arithmetic"]

_LONGEST = 200_000
_ODD_FORMAT = re.compile(r"%(?!%|s|\(\w+\)s)")
_ARITHMETIC: dict[str, Any] = {
    "-": lambda left, right: left - right,
    "*": lambda left, right: left * right if not isinstance(right, (str, list, tuple)) else Unknown("it is repeated"),
    "/": lambda left, right: left / right,
    "//": lambda left, right: left // right,
    "<": lambda left, right: left < right,
    ">": lambda left, right: left > right,
    "<=": lambda left, right: left <= right,
    ">=": lambda left, right: left >= right,
}


def arithmetic(operator: str, values: list[Any]) -> Any:
    """What an operator makes of known values."""
    if len(values) == 1:
        held = truth(values[0])
        if operator == "not":
            return Unknown("a condition cannot be told") if held is None else not held
        number = values[0]
        if operator == "-" and isinstance(number, (int, float)):
            return -number
        return Unknown("it is computed")
    if len(values) != 2:
        return Unknown("it is computed")
    left, right = values
    if operator in ("in", "not in"):
        return _contained(left, right, operator == "in")
    if operator in ("is", "is not", "==", "!="):
        return _compared(operator, left, right)
    if operator == "%" and isinstance(left, str):
        return _percent(left, right)
    if operator == "+" and isinstance(left, Listing | list) and isinstance(right, list):
        reason = getattr(left, "reason", "") or getattr(right, "reason", "")
        return Listing([*left, *right], reason) if reason else [*left, *right]
    try:
        if operator == "+" and type(left) in (str, int, float, tuple, Tagged) and not isinstance(right, Unknown):
            if not isinstance(left, (int, float)) and len(left) + len(right) > _LONGEST:
                return Unknown("it is too long")
            return left + right
        if operator == "/" and isinstance(left, FilePath) and isinstance(right, str):
            return left.joined(right)
        if operator in ("-", "*", "/", "//", "<", ">", "<=", ">=") and isinstance(left, (int, float)):
            return _ARITHMETIC[operator](left, right)
        if operator in ("-", "|", "&") and isinstance(left, (list, set)) and isinstance(right, (list, set)):
            return _of_sets(operator, list(left), list(right))
    except (TypeError, ValueError, ZeroDivisionError, OverflowError):
        pass
    return Unknown("it is computed")


def _contained(left: Any, right: Any, wanted: bool) -> Any:
    if isinstance(right, str) and isinstance(left, str):
        return (left in right) is wanted
    if isinstance(left, (Unknown, Made)) or not isinstance(right, (list, tuple, set, dict, frozenset)):
        return Unknown("a condition cannot be told")
    try:
        if left in right:
            return wanted
    except TypeError:
        return Unknown("a condition cannot be told")
    has_unknown = any(isinstance(each, (Unknown, Made)) for each in right)
    if has_unknown or (isinstance(right, Listing) and right.reason):
        return Unknown("a condition cannot be told")
    return not wanted


def _compared(operator: str, left: Any, right: Any) -> Any:
    positive = operator in ("is", "==")
    if right is None or left is None:
        other = left if right is None else right
        if isinstance(other, (Unknown, Method)):
            return Unknown("a condition cannot be told")
        return (other is None) is positive
    plain = (str, int, float, bool, list, tuple, dict)
    if isinstance(left, plain) and isinstance(right, plain):
        if isinstance(left, Listing) or isinstance(right, Listing):
            return Unknown("a condition cannot be told")
        return bool(left == right) is positive
    return Unknown("a condition cannot be told")


def _percent(left: str, right: Any) -> Any:
    if _ODD_FORMAT.search(left):
        return Unknown("it is formatted")
    values = right if isinstance(right, tuple) else (right,)
    origin = getattr(left, "origin", None)
    if isinstance(right, dict):
        holes = {str(key): item for key, item in right.items()}
    else:
        holes = {str(at): item for at, item in enumerate(values)}
    plain = all(isinstance(each, (str, int, float)) for each in holes.values())
    if plain:
        try:
            text = str(left) % right
        except (TypeError, ValueError, KeyError):
            return Unknown("it is formatted in a way that fails")
        return Tagged.of(text, origin, holes) if origin is not None else text
    return Unknown("a part of it is computed", origin, holes, str(left))


def _of_sets(operator: str, left: list[Any], right: list[Any]) -> list[Any]:
    if operator == "-":
        return [each for each in left if each not in right]
    if operator == "&":
        return [each for each in left if each in right]
    return [*left, *(each for each in right if each not in left)]
