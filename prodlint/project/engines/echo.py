"""Where an application has the statements of its engines logged."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec import Struct

from prodlint.facts import Attribute, Call, Reference, Value, walk
from prodlint.finding import Location, Step
from prodlint.libraries.engines import ENGINE_LOGGERS, VERBOSE_LEVELS
from prodlint.project.deployment.debug import is_for_development
from prodlint.project.deployment.declared import declared, near
from prodlint.project.deployment.surroundings import has_main, surroundings
from prodlint.project.values.bindings import External
from prodlint.project.values.outcomes import Environment, Given, Instance, Known, Meaning, Site, options

if TYPE_CHECKING:
    from prodlint.project import Project

__all__ = ["Echo", "echoes"]

_DEBUG = re.compile(r"debug|dev(?!ice)|local|verbose|environment|\benv\b|is_prod|production|stage|mode", re.IGNORECASE)
_FALSE = frozenset(["", "0", "false", "no", "off", "none", "n", "f"])


class Echo(Struct, frozen=True):
    """A place that has statements logged, or may have: then `unknown` says why that cannot be told."""

    location: Location
    subject: str
    setting: str
    """As one would write it: `echo=True`."""
    steps: tuple[Step, ...] = ()
    unknown: str = ""


def echoes(project: Project) -> Iterator[Echo]:
    """All such places in the application's own code, each once; what is for development is left out."""
    seen: set[Location] = set()
    for engine in project.engines:
        if engine.is_script or not surroundings(project, engine.site, engine.block).runs:
            continue
        for name, given in engine.arguments:
            location = Location(given.site.path, given.value.place)
            if name != "echo" or location in seen or _is_for_development(project, given.site):
                continue
            seen.add(location)
            found = _of_argument(project, given, location, engine.subject)
            if found is not None:
                yield found
    yield from _of_loggers(project)


def _is_for_development(project: Project, site: Site) -> bool:
    if project.role(site.path) != "application":
        return True
    python = project.python(site.path)
    qualname = python.scopes[site.scope].qualname if python is not None else ""
    return is_for_development(qualname) or is_for_development(site.path.removesuffix(".py"))


def _of_argument(project: Project, given: Given, location: Location, subject: str) -> Echo | None:
    outcome = project.values.given(given)
    if _follows_debugging(given.value):
        return None
    answer, steps = _is_on(project, given.site.path, outcome.meaning)
    name = getattr(given.value, "name", "")
    if answer is None:
        return Echo(location, subject, f"echo={name or '...'}", unknown="what `echo` is, is decided when it runs")
    return Echo(location, subject, f"echo={name or True}", outcome.steps[:6] + steps) if answer else None


def _follows_debugging(value: Value) -> bool:
    """Whether a name in a value says that it is on for developers only."""
    return any(isinstance(each, (Reference, Attribute)) and _DEBUG.search(each.name) for each in walk(value))


def _is_on(project: Project, path: str, meaning: Meaning) -> tuple[bool | None, tuple[Step, ...]]:
    """Whether statements are logged, as deployment files and defaults say."""
    if isinstance(meaning, Environment):
        if _DEBUG.search(meaning.name):
            return False, ()
        set_by = near(project, declared(project), project.sources[path].project).get(meaning.name, ())
        for each in set_by:
            if each.production:
                return each.value.lower() not in _FALSE, (Step(f"`{meaning.name}` is set here", each.location),)
        if meaning.fallback is None:
            return False, ()
    answers = {bool(each.value) if isinstance(each, Known) else None for each in options(meaning)}
    return (answers.pop() if len(answers) == 1 else None), ()


def _of_loggers(project: Project) -> Iterator[Echo]:
    """`logging.getLogger("sqlalchemy.engine").setLevel(logging.INFO)`."""
    for site in project.calls({"logging.Logger.setLevel"}):
        if _is_for_development(project, site.site) or has_main(project, site.path):
            continue
        if not surroundings(project, site.site, site.block).runs or _is_conditional(project, site.path, site.block):
            continue
        level = site.call.positional(0) or site.call.keyword("level")
        if level is None or not _is_verbose(project, site.site, level):
            continue
        name = _logger_name(project, site.site, site.call.function)
        if name in ENGINE_LOGGERS:
            location = Location(site.path, site.call.place)
            yield Echo(location, f"{project.modules.name(site.path)} {name}", f'getLogger("{name}")')


def _logger_name(project: Project, site: Site, method: Value) -> str:
    """The name of the logger whose method is called; "" where it is unknown."""
    match method:
        case Attribute(receiver):
            made = project.values.evaluate(site, receiver).meaning
        case Reference(name):
            made = project.values.evaluate(site, Reference(name.rpartition(".")[0], method.place)).meaning
        case _:
            return ""
    call = made.call if isinstance(made, Instance) else None
    first = call.value.positional(0) if call is not None and isinstance(call.value, Call) else None
    named = project.values.evaluate(call.site, first).meaning if call is not None and first is not None else None
    return str(named.value) if isinstance(named, Known) else ""


def _is_conditional(project: Project, path: str, block: int) -> bool:
    python = project.python(path)
    while python is not None and block > 0:
        if python.blocks[block].kind in ("if", "else", "case"):
            return True
        block = python.blocks[block].parent
    return False


def _is_verbose(project: Project, site: Site, level: Value) -> bool:
    match project.values.evaluate(site, level).meaning:
        case External(name):
            return name.removeprefix("logging.") in VERBOSE_LEVELS
        case Known(value):
            return str(value) in VERBOSE_LEVELS or value in (10, 20)
    return False
