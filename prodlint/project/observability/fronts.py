"""Health checks that are answered in front of the routes: by middleware, or by what wraps the application."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from prodlint.facts import Call, Constant, Operation, Return, Value, walk
from prodlint.finding import Answer, Location
from prodlint.libraries.sensitive import words_of
from prodlint.project.observability.applications import WebApplication, own_python
from prodlint.project.values.bindings import Defined
from prodlint.project.values.outcomes import Items, Known, Site, options

if TYPE_CHECKING:
    from prodlint.project import Project

__all__ = ["answered_in_front"]

_PATH = re.compile(
    r"/(?:[\w.~-]+/)*_*(?:health\w*|health[-_]\w+|liveness|livez|live|alive|readiness|readyz|ready|ping|heartbeat)/?",
    re.IGNORECASE,
)
_ASKED = frozenset({"path", "path_info", "PATH_INFO", "raw_path", "full_path"})
_HEALTH = frozenset("health healthz healthcheck liveness livez readiness readyz ready alive ping heartbeat".split())


def answered_in_front(project: Project, application: WebApplication) -> tuple[Answer, Location | None]:
    """Whether something answers the path of a health check before any route is looked for: YES for a wrapper that is
    given such a path and for code that compares a request's path with it and answers; UNKNOWN where it compares only,
    as what leaves health checks out of its log does."""
    seen: Location | None = None
    for path in own_python(project, application, *_ASKED, "scope", "environ"):
        python = project.python(path)
        if python is None or project.role(path) != "application":
            continue
        for value, block in project.values_in(path):
            for each in walk(value):
                scope = python.blocks[block].scope
                if isinstance(each, Call) and _is_wrapper(project, Site(path, scope), each):
                    return Answer.YES, Location(path, each.place)
                if isinstance(each, Operation) and _compares(project, Site(path, scope), each):
                    if _answers(project, path, block) or _speaks_of_health(project, path, scope):
                        return Answer.YES, Location(path, each.place)
                    seen = seen or Location(path, each.place)
    return (Answer.UNKNOWN if seen is not None else Answer.NO), seen


def _is_wrapper(project: Project, site: Site, call: Call) -> bool:
    """`health_check(application, "/health/")`: a call of a function of the tree that speaks of health."""
    if _HEALTH.isdisjoint(words_of(str(getattr(call.function, "name", "")).rpartition(".")[2])):
        return False
    if not any(_is_path(project, site, argument.value) for argument in call.arguments) or len(call.arguments) < 2:
        return False
    return any(isinstance(each, Defined) for each in options(project.values.evaluate(site, call.function).meaning))


def _compares(project: Project, site: Site, operation: Operation) -> bool:
    """Whether the path of a request is compared with that of a health check: `request.path == "/health"`."""
    if operation.operator not in {"==", "!=", "in", "not in"} or len(operation.operands) != 2:
        return False
    one, other = operation.operands
    return _asks_path(one) and (
        _is_path(project, site, other) or any(_is_path(project, site, e) for e in _items(other))
    )


def _items(value: Value) -> Iterator[Value]:
    return iter(getattr(value, "items", ()))


def _asks_path(value: Value) -> bool:
    for each in walk(value):
        if str(getattr(each, "name", "")).rpartition(".")[2] in _ASKED:
            return True
        if isinstance(each, Constant) and each.value in _ASKED:
            return True
    return False


def _is_path(project: Project, site: Site, value: Value) -> bool:
    if isinstance(value, Constant):
        return isinstance(value.value, str) and _PATH.fullmatch(value.value) is not None
    for each in options(project.values.evaluate(site, value).meaning):
        several = [project.values.given(item).meaning for item in each.values] if isinstance(each, Items) else [each]
        for one in several:
            if isinstance(one, Known) and isinstance(one.value, str) and _PATH.fullmatch(one.value) is not None:
                return True
    return False


def _answers(project: Project, path: str, block: int) -> bool:
    """Whether the block that follows a test returns a response of its own, or sends one."""
    python = project.python(path)
    assert python is not None
    inside = {index for index, each in enumerate(python.blocks) if each.parent == block and each.kind == "if"}
    for statement in python.statements:
        if isinstance(statement, Return) and statement.block in inside and isinstance(statement.value, Call):
            last = str(getattr(statement.value.function, "name", "")).rpartition(".")[2]
            if last.endswith("Response") or last in {"start_response", "jsonify", "json", "make_response"}:
                return True
    return False


def _speaks_of_health(project: Project, path: str, scope: int) -> bool:
    """Whether a function, or the class that it belongs to, is called after health."""
    python = project.python(path)
    assert python is not None
    while scope > 0:
        if not _HEALTH.isdisjoint(words_of(python.scopes[scope].name)):
            return True
        scope = python.scopes[scope].parent
    return False
