"""Routes that tell whether the application is well, and whether they ask the database."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec import Struct

from prodlint.facts import Attribute, Call, Constant, Import, Mapping, Reference, Return, walk
from prodlint.finding import Answer
from prodlint.libraries.observability import HEALTH_MODULES
from prodlint.libraries.sensitive import words_of
from prodlint.project.deployment.answering import answered
from prodlint.project.deployment.declared import is_around
from prodlint.project.deployment.probes import Probe
from prodlint.project.observability.applications import WebApplication, own_python
from prodlint.project.routes.called import code_of
from prodlint.project.values.bindings import Defined, External
from prodlint.project.values.outcomes import Instance, Opaque, Site, options

if TYPE_CHECKING:
    from prodlint.project import Project
    from prodlint.project.routes.route import Route

__all__ = ["Touch", "asked_otherwise", "database_touched", "has_database", "health_routes", "is_served_by_package"]

_REASONS = frozenset({"health check", "liveness check", "readiness check"})
_WORDS = frozenset(
    "health healthz healthcheck healthy liveness livez alive readiness readyz ready ping heartbeat lbheartbeat "
    "isalive".split()
)
_SEGMENTS = frozenset({"up", "live", "status", "_status", "alive", "ping", "ready", "healthcheck", "hc", "monitor"})
_READING = frozenset({"GET", "HEAD", "OPTIONS", "*"})
_QUERIES = frozenset(
    "execute exec scalar scalars fetch fetchval fetchrow fetchone fetch_one fetch_val fetch_all fetchall query cursor "
    "ensure_connection connect run_sync select get_one first execute_query execute_sql".split()
)
"""Methods that ask a database; `connect` of an engine opens a connection, which is an answer too."""
_ELSEWHERE = frozenset(
    "redis cache client http requests httpx celery app os dict response request settings rabbit kafka broker".split()
)
"""What else has methods of these names."""
_CHECKS = re.compile(r"health|ready|check|ping|alive|status|database|\bdb|connect", re.IGNORECASE)
_POOL_FIGURES = re.compile(r"\bpool\.(?:status|size|checkedin|checkedout|overflow|get_size|get_idle_size)$")
"""What a pool says of itself, which asks no database. Source:
https://docs.sqlalchemy.org/en/20/core/pooling.html#sqlalchemy.pool.QueuePool.status."""
_DESCRIBED = re.compile(r"health[ _-]?check|\bliveness\b|\breadiness\b", re.IGNORECASE)
_MAX_DEPTH = 5


class Touch(Struct, frozen=True):
    """Whether a health route asks the database."""

    answer: Answer
    reason: str = ""


def health_routes(project: Project, application: WebApplication) -> tuple[Route, ...]:
    """The routes that look like health checks, the most certain first. Wider than what is public by nature: here one
    too many hides a finding and one too few makes a wrong one."""
    certain, likely = [], []
    probed = {found.route for probe in _probes(project, application) if (found := answered(project, probe)).route}
    for route in application.routes:
        if not set(route.methods) & _READING:
            continue
        if project.public_reason(route) in _REASONS or route in probed:
            certain.append(route)
        elif _looks_like(project, route):
            likely.append(route)
    return (*certain, *likely)


def asked_otherwise(project: Project, application: WebApplication) -> str:
    """The deployment file that asks whether the application is well in a way that is not followed to a route: a
    `HEALTHCHECK` that runs a script; "" for none."""
    for image in project.deployment.images:
        last = image.last("HEALTHCHECK")
        if last is not None and last.text.strip().upper() != "NONE" and is_around(image.folder, application.folder):
            return image.path
    return ""


def _probes(project: Project, application: WebApplication) -> Iterator[Probe]:
    for probe in project.deployment.probes:
        if is_around(probe.folder, application.folder) and probe.path != "/":
            yield probe


def _looks_like(project: Project, route: Route) -> bool:
    segments = [each for each in route.path.lower().split("/") if each and "{" not in each]
    last = segments[-1] if segments else ""
    words = {word for each in segments for word in re.split(r"[^a-z]+", each)}
    if words & _WORDS or (last in _SEGMENTS and len(segments) <= 3 and "{" not in route.path):
        return True
    name = set(words_of(project.scope_of(route.handler).name)) if route.handler is not None else set()
    if name & _WORDS or {"health", "check"} <= name:
        return True
    return (not segments and _says_status(project, route)) or _is_described(route)


def _is_described(route: Route) -> bool:
    """Whether the registration of a route calls it a health check: `summary="Health check"`."""
    call = route.calls[0].value if route.calls else None
    for name in ("summary", "description", "name", "operation_id"):
        given = call.keyword(name) if isinstance(call, Call) else None
        text = "".join(str(each.value) for each in walk(given) if isinstance(each, Constant)) if given else ""
        if _DESCRIBED.search(text):
            return True
    return False


def _says_status(project: Project, route: Route) -> bool:
    """A root that answers `{"status": "ok"}`."""
    if route.handler is None:
        return False
    for statement in project.statements_of(route.handler):
        value = statement.value if isinstance(statement, Return) else None
        for each in walk(value) if value is not None else ():
            if isinstance(each, Mapping) and any(
                isinstance(key, Constant) and key.value in {"status", "health", "healthy", "ok"}
                for key, _ in each.items
            ):
                return True
    return False


def is_served_by_package(project: Project, application: WebApplication) -> bool:
    """Whether a package that brings health routes is imported or named in a settings list."""
    for path in own_python(project, application, *HEALTH_MODULES):
        python = project.python(path)
        for statement in python.statements if python is not None else ():
            if isinstance(statement, Import) and statement.module.split(".")[0] in HEALTH_MODULES:
                if project.modules.find(statement.module, path) is None:
                    return True
    for path in own_python(project, application, "INSTALLED_APPS", "MIDDLEWARE"):
        for value, _ in project.values_in(path):
            for each in walk(value):
                if isinstance(each, Constant) and str(each.value).split(".")[0] in HEALTH_MODULES:
                    return True
    return False


# --- the database ---


def has_database(project: Project, application: WebApplication) -> bool:
    """Whether the application has a database that it speaks to over an engine, or tables."""
    if any(not each.is_script and project.role(each.location.path) == "application" for each in project.engines):
        return True
    return any(project.role(each.location.path) == "application" for each in project.tables)


def database_touched(project: Project, route: Route) -> Touch:
    """Whether a handler, what it depends on or what these call runs a query. To depend on a session is not enough: it
    connects when it is first used."""
    if route.handler is None:
        return Touch(Answer.UNKNOWN, "its handler is not found")
    walker = _Walk(project)
    starts = [route.handler]
    for top in route.dependencies:
        starts += [each.code for each in top.closure() if each.code is not None]
    for start in starts:
        if walker.asks(start, 0):
            return Touch(Answer.YES)
    return Touch(Answer.UNKNOWN, walker.doubt) if walker.doubt else Touch(Answer.NO)


class _Walk:
    """Follows calls from a function to a query."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.seen: set[Defined] = set()
        self.doubt = ""

    def asks(self, code: Defined, depth: int) -> bool:
        """Whether a function or something that it calls runs a query."""
        if code in self.seen or depth > _MAX_DEPTH:
            return False
        self.seen.add(code)
        return any(self._is_query(name) for name in self._named(code)) or any(
            self.asks(inner, depth + 1) for inner in self._inner(code)
        )

    def _named(self, code: Defined) -> Iterator[str]:
        """The dotted names in a function; a SELECT counts as the `select` that it is."""
        for value in self.project.values_of(code):
            for each in walk(value):
                if isinstance(each, Attribute):
                    yield f"{getattr(each.value, 'name', '') or '()'}.{each.name}"
                elif isinstance(each, Reference):
                    yield each.name
                elif isinstance(each, Constant) and isinstance(each.value, str):
                    if re.match(r"\s*select\b", each.value, re.IGNORECASE):
                        yield "select"

    def _is_query(self, name: str) -> bool:
        head, _, last = name.rpartition(".")
        if head.rpartition(".")[2] == "objects" or last == "objects" or ".objects." in name:
            return True
        owner = head.rpartition(".")[2].lower().strip("_")
        if last not in _QUERIES or any(word in owner for word in _ELSEWHERE):
            return False
        return bool(head) or last == "select"

    def _inner(self, code: Defined) -> Iterator[Defined]:
        site = Site(code.path, code.scope)
        for call in self.project.calls_of(code):
            meaning = self.project.values.callee(site, call.function)
            for option in options(meaning):
                found, _ = code_of(self.project, option)
                if found is not None:
                    yield found
                    continue
                name = str(getattr(call.function, "name", ""))
                if not isinstance(option, Opaque | External | Instance) or not _CHECKS.search(name.rpartition(".")[2]):
                    continue
                if _POOL_FIGURES.search(name):
                    continue
                if not any(word in name.lower() for word in _ELSEWHERE) and not self.doubt:
                    self.doubt = f"`{name}` cannot be followed"
        yield from self._handed(code)

    def _handed(self, code: Defined) -> Iterator[Defined]:
        """Functions that are handed on: `await run_in_threadpool(check_database)`."""
        site = Site(code.path, code.scope)
        for call in self.project.calls_of(code):
            for argument in call.arguments:
                if isinstance(argument.value, Reference):
                    meaning = self.project.values.evaluate(site, argument.value).meaning
                    if isinstance(meaning, Defined) and self.project.scope_of(meaning).kind == "function":
                        yield meaning
