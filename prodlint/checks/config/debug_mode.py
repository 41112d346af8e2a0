"""Debugging that is on in production: in code, in settings and their defaults, in images and compose files."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from prodlint.finding import Finding, Location, Severity, Step, Undecided
from prodlint.libraries.debug import VARIABLES
from prodlint.project.deployment.commanded import commanded
from prodlint.project.deployment.debug import Switch, find_switches
from prodlint.project.deployment.debugging import Verdict, judge
from prodlint.project.deployment.declared import Declared, declared, near
from prodlint.project.deployment.surroundings import commands, has_main, started_by, surroundings
from prodlint.project.values.bindings import Defined
from prodlint.project.values.operations import TRUE_WORDS

if TYPE_CHECKING:
    from prodlint.project import Project


def check(project: Project) -> Iterator[Finding | Undecided]:
    variables = declared(project)
    reported: set[Location] = set()
    for switch in find_switches(project):
        path = switch.location.path
        around = near(project, variables, project.sources[path].project)
        conditions = surroundings(project, switch.given.site, switch.block)
        if not conditions.runs:
            continue
        verdict = judge(project, switch.given, around)
        for each in verdict.switched_on:
            if each.location not in reported:
                reported.add(each.location)
                used = Step(f"`{switch.setting}` reads it here", switch.location)
                yield _in_deployment(each, switch.effect, (used,))
        if not verdict.on:
            if verdict.reason:
                yield Undecided(switch.location, f"setting {switch.setting}", verdict.reason)
            continue
        reason = conditions.reason
        if switch.replaceable and verdict.switched_off is None:
            reason = f"`{switch.replaceable}` is not in the tree and may set it"
        if reason:
            yield Undecided(switch.location, f"setting {switch.setting}", reason)
            continue
        location = verdict.default or switch.location
        if location not in reported:
            reported.add(location)
            yield _finding(project, switch, verdict, location, conditions.main)
    for on in commanded(project):
        if on.location not in reported:
            reported.add(on.location)
            fields = {"setting": on.setting, "when": "in production", "effect": on.effect}
            yield Finding(on.location, f"{on.location.path} {on.setting}", fields, on.steps)
    for name, (value, effect) in VARIABLES.items():
        for each in variables.get(name, ()):
            is_on = each.value.lower() == value if value else each.value.lower() in TRUE_WORDS
            if is_on and each.production and each.location not in reported:
                reported.add(each.location)
                yield _in_deployment(each, effect, ())


def _finding(project: Project, switch: Switch, verdict: Verdict, location: Location, main: bool) -> Finding:
    steps = verdict.steps
    severity, when = None, "in production"
    if verdict.switched_off is not None:
        # Deployed as the repository says it is off; where the variable is missing it is on.
        severity = Severity.NOTE
        steps = (*steps, Step(f"`{verdict.switched_off.name}` turns it off here", verdict.switched_off.location))
    if switch.starts:
        path = switch.location.path
        starts = list(commands(project, project.sources[path].project))
        started = started_by(project, path, starts)
        if started is not None:
            steps = (*steps, started)
        elif main or starts or switch.is_local or has_main(project, path):
            severity, when = Severity.NOTE, _started(project, switch, main)
    if verdict.variable:
        unless = f"unless `{verdict.variable}` is set"
        when = unless if when == "in production" else f"{when}, {unless}"
    if location != switch.location:
        steps = (Step(f"`{switch.setting}` takes it here", switch.location), *steps)
    fields = {"setting": switch.setting, "when": when, "effect": switch.effect}
    return Finding(location, switch.subject, fields, steps, severity)


def _started(project: Project, switch: Switch, main: bool) -> str:
    """When a server of the program's own is started, where no deployment is known to do so."""
    site = switch.given.site
    called = project.scope_of(Defined(switch.location.path, site.scope)).name
    if main or not called or has_main(project, switch.location.path):
        return "when this file is run"
    return f"when `{called}` is called"


def _in_deployment(each: Declared, effect: str, steps: tuple[Step, ...]) -> Finding:
    setting = f"{each.name}={each.value}"
    fields = {"setting": setting, "when": "in production", "effect": effect}
    return Finding(each.location, f"{each.location.path} {each.name}", fields, steps)
