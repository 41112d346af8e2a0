"""The state of each item: what it needs, what the rules found, what speaks for it, and what somebody attests."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from datetime import date

from msgspec import Struct
from msgspec.structs import replace

from prodlint.checklist import ITEMS, SECTIONS, Evidence, Item, State
from prodlint.finding import Answer, Undecided
from prodlint.project import Project
from prodlint.project.inspect import rows
from prodlint.report.model import Report, Reported
from prodlint.report.scorecard.model import Attestation, Judged, Scorecard
from prodlint.rule import Rule
from prodlint.scorecard import applicable
from prodlint.scorecard.application import Application
from prodlint.scorecard.evidence import EVIDENCE
from prodlint.scorecard.evidence.said import counted
from prodlint.scorecard.shares import concerns

__all__ = ["judge", "wanted_rules"]

_SOON = 30
"""Days before its end within which an attestation is said to end soon."""


class _Given(Struct, frozen=True):
    """What all items are judged by."""

    app: Application
    report: Report
    rules: Mapping[str, Rule]
    ignored: frozenset[str]
    """Rules that the configuration turns off."""
    attestations: Mapping[str, Attestation]
    today: date


def wanted_rules() -> frozenset[str]:
    """The names of all rules that some item asks for."""
    return frozenset(name for item in ITEMS.values() for name in (*item.rules, *item.related))


def judge(
    project: Project,
    report: Report,
    rules: Mapping[str, Rule],
    ignored: Iterable[str],
    attestations: Iterable[Attestation],
    today: date,
) -> Scorecard:
    """The scorecard of a run. `rules` are all that there are, `ignored` those that the configuration turns off."""
    named = {each.item: each for each in attestations}
    given = _Given(Application(project), report, rules, frozenset(ignored), named, today)
    judged: dict[str, Judged] = {}
    for item in ITEMS.values():
        before = [judged[name] for name in _summed(item) if name in judged]
        judged[item.name] = _attested(given, _sum(given, item, before) if item.sums else _decide(given, item))
    told = tuple(rows(project, "routes"))
    return Scorecard(report, tuple(judged.values()), today.isoformat(), told, tuple(_ending(given, judged)))


def _summed(item: Item) -> Iterator[str]:
    """The names of the items that an item sums up."""
    for section in SECTIONS:
        for each in section.items:
            if section.name in item.sums or each.name in item.sums:
                yield each.name


# --- one item ---------------------------------------------------------------------------------------------------------


def _decide(given: _Given, item: Item) -> Judged:
    doubts: list[str] = []
    for need in item.needs:
        answer, reason = getattr(applicable, need)(given.app)
        if answer is Answer.NO:
            return Judged(item, State.NOT_APPLICABLE, reason)
        doubts += [reason] if answer is Answer.UNKNOWN else []
    findings, risks = _findings(given, item)
    evidence = _evidence(given, item)
    doubts += [each.text for each in evidence if each.answer is Answer.UNKNOWN]
    doubts += [*_not_run(given, item), *_undecided(given, item)]
    told = Judged(item, State.UNKNOWN, "", evidence, findings, risks, tuple(dict.fromkeys(doubts)))
    return replace(told, state=_state(told), reason=_reason(told))


def _evidence(given: _Given, item: Item) -> tuple[Evidence, ...]:
    """What the model says; where that fails the item stays open and the others go on."""
    try:
        return tuple(EVIDENCE[item.name](given.app)) if item.name in EVIDENCE else ()
    except Exception as error:
        if os.environ.get("PRODLINT_DEBUG"):
            raise
        reason = f"not evaluated: collecting its evidence failed with {type(error).__name__}; please report this"
        return (Evidence(Answer.UNKNOWN, reason),)


def _state(told: Judged) -> State:
    if told.findings or any(each.answer is Answer.NO for each in told.evidence):
        return State.NOT_MET
    if told.open:
        return State.UNKNOWN
    if told.item.running and not any(each.proof for each in told.evidence):
        return State.NEEDS_ATTESTING
    return State.MET if any(each.answer is Answer.YES for each in told.evidence) else State.UNKNOWN


def _reason(told: Judged) -> str:
    against = [each.text for each in told.evidence if each.answer is Answer.NO]
    match _state(told):
        case State.NOT_MET:
            messages = [*dict.fromkeys(each.message for each in told.findings), *against]
            more = f" (and {len(messages) - 1} more)" if len(messages) > 1 else ""
            return messages[0] + more
        case State.UNKNOWN if told.open:
            more = f" (and {len(told.open) - 1} more)" if len(told.open) > 1 else ""
            return told.open[0] + more
        case State.UNKNOWN:
            return "no finding, and nothing in the source that shows it"
        case State.NEEDS_ATTESTING:
            return f"the source does not tell {told.item.running}"
    return next(each.text for each in told.evidence if each.answer is Answer.YES)


def _findings(given: _Given, item: Item) -> tuple[tuple[Reported, ...], tuple[Reported, ...]]:
    """The findings that decide, and those that are worth showing beside them."""
    deciding: list[Reported] = []
    beside: list[Reported] = []
    for each in given.report.findings:
        rule = each.finding.rule
        if rule in item.rules and concerns(given.app, item.name, each.finding):
            (beside if each.suppression is not None or _is_mild(given, each) else deciding).append(each)
        elif rule in item.related and each.suppression is None and concerns(given.app, item.name, each.finding):
            beside.append(each)
    if item.either and any(name in given.report.rules and name not in _rules_of(deciding) for name in item.rules):
        return (), (*deciding, *beside)
    return tuple(deciding), tuple(beside)


def _rules_of(findings: Iterable[Reported]) -> set[str]:
    return {each.finding.rule for each in findings}


def _is_mild(given: _Given, reported: Reported) -> bool:
    """Whether the check itself says that the case is milder than the rule's others: in a script, in a test."""
    own, rule = reported.finding.severity, given.rules.get(reported.finding.rule)
    return own is not None and rule is not None and own.rank == 0 and rule.severity.rank > 0


def _not_run(given: _Given, item: Item) -> Iterator[str]:
    """Clauses about rules that would have a say and have none."""
    for name in item.rules:
        if name not in given.rules:
            yield f"not evaluated: the rule `{name}` is not part of this version"
        elif name in given.ignored:
            yield f"not evaluated: the configuration turns `{name}` off"
        elif name not in given.report.rules:
            yield f"not evaluated: the rule `{name}` could not run"


def _undecided(given: _Given, item: Item) -> Iterator[str]:
    """What the rules could not decide, by reason."""
    reasons: dict[str, list[Undecided]] = {}
    for each in given.report.undecided:
        if each.rule in item.rules and concerns(given.app, item.name, each):
            reasons.setdefault(each.reason, []).append(each)
    for reason, several in reasons.items():
        first = several[0].subject + (f" and {len(several) - 1} more" if len(several) > 1 else "")
        yield f"{first}: {reason}"


# --- sums and attestations --------------------------------------------------------------------------------------------


def _sum(given: _Given, item: Item, parts: list[Judged]) -> Judged:
    """The state of an item that sums others up: the worst of theirs."""
    own = _decide(given, replace(item, sums=()))
    states = {state: [each for each in parts if each.state is state] for state in State}
    applicable_ones = len(parts) - len(states[State.NOT_APPLICABLE])
    said = f"{len(states[State.MET])} of {counted(applicable_ones, 'item')} that apply are met"
    order = (State.NOT_MET, State.UNKNOWN, State.NEEDS_ATTESTING)
    worst = next((state for state in order if states[state]), State.MET if applicable_ones else State.NOT_APPLICABLE)
    if own.findings:
        worst = State.NOT_MET
    names = [f"{len(states[state])} {state.words}" for state in order if states[state]]
    evidence = (Evidence(Answer.YES, said),) if states[State.MET] else ()
    return Judged(item, worst, "; ".join((said, *names)), evidence, own.findings, own.risks)


def _attested(given: _Given, judged: Judged) -> Judged:
    """An item with what somebody attests about it: that settles what the source leaves open, and nothing else."""
    said = given.attestations.get(judged.item.name)
    if said is None:
        return judged
    ended = date.fromisoformat(said.until) < given.today
    if judged.state not in (State.UNKNOWN, State.NEEDS_ATTESTING):
        return replace(judged, attestation=said, expired=ended)
    if ended:
        reason = f"{judged.reason}; what {said.by} attested on {said.on} ran out on {said.until}"
        return replace(judged, attestation=said, expired=True, reason=reason)
    if date.fromisoformat(said.on) > given.today:
        reason = f"{judged.reason}; what {said.by} attests is of a day to come, {said.on}"
        return replace(judged, attestation=said, reason=reason)
    state = State.MET if said.state == "met" else State.NOT_APPLICABLE
    reason = f"{said.by} attested it on {said.on}, until {said.until}"
    return replace(judged, state=state, attestation=said, settled=True, reason=reason)


def _ending(given: _Given, judged: Mapping[str, Judged]) -> Iterator[str]:
    for name, said in given.attestations.items():
        left = (date.fromisoformat(said.until) - given.today).days
        found = judged[name]
        if found.state is State.NOT_MET:
            yield f"The attestation of `{name}` is contradicted by what was found."
        elif not found.settled and found.state in (State.MET, State.NOT_APPLICABLE):
            yield f"The attestation of `{name}` is not needed: the source shows that it is {found.state.words}."
        elif left < 0:
            yield f"The attestation of `{name}` ran out on {said.until}."
        elif date.fromisoformat(said.on) > given.today:
            yield f"The attestation of `{name}` is of a day to come, {said.on}, and counts from then on."
        elif left <= _SOON:
            yield f"The attestation of `{name}` ends on {said.until}."
