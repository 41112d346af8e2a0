"""Routes that load a row by the client's key and never ask whose it is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec import Struct

from prodlint.finding import Location, Step
from prodlint.libraries.identity import is_owner_column
from prodlint.project.flow.traces import written
from prodlint.project.identity.callers import Found
from prodlint.project.identity.doubts import doubt_about
from prodlint.project.identity.events import Access, Constraint, Label, Modified, Refused, Written
from prodlint.project.identity.evidence import SAFE, Evidence, Ownership
from prodlint.project.identity.proof import Proof
from prodlint.project.tables.schema import Table

if TYPE_CHECKING:
    from prodlint.project.identity.identity import Answered, Identity


class Exposed(Struct, frozen=True):
    """A row that a route gives or changes although it may be somebody else's."""

    answered: Answered
    access: Access
    table: Table
    """The table whose rows are owned: that of the row, or the one that its foreign key points to."""
    owner: str
    """The column that says whose a row is."""
    input: str
    """What the client calls the key."""
    verb: str
    """ "reads", "changes", "deletes"."""
    location: Location
    """Where the handler or dependency loads the row."""
    evidence: str
    """What else says that the rows are not everyone's."""
    doubt: str = ""
    """Why it may be isolated all the same."""
    steps: tuple[Step, ...] = ()


def exposed_rows(identity: Identity) -> Iterator[Exposed]:
    """All rows of owned tables that authenticated routes load by a client's key alone."""
    for answered in identity.answered:
        if answered.status != "required" or identity.is_restricted(answered):
            continue
        seen: set[str] = set()
        for label in sorted(answered.proof.conditions, key=str):
            found = _exposed(identity, answered, label)
            if found is not None and found.table.model not in seen:
                seen.add(found.table.model)
                yield found


def _exposed(identity: Identity, answered: Answered, label: Label) -> Exposed | None:
    proof, evidence = answered.proof, identity.evidence
    access = identity.model.queries.accesses[int(str(label[1]))]
    if access.table is None or access.kind == "insert" or label in proof.proven:
        return None
    chosen = _chosen(evidence, proof, label, access.table)
    if chosen is None:
        return None
    condition, table, key = chosen
    verb = _verb(answered, label)
    ownership = evidence.ownership(table)
    why, unset = _switched(identity, answered, label)
    why = why or _why(evidence, ownership, table, verb, answered)
    if not verb or not why:
        return None
    owner = sorted(ownership.columns or ownership.written, key=lambda each: (not is_owner_column(each), each))[0]
    if _asks_for_owner(evidence, proof, label, access.table):
        return None  # The client names the owner: that is `client-supplied-identity`.
    doubt = unset or answered.walked.unknown or doubt_about(answered, label)
    return Exposed(
        answered, access, table, owner, key, verb, condition.entry, why, doubt or identity.hidden,
        (Step(f"`{access.table.label}` is looked up here by `{key}` alone", access.location),),
    )  # fmt: skip


def _chosen(evidence: Evidence, proof: Proof, label: Label, table: Table) -> tuple[Found, Table, str] | None:
    """The condition by which a client chooses the row: its key, or the key of the owned row that it belongs to."""
    for found in proof.conditions.get(label, ()):
        event = found.event
        assert isinstance(event, Constraint)
        if event.table is None or event.table.model != table.model or not event.column:
            continue
        inputs = sorted((each for each in event.labels if each[0] == "I" and len(each) > 1), key=str)
        if not inputs:
            continue
        name = str(inputs[0][-1])
        column = table.of_attribute(event.column)
        if evidence.is_key(table, event.column) or (column is not None and column.unique and not column.foreign_key):
            return found, table, name
        parent = evidence.target(column) if column is not None and column.foreign_key else None
        if parent is not None and not evidence.is_user(parent) and evidence.ownership(parent).columns:
            return found, parent, name
    return None


def _asks_for_owner(evidence: Evidence, proof: Proof, label: Label, table: Table | None) -> bool:
    """Whether the query has a condition on a column that says whose a row is."""
    columns = evidence.ownership(table).columns if table is not None else set()
    for found in proof.conditions.get(label, ()):
        event = found.event
        assert isinstance(event, Constraint)
        column = event.table.of_attribute(event.column) if event.table is not None and event.column else None
        if event.column in columns or (column is not None and evidence.points_to_users(column)):
            return True
    return False


def _verb(answered: Answered, label: Label) -> str:
    """What the route does with the row: "" where it neither gives it back nor changes it."""
    for found in answered.walked.found:
        if isinstance(found.event, Modified) and label in found.event.labels and found.event.deletes:
            return "deletes"
    for found in answered.walked.found:
        if isinstance(found.event, Modified) and label in found.event.labels:
            return "changes"
        if isinstance(found.event, Written) and found.event.table is None and label in found.event.rows:
            return "changes"
    if label in answered.walked.returns and set(answered.route.methods) <= SAFE | {"*"}:
        return "reads"
    return ""


def _why(evidence: Evidence, ownership: Ownership, table: Table, verb: str, answered: Answered) -> str:
    """What says that the rows of a table are not for everyone to read, or to change; "" where nothing does."""
    if evidence.is_user(table):
        return ""
    own = answered.route.subject
    confirmed = sorted(
        each for each in ownership.filtered | ownership.compared if ownership.proof.get(each, own) != own
    )
    if verb == "reads":
        others = sorted(ownership.read_by_key - {own})
        if others:
            return f"`{others[0]}` asks for the owner"
        lists = sorted(ownership.read_in_lists - {own})
        if lists and confirmed and not ownership.shared - {own}:
            return f"`{lists[0]}` gives only the caller's rows"
        return ""
    is_private = bool(ownership.read_by_key or (ownership.read_in_lists and not ownership.shared))
    if verb == "changes" and not is_private and not _is_direct(answered):
        return ""  # `POST /posts/{id}/vote`: what others may do to a row that they may read.
    if confirmed:
        return f"`{ownership.proof[confirmed[0]]}` compares `{confirmed[0]}` with the caller"
    written = sorted(each for each in ownership.written if is_owner_column(each))
    if written and not ownership.shared:
        return f"`{ownership.proof[written[0]]}` sets `{written[0]}` to the caller"
    authors = sorted(
        each for each in ownership.written
        if (column := table.of_attribute(each)) is not None and evidence.points_to_users(column)
    )  # fmt: skip
    if authors and answered.proof.compares and any(
        isinstance(each.event, Refused) and not each.is_root and each.event.status in {401, 403}
        for each in answered.walked.found
    ):  # fmt: skip
        return f"`{authors[0]}` says so and the caller is compared with something else"
    return ""


def _switched(identity: Identity, answered: Answered, label: Label) -> tuple[str, str]:
    """What says that a row is not for everyone where a setting chooses this query or one that asks for the owner, and
    the doubt where this one is not chosen unless somebody sets it."""
    accesses = identity.model.queries.accesses
    table = accesses[int(str(label[1]))].table
    for other in sorted(answered.proof.conditions.keys() & answered.proof.proven, key=str):
        test = identity.switch(label, other)
        if test is None or accesses[int(str(other[1]))].table != table:
            continue
        if _asks_for_owner(identity.evidence, answered.proof, other, table):
            is_open = identity.switches.is_open(accesses[int(str(label[1]))], test)
            doubt = "" if is_open else f"only where `{written(test)}` is set otherwise is the owner not asked for"
            return f"the branch that `{written(test)}` switches off asks for the owner", doubt
    return "", ""


def _is_direct(answered: Answered) -> bool:
    """Whether a route changes the very object that its path ends with."""
    route = answered.route
    return route.path.rstrip("/").endswith("}") and not set(route.methods) & {"POST", "GET", "*"}


__all__ = ["Exposed", "exposed_rows"]
