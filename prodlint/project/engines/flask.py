"""Engines that Flask-SQLAlchemy makes from its configuration keys."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from prodlint.facts import Assign, Call, Constant, Expression, Reference, Subscript
from prodlint.finding import Location
from prodlint.libraries.engines import FLASK_EXTENSION, FLASK_OPTIONS, FLASK_OVERRIDES, FLASK_POOL, FLASK_URL
from prodlint.project.engines.engine import Engine
from prodlint.project.engines.urls import Evidence, database_of
from prodlint.project.values.arguments import entries
from prodlint.project.values.bindings import Defined
from prodlint.project.values.outcomes import Given, Site

if TYPE_CHECKING:
    from prodlint.project import Project

__all__ = ["engines_of_flask"]


def engines_of_flask(project: Project, known: dict[str, Evidence]) -> Iterator[Engine]:
    """One engine for each place that sets the URL, with the options that the application sets anywhere."""
    extensions, incomplete = _extensions(project)
    arguments: list[tuple[str, Given]] = []
    if not extensions:
        return
    for made in extensions:
        written = made.value.keyword("engine_options") if isinstance(made.value, Call) else None
        if written is not None:
            several, reason = entries(project, Given(made.site, written))
            arguments, incomplete = arguments + several, incomplete or reason
    urls: list[tuple[Given, int, Location, str]] = []
    for path in project.mentioning(FLASK_URL, FLASK_OPTIONS, *FLASK_POOL, "config"):
        for key, given, block, location, owner in _configured(project, path):
            if key == FLASK_OPTIONS:
                several, reason = entries(project, given)
                arguments, incomplete = arguments + several, incomplete or reason
            elif key in FLASK_POOL:
                arguments.append((FLASK_POOL[key], given))
            elif key == FLASK_URL:
                urls.append((given, block, location, owner))
    for given, block, location, owner in urls:
        yield Engine(
            location,
            given.site,
            block,
            FLASK_URL,
            f"{project.modules.name(location.path)}.{owner or FLASK_URL}",
            database_of(project, known[project.sources[location.path].project].usable(False), given, block),
            tuple(arguments),
            incomplete,
            project.role(location.path) != "application",
            False,
            given,
        )


def _extensions(project: Project) -> tuple[list[Given], str]:
    """The calls that make the extension, or a class of the tree that descends from it, and why such a class may set
    options of its own."""
    found = [Given(site.site, site.call) for site in project.calls({FLASK_EXTENSION})]
    reason = ""
    for path in project.mentioning("flask_sqlalchemy"):
        python = project.python(path)
        for index, scope in enumerate(python.scopes if python is not None else ()):
            if scope.kind != "class" or not scope.bases:
                continue
            if project.names.derives_from(Defined(path, index), {FLASK_EXTENSION}) is not True:
                continue
            if any(project.names.class_member(path, index, name) is not None for name in FLASK_OVERRIDES):
                reason = f"`{scope.name}` sets options by itself"
            for other in project.mentioning(scope.name):
                for call, block in project.calls_in(other):
                    if getattr(call.function, "name", "").rpartition(".")[2] == scope.name:
                        content = project.python(other)
                        where = content.blocks[block].scope if content is not None else 0
                        found.append(Given(Site(other, where), call))
    return found, reason


def _configured(project: Project, path: str) -> Iterator[tuple[str, Given, int, Location, str]]:
    """Keys of Flask's configuration that a file sets: in a class, by item and by `app.config.update(...)`."""
    python = project.python(path)
    assert python is not None
    for statement in python.statements:
        scope = python.blocks[statement.block].scope
        site, location = Site(path, scope), Location(path, statement.place)
        match statement:
            case Assign(targets, value) if value is not None:
                for target in targets:
                    if isinstance(target, Reference) and target.name.startswith("SQLALCHEMY_"):
                        if python.scopes[scope].kind in ("class", "module"):
                            yield (
                                target.name,
                                Given(site, value),
                                statement.block,
                                location,
                                python.scopes[scope].qualname,
                            )
                    elif isinstance(target, Subscript) and getattr(target.value, "name", "").endswith("config"):
                        key = str(target.index.value) if isinstance(target.index, Constant) else ""
                        yield key, Given(site, value), statement.block, location, ""
            case Expression(Call(Reference(name), arguments)) if name.endswith(
                ("config.update", "config.from_mapping", "config.setdefault")
            ):
                for argument in arguments:
                    if argument.name:
                        place = Location(path, argument.value.place)
                        yield (argument.name, Given(site, argument.value), statement.block, place, "")
                    elif not argument.star:
                        for key, given in entries(project, Given(site, argument.value))[0]:
                            yield (key, given, statement.block, Location(path, given.value.place), "")
