"""Which `.env` files go along when a whole build context is copied, and what shows that they are there.

A file that git ignores is in nobody's tree, so it is known only by what speaks of it: a sample to be copied, code or a
compose file that reads it. A line of `.gitignore` alone shows little, for every template of that file has one.
"""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from prodlint.finding import Location, Step
from prodlint.project.deployment.env_files import is_ignored, is_sample, is_trial, readers_of

if TYPE_CHECKING:
    from prodlint.project import Project

__all__ = ["env_files_below"]


def env_files_below(project: Project, context: str) -> dict[str, Step | None]:
    """The `.env` files below a build context, relative to it, each with what shows that it is there; None where only
    `.gitignore` names one."""
    prefix = f"{context}/" if context else ""
    found: dict[str, Step | None] = {}
    for path, source in sorted(project.sources.items()):
        if source.kind == "dotenv" and posixpath.dirname(path) == context and not is_trial(path):
            name = ".env" if is_sample(path) else posixpath.basename(path)
            what = "this is its sample" if is_sample(path) else "this is committed"
            found.setdefault(name, Step(what, Location(path, 0)))
    for reader in readers_of(project):
        named = [name for name in reader.names if name in project.sources or f"{name}.example" in project.sources]
        for name in (named or reader.names)[:1]:
            # Compose refuses to start without the file; code reads on where there is none.
            compose = project.sources[reader.step.location.path].kind == "yaml"
            if name.startswith(prefix) and (named or compose or is_ignored(project, name)):
                found.setdefault(name.removeprefix(prefix), reader.step)
    if not found and is_ignored(project, f"{prefix}.env"):
        found[".env"] = None
    return found
