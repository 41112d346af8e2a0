"""Tokens that the application issues: their claims, how long they live, and what signs them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec import Struct

from prodlint.facts import Attribute, Call, Mapping, Reference, Value
from prodlint.finding import Location, Step
from prodlint.libraries.tokens import ENCODERS, ISSUERS, LITESTAR, LITESTAR_TOKENS
from prodlint.project.tokens.calls import Way, argument, token_calls, ways
from prodlint.project.tokens.claims import Claim, Claims
from prodlint.project.tokens.payload import claims_of
from prodlint.project.values.outcomes import (
    Choice,
    Duration,
    Environment,
    Given,
    Instance,
    Known,
    Meaning,
    Opaque,
    Outcome,
)

if TYPE_CHECKING:
    from prodlint.project import CallSite, Project

__all__ = ["Issued", "Lifetime", "find_issued", "lifetimes", "spans"]


class Issued(Struct, frozen=True):
    """A token that one call issues when it is reached in one way."""

    call: CallSite
    library: str
    way: Way
    claims: Claims
    kind: str = ""
    """"access" or "refresh" where the library says so."""
    key: Given | None = None
    algorithm: Given | None = None
    lifetime: Given | None = None
    """The argument that says how long it lives, where no claim does."""
    default: float | None = None
    """The seconds that it lives without that argument; None for ever, -1 where a setting says it."""
    unit: str = "timedelta"
    sets_expiry: bool = False
    """Whether the library itself writes `exp`."""

    @property
    def location(self) -> Location:
        """The call that signs it."""
        return Location(self.call.path, self.call.call.place)


class Lifetime(Struct, frozen=True):
    """How long a token may live: `seconds` of None is for ever."""

    seconds: float | None
    steps: tuple[Step, ...] = ()
    variable: str = ""
    """The environment variable that changes it."""
    several: bool = False
    """Whether it is one of several; the steps are those of all."""


def find_issued(project: Project) -> tuple[Issued, ...]:
    """All tokens that the application's own code issues, by path and place, once for each way to reach the call."""
    names = {*ENCODERS, *ISSUERS, *(f"{each}.encode" for each in LITESTAR_TOKENS)}
    found: list[Issued] = []
    for call in token_calls(project, names):
        for way in ways(project, call.path, call.scope):
            found += _issued(project, call, way)
    return tuple(found)


def _issued(project: Project, call: CallSite, way: Way) -> Iterator[Issued]:
    site = way.site
    if call.name in ENCODERS:
        encoder = ENCODERS[call.name]
        payload = argument(project, site, call.call, encoder.claims)
        claims = claims_of(project, payload) if payload is not None else Claims(reason="its claims are not given")
        algorithm = argument(project, site, call.call, encoder.algorithm)
        if encoder.header[1] >= 0:
            header = argument(project, site, call.call, encoder.header)
            if header is not None and isinstance(header.value, Mapping):
                named = header.value.get("alg")
                algorithm = Given(header.site, named) if named is not None else None
        key = argument(project, site, call.call, encoder.key)
        yield Issued(call, encoder.library, way, claims, "", key, algorithm)
    elif call.name in ISSUERS:
        issuer = ISSUERS[call.name]
        lifetime = argument(project, site, call.call, issuer.lifetime)
        key = argument(project, site, call.call, issuer.key)
        yield Issued(
            call, issuer.library, way, Claims(), issuer.kind, key, None, lifetime, issuer.default, issuer.unit, True
        )
    else:
        yield from _of_litestar(project, call, way)


def _of_litestar(project: Project, call: CallSite, way: Way) -> Iterator[Issued]:
    """`Token(sub=..., exp=...).encode(secret, algorithm)`."""
    function = call.call.function
    owner: Value = function.value if isinstance(function, Attribute) else function
    if isinstance(function, Reference):
        owner = Reference(function.name.rpartition(".")[0], function.place)
    made = project.values.evaluate(way.site, owner).meaning
    claims = Claims(reason="what its token was made with is not known")
    if isinstance(made, Instance) and made.call is not None and isinstance(made.call.value, Call):
        given = {each.name: Given(made.call.site, each.value) for each in made.call.value.arguments if each.name}
        claims = Claims({name: Claim((each,)) for name, each in given.items() if name != "extras"})
        if "extras" in given:
            claims = Claims({**claims_of(project, given["extras"]).found, **claims.found})
    key = argument(project, way.site, call.call, ("secret", 0))
    algorithm = argument(project, way.site, call.call, ("algorithm", 1))
    yield Issued(call, LITESTAR, way, claims, "", key, algorithm, sets_expiry=True)


# --- lifetimes ---


def lifetimes(project: Project, issued: Issued) -> Iterator[Lifetime | Opaque]:
    """How long a token may live, over all that its `exp` may be; what is not known as `Opaque`."""
    if issued.lifetime is not None:
        yield from spans(project.values.given(issued.lifetime), issued.unit)
    elif issued.library not in (LITESTAR,) and issued.sets_expiry:
        if issued.default is None or issued.default >= 0:
            step = Step(f"`{issued.call.name.rpartition('.')[2]}` is given no lifetime", issued.location)
            yield Lifetime(issued.default, (step,))
    else:
        if issued.default is not None and issued.default >= 0 and "exp" not in issued.claims:
            yield Lifetime(issued.default, ())
        for given in issued.claims.values("exp"):
            yield from spans(project.values.given(given), "moment")


def spans(outcome: Outcome, unit: str) -> Iterator[Lifetime | Opaque]:
    """The lifetimes that a value may mean, for ever among them."""
    found = list(_spans(outcome.meaning, outcome.steps, unit, ""))
    for each in found:
        if isinstance(each, Lifetime) and len(found) > 1:
            yield Lifetime(each.seconds, each.steps, each.variable, True)
        else:
            yield each


def _spans(meaning: Meaning, steps: tuple[Step, ...], unit: str, variable: str) -> Iterator[Lifetime | Opaque]:
    match meaning:
        case Environment(name, fallback):
            if fallback is not None:
                yield from _spans(fallback, steps, unit, variable or name)
        case Choice(several):
            for each in several:
                yield from _spans(each, steps, unit, variable)
        case Duration(seconds, from_now) if from_now == (unit == "moment"):
            yield Lifetime(seconds, steps, variable)
        case Known(False) if unit == "timedelta":
            yield Lifetime(None, steps, variable)
        case Known(None) if unit == "seconds":
            yield Lifetime(None, steps, variable)
        case Known(int() | float() as number) if unit in {"seconds", "flask"} and not isinstance(number, bool):
            yield Lifetime(float(number), steps, variable)
        case Opaque():
            yield meaning
        case _:
            yield Opaque("its expiry is computed")
