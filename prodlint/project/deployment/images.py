"""Container images: what the shipped stage of a Dockerfile is made of, runs as and starts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct

from prodlint.facts import Dockerfile, Instruction
from prodlint.finding import Location
from prodlint.project.deployment.declared import is_for_development, production_stages

if TYPE_CHECKING:
    from prodlint.project import Project

__all__ = ["Image", "find_images", "image_of", "resolved"]

_VARIABLE = re.compile(r"\$(?:\{([A-Za-z_]\w*)(?::?([-+])([^{}]*))?\}|([A-Za-z_]\w*))")
_PRODUCTION = re.compile(r"\b(?:prod|production)\b", re.IGNORECASE)
_BROWSERS = re.compile(r"\b(?:playwright|cypress|selenium|puppeteer)\b")
"""Programs that try an application out: an image that is named after one is not shipped."""
_PYTHON = re.compile(r"\b(?:python[\d.]*|pip3?|uv|poetry|pipenv|gunicorn|uvicorn|fastapi|flask|litestar|celery)\b")


class Image(Struct, frozen=True):
    """The image that a Dockerfile makes for production: its last stage that no name calls one for development."""

    path: str
    folder: str
    """The project that the Dockerfile belongs to."""
    base: str
    """The image that the stage is built on in the end, variables replaced as far as they are known."""
    base_location: Location
    instructions: tuple[Instruction, ...]
    """Those of the stage and of the stages that it is built from, the base's first."""
    variables: dict[str, str]
    """What ARG and ENV set, as far as it is known."""
    everything: tuple[Instruction, ...]
    """All instructions of the file."""
    development: bool
    """Whether the name of the file or of its folder says that it is for development."""
    explicit: bool = False
    """Whether a compose file or workflow chose the stage."""

    def last(self, keyword: str) -> Instruction | None:
        """The last instruction of that kind, which is the one that counts."""
        return next((each for each in reversed(self.instructions) if each.keyword == keyword), None)

    def location(self, instruction: Instruction) -> Location:
        """Where an instruction stands."""
        return Location(self.path, instruction.place)

    def resolved(self, text: str) -> str:
        """The text with the variables of ARG and ENV replaced, as far as they are known."""
        return resolved(text, self.variables)

    @property
    def stage(self) -> int:
        """The index of the stage that is shipped."""
        return self.instructions[-1].stage if self.instructions else 0

    @property
    def runs_python(self) -> bool:
        """Whether the stage speaks of Python at all: the image of a frontend or a database does not."""
        return bool(_PYTHON.search(self.base)) or any(
            each.keyword in ("RUN", "CMD", "ENTRYPOINT") and _PYTHON.search(each.text) for each in self.instructions
        )

    def copies(self) -> Iterator[tuple[tuple[str, ...], str, Instruction]]:
        """What COPY and ADD take from the build context: sources, target, instruction."""
        for each in self.instructions:
            if each.keyword in ("COPY", "ADD") and not any(name == "from" for name, _ in each.flags):
                words = [resolved(word, self.variables) for word in each.arguments]
                if len(words) > 1 and each.form != "heredoc":
                    yield tuple(words[:-1]), words[-1], each


def find_images(project: Project) -> tuple[Image, ...]:
    """The images of all Dockerfiles of the tree that are no test's or example's, by path."""
    found = []
    for path, source in sorted(project.sources.items()):
        if source.kind == "dockerfile" and source.role in ("application", "script"):
            image = image_of(project, path)
            if image is not None:
                found.append(image)
    production = {each.path.rpartition("/")[0] for each in found if _PRODUCTION.search(each.path.rpartition("/")[2])}
    for index, image in enumerate(found):
        folder, _, name = image.path.rpartition("/")
        if folder in production and name.lower() in ("dockerfile", "containerfile"):
            # The plain one beside `Dockerfile.prod` is the developers'.
            found[index] = msgspec.structs.replace(image, development=True)
    return tuple(found)


def image_of(project: Project, path: str, target: str = "") -> Image | None:
    """The image of a Dockerfile, or of one of its stages; None where it has none."""
    content = project.facts(path).content if path in project.sources else None
    if not isinstance(content, Dockerfile):
        return None
    names: dict[str, int] = {}
    bases: dict[int, Instruction] = {}
    variables: dict[str, str] = {}
    for each in content.instructions:
        if each.keyword == "FROM" and each.arguments:
            bases[each.stage] = each
            if len(each.arguments) > 2 and each.arguments[-2].lower() == "as":
                names[each.arguments[-1].lower()] = each.stage
        elif each.keyword in ("ARG", "ENV"):
            for word in each.arguments:
                name, given, value = word.partition("=")
                if given:
                    variables[name] = resolved(value, variables)
    if not bases:
        return None
    chosen = names.get(target.lower()) if target else None
    kept = production_stages(content) if chosen is None else frozenset([chosen])
    stage: int | None = max(kept)
    chain: list[int] = []
    base, at = "", Location(path, 0)
    while stage is not None and stage not in chain:
        chain.append(stage)
        written = resolved(bases[stage].arguments[0], variables)
        base, at = written, Location(path, bases[stage].place)
        earlier = names.get(written.lower())
        stage = earlier if earlier is not None and earlier < stage else None
    instructions = tuple(each for one in reversed(chain) for each in content.instructions if each.stage == one)
    hidden = any(part in (".devcontainer", ".github", ".ci", ".circleci") for part in path.split("/")[:-1])
    tries = bool(_BROWSERS.search(path.rpartition("/")[2].lower()))
    development = hidden or ((tries or is_for_development(path)) and chosen is None)
    folder = project.sources[path].project
    everything = content.instructions
    return Image(path, folder, base, at, instructions, variables, everything, development, chosen is not None)


def resolved(text: str, variables: dict[str, str], depth: int = 0) -> str:
    """The text with its variables replaced; those that are not known stay as they are."""

    def value(match: re.Match[str]) -> str:
        name = match[1] or match[4]
        known = variables.get(name)
        if match[2] == "-":
            return known or match[3]
        if match[2] == "+":
            return match[3] if known else ""
        return known if known is not None else match[0]

    replaced = _VARIABLE.sub(value, text)
    return resolved(replaced, variables, depth + 1) if replaced != text and depth < 4 else replaced
