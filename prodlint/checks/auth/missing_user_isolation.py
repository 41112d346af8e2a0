"""Rows of owned tables that a route loads by the client's key without asking whose they are."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from prodlint.finding import Finding, Location, Step, Undecided
from prodlint.project.identity.clients import chosen_identities
from prodlint.project.identity.generic import generic_views
from prodlint.project.identity.isolation import exposed_rows

if TYPE_CHECKING:
    from prodlint.project import Project
    from prodlint.project.identity.generic import generic_views
from prodlint.project.identity.isolation import Exposed


def check(project: Project) -> Iterator[Finding | Undecided]:
    """One finding for each handler and table, however many paths the handler has."""
    identity = project.identity
    together: dict[tuple[Location, str], list[Exposed]] = {}
    for exposed in exposed_rows(identity):
        if not any(not each.doubt for each in chosen_identities(identity, exposed.answered)):
            together.setdefault((exposed.location, exposed.table.model), []).append(exposed)
    for several in together.values():
        yield _reported(several)
    for route, table in generic_views(identity):
        reason = f"whose rows of `{table.label}` its queryset gives is not followed"
        yield Undecided(route.location, f"route {route.subject}", reason)


def _reported(several: list[Exposed]) -> Finding | Undecided:
    first = several[0]
    route = first.answered.route
    if first.doubt:
        return Undecided(first.location, f"route {route.subject}", first.doubt)
    also = "".join(f", `{each.answered.route.subject}`" for each in several[1:])
    fields = {
        "route": f"`{route.subject}`{also}",
        "verb": first.verb,
        "model": first.table.label,
        "lookup": first.input,
        "evidence": first.evidence,
    }
    steps = (*first.steps, Step(f"`{route.subject}` is handled here", route.location))
    return Finding(first.location, f"{route.subject} {first.table.label}", fields, steps)
