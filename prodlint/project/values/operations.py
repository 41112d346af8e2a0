"""Operators and methods on what is known: strings, numbers, lists and `timedelta`s.

An operation on something that the environment decides is decided by the environment too: what it falls back to is
computed with the fall-back.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

from prodlint.facts import Constant
from prodlint.project.values.outcomes import Choice, Duration, Environment, Items, Known, Meaning, Opaque, Pairs, Text
from prodlint.project.values.times import compute, moment_method

_BINARY: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "//": operator.floordiv,
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    ">": operator.gt,
    "<=": operator.le,
    ">=": operator.ge,
    "is": operator.is_,
    "is not": operator.is_not,
}
_STRING_METHODS: dict[str, Callable[..., Any]] = {
    name: getattr(str, name)
    for name in (
        "lower upper strip lstrip rstrip title casefold replace startswith endswith removeprefix removesuffix".split()
    )
}
_LONGEST = 100_000
TRUE_WORDS = frozenset({"1", "true", "t", "yes", "y", "on"})
FALSE_WORDS = frozenset({"0", "false", "f", "no", "n", "off", ""})


def arithmetic(name: str, operands: list[Meaning]) -> Meaning:
    """The result of an operator; `operands` are in source order."""
    if name in {"and", "or"}:
        return _boolean(name, operands)
    if name == "+" and any(isinstance(each, Text) or _is_text(each) for each in operands):
        return joined(operands)
    if name == "%" and _is_text(operands[0]) and _is_required(operands[-1]):
        return _percent(operands[0], operands[-1])
    if name in {"is", "is not"} and isinstance(operands[0], Environment) and operands[-1] == Known(None):
        # A variable that is set is text, so that only what it falls back to can be None.
        if arithmetic(name, [operands[0].fallback or Known(""), Known(None)]) == Known(name == "is not"):
            return Known(name == "is not")
    lifted = _lift(operands, lambda values: arithmetic(name, values))
    if lifted is not None:
        return lifted
    if name == "not":
        return Known(not operands[0].value) if isinstance(operands[0], Known) else Opaque("the operand is computed")
    if len(operands) < 2:  # `rows[:]` has none.
        return Opaque("the operand is computed")
    left, right = operands[0], operands[-1]
    if name in {"in", "not in"}:
        return _contains(left, right, name == "in")
    if name == "+" and isinstance(left, Items) and isinstance(right, Items):
        return Items(left.kind, left.values + right.values)
    if name == "%" and any(isinstance(each, Text) or _is_text(each) for each in operands):
        return _percent(left, right)
    if name in {"is", "is not"} and right == Known(None) and isinstance(left, (Duration, Items, Pairs, Text)):
        return Known(name == "is not")
    if isinstance(left, Duration) or isinstance(right, Duration):
        return compute(name, left, right) or Opaque("an operand is computed")
    if name not in _BINARY or not isinstance(left, Known) or not isinstance(right, Known):
        return Opaque("an operand is computed")
    if left.redacted or right.redacted:
        return Opaque("an operand is a secret")
    return _apply(_BINARY[name], left.value, right.value)


def joined(parts: list[Meaning]) -> Meaning:
    """The string that parts make when written one behind the other."""
    if any(isinstance(part, (Known, Text)) for part in parts):
        # What is written around a variable that has no default is known all the same.
        required = Opaque("the environment decides")
        parts = [required if _is_required(part) else part for part in parts]
    lifted = _lift(parts, joined)
    if lifted is not None:
        return lifted
    pieces: list[str | None] = []
    redacted = False
    for part in parts:
        match part:
            case Known(value, hidden):
                pieces.append(str(value))
                redacted = redacted or hidden
            case Text(several):
                pieces.extend(several)
            case _:
                pieces.append(None)
    if None in pieces:
        return Text(tuple(pieces))
    return Known("".join(str(piece) for piece in pieces), redacted)


def method(receiver: Meaning, name: str, arguments: list[Meaning]) -> Meaning:
    """What a method of a string or number returns. `__flag__` reads a boolean as settings libraries do."""
    if name == "format" and isinstance(receiver, Known) and any(_is_required(each) for each in arguments):
        return Text((str(receiver.value).partition("{")[0], None))
    lifted = _lift([receiver, *arguments], lambda values: method(values[0], name, values[1:]))
    if lifted is not None:
        return lifted
    if name in {"encode", "decode", "get_secret_value", "unicode_string", "render_as_string"}:
        return receiver
    if name == "format" and isinstance(receiver, Known):
        return _formatted(receiver, arguments)
    if isinstance(receiver, Duration):
        return moment_method(receiver, name) or Opaque(f"`.{name}()` of a computed value")
    if not isinstance(receiver, Known) or receiver.redacted:
        return Opaque(f"`.{name}()` of a computed value")
    value = receiver.value
    match name:
        case "__flag__" if isinstance(value, (str, bool, int)):
            word = str(value).lower()
            return Known(word in TRUE_WORDS) if word in TRUE_WORDS | FALSE_WORDS else Opaque("it is no boolean")
        case "__bool__":
            return Known(bool(value))
        case "__int__" | "__float__" if isinstance(value, (str, int, float)):
            return _apply(int if name == "__int__" else float, value)
        case "split" if isinstance(value, str) and all(isinstance(each, Known) for each in arguments[:1]):
            separator = arguments[0].value if arguments and isinstance(arguments[0], Known) else None
            return _split(value, separator)
    if isinstance(value, str) and name in _STRING_METHODS and all(isinstance(each, Known) for each in arguments):
        return _apply(_STRING_METHODS[name], value, *(each.value for each in arguments if isinstance(each, Known)))
    return Opaque(f"`.{name}()` is not evaluated")


def _lift(operands: list[Meaning], again: Callable[[list[Meaning]], Meaning]) -> Meaning | None:
    """Compute with what the first environment variable or choice among the operands stands for."""
    for index, operand in enumerate(operands):
        match operand:
            case Environment(name, fallback):
                if fallback is None:
                    return operand if len(operands) == 1 else Environment(name, None)
                return Environment(name, again([*operands[:index], fallback, *operands[index + 1 :]]))
            case Choice(several) if len(several) <= 6:
                results = [again([*operands[:index], option, *operands[index + 1 :]]) for option in several]
                distinct = tuple(dict.fromkeys(results))
                return distinct[0] if len(distinct) == 1 else Choice(distinct)
    return None


def _boolean(name: str, operands: list[Meaning]) -> Meaning:
    left, right = operands
    match left:
        case Known(value):
            return right if bool(value) == (name == "and") else left
        case Items(_, values) if values:
            # `given or []`: a list with something in it is true.
            return right if name == "and" else left
        case Duration(seconds, from_now):
            return right if (from_now or seconds != 0) == (name == "and") else left
        case Environment(variable, fallback) if name == "or":
            # `os.getenv("X") or default`: an unset or empty variable gives the default.
            if fallback is None:
                return left
            return Environment(variable, _boolean(name, [fallback, right]))
        case Environment(variable, fallback) if fallback is not None:
            return Environment(variable, _boolean(name, [fallback, right]))
    if isinstance(right, Known) and bool(right.value) != (name == "and"):
        # `x and False` is false, `x or True` true, whatever x is, as far as its truth goes.
        return right if isinstance(right.value, bool) else Choice((left, right))
    return Choice((left, right))


def _contains(left: Meaning, right: Meaning, positive: bool) -> Meaning:
    match left, right:
        case Known(value), Known(str() as text) if isinstance(value, str):
            return Known((value in text) == positive)
        case Known(value), Items(_, values) if all(isinstance(each.value, Constant) for each in values):
            found = any(isinstance(each.value, Constant) and each.value.value == value for each in values)
            return Known(found == positive)
    return Opaque("an operand is computed")


def _formatted(template: Known, arguments: list[Meaning]) -> Meaning:
    """`"/{}/items".format(name)`; of a template with names, numbers or formats only what stands before the first."""
    pieces = str(template.value).split("{}")
    if len(pieces) != len(arguments) + 1 or any("{" in piece or "}" in piece for piece in pieces):
        return Text((str(template.value).partition("{")[0], None))
    parts: list[Meaning] = [Known(pieces[0], template.redacted)]
    for argument, piece in zip(arguments, pieces[1:], strict=True):
        parts += [argument, Known(piece)]
    return joined(parts)


def _percent(left: Meaning, right: Meaning) -> Meaning:
    if isinstance(left, Known) and isinstance(left.value, str):
        return Text((left.value.partition("%")[0], None))
    if isinstance(left, Known) and isinstance(right, Known):
        return Opaque("a remainder is not evaluated")
    return left if isinstance(left, Text) else Opaque("an operand is computed")


def _is_text(meaning: Meaning) -> bool:
    return isinstance(meaning, Known) and isinstance(meaning.value, str)


def _is_required(meaning: Meaning) -> bool:
    """Whether a meaning is an environment variable without a default."""
    return isinstance(meaning, Environment) and meaning.fallback is None


def _apply(function: Callable[..., Any], *values: Any) -> Meaning:
    try:
        if function is operator.mul and any(isinstance(value, str) for value in values):
            return Opaque("a repeated string is not evaluated")
        result = function(*values)
    except (ArithmeticError, TypeError, ValueError):
        return Opaque("the operation fails")
    if isinstance(result, int) and not isinstance(result, bool) and abs(result) >= 1 << 63:
        return Opaque("the number is too large")
    if isinstance(result, str) and len(result) > _LONGEST:
        return Opaque("the text is too long")
    return Known(result)


def _split(value: str, separator: object) -> Meaning:
    from prodlint.project.values.outcomes import Given, Site

    parts = value.split(separator if isinstance(separator, str) and separator else None)
    return Items("list", tuple(Given(Site(""), Constant(part, 0)) for part in parts[:200]))
