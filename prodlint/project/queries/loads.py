"""The options of a query that load relationships: `selectinload(User.items).joinedload(Item.tags)`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prodlint.facts import Attribute, Call, Constant, Reference, Sequence, Value
from prodlint.libraries.queries import EAGER
from prodlint.project.queries.conditions import last_name
from prodlint.project.queries.query import Load

if TYPE_CHECKING:
    from prodlint.project.queries.frame import Frame

__all__ = ["loads_of"]


def loads_of(frame: Frame, value: Value | None) -> tuple[Load, ...]:
    """The relationships that options of a query load: `selectinload(User.items).joinedload(Item.tags)`."""
    if value is None:
        return ()
    found: list[Load] = []
    _chain(frame, value, found)
    return tuple(found)


def _chain(frame: Frame, value: Value, found: list[Load]) -> tuple[str, ...]:
    """The path that a chain of options has come to; each link is added."""
    if isinstance(value, Reference):
        parts = frame.reader.parts(frame.function, value.name, frame.block) if "." not in value.name else None
        for part, _ in parts or ():
            _chain(frame, part, found)
        if parts is None:
            found.append(Load(("*",), "unknown"))
        return ()
    if isinstance(value, Sequence):
        for item in value.items:
            _chain(frame, item, found)
        return ()
    if not isinstance(value, Call):
        if not isinstance(value, Constant):
            found.append(Load(("*",), "unknown"))
        return ()
    last = last_name(value.function)
    if last not in EAGER and last != "options":
        found.append(Load(("*",), "unknown"))
        return ()
    before: tuple[str, ...] = ()
    if isinstance(value.function, Attribute) and isinstance(value.function.value, Call):
        before = _chain(frame, value.function.value, found)
    path = before
    for argument in value.arguments:
        if last == "options":
            inner: list[Load] = []
            _chain(frame, argument.value, inner)
            found += [Load((*before, *each.path), each.how) for each in inner]
        elif not argument.name:
            attribute = last_name(argument.value)
            if isinstance(argument.value, Constant):
                attribute = str(argument.value.value)
            if isinstance(argument.value, Call) and last_name(argument.value.function) in ("of_type", "and_"):
                inner_function = argument.value.function
                name = getattr(inner_function, "name", "").split(".")
                attribute = name[-2] if len(name) > 1 else ""
            path = (*path, attribute)
            if last not in ("load_only", "defer", "undefer"):
                found.append(Load(path, last))
    return path
