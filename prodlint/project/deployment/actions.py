"""The actions that GitHub workflows and composite actions use, and what fixes each of them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec import Struct

from prodlint.facts import Constant, Document, Mapping, Value, walk
from prodlint.finding import Location

if TYPE_CHECKING:
    from prodlint.project import Project

__all__ = ["Action", "actions"]

_COMMIT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_FILE = re.compile(r"(?:.*/)?\.github/(?:workflows/[^/]+|actions/.+/action)\.ya?ml|(?:.*/)?action\.ya?ml")
_OWNERS = frozenset({"actions", "github"})
"""GitHub's own: whoever runs a workflow trusts them anyway."""


class Action(Struct, frozen=True):
    """One `uses:` of an action or reusable workflow of another repository."""

    name: str
    """`owner/repository/path`."""
    reference: str
    """What stands behind `@`; "" for nothing."""
    location: Location

    @property
    def is_fixed(self) -> bool:
        """Whether a commit says what runs."""
        return bool(_COMMIT.fullmatch(self.reference))

    @property
    def is_own(self) -> bool:
        """Whether it is one of GitHub's."""
        return self.name.partition("/")[0].lower() in _OWNERS


def actions(project: Project) -> Iterator[Action]:
    """Every `uses:` of a step or job, by file and place; those of the repository itself and images are none."""
    for path in sorted(project.sources):
        source = project.sources[path]
        if source.kind != "yaml" or not _FILE.fullmatch(path) or source.role in ("test", "example", "documentation"):
            continue
        content = project.facts(path).content
        for document in content.values if isinstance(content, Document) else ():
            yield from sorted(_uses(path, document), key=lambda each: each.location)


def _uses(path: str, document: Value) -> Iterator[Action]:
    for each in walk(document):
        used = each.get("uses") if isinstance(each, Mapping) else None
        if not isinstance(used, Constant) or not isinstance(used.value, str):
            continue
        name, _, reference = used.value.strip().partition("@")
        if name.startswith((".", "docker://")) or "/" not in name or "{" in used.value:
            continue
        yield Action(name, reference, Location(path, used.place))
