"""The production checklist as data: ninety items in eight sections, and for each what decides it.

The list is that of the production checklist that prodlint was written for, in words of its own. What an item needs to
apply, what speaks for it and what the rules say is brought together in `prodlint/scorecard`.
"""

from prodlint.checklist import (
    criteria,
    deployment,
    documentation,
    observability,
    owasp,
    performance,
    security,
    testing,
)
from prodlint.checklist.item import Evidence, Group, Item, Section, State

__all__ = ["ITEMS", "SECTIONS", "Evidence", "Group", "Item", "Section", "State"]

SECTIONS = (
    security.SECTION,
    performance.SECTION,
    observability.SECTION,
    deployment.SECTION,
    documentation.SECTION,
    testing.SECTION,
    owasp.SECTION,
    criteria.SECTION,
)
ITEMS = {item.name: item for section in SECTIONS for item in section.items}
"""All items by name, in the order of the list."""
