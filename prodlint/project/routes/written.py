"""Type expressions as one would write them."""

from __future__ import annotations

from prodlint.facts import Constant, Reference, Sequence, Subscript, Value


def written(value: Value) -> str:
    """A type expression as one would write it."""
    match value:
        case Reference(name):
            return name
        case Constant(str() as text):
            return text
        case Constant(None):
            return "None"
        case Subscript(inner, Sequence(_, items)):
            return f"{written(inner)}[{', '.join(written(item) for item in items)}]"
        case Subscript(inner, index):
            return f"{written(inner)}[{written(index)}]"
    operands = getattr(value, "operands", ())
    return " | ".join(written(operand) for operand in operands)
