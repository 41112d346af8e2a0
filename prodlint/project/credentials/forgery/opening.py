"""A place that switches the protection off."""

from __future__ import annotations

from msgspec import Struct

from prodlint.finding import Location, Step


class Opening(Struct, frozen=True):
    """A place that switches the protection off, and why the callers are known by a cookie."""

    location: Location
    what: str
    subject: str
    evidence: str
    steps: tuple[Step, ...] = ()


__all__ = ["Opening"]
