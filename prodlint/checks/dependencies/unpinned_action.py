"""Actions of other people that a workflow runs at a reference that they can move."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from prodlint.finding import Finding, Severity, Step
from prodlint.project.deployment.actions import Action, actions

if TYPE_CHECKING:
    from prodlint.project import Project


def check(project: Project) -> Iterator[Finding]:
    """One finding for each action at each reference; one note for all of GitHub's own that are at a tag."""
    others: dict[str, list[Action]] = {}
    own: dict[str, list[Action]] = {}
    for action in actions(project):
        if not action.is_fixed:
            (own if action.is_own else others).setdefault(f"{action.name}@{action.reference}", []).append(action)
    for written, several in others.items():
        ordered = _by_reach(several)
        steps = tuple(Step("it is used here too", each.location) for each in ordered[1:12])
        fields = {"actions": f"`{written.rstrip('@')}`", "runs": _runs(ordered[0])}
        yield Finding(ordered[0].location, written, fields, steps)
    if own:
        each_first = {written: _by_reach(several)[0] for written, several in own.items()}
        first = _by_reach(list(each_first.values()))[0]
        names = ", ".join(f"`{written.rstrip('@')}`" for written in list(own)[:3])
        if len(own) > 3:
            names = f"{len(own)} actions of GitHub ({names} ...)"
        listed = list(each_first.items())[:12]
        steps = tuple(Step(f"`{written.rstrip('@')}`", each.location) for written, each in listed)
        fields = {"actions": names, "runs": _runs(first)}
        yield Finding(first.location, "actions of GitHub", fields, steps, Severity.NOTE)


def _by_reach(several: list[Action]) -> list[Action]:
    """The places of an action, that where its code gets hold of most first."""
    return sorted(several, key=lambda each: (-len(each.reach.secrets), not each.reach.token, each.location))


def _runs(action: Action) -> str:
    """With what the code runs."""
    reach = action.reach
    if "*" in reach.secrets:
        return "with all secrets of this repository"
    if reach.secrets:
        more = f" and {len(reach.secrets) - 1} more" if len(reach.secrets) > 1 else ""
        return f"in a job that is given the secret `{reach.secrets[0]}`{more}"
    return "with the token of its job" if reach.token else "in a job that has no secret and no permission"
