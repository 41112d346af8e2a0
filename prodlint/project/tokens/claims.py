"""The claims of a token: by name, with what each may be and whether it is there on every path."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct

from prodlint.project.values.outcomes import Given

__all__ = ["Claim", "Claims", "either", "merged"]


class Claim(Struct, frozen=True):
    """One claim: what it may be, and whether it is there on every path."""

    values: tuple[Given, ...]
    certain: bool = True
    tests: tuple[Given, ...] = ()
    """The conditions under which it is there, where it is not certain."""


class Claims(Struct, frozen=True):
    """The claims of a token by name."""

    found: dict[str, Claim] = {}
    reason: str = ""
    """Why there may be others; "" where all are known."""

    def __contains__(self, name: str) -> bool:
        return name in self.found

    def values(self, name: str) -> tuple[Given, ...]:
        """What a claim may be."""
        return self.found[name].values if name in self.found else ()

    def is_certain(self, name: str) -> bool:
        """Whether a claim is there on every path."""
        return name in self.found and self.found[name].certain


def merged(several: Iterable[Claims]) -> Claims:
    """Mappings written one behind the other: what comes later and is certain replaces what was there."""
    found: dict[str, Claim] = {}
    reason = ""
    for claims in several:
        reason = reason or claims.reason
        for name, claim in claims.found.items():
            before = found.get(name)
            if claim.certain or before is None:
                found[name] = claim
            else:
                found[name] = Claim((*before.values, *claim.values), before.certain, claim.tests)
    return Claims(found, reason)


def either(several: list[Claims]) -> Claims:
    """One of several mappings."""
    names = dict.fromkeys(name for claims in several for name in claims.found)
    found = {}
    for name in names:
        values = tuple(dict.fromkeys(given for claims in several for given in claims.values(name)))
        tests = tuple(test for claims in several if name in claims for test in claims.found[name].tests)
        found[name] = Claim(values, all(claims.is_certain(name) for claims in several), tests)
    return Claims(found, next((claims.reason for claims in several if claims.reason), ""))
