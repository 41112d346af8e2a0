"""What looks at connection pools while the application runs."""

from __future__ import annotations

from collections.abc import Iterator

from prodlint.checklist import Evidence
from prodlint.facts import Mapping
from prodlint.libraries.engines import POOL_EVENTS, POOL_READS
from prodlint.project.engines.engine import Engine
from prodlint.project.engines.events import listened
from prodlint.project.engines.monitoring import monitored
from prodlint.scorecard.application import Application
from prodlint.scorecard.evidence.said import against, first_line, for_it

__all__ = ["django_pool", "watched"]


def watched(app: Application) -> Iterator[Evidence]:
    """What looks at the connection pool."""
    place = listened(app.project, POOL_EVENTS)
    if place is not None:
        yield for_it("events of the pool are listened to", place)
    elif monitored(app.project):
        path = app.mentions(*POOL_READS)
        yield for_it("how many connections are in use is exported", first_line(path) if path else None)
    elif any(engine.library == "django" and not engine.is_embedded for engine in app.engines):
        yield against("nothing tells how many connections Django has to the database")


def django_pool(engine: Engine) -> bool | None:
    """Whether Django keeps a pool of connections; None where its options are computed. Source:
    https://docs.djangoproject.com/en/stable/ref/databases/#connection-pool."""
    options = engine.argument("OPTIONS")
    if options is None:
        return False
    return options.value.get("pool") is not None if isinstance(options.value, Mapping) else None
