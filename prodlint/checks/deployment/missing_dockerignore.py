"""Images that copy the whole build context, with git's history and `.env` files in it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from prodlint.facts import Patterns
from prodlint.finding import Finding, Location, Severity, Step
from prodlint.project.deployment.context import contexts, ignore_file, leaves_out, whole_copies
from prodlint.project.deployment.env_files_taken import env_files_below

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
        folder, names = next(((folder, names) for folder, names in taken if names), ("", {}))
        if names:
            file = ignore_file(project, image, folder)
            cause = f"`{file}` does not leave it out" if file else "no `.dockerignore` leaves it out"
            steps = [Step("this is what leaves files out", Location(file, 1 << 42))] if file else []
            steps += [step for step in names.values() if step is not None]
            sure = [f"`{name}`" for name, step in names.items() if step is not None or name == ".git"]
            doubtful = [f"`{name}`, where there is one," for name, step in names.items() if f"`{name}`" not in sure]
            what = " and ".join((*sure, *doubtful))
            fields = {"copy": f"{copy.keyword} {copy.text}".strip(), "what": what, "cause": cause}
            yield Finding(image.location(copy), image.path, fields, tuple(steps), None if sure else Severity.NOTE)


def _taken(project: Project, image: Image, context: str, removed: frozenset[str]) -> dict[str, Step | None]:
    """Which of git's folder and the `.env` files go along when the context is copied, and are not removed again; each
    with what shows that it is there."""
    wanted: dict[str, Step | None] = {} if context else {".git": None}
    wanted |= env_files_below(project, context)
    file = ignore_file(project, image, context)
    content = project.facts(file).content if file else None
    patterns = content if isinstance(content, Patterns) else Patterns(())
    return {
        name: step
        for name, step in wanted.items()
        if not any(name == each or name.startswith(f"{each}/") for each in removed) and not leaves_out(patterns, name)
    }
