"""Pools that a driver makes itself, with no SQLAlchemy: asyncpg, psycopg, aiopg, aiomysql."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from prodlint.finding import Location
from prodlint.libraries.engines import DRIVER_POOLS
from prodlint.project.engines.engine import Engine
from prodlint.project.engines.programs import is_script
from prodlint.project.engines.urls import Database
from prodlint.project.values.arguments import keywords
from prodlint.project.values.outcomes import Given

if TYPE_CHECKING:
    from prodlint.project import Project

__all__ = ["engines_of_drivers"]


def engines_of_drivers(project: Project) -> Iterator[Engine]:
    """One for each call that makes such a pool; its size is the argument `pool_size`, by whatever name it was given."""
    for site in project.calls(frozenset(DRIVER_POOLS)):
        pool = DRIVER_POOLS[site.name]
        arguments, incomplete = keywords(project, site.site, site.call)
        named = tuple(("pool_size" if key == pool.largest else key, given) for key, given in arguments)
        python = project.python(site.path)
        assert python is not None
        first = site.call.positional(0)
        scope = python.scopes[site.scope]
        last = site.name.rpartition(".")[2]
        yield Engine(
            Location(site.path, site.call.place),
            site.site,
            site.block,
            last,
            f"{project.modules.name(site.path)}.{scope.qualname or last}",
            Database((pool.dialect,)),
            named,
            incomplete,
            is_script(project, site.path),
            False,
            Given(site.site, first) if first is not None else None,
            site.name.partition(".")[0],
        )
