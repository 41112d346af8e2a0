"""Every expression of a file, whatever its format, as a value."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from typing import Any, Union

from msgspec import Struct


class Constant(Struct, frozen=True, array_like=True, tag="k"):
    """A literal. `form` is "" for what `value` says, "bytes" for bytes (decoded as latin-1), "ellipsis" for `...`,
    "redacted" for a string that looks like a secret: then `value` keeps the length and what is harmless of it (a
    connection URL keeps all but its password), every other character being `*`."""

    value: str | int | float | bool | None
    place: int
    form: str = ""


class Reference(Struct, frozen=True, array_like=True, tag="n"):
    """A dotted name as written (`settings.SECRET_KEY`): a name followed by zero or more attributes."""

    name: str
    place: int


class Attribute(Struct, frozen=True, array_like=True, tag="a"):
    """An attribute of something that is not a dotted name: `get_settings().debug`, `"".join`."""

    value: Value
    name: str
    place: int


class Argument(Struct, frozen=True, array_like=True):
    """An argument of a call: `name` is the keyword or "", `star` is "", "*" or "**"."""

    value: Value
    name: str = ""
    star: str = ""


class Call(Struct, frozen=True, array_like=True, tag="c"):
    function: Value
    arguments: tuple[Argument, ...]
    place: int

    def keyword(self, name: str) -> Value | None:
        """The value passed as keyword `name`, or None."""
        for argument in self.arguments:
            if argument.name == name:
                return argument.value
        return None

    def positional(self, index: int) -> Value | None:
        """The value passed at position `index` (from 0), or None, also where a `*` argument stands before it."""
        for position, argument in enumerate(self.arguments):
            if argument.name or argument.star:
                return None
            if position == index:
                return argument.value
        return None


class Sequence(Struct, frozen=True, array_like=True, tag="s"):
    """A display: `kind` is "list", "tuple" or "set". A starred item is an `Operation` "*"."""

    kind: str
    items: tuple[Value, ...]
    place: int


class Mapping(Struct, frozen=True, array_like=True, tag="m"):
    """Pairs of key and value, in order; the key is None for `**value`."""

    items: tuple[tuple[Value | None, Value], ...]
    place: int

    def get(self, key: str) -> Value | None:
        """The value at a constant string key, or None; the last one wins, as in Python and in YAML readers."""
        for name, value in reversed(self.items):
            if isinstance(name, Constant) and name.value == key:
                return value
        return None


class Subscript(Struct, frozen=True, array_like=True, tag="i"):
    """`value[index]`; several indexes are a tuple `Sequence`; a slice is an `Operation` ":"."""

    value: Value
    index: Value
    place: int


class Template(Struct, frozen=True, array_like=True, tag="t"):
    """An f-string or adjacent string literals with one among them: constants and the expressions between them."""

    parts: tuple[Value, ...]
    place: int


class Operation(Struct, frozen=True, array_like=True, tag="o"):
    """An operator with its operands: "+", "%", "and", "not", "==", "in", "is not", "*" (starred), ":" (slice), ":=".
    A chain of comparisons is an "and" of pairs."""

    operator: str
    operands: tuple[Value, ...]
    place: int


class Conditional(Struct, frozen=True, array_like=True, tag="q"):
    """`then if test else otherwise`."""

    test: Value
    then: Value
    otherwise: Value
    place: int


class Parameter(Struct, frozen=True, array_like=True):
    """A parameter of a function: `kind` is "positional-only", "" (either way), "keyword-only", "*" or "**"."""

    name: str
    place: int
    annotation: Value | None = None
    default: Value | None = None
    kind: str = ""


class Lambda(Struct, frozen=True, array_like=True, tag="l"):
    parameters: tuple[Parameter, ...]
    body: Value
    place: int


class Clause(Struct, frozen=True, array_like=True):
    """One `for target in iterable if condition ...` of a comprehension."""

    target: Value
    iterable: Value
    conditions: tuple[Value, ...] = ()


class Comprehension(Struct, frozen=True, array_like=True, tag="g"):
    """`kind` is "list", "set", "dict" or "generator"; a dict's element is a tuple `Sequence` of key and value."""

    kind: str
    element: Value
    clauses: tuple[Clause, ...]
    place: int


class Await(Struct, frozen=True, array_like=True, tag="w"):
    value: Value
    place: int


class Yield(Struct, frozen=True, array_like=True, tag="y"):
    """`yield value`, or `yield from value` (then `delegates`)."""

    value: Value | None
    place: int
    delegates: bool = False


class Unknown(Struct, frozen=True, array_like=True, tag="u"):
    """An expression that no fact carries, with the reason."""

    reason: str
    place: int


Value = Union[
    Constant,
    Reference,
    Attribute,
    Call,
    Sequence,
    Mapping,
    Subscript,
    Template,
    Operation,
    Conditional,
    Lambda,
    Comprehension,
    Await,
    Yield,
    Unknown,
]


def children(value: Value) -> Collection[Value]:
    """The values directly inside a value, in source order (a lambda's defaults and a clause's parts included)."""
    inside = _INSIDE.get(type(value))
    return inside(value) if inside is not None else ()


def walk(value: Value) -> Iterator[Value]:
    """A value and all values inside it, parents first."""
    inside = _INSIDE.get(type(value))
    yield value
    if inside is None:
        return
    stack = list(inside(value))[::-1]
    while stack:
        current = stack.pop()
        yield current
        inside = _INSIDE.get(type(current))
        if inside is not None:
            stack += list(inside(current))[::-1]


def method_of(function: Value) -> tuple[str, Value | None]:
    """The last name of what is called, and what it is taken from: ("get", app) for `app.get`, ("get", None) for `get`,
    and ("", None) for what has no name."""
    match function:
        case Reference(name):
            head, _, last = name.rpartition(".")
            return last, (Reference(head, function.place) if head else None)
        case Attribute(inner, name):
            return name, inner
    return "", None


def _of_mapping(value: Mapping) -> list[Value]:
    return [each for pair in value.items for each in pair if each is not None]


def _of_lambda(value: Lambda) -> list[Value]:
    return [*(each.default for each in value.parameters if each.default is not None), value.body]


def _of_comprehension(value: Comprehension) -> list[Value]:
    clauses = ((each.target, each.iterable, *each.conditions) for each in value.clauses)
    return [value.element, *(each for clause in clauses for each in clause)]


_INSIDE: dict[type, Callable[[Any], Collection[Value]]] = {
    Attribute: lambda value: (value.value,),
    Await: lambda value: (value.value,),
    Call: lambda value: [value.function, *[each.value for each in value.arguments]],
    Sequence: lambda value: value.items,
    Template: lambda value: value.parts,
    Operation: lambda value: value.operands,
    Mapping: _of_mapping,
    Subscript: lambda value: (value.value, value.index),
    Conditional: lambda value: (value.then, value.test, value.otherwise),
    Lambda: _of_lambda,
    Comprehension: _of_comprehension,
    Yield: lambda value: (value.value,) if value.value is not None else (),
}
"""What is directly inside a value, by its type: a table, as whole trees of values are walked all the time."""
