"""How the blocks of a function follow one another, and what names and states come of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from prodlint.facts import Python, Reference, Sequence, Value
from prodlint.project.routes.exemptions.frame import OPAQUE, Listed, Seen, State, Unsure
from prodlint.project.values.bindings import Defined
from prodlint.project.values.outcomes import Function, Instance

if TYPE_CHECKING:
    from prodlint.project import Project


def code_of(project: Project, callee: Seen) -> tuple[Defined | None, Instance | None]:
    """The function that a call runs, and the object that it is a method of."""
    match callee:
        case Function(of, owner):
            return of, owner
        case Instance(Defined(path, scope)):
            code = project.names.class_member(path, scope, "__call__")
            return (code, callee) if isinstance(code, Defined) else (None, None)
        case Defined() if project.scope_of(callee).kind == "function":
            return callee, None
    return None, None


def targets(target: Value, value: Seen) -> Iterator[tuple[str, Seen]]:
    match target:
        case Reference(name) if "." not in name:
            yield name, value
        case Sequence(_, items):
            several = value.values if isinstance(value, Listed) and len(value.values) == len(items) else None
            for index, item in enumerate(items):
                inner: Seen = several[index] if several is not None else value if isinstance(value, Unsure) else OPAQUE
                yield from targets(item, inner)


def children(project: Project, python: Python, path: str, scope: int) -> dict[int, list[int | object]]:
    """The statements and blocks directly inside each block of a function, in source order."""
    inside: dict[int, list[tuple[int, int, int | object]]] = {}
    for statement in project.statements_of(Defined(path, scope)):
        inside.setdefault(statement.block, []).append((statement.place >> 28, 0, statement))
    for number, block in enumerate(python.blocks):
        if block.scope == scope:
            inside.setdefault(block.parent, []).append((block.place >> 28, number, number))
    return {
        index: [child for _, _, child in sorted(found, key=lambda each: each[:2])] for index, found in inside.items()
    }


def belongs(python: Python, kind: str, child: object) -> bool:
    """Whether a block continues the compound statement before it."""
    following = python.blocks[child].kind if isinstance(child, int) else ""
    return following in {
        "if": {"else"},
        "for": {"loop-else"},
        "while": {"loop-else"},
        "try": {"except", "try-else", "finally"},
        "case": {"case"},
    }.get(kind, set())


def joined(states: list[State]) -> State:
    """One state for several: what they agree on."""
    first = states[0]
    if len(states) == 1:
        return first
    joined = first.copy()
    for name in list(joined.values):
        others = [state.values.get(name) for state in states[1:]]
        if any(other != joined.values[name] for other in others):
            unsure = any(isinstance(each, Unsure) for each in (joined.values[name], *others))
            doubt = unsure or any(state.doubt for state in states)
            joined.values[name] = Unsure("a test of the path cannot be followed") if doubt else OPAQUE
    for name in {name for state in states for name in state.attributes}:
        found = [state.attributes.get(name, OPAQUE) for state in states]
        joined.attributes[name] = found[0] if all(each == found[0] for each in found) else OPAQUE
    for state in states[1:]:
        for name in state.values:
            joined.values.setdefault(name, OPAQUE)
        joined.about = joined.about | state.about
    joined.looked = any(state.looked for state in states)
    joined.address = any(state.address for state in states)
    joined.reached = all(state.reached for state in states)
    joined.forgery = any(state.forgery for state in states)
    joined.other = all(state.other for state in states)
    joined.setting = all(state.setting for state in states)
    joined.doubt = (
        next((state.doubt for state in states if state.doubt), "") if all(state.doubt for state in states) else ""
    )
    joined.why = first.why or next((state.why for state in states if state.why), None)
    return joined
