"""Evidence about the environment that production runs in."""

from __future__ import annotations

from collections.abc import Iterator

from prodlint.checklist import Evidence
from prodlint.project.edges.cors import policies
from prodlint.scorecard.application import Application
from prodlint.scorecard.evidence.said import against, for_it, open_because


def cors_origins(app: Application) -> Iterator[Evidence]:
    """Policies that name their origins."""
    for policy in policies(app.project):
        if policy.allowed.reason:
            yield open_because(f"`{policy.where}`: {policy.allowed.reason}", policy.location)
        elif policy.allowed.too_many:
            # Where the rule accepts it, as for a reading API, the answer is no list of origins all the same.
            yield against(f"`{policy.where}` allows {policy.allowed.too_many}", policy.location)
        else:
            place = policy.allowed.steps[-1].location if policy.allowed.steps else policy.location
            yield for_it(f"`{policy.where}` allows listed origins only", place)
