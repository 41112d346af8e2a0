"""The answer to who can refuse the caller of a route."""

from __future__ import annotations

from msgspec import Struct

from prodlint.finding import Step


class Authentication(Struct, frozen=True):
    """The answer for one route: `status` is "required", "optional" (an anonymous caller passes, but a credential is
    read), "none" or "unknown"; `by` names what decides, `reason` says how."""

    status: str
    by: str = ""
    reason: str = ""
    steps: tuple[Step, ...] = ()


NONE = Authentication("none")
