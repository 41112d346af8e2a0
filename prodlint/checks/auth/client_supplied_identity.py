"""Identities that a client or a language model chooses and that nobody compares with the caller."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from prodlint.finding import Finding, Location, Step, Undecided
from prodlint.project.credentials.claims import claimed_identities
from prodlint.project.identity.clients import Chosen, chosen_by_model, chosen_identities
from prodlint.project.identity.tools import find_tools
from prodlint.project.values.bindings import Defined

if TYPE_CHECKING:
    from prodlint.project import Project


def check(project: Project) -> Iterator[Finding | Undecided]:
    """One finding for each identity of a handler or tool, however many paths the handler has."""
    identity = project.identity
    seen: set[tuple[Location, str]] = set()
    for answered in identity.answered:
        for chosen in chosen_identities(identity, answered):
            if (chosen.location, chosen.name) in seen:
                continue
            seen.add((chosen.location, chosen.name))
            route = answered.route
            step = Step(f"`{route.subject}` is handled here", route.location)
            yield _reported(chosen, route.subject, f"the client of `{route.subject}`", (*chosen.steps, step))
    for tool in find_tools(identity):
        place = Location(tool.function.path, project.scope_of(tool.function).place)
        for chosen in chosen_by_model(identity, tool.walked, tool.proof):
            step = Step(f"`{tool.name}` is a tool that a model calls", place)
            subject = f"tool {tool.name}"
            yield _reported(chosen, subject, f"the model that calls `{tool.name}`", (*chosen.steps, step))
    for claim in claimed_identities(project):
        fields = {"name": claim.read.name, "who": "a cookie that nothing signs", "use": claim.use}
        function = project.qualified(Defined(claim.where.path, claim.where.scope))
        yield Finding(claim.location, f"{function} {claim.read.name}", fields)


def _reported(chosen: Chosen, subject: str, who: str, steps: tuple[Step, ...]) -> Finding | Undecided:
    if chosen.doubt:
        return Undecided(chosen.location, f"{subject} with {chosen.name}", chosen.doubt)
    fields = {"name": chosen.name, "who": who, "use": chosen.use}
    return Finding(chosen.location, f"{subject} {chosen.name}", fields, steps)
