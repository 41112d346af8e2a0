"""Attributes: of the request, and the one by which an expression reads a row."""

from __future__ import annotations

from prodlint.facts import Attribute, Await, Call, Constant, Reference, Subscript, Value
from prodlint.libraries.identity import REQUEST_IDENTITY, REQUEST_INPUT, REQUEST_PARTS
from prodlint.project.identity.events import CALLER, REQUEST, UNKNOWN, Label


def request_attribute(name: str) -> Label:
    """The label of an attribute of a request; one that no framework knows was put there, by what knows the caller
    perhaps."""
    if name in REQUEST_IDENTITY:
        return CALLER
    if name in REQUEST_INPUT:
        return ("I",)
    return REQUEST if name in REQUEST_PARTS else UNKNOWN


def first_attribute(value: Value) -> str:
    """The attribute that an expression reads from a variable: `row.owner_id`, `row["owner_id"]`, `str(row.owner_id)`;
    "" for none."""
    match value:
        case Reference(name):
            parts = name.split(".")
            return parts[1] if len(parts) > 1 else ""
        case Attribute(_, name):
            return name
        case Subscript(_, Constant(str() as name)):
            return name
        case Call(_, arguments) if len(arguments) == 1:
            return first_attribute(arguments[0].value)
        case Await(inner):
            return first_attribute(inner)
    return ""


__all__ = ["first_attribute", "request_attribute"]
