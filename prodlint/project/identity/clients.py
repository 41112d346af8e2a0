"""Identities that the client chooses: parameters that say whose data is touched and that nobody compares with the
caller."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec import Struct

from prodlint.finding import Location, Step
from prodlint.libraries.identity import is_identity, is_owner_column, is_privilege, is_user_name
from prodlint.project.identity.callers import Found
from prodlint.project.identity.events import (
    CALLER,
    UNKNOWN,
    Constraint,
    Handed,
    Label,
    Labels,
    Modified,
    Refused,
    Written,
)
from prodlint.project.identity.evidence import SAFE
from prodlint.project.identity.proof import Proof
from prodlint.project.tables.schema import Table

if TYPE_CHECKING:
    from prodlint.project.identity.callers import Walked
    from prodlint.project.identity.identity import Answered, Identity


class Chosen(Struct, frozen=True):
    """An identity that a client chooses."""

    label: Label
    name: str
    """What it is called where it is used: `user_id`, `body.user_id`."""
    use: str
    """What it decides: "selects rows of `Task` by `user_id`"."""
    location: Location
    """Where it is used first, in the handler, dependency or tool."""
    steps: tuple[Step, ...]
    doubt: str = ""


def chosen_identities(identity: Identity, answered: Answered) -> Iterator[Chosen]:
    """The identities of one authenticated route that are taken from the client, each once."""
    if answered.status != "required" or identity.is_restricted(answered):
        return
    seen: set[Label] = set()
    for found in answered.walked.found:
        if not identity.has_individuals and not isinstance(found.event, Refused):
            continue
        for each in _of(identity, answered.walked, answered.proof, found, answered):
            if each.label not in seen:
                seen.add(each.label)
                yield each


def chosen_by_model(identity: Identity, walked: Walked, proof: Proof) -> Iterator[Chosen]:
    """The identities that a language model chooses when it calls a tool."""
    seen: set[Label] = set()
    for found in walked.found:
        for each in _of(identity, walked, proof, found, None):
            if each.label not in seen:
                seen.add(each.label)
                yield each


def _of(identity: Identity, walked: Walked, proof: Proof, found: Found, answered: Answered | None) -> Iterator[Chosen]:
    match found.event:
        case Constraint(rows, table, column, labels) if table is not None and column:
            if any(proof.labels_of(row) & proof.proven or row in proof.proven for row in rows):
                return
            for label in _named(labels, proof):
                use = _selection(identity, answered, walked, rows, table, column, label)
                if use:
                    yield _chosen(identity, walked, proof, found, label, use, rows)
        case Written(table, rows, column, labels):
            named = tuple(_named(labels, proof))
            if not named or _names_caller_too(walked, proof, rows):
                return
            for each in [table] if table is not None else [identity.evidence.table(row) for row in rows]:
                if each is None:
                    continue
                for label in named:
                    use = _assignment(identity, answered, proof, each, column, label)
                    if use:
                        yield _chosen(identity, walked, proof, found, label, use, rows)
        case Refused(status, labels) if status in {401, 403} and not (found.is_root or found.is_handler):
            inputs = [each for each in labels if each[0] == "I" and len(each) > 1]
            if len(inputs) == len(labels) == 1 and is_privilege(str(inputs[0][-1])) and found.event.compares:
                use = f"decides alone whether {status} is answered"
                yield _chosen(identity, walked, proof, found, inputs[0], use, frozenset())


def _names_caller_too(walked: Walked, proof: Proof, rows: Labels) -> bool:
    """Whether the same row also names the caller, so that the client's user is the other side of it: who is followed,
    invited or written to."""
    return any(
        isinstance(each.event, Written) and each.event.rows == rows and each.event.labels & proof.caller
        for each in walked.found
    )


def _named(labels: Labels, proof: Proof) -> Iterator[Label]:
    """The client's values among labels that are not proven, and only where nothing of the caller is among them."""
    if labels & proof.proven:
        return
    for label in sorted(labels, key=str):
        if label[0] == "I" and len(label) > 1:
            yield label


def _selection(
    identity: Identity,
    answered: Answered | None,
    walked: Walked,
    rows: Labels,
    table: Table,
    column: str,
    label: Label,
) -> str:
    """What an identity selects; "" where it is no identity, or may be anybody's."""
    evidence, name = identity.evidence, str(label[-1])
    ownership, described = evidence.ownership(table), table.of_attribute(column)
    changes = any(
        (isinstance(each.event, Modified) and rows & each.event.labels)
        or (isinstance(each.event, Written) and each.event.table is None and rows & each.event.rows)
        for each in walked.found
    )
    if described is not None and described.foreign_key and not evidence.points_to_users(described):
        if column not in ownership.filtered | ownership.compared:
            return ""  # A customer or account of the business, and no user.
    use = f"{'changes' if changes else 'selects'} rows of `{table.label}` by `{column}`"
    if evidence.is_user(table):
        # Who somebody is may be looked up; whose account is changed may not be chosen.
        unique = evidence.is_key(table, column) or (described is not None and described.unique)
        direct = answered is not None and not set(answered.route.methods) & {"POST", "GET", "*"}
        return use if changes and direct and unique and is_user_name(name) else ""
    points = described is not None and evidence.points_to_users(described)
    if not changes and answered is not None:
        own = answered.route.subject
        if ownership.shared - {own} or not set(answered.route.methods) <= SAFE or not rows & walked.returns:
            return ""
        if (
            is_identity(name)
            and column in ownership.filtered | ownership.compared
            and ownership.proof.get(column, own) != own
        ):
            return use
    if is_identity(name) and (points or column == name) and is_owner_column(column):
        return use
    return ""


def _assignment(
    identity: Identity,
    answered: Answered | None,
    proof: Proof,
    table: Table | None,
    column: str,
    label: Label,
) -> str:
    """What an identity is written to; "" where it is no identity, or somebody else is meant on purpose."""
    assert table is not None
    evidence, name = identity.evidence, str(label[-1])
    described = table.of_attribute(column)
    if described is None:
        return ""
    if evidence.is_user(table):
        privileged = column in identity.privileges and is_privilege(name) and answered is not None
        return f"sets `{table.label}.{column}`, which decides what a caller may do" if privileged else ""
    if not is_owner_column(column) or not is_identity(name) or proof.compares:
        return ""
    if evidence.points_to_users(described) or (column == name and not described.foreign_key):
        return f"makes rows of `{table.label}` for `{column}`"
    return ""


def _chosen(
    identity: Identity, walked: Walked, proof: Proof, found: Found, label: Label, use: str, rows: Labels
) -> Chosen:
    doubt = walked.unknown
    wanted = {label, *rows}
    for row in rows:
        wanted |= proof.labels_of(row)
    if not doubt and wanted & (proof.perhaps - proof.proven):
        doubt = "a condition of the query cannot be followed" if UNKNOWN in wanted else ""
        for each in walked.found:
            if not doubt and isinstance(each.event, Handed) and each.event.labels & wanted:
                if CALLER in each.event.labels or each.event.labels & proof.proven:
                    doubt = f"`{each.event.name}`, which cannot be followed, may compare it"
        doubt = doubt or "code that cannot be followed may compare it"
    name = ".".join(str(each) for each in label[1:])
    steps = () if found.entry == found.event.location else (Step(f"`{name}` {use} here", found.event.location),)
    return Chosen(label, name, use, found.entry, steps, doubt or identity.hidden)


__all__ = ["Chosen", "chosen_by_model", "chosen_identities"]
