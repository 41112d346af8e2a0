"""Images that copy the whole build context, with git's history and `.env` files in it."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from typing import TYPE_CHECKING

from prodlint.facts import Patterns
from prodlint.finding import Finding, Location, Step
from prodlint.project.deployment.context import contexts, ignore_file, leaves_out, whole_copies
from prodlint.project.deployment.env_files import is_ignored

if TYPE_CHECKING:
    from prodlint.project import Project
    from prodlint.project.deployment.images import Image


def check(project: Project) -> Iterator[Finding]:
    for image in project.deployment.images:
        if not project.deployment.runs_application(image):
            continue
        copy, removed = next(whole_copies(image), (None, frozenset[str]()))
        if copy is None:
            continue
        folders, is_said = contexts(project, image)
        taken = [(folder, _taken(project, image, folder, removed)) for folder in folders]
        if not is_said and any(not names for _, names in taken):
            continue  # It may be built from the folder where all is well.
        folder, names = next(((folder, names) for folder, names in taken if names), ("", []))
        if names:
            file = ignore_file(project, image, folder)
            cause = f"`{file}` does not leave it out" if file else "no `.dockerignore` leaves it out"
            steps = (Step("this is what leaves files out", Location(file, 1 << 42)),) if file else ()
            fields = {"copy": f"{copy.keyword} {copy.text}".strip(), "what": " and ".join(names), "cause": cause}
            yield Finding(image.location(copy), image.path, fields, steps)


def _taken(project: Project, image: Image, context: str, removed: frozenset[str]) -> list[str]:
    """Which of git's folder and `.env` go along when the context is copied, and are not removed again."""
    wanted = [] if context else [".git"]
    env = posixpath.join(context, ".env")
    has_sample = any(
        source.kind == "dotenv" and posixpath.dirname(path) == context for path, source in project.sources.items()
    )
    if has_sample or is_ignored(project, env):
        wanted.append(".env")
    file = ignore_file(project, image, context)
    content = project.facts(file).content if file else None
    patterns = content if isinstance(content, Patterns) else Patterns(())
    return [f"`{name}`" for name in wanted if name not in removed and not leaves_out(patterns, name)]
