"""Variables that an application needs and that nothing around it names."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec import Struct

from prodlint.facts import Constant, Dockerfile, Document, walk
from prodlint.libraries.variables import PLATFORM, PLATFORM_PREFIXES
from prodlint.project.deployment.surroundings import surroundings
from prodlint.project.environment.reads import Read, is_demanded
from prodlint.project.values.bindings import Defined

if TYPE_CHECKING:
    from prodlint.project import Project

__all__ = ["Needed", "is_group", "named_outside", "needed"]

_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]{2,}")


class Needed(Struct, frozen=True):
    """A variable without which the application does not work."""

    variable: str
    reads: tuple[Read, ...]


def needed(project: Project, folder: str) -> Iterator[Needed]:
    """The variables that a component's own code reads and has nothing for, by name: those that stop the program where
    they are missing."""
    found: dict[str, list[Read]] = {}
    optional: set[str] = set()
    for read in project.environment_reads:
        source = project.sources[read.location.path]
        if source.project != folder or source.role != "application" or _is_platforms(read.variable):
            continue
        if read.default is not None:
            optional.add(read.variable)
        elif read.raises or is_demanded(project, read):
            if (
                _is_caught(project, read)
                or _is_asked_before(project, read)
                or _is_passed(project, read)
                or not surroundings(project, read.site, read.block).runs
            ):
                continue
            found.setdefault(read.variable, []).append(read)
    for variable in sorted(found):
        reads = sorted(found[variable], key=lambda each: (not each.raises, each.location))
        if reads[0].raises or variable not in optional:
            yield Needed(variable, tuple(reads))


def _is_platforms(variable: str) -> bool:
    return variable.upper() in PLATFORM or variable.upper().startswith(PLATFORM_PREFIXES)


def _is_caught(project: Project, read: Read) -> bool:
    """Whether a `try` stands around a read, which may do without it; a field of a settings class has none."""
    python = project.python(read.location.path)
    block = read.block
    while python is not None and block >= 0:
        if python.blocks[block].kind == "try":
            return True
        block = python.blocks[block].parent
    return False


def _is_asked_before(project: Project, read: Read) -> bool:
    """Whether a condition around a read asks for the variable: `if "NAME" in os.environ: os.environ["NAME"]`."""
    python = project.python(read.location.path)
    block = read.block
    while python is not None and block >= 0:
        test = python.blocks[block].value if python.blocks[block].kind in ("if", "else", "while") else None
        if test is not None and any(isinstance(each, Constant) and each.value == read.variable for each in walk(test)):
            return True
        block = python.blocks[block].parent
    return False


def _is_passed(project: Project, read: Read) -> bool:
    """Whether a settings class is made with a value for the field, or with values that are not known."""
    of = Defined(read.location.path, read.site.scope)
    if of not in project.settings:
        return False
    if isinstance(project.names.class_member(of.path, of.scope, "settings_customise_sources"), Defined):
        return True  # Its values may come from a file.
    classes = {of, *(each for each in project.settings if of in set(project.names.ancestors(each.path, each.scope)))}
    for name in {project.scope_of(each).name for each in classes}:
        for path in project.mentioning(name):
            python = project.python(path)
            for call, _ in project.calls_in(path) if python is not None else ():
                if getattr(call.function, "name", "").rpartition(".")[2] != name or python is None:
                    continue
                if any(each.star == "**" or each.name == read.target for each in call.arguments):
                    return True
    return False


def named_outside(project: Project) -> frozenset[str]:
    """Every word, in capitals, that a file which is no code of the application says: samples, compose files, manifests,
    workflows, images, scripts, documents."""
    found: set[str] = set()
    for path, source in project.sources.items():
        if source.kind in ("python", "requirements", "ignore") or _is_lock(path):
            continue
        facts = project.facts(path)
        content = facts.content
        # Of a script's line with a secret the name is kept with the secret alone.
        found.update((*facts.names.split(), *(each.name for each in facts.secrets)))
        if isinstance(content, Dockerfile):
            for instruction in content.instructions:
                found.update(_WORD.findall(instruction.text))
        elif isinstance(content, Document):
            for document in content.values:
                for value in walk(document):
                    if isinstance(value, Constant) and isinstance(value.value, str) and len(value.value) < 4000:
                        found.update(_WORD.findall(value.value))
    return frozenset(each.upper() for each in found)


def _is_lock(path: str) -> bool:
    name = posixpath.basename(path)
    return name.endswith(".lock") or name in ("package-lock.json", "pylock.toml")


def is_group(project: Project, read: Read, named: frozenset[str]) -> bool:
    """Whether a required field is a group whose own fields are named: `DB__HOST` for `db`."""
    settings = project.settings.get(Defined(read.location.path, read.site.scope))
    if settings is None:
        return False
    field = settings.field(read.target)
    if field is not None and any(alias in named for alias in field.aliases):
        return True
    prefix = f"{read.variable.upper()}{settings.delimiter.upper()}"
    return bool(settings.delimiter) and any(each.startswith(prefix) for each in named)
