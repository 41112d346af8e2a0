"""Build contexts: which folder an image is built from, and what its `.dockerignore` leaves out.

The patterns are Docker's and not git's: they are matched against the whole path from the context, a folder that is left
out takes all below it along, and the last pattern that matches decides.
Source: https://docs.docker.com/build/concepts/context/#dockerignore-files.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from prodlint.facts import Instruction, Patterns
from prodlint.libraries.pipelines import IMAGE_ACTIONS
from prodlint.project.deployment.images import Image, resolved
from prodlint.project.deployment.shell import programs

if TYPE_CHECKING:
    from prodlint.project import Project

__all__ = ["contexts", "ignore_file", "leaves_out", "whole_copies"]


def contexts(project: Project, image: Image) -> tuple[tuple[str, ...], bool]:
    """The folders that an image may be built from, relative to the root, and whether something says so."""
    said = {each.context for each in project.deployment.services if each.dockerfile == image.path}
    for pipeline in project.deployment.pipelines:
        for job in pipeline.jobs:
            for use in job.uses:
                if use.action in IMAGE_ACTIONS and _is_file(use.inputs, image.path):
                    said.add(posixpath.normpath(use.inputs.get("context") or "."))
            for program in job.programs:
                if program.name == "docker" and "build" in program.words:
                    file = posixpath.normpath(program.option("-f", "--file") or "Dockerfile")
                    if file == image.path:
                        said.add(posixpath.normpath(program.words[-1]))
    found = tuple(sorted({"" if each == "." else each for each in said if each is not None and "$" not in each}))
    if found:
        return found, True
    folder = posixpath.dirname(image.path)
    return tuple(dict.fromkeys((folder, image.folder, ""))), folder == image.folder


def _is_file(inputs: dict[str, str], path: str) -> bool:
    context, file = inputs.get("context", "."), inputs.get("file")
    return posixpath.normpath(file or posixpath.join(context, "Dockerfile")) == path


def whole_copies(image: Image) -> Iterator[tuple[Instruction, frozenset[str]]]:
    """The instructions that copy the whole context into what is shipped: in a stage of the image, or in one whose
    folder a stage of the image takes over; the latter with the paths of the context that it removes in between, which
    then are in no layer of the image."""
    chain = {each.stage for each in image.instructions}
    for stage in sorted({each.stage for each in image.everything}):
        folder = "/"
        for index, each in enumerate(image.everything):
            if each.stage != stage:
                continue
            folder = _folder(image, each, folder)
            if each.keyword not in ("COPY", "ADD") or any(name == "from" for name, _ in each.flags):
                continue
            words = [resolved(word, image.variables) for word in each.arguments]
            if len(words) > 1 and any(word in (".", "./", "/", "*", "./*") for word in words[:-1]):
                target = posixpath.normpath(posixpath.join(folder, words[-1]))
                kept_out = frozenset(value for name, value in each.flags if name == "exclude")
                if stage in chain:
                    yield each, kept_out
                elif _is_taken_over(image, stage, target, chain):
                    rest = [other for other in image.everything[index + 1 :] if other.stage == stage]
                    yield each, kept_out | frozenset(_removed(image, rest, folder, target))


def _folder(image: Image, instruction: Instruction, folder: str) -> str:
    """The folder that holds from an instruction on."""
    if instruction.keyword == "WORKDIR" and instruction.arguments:
        return posixpath.join(folder, resolved(instruction.arguments[0], image.variables))
    return folder


def _removed(image: Image, following: list[Instruction], folder: str, target: str) -> Iterator[str]:
    """The paths below the copied folder that later instructions of the stage remove."""
    for each in following:
        folder = _folder(image, each, folder)
        for program in programs(image.resolved(each.text)) if each.keyword == "RUN" else ():
            if program.name == "rm":
                for word in program.words[1:]:
                    path = posixpath.normpath(posixpath.join(folder, word))
                    if not word.startswith("-") and path.startswith(target.rstrip("/") + "/"):
                        yield posixpath.relpath(path, target)


def _is_taken_over(image: Image, stage: int, target: str, chain: set[int]) -> bool:
    names = {str(stage)}
    for each in image.everything:
        if each.keyword == "FROM" and each.stage == stage and len(each.arguments) > 2:
            names.add(each.arguments[-1].lower())
    for each in image.everything:
        origin = next((value for name, value in each.flags if name == "from"), "")
        if each.stage not in chain or each.keyword != "COPY" or origin.lower() not in names:
            continue
        for word in each.arguments[:-1]:
            source = posixpath.normpath(posixpath.join("/", resolved(word, image.variables)))
            if "$" not in source and (target == source or target.startswith(source.rstrip("/") + "/")):
                return True
    return False


def ignore_file(project: Project, image: Image, context: str) -> str:
    """The ignore file that holds for a context, "" for none: one beside the Dockerfile comes first."""
    for path in (f"{image.path}.dockerignore", posixpath.join(context, ".dockerignore")):
        if path in project.sources and isinstance(project.facts(path).content, Patterns):
            return path
    return ""


def leaves_out(patterns: Patterns, path: str) -> bool:
    """Whether the patterns leave a path of the context out."""
    found = False
    parts = path.split("/")
    parents = ["/".join(parts[: index + 1]) for index in range(len(parts))]
    for line in patterns.lines:
        pattern = line.strip()
        if not pattern or pattern.startswith("#"):
            continue
        negated = pattern.startswith("!")
        pattern = posixpath.normpath(pattern.removeprefix("!").strip().lstrip("/") or ".")
        expression = _expression(pattern)
        if expression is not None and any(expression.fullmatch(each) for each in parents):
            found = not negated
    return found


def _expression(pattern: str) -> re.Pattern[str] | None:
    if len(pattern) > 300 or pattern.count("*") > 12:
        return None
    text = re.escape(pattern)
    text = text.replace(r"\*\*/", "(?:.*/)?").replace(r"\*\*", ".*").replace(r"\*", "[^/]*").replace(r"\?", "[^/]")
    try:
        return re.compile(re.sub(r"\\\[(\^|!)?(.*?)\\\]", lambda m: f"[{'^' if m[1] else ''}{m[2]}]", text))
    except re.error:
        return None
