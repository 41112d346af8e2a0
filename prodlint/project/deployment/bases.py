"""The images that a Dockerfile builds on: tags, digests, and whether what stands there is the same tomorrow."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec import Struct

from prodlint.project.deployment.images import Image

if TYPE_CHECKING:
    from prodlint.project import Project

__all__ = ["Base", "bases_of"]

_CODENAMES = re.compile(
    r"\b(?:buster|bullseye|bookworm|trixie|forky|bionic|focal|jammy|noble|plucky|questing|resolute)\b"
)
_UNDERNEATH = re.compile(r"\b(?:alpine|debian|ubuntu|ubi|rocky|ltsc|nanoserver-?|windowsservercore-?)[\d.]+")
"""The system below, of which a tag may name the version without naming the image's: `python:alpine3.20`."""
_SYSTEMS = frozenset({"debian", "ubuntu", "buildpack-deps"})
"""Images whose version is a code name."""


class Base(Struct, frozen=True):
    """One `FROM` that takes an image from a registry."""

    written: str
    """As the file says, variables replaced as far as they are known."""
    name: str
    """Without tag and digest."""
    tag: str
    digest: str
    place: int
    ships: bool
    """Whether it is what the shipped stage is built on in the end."""
    unknown: str = ""
    """Why it cannot be told which image that is; "" where it can."""

    @property
    def moves(self) -> bool:
        """Whether it names no version at all."""
        if self.digest:
            return False
        if not self.tag or self.tag == "latest":
            return True
        last = self.name.rpartition("/")[2]
        if re.search(r"\d", _UNDERNEATH.sub("", self.tag)):
            return False
        if "distroless" in self.name and re.search(r"\d", last):
            return False  # `cc-debian12:nonroot`: the version is in the name
        return not (last in _SYSTEMS and _CODENAMES.search(self.tag))


def bases_of(project: Project, image: Image) -> Iterator[Base]:
    """The base images of all stages, in the order of the file; stages that build on others and `scratch` have none."""
    names: set[str] = set()
    for each in image.everything:
        if each.keyword != "FROM" or not each.arguments:
            continue
        written = image.resolved(each.arguments[0])
        own = names.copy()
        if len(each.arguments) > 2 and each.arguments[-2].lower() == "as":
            names.add(each.arguments[-1].lower())
        if written.lower() in own or written.lower() == "scratch":
            continue
        rest, _, digest = written.partition("@")
        head, _, last = rest.rpartition("/")
        last, _, tag = last.partition(":")
        name = f"{head}/{last}" if head else last
        unknown = "a variable decides which image it is" if "$" in written or "{" in written else ""
        ships = image.base_location.place == each.place
        yield Base(written, name, tag, digest, each.place, ships, unknown)
