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

__all__ = ["Action", "Reach", "actions"]

_COMMIT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_FILE = re.compile(r"(?:.*/)?\.github/(?:workflows/[^/]+|actions/.+/action)\.ya?ml|(?:.*/)?action\.ya?ml")
_SECRET = re.compile(r"\bsecrets\.([A-Za-z_]\w*)|\bsecrets\[['\"](\w+)['\"]\]")
_JOB_TOKEN = "GITHUB_TOKEN"
_OWNERS = frozenset({"actions", "github"})
"""GitHub's own: whoever runs a workflow trusts them anyway."""


class Reach(Struct, frozen=True, order=True):
    """What the code of an action gets hold of; one with secrets is greater than one without."""

    secrets: tuple[str, ...]
    """The secrets that its job, or the whole workflow, names; `*` for all, which a called workflow inherits."""
    token: bool
    """Whether the job has a token with a permission, as it has where nothing takes all of them away."""


class Action(Struct, frozen=True):
    """One `uses:` of an action or reusable workflow of another repository."""

    name: str
    """`owner/repository/path`."""
    reference: str
    """What stands behind `@`; "" for nothing."""
    location: Location
    reach: Reach

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
    jobs = document.get("jobs") if isinstance(document, Mapping) else None
    if not isinstance(jobs, Mapping):  # A composite action: what calls it decides what it is given.
        yield from _in(path, document, Reach(_secrets(document), True))
        return
    assert isinstance(document, Mapping)
    shared = _secrets(document.get("env"))
    for _, job in jobs.items:
        permissions = job.get("permissions") if isinstance(job, Mapping) else None
        if permissions is None:
            permissions = document.get("permissions")
        secrets = tuple(sorted({*shared, *_secrets(job)}))
        yield from _in(path, job, Reach(secrets, not (isinstance(permissions, Mapping) and not permissions.items)))


def _secrets(value: Value | None) -> tuple[str, ...]:
    """The secrets that something names, without the token that every job has."""
    found: set[str] = set()
    for each in walk(value) if value is not None else ():
        if isinstance(each, Constant) and isinstance(each.value, str):
            found.update(match[1] or match[2] for match in _SECRET.finditer(each.value))
        elif isinstance(each, Mapping):
            given = each.get("secrets")
            if isinstance(given, Constant) and given.value == "inherit":
                found.add("*")
    return tuple(sorted(found - {_JOB_TOKEN, _JOB_TOKEN.lower()}))


def _in(path: str, value: Value, reach: Reach) -> Iterator[Action]:
    for each in walk(value):
        used = each.get("uses") if isinstance(each, Mapping) else None
        if not isinstance(used, Constant) or not isinstance(used.value, str):
            continue
        name, _, reference = used.value.strip().partition("@")
        if name.startswith((".", "docker://")) or "/" not in name or "{" in used.value:
            continue
        yield Action(name, reference, Location(path, used.place), reach)
