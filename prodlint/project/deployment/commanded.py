"""Debugging that a command turns on: an option of the server, or a variable in front of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec import Struct

from prodlint.finding import Location, Step
from prodlint.libraries.debug import COMMANDS, VARIABLES
from prodlint.project.values.operations import TRUE_WORDS

if TYPE_CHECKING:
    from prodlint.project import Project

__all__ = ["Commanded", "commanded"]

_BEFORE = re.compile(r"(?:^|&&|;|\benv\b|\bexport\b)\s*((?:[A-Za-z_]\w*=\S*\s+)+)")
_PAIR = re.compile(r"([A-Za-z_]\w*)=[\"']?([^\s\"']*)")


class Commanded(Struct, frozen=True):
    """A command that turns debugging on."""

    location: Location
    setting: str
    """As it is written: `flask run --debug`, `FLASK_DEBUG=1`."""
    effect: str
    steps: tuple[Step, ...] = ()


def commanded(project: Project) -> Iterator[Commanded]:
    """Such commands of production's images, services, processes and units."""
    deployment = project.deployment
    for start in deployment.starts:
        options, effect = COMMANDS.get(start.program.name, ((), ""))
        given = next((each for each in options if each in start.program.words[1:]), "")
        if given and start.production and deployment.concerns(start.folder):
            yield Commanded(start.location, f"{start.program.name} {given}", effect, start.via)
    for entry in deployment.entries:
        for before in _BEFORE.findall(entry.command) if entry.production else ():
            for name, value in _PAIR.findall(before):
                wanted, effect = VARIABLES.get(name, ("", ""))
                if effect and (value.lower() == wanted if wanted else value.lower() in TRUE_WORDS):
                    yield Commanded(entry.location, f"{name}={value}", effect)
