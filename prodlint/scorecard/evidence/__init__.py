"""What in the model speaks for an item or against it: one generator an item, named after it, one module a heading."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from prodlint.checklist import ITEMS, Evidence
from prodlint.scorecard.application import Application
from prodlint.scorecard.evidence import (
    authentication,
    caching,
    database,
    documentation,
    environment,
    errors,
    inputs,
    logging,
    migrations,
    monitoring,
    owasp,
    process,
    secrets,
    testing,
    times,
)

__all__ = ["EVIDENCE"]

_MODULES: tuple[Any, ...] = (
    authentication,
    inputs,
    secrets,
    times,
    database,
    caching,
    logging,
    monitoring,
    errors,
    migrations,
    environment,
    process,
    documentation,
    testing,
    owasp,
)

EVIDENCE: dict[str, Callable[[Application], Iterator[Evidence]]] = {
    name: getattr(module, name.replace("-", "_"))
    for name in ITEMS
    for module in _MODULES
    if hasattr(module, name.replace("-", "_"))
}
"""The function of each item that has one."""
