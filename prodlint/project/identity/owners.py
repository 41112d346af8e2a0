"""Whose rows a route touches: what binds them to the caller, for the table that a reviewer reads."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec import Struct

from prodlint.libraries.identity import is_identity
from prodlint.project.identity.doubts import doubt_about
from prodlint.project.identity.events import (
    CALLER,
    Compared,
    Constraint,
    Event,
    Handed,
    Label,
    Labels,
    Modified,
    Written,
)
from prodlint.project.identity.roles import demanded
from prodlint.project.tables.schema import Table

if TYPE_CHECKING:
    from prodlint.project.identity.identity import Answered, Identity

_OWN = "the caller's own row"


class Owner(Struct, frozen=True):
    """Who may reach the rows that a route touches."""

    status: str
    """ "caller": only its own rows; "role": those who may do more than others; "none": whoever reaches the route;
    "unknown"."""
    by: tuple[str, ...] = ()
    """The columns (`Item.owner_id`) and parameters (`user_id`) that are bound to the caller; what demands the role."""
    reason: str = ""
    """Why it is unknown."""


def owner_of(identity: Identity, answered: Answered) -> Owner | None:
    """Who may reach the rows that a route touches; None where it touches none."""
    results = frozenset(_results(answered))
    touched = results.union(*(each.event.rows for each in answered.walked.found
                              if isinstance(each.event, Constraint) and not each.is_root))  # fmt: skip
    if not touched:
        return None
    if answered.status == "none":
        return Owner("none")
    bound = _names(identity, answered, results)
    handed = ""
    if results and results <= answered.proof.caller and not bound:
        handed = "" if any(True for _ in _changed(answered)) else _handed(answered)
        bound |= set() if handed else {_OWN}
    if bound:
        return Owner("caller", tuple(sorted(bound)))
    if identity.is_restricted(answered):
        name = demanded(identity.project, answered.route)
        return Owner("role", (name,) if name else _asked(answered))
    doubt = answered.walked.unknown or (f"`{handed}`, which cannot be followed, is given the caller" if handed else "")
    for label in sorted(results or touched, key=str):
        doubt = doubt or doubt_about(answered, label)
    doubt = doubt or identity.hidden
    return Owner("unknown", reason=doubt) if doubt else Owner("none")


def _names(identity: Identity, answered: Answered, results: Labels) -> set[str]:
    """What is bound to the caller. It counts only where the rows that come of it follow from it, or are made: not for
    `GET /{username}/posts/{id}` that asks whether the name is the caller's and loads the post by its key."""
    accesses = identity.model.queries.accesses
    rows = {each for each in results if each[0] == "R" and accesses[int(str(each[1]))].kind != "insert"}
    if rows and rows.isdisjoint(answered.proof.proven):
        return set()
    if any(identity.excludes(one, other) for one in rows - answered.proof.proven for other in rows):
        return set()  # A setting opens a branch that asks for nothing.
    events = (each.event for each in answered.walked.found if not each.is_root)
    return {name for event in events for name in _bound(identity, answered, event)}


def _handed(answered: Answered) -> str:
    """What cannot be followed and is given the caller: what comes back may be any row."""
    for found in answered.walked.found:
        if isinstance(found.event, Handed) and not found.is_root and found.event.labels & answered.proof.caller:
            return found.event.name
    return ""


def _changed(answered: Answered) -> Iterator[Label]:
    """The rows that a route changes, and the caller where it changes the caller."""
    for found in answered.walked.found:
        match found.event:
            case Modified(labels=rows) | Written(rows=rows) if not found.is_root:
                yield from (each for each in rows if each[0] == "R" or each == CALLER)


def _results(answered: Answered) -> Iterator[Label]:
    """The rows that a route changes or gives back, and the caller where it does so with the caller."""
    yield from _changed(answered)
    yield from (each for each in answered.walked.returns if each[0] == "R" or each == CALLER)


def _bound(identity: Identity, answered: Answered, event: Event) -> Iterator[str]:
    """What one event binds to the caller."""
    equal, evidence = answered.proof.equal, identity.evidence
    match event:
        case Constraint(table=Table() as table, column=column, labels=labels) if column and labels & equal:
            if evidence.may_own(table, column):
                yield _name(table, column)
        case Compared(left, left_attribute, right, right_attribute, is_equality=True):
            yield from _compared(identity, answered, left, left_attribute, right)
            yield from _compared(identity, answered, right, right_attribute, left)
        case Written(table=table, rows=rows, column=column, labels=labels) if labels & equal:
            for each in [table] if table is not None else [evidence.table(row) for row in rows]:
                if each is not None and evidence.may_own(each, column):
                    yield _name(each, column)


def _compared(identity: Identity, answered: Answered, side: Labels, attribute: str, other: Labels) -> Iterator[str]:
    """What of one side is compared with the caller on the other."""
    if not other & answered.proof.caller:
        return
    for label in side - answered.proof.caller:
        table = identity.evidence.table(label)
        if table is not None and attribute:
            if identity.evidence.may_own(table, attribute) or identity.evidence.is_user(table):
                yield _name(table, attribute)
        elif label[0] == "I" and len(label) > 1:
            # A field of a body by both names, what else was made of a parameter by the parameter's alone.
            yield f"{label[1]}.{label[-1]}" if len(label) > 2 and is_identity(str(label[-1])) else str(label[1])


def _name(table: Table, column: str) -> str:
    return f"{table.label}.{column}"


def _asked(answered: Answered) -> tuple[str, ...]:
    """The attributes of the caller that its refusals ask for."""
    return tuple(sorted({name for event in answered.proof.restrictions for name, labels in event.attributes
                         if labels and labels <= answered.proof.caller}))  # fmt: skip


__all__ = ["Owner", "owner_of"]
