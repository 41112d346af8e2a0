"""Database engines: where they are made, which database they speak to, and with which arguments."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prodlint.facts import Mapping
from prodlint.finding import Location
from prodlint.libraries.engines import CONFIGURATIONS, CONFIGURED_FACTORIES, ENGINE_FACTORIES
from prodlint.project.engines.django import engines_of_django
from prodlint.project.engines.engine import Engine
from prodlint.project.engines.flask import engines_of_flask
from prodlint.project.engines.pools import engines_of_drivers
from prodlint.project.engines.programs import is_disposed, is_script
from prodlint.project.engines.registered import engines_of_urls
from prodlint.project.engines.urls import Database, Evidence, database_of, evidence
from prodlint.project.values.arguments import group, keywords
from prodlint.project.values.outcomes import Given

if TYPE_CHECKING:
    from prodlint.project import CallSite, Project

__all__ = ["Engine", "find_engines"]


def find_engines(project: Project) -> tuple[Engine, ...]:
    """All engines of the tree, tests and scripts included, by path and place."""
    known = evidence(project)
    names = ENGINE_FACTORIES | CONFIGURED_FACTORIES | set(CONFIGURATIONS)
    found = [_made(project, known[project.sources[site.path].project], site) for site in project.calls(names)]
    found += [*engines_of_flask(project, known), *engines_of_django(project, known), *engines_of_drivers(project),
              *engines_of_urls(project, known)]  # fmt: skip
    return tuple(sorted((each for each in found if each is not None), key=lambda each: each.location))


def _made(project: Project, known: Evidence, site: CallSite) -> Engine | None:
    call, where = site.call, site.site
    arguments, incomplete = keywords(project, where, call)
    given = dict(arguments)
    url: Given | None = given.get("url")
    if site.name in CONFIGURATIONS:
        url_name, options_name = CONFIGURATIONS[site.name]
        if "engine_instance" in given or "create_engine_callable" in given:
            return None
        url = given.get(url_name)
        grouped = given.get(options_name)
        arguments, lacking = group(project, grouped) if grouped is not None else ((), "")
        incomplete = incomplete or lacking
    elif site.name in CONFIGURED_FACTORIES:
        incomplete = incomplete or "its options come from a configuration file"
    if url is None and call.positional(0) is not None and site.name not in CONFIGURATIONS:
        url = Given(where, call.arguments[0].value)
    if site.name in CONFIGURED_FACTORIES:
        database = Database((), "its URL comes from a configuration file")
    elif url is None:
        database = Database((), "its URL is among arguments that cannot be followed")
    else:
        database = database_of(project, _usable(project, known, site), url, site.block)
    connecting = given.get("connect_args")
    if connecting is not None and isinstance(connecting.value, Mapping) and connecting.value.get("check_same_thread"):
        database = Database(("sqlite",))  # No other driver takes this argument.
    python = project.python(site.path)
    assert python is not None
    scope = python.scopes[site.scope]
    last = site.name.rpartition(".")[2]
    return Engine(
        Location(site.path, call.place),
        where,
        site.block,
        last,
        f"{project.modules.name(site.path)}.{scope.qualname or last}",
        database,
        arguments,
        incomplete,
        is_script(project, site.path),
        is_disposed(project, site),
        url,
    )


def _usable(project: Project, known: Evidence, site: CallSite) -> Evidence:
    """The evidence without the drivers that this engine cannot use."""
    asynchronous = "async" in site.name.rpartition(".")[2].lower()
    # `AsyncEngine(create_engine(...))` is how SQLModel's documentation makes an asynchronous one.
    wrapped = not asynchronous and site.path in project.mentioning("AsyncEngine")
    return known if wrapped else known.usable(asynchronous)
