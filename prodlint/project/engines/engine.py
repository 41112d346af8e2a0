"""What is known of one database engine or connection pool."""

from __future__ import annotations

from msgspec import Struct

from prodlint.finding import Location
from prodlint.libraries.engines import EMBEDDED, SERVERS
from prodlint.project.engines.urls import Database
from prodlint.project.values.outcomes import Given, Site

__all__ = ["Engine"]


class Engine(Struct, frozen=True):
    """One place that makes an engine."""

    location: Location
    site: Site
    block: int
    name: str
    """The function, class or configuration key that makes it, as one would write it: `create_engine`."""
    subject: str
    """Stable when lines move: the module and the function, or the configuration class."""
    database: Database
    arguments: tuple[tuple[str, Given], ...]
    """The engine's own keyword arguments, those of a resolved `**options` among them; a name that may be given on some
    paths only is among them too."""
    incomplete: str
    """Why there may be more of them; "" where all are known."""
    is_script: bool
    """Made by a program of its own: a migration environment, or a module that only its `__main__` block uses."""
    is_disposed: bool
    """Used up in the function that makes it."""
    url: Given | None = None
    """What names the database, where that is seen."""
    library: str = "sqlalchemy"
    """What makes its connections: "sqlalchemy", "django", or a driver: "asyncpg", "psycopg_pool", "aiopg" ..."""

    def argument(self, name: str) -> Given | None:
        """The last value given for a keyword."""
        return next((given for key, given in reversed(self.arguments) if key == name), None)

    @property
    def is_server(self) -> bool:
        """Whether it may speak to a database server."""
        return any(dialect in SERVERS for dialect in self.database.dialects)

    @property
    def is_embedded(self) -> bool:
        """Whether it only ever opens a file or memory."""
        return bool(self.database.dialects) and all(dialect in EMBEDDED for dialect in self.database.dialects)
