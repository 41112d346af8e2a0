"""Deployments whose processes may open more connections together than the database server accepts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from prodlint.finding import Finding, Step, Undecided
from prodlint.project.engines.budget import find_budgets
from prodlint.project.engines.pooling import server_name

if TYPE_CHECKING:
    from prodlint.project import Project


def check(project: Project) -> Iterator[Finding | Undecided]:
    for budget in find_budgets(project):
        engine = budget.engine
        if budget.unknown:
            yield Undecided(engine.location, f"engine {engine.subject}", budget.unknown)
            continue
        if not budget.limit or budget.total <= budget.limit:
            continue
        fields = {
            "how": budget.how,
            "total": str(budget.total),
            "limit": str(budget.limit),
            "database": server_name(engine),
        }
        here = Step("each process has a pool of this engine", engine.location)
        yield Finding(engine.location, engine.subject, fields, (here, *budget.steps))
