"""What middleware and hooks that run before every handler do to the caller of one route.

Their code often frees some paths (`if request.url.path in PUBLIC: return await call_next(request)`); which, is not
followed yet, so that a route behind code that may refuse is unknown and not open.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from prodlint.finding import Step
from prodlint.project.routes.answer import NONE, Authentication
from prodlint.project.routes.statuses import DENYING

if TYPE_CHECKING:
    from prodlint.project.routes.authentication import Authenticator
    from prodlint.project.routes.route import Guard, Route


def answer(authenticator: Authenticator, guard: Guard, route: Route) -> Authentication:
    """What a guard with code does to an anonymous caller of a route."""
    assert guard.code is not None
    refusals = authenticator.project.routing.refusals.of(guard.code, guard.arguments)
    if not any(refusal.status in DENYING for refusal in refusals) or not authenticator.credentials.read_by(guard.code):
        return NONE
    steps = (Step(f"the {guard.kind} `{guard.name}` stands here", guard.location),)
    return Authentication("unknown", guard.name, f"the {guard.kind} `{guard.name}` may refuse its callers", steps)
