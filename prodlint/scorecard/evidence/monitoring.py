"""Evidence about what is watched while the application runs."""

from __future__ import annotations

from collections.abc import Iterator

from prodlint.checklist import Evidence
from prodlint.scorecard.application import Application
from prodlint.scorecard.evidence.pools import watched
from prodlint.scorecard.evidence.said import for_it


def health_endpoint(app: Application) -> Iterator[Evidence]:
    """The health endpoints."""
    for route in app.health:
        yield for_it(f"`{route.subject}` says how the application is", route.location)


def pool_metrics(app: Application) -> Iterator[Evidence]:
    """What exports how many connections are in use."""
    yield from watched(app)
