"""Evidence about who may call: refusals, keys, tokens, and whose the data is."""

from __future__ import annotations

from collections.abc import Iterator

from prodlint.checklist import Evidence
from prodlint.finding import Location
from prodlint.project.tokens.issued import Lifetime, lifetimes
from prodlint.project.tokens.keys import key_outcomes
from prodlint.project.tokens.spoken import time_text
from prodlint.project.tokens.strength import Random, strengths
from prodlint.project.values.bindings import External
from prodlint.project.values.outcomes import Environment, Instance, Known, Meaning, Outcome, options
from prodlint.scorecard.application import Application
from prodlint.scorecard.evidence.said import counted, for_it, listed, open_because


def protected_routes(app: Application) -> Iterator[Evidence]:
    """Who refuses how many routes, and what is open on purpose."""
    refusals: dict[tuple[str, str], list[Location]] = {}
    for route in app.protected:
        answer = app.authentication[route]
        place = answer.steps[0].location if answer.steps else route.location
        refusals.setdefault((answer.by, answer.reason), []).append(place)
    for (by, reason), places in sorted(refusals.items(), key=lambda item: (-len(item[1]), item[0])):
        who = by.rpartition(".")[2] or "the framework"
        are = "is" if len(places) == 1 else "are"
        yield for_it(f"{len(places)} of {len(app.routes)} routes {are} guarded by `{who}`: {reason}", places[0])
    reasons: dict[str, int] = {}
    for route in app.routes:
        reason = "" if route in app.protected else app.project.public_reason(route)
        if reason:
            reasons[reason] = reasons.get(reason, 0) + 1
    if reasons and app.protected:
        said = ", ".join(f"{reason} ({number})" if number > 1 else reason for reason, number in sorted(reasons.items()))
        yield for_it(f"{counted(sum(reasons.values()), 'route')} open by nature: {said}")
    if not app.protected:
        yield open_because("no route was found that asks who calls; attest it where that is on purpose")


def signing_key(app: Application) -> Iterator[Evidence]:
    """Keys that the environment or a call that makes random ones gives."""
    seen: set[str] = set()
    for use in app.project.signing_keys:
        if app.project.role(use.location.path) != "application":
            continue
        for outcome in key_outcomes(app.project, use.given):
            for meaning in options(outcome.meaning):
                place = outcome.steps[-1].location if outcome.steps else use.location
                text = _source(app, meaning)
                if text and text not in seen:
                    seen.add(text)
                    yield for_it(f"the key that signs {use.signs} {text}", place)
                elif text == "" and not seen:
                    seen.add(text)
                    yield open_because("where the key comes from cannot be followed", use.location)


def _source(app: Application, meaning: Meaning) -> str | None:
    """How a key comes to be; None for one that is written down, which a rule reports, "" for what is not known."""
    match meaning:
        case Known():
            return None
        case Environment(name, None):
            return f"is taken from `{name}`, without which the application does not start"
        case Environment(name, _):
            return f"is taken from `{name}`"
        case Instance() if any(isinstance(each, Random) for each in strengths(app.project, Outcome(meaning))):
            return "is made of random bytes"
        case Instance(External(name)) if "read_text" in name or "read_bytes" in name:
            return "is read from a file"
    return ""


def access_token_lifetime(app: Application) -> Iterator[Evidence]:
    """How long access tokens live, with where that is set."""
    for issued, kind in app.tokens:
        if kind != "access":
            continue
        for each in lifetimes(app.project, issued):
            if not isinstance(each, Lifetime):
                yield open_because("how long a token lives cannot be followed", issued.location)
            elif each.seconds is not None:
                place = each.steps[-1].location if each.steps else issued.location
                yield for_it(f"an access token lives {time_text(each.seconds)}{_unless(each.variable)}", place)
    for setting in app.project.token_settings:
        for each in setting.lifetimes if setting.kind == "access" else ():
            if isinstance(each, Lifetime) and each.seconds is not None:
                text = f"`{setting.name}` lets access tokens live {time_text(each.seconds)}{_unless(each.variable)}"
                yield for_it(text, setting.location)


def _unless(variable: str) -> str:
    return f" unless `{variable}` says otherwise" if variable else ""


def refresh_tokens(app: Application) -> Iterator[Evidence]:
    """Refresh tokens that are issued, and the routes that take them."""
    for issued, kind in app.tokens:
        if kind == "refresh":
            yield for_it("a refresh token is issued", issued.location)
    for route in app.routes:
        if "refresh" in route.path.lower():
            yield for_it(f"`{route.subject}` renews the access token", route.location)


def user_isolation(app: Application) -> Iterator[Evidence]:
    """Which tables are filtered by the caller, or compared with it, and in which route that shows."""
    evidence = app.project.identity.evidence
    for table in app.tables:
        ownership = evidence.ownership(table)
        for column in sorted(ownership.filtered | ownership.compared):
            how = "is filtered by" if column in ownership.filtered else "is compared with"
            route = ownership.proof.get(column, "")
            shown = f", as in `{route}`" if route else ""
            yield for_it(f"`{table.label}.{column}` {how} the caller{shown}", table.location)


def cross_user_access(app: Application) -> Iterator[Evidence]:
    """Routes that load a row by its key and prove whose it is."""
    evidence = app.project.identity.evidence
    for table in app.tables:
        ownership = evidence.ownership(table)
        proven = sorted(ownership.read_by_key | ownership.read_in_lists)
        if proven:
            number = counted(len(proven), "reading route")
            gives = "gives" if len(proven) == 1 else "give"
            yield for_it(
                f"{number} {gives} rows of `{table.label}` to their owner only: {listed(proven)}", table.location
            )
