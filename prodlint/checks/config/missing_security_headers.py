"""Applications that leave headers out with which a browser would protect their users."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from prodlint.finding import Answer, Finding, Undecided
from prodlint.project.edges.headers import HEADERS, headers_set

if TYPE_CHECKING:
    from prodlint.project import Project


def check(project: Project) -> Iterator[Finding | Undecided]:
    """One finding for each application, which names all that is missing."""
    if project.options("missing-security-headers").get("set-by-proxy"):
        return
    for each in project.deployment.applications:
        found = headers_set(project, each.folder)
        missing = [words for header, words in HEADERS.items() if header not in found]
        if not missing:
            continue
        if each.answer is not Answer.YES:
            yield Undecided(each.location, "headers of the application", "it may be a library's")
            continue
        listed = ", ".join(missing[:-1]) + (" and " if len(missing) > 1 else "") + missing[-1]
        yield Finding(each.location, f"{each.folder} headers".strip(), {"headers": listed})
