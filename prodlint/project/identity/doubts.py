"""Why it cannot be told whether a row is the caller's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prodlint.project.identity.events import UNKNOWN, Handed, Label

if TYPE_CHECKING:
    from prodlint.project.identity.identity import Answered


def doubt_about(answered: Answered, label: Label) -> str:
    """Why a row may be isolated although nothing proves it: what it, or what chose it, was handed to; "" where nothing
    says so."""
    proof = answered.proof
    wanted = {label, *proof.labels_of(label)}
    if wanted.isdisjoint(proof.perhaps - proof.proven):
        return ""
    if UNKNOWN in wanted:
        return "a condition of the query cannot be followed"
    for found in answered.walked.found:
        if isinstance(found.event, Handed) and found.event.labels & wanted:
            return f"`{found.event.name}`, which cannot be followed, may check it"
    return "code that cannot be followed may check it"


__all__ = ["doubt_about"]
