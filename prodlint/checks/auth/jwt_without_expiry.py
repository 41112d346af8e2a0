"""Tokens that never expire: a payload without `exp` on some path, or a library told to issue them for ever."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from prodlint.facts import Reference, walk
from prodlint.finding import Finding, Location, Step, Undecided
from prodlint.project.tokens.calls import sent_to
from prodlint.project.tokens.issued import Lifetime, lifetimes
from prodlint.project.tokens.spoken import made_in
from prodlint.project.values.bindings import Defined
from prodlint.project.values.outcomes import Given, Site, options, truth

if TYPE_CHECKING:
    from prodlint.project import Project
    from prodlint.project.tokens.issued import Issued


def check(project: Project) -> Iterator[Finding | Undecided]:
    """One finding for each call that issues a token; its steps tell the way on which nothing sets `exp`."""
    by_call: dict[Location, list[Issued]] = {}
    for issued in project.tokens:
        by_call.setdefault(issued.location, []).append(issued)
    for location, several in by_call.items():
        subject = made_in(project, several[0].call)
        verdicts = [_verdict(project, issued) for issued in several]
        found = next((each for each in verdicts if isinstance(each, tuple)), None)
        if found is not None:
            what, steps = found
            fields = {"call": several[0].call.name.rpartition(".")[2], "what": what}
            yield Finding(location, subject, fields, steps)
            continue
        reason = next((each for each in verdicts if each), "")
        if isinstance(reason, str) and reason:
            yield Undecided(location, f"expiry of the token made in {subject}", reason)
    for setting in project.token_settings:
        if any(isinstance(each, Lifetime) and each.seconds is None for each in setting.lifetimes):
            fields = {"call": setting.name, "what": "is False, so its tokens never expire"}
            yield Finding(setting.location, setting.name, fields)


def _verdict(project: Project, issued: Issued) -> tuple[str, tuple[Step, ...]] | str:
    """What is wrong, with the evidence; or why that cannot be told; "" for a token that expires."""
    claims, steps = issued.claims, issued.way.steps
    if issued.sets_expiry:
        endless = [each for each in lifetimes(project, issued) if isinstance(each, Lifetime) and each.seconds is None]
        return ("is told to issue tokens that never expire", (*steps, *endless[0].steps)) if endless else ""
    if claims.is_certain("exp"):
        return ""
    if "exp" not in claims:
        return claims.reason or ("signs a payload without `exp`", steps)
    if claims.reason and not claims.found["exp"].tests:
        return claims.reason
    for test in claims.found["exp"].tests:
        reason = _undecided(project, issued, test)
        if reason:
            return reason
    tests = claims.found["exp"].tests
    told = tuple(
        Step("`exp` is set only under this condition", Location(each.site.path, each.value.place)) for each in tests
    )
    return "signs a payload that has `exp` on some paths only", (*steps, *told)


def _undecided(project: Project, issued: Issued, test: Given) -> str:
    """Why it cannot be told that a condition may fail: it asks for what only a caller, or an object, knows."""
    if any(truth(each) is False for each in options(project.values.given(test).meaning)):
        return ""
    python = project.python(test.site.path)
    assert python is not None
    names = {each.name for each in python.scopes[test.site.scope].parameters}
    for each in walk(test.value):
        if isinstance(each, Reference) and each.name.partition(".")[0] in names:
            if _is_sent(project, test.site, each.name):
                continue
            return f"what `{each.name}` is cannot be followed"
    return ""


def _is_sent(project: Project, site: Site, name: str) -> bool:
    """Whether a client decides what a name is: `remember` of a handler, through the calls that pass it on."""
    head = name.partition(".")[0]
    given = dict(site.arguments or ()).get(head)
    if given is not None:
        return isinstance(given.value, Reference) and _is_sent(project, given.site, given.value.name)
    return any(bound.name == head for _, bound in sent_to(project, Defined(site.path, site.scope)))
