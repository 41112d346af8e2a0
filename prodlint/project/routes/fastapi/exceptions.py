"""What FastAPI's and Starlette's exception handlers answer for the exceptions of the tree."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from prodlint.facts import Call
from prodlint.project.routes.fastapi.made import keyword
from prodlint.project.routes.statuses import DENYING, Statuses
from prodlint.project.values.bindings import Defined
from prodlint.project.values.outcomes import Pairs, Site, options

if TYPE_CHECKING:
    from prodlint.project import Project
    from prodlint.project.routes.fastapi.routers import Router, Routers


def handled_exceptions(project: Project, routers: Routers, statuses: Statuses) -> dict[Defined, int]:
    """Exception classes of the tree for which a handler answers 401 or 403, or sends to the login page, with that
    status."""
    found: dict[Defined, int] = {}
    for router in routers.routers.values():
        for raised, handler in _listed(project, router):
            status = next(_answered(project, statuses, handler), 0)
            if status:
                found[raised] = status
        for registration in router.registrations:
            if registration.kind not in {"exception_handler", "add_exception_handler"}:
                continue
            call, site = registration.call.value, registration.call.site
            assert isinstance(call, Call)
            first, second = call.positional(0), call.positional(1)
            of = project.values.evaluate(site, first).meaning if first is not None else None
            code = registration.handler
            if code is None and second is not None:
                meaning = project.values.evaluate(site, second).meaning
                code = meaning if isinstance(meaning, Defined) else None
            if isinstance(of, Defined) and code is not None:
                status = next(_answered(project, statuses, code), 0)
                if status:
                    found[of] = status
    return found


def _listed(project: Project, router: Router) -> Iterator[tuple[Defined, Defined]]:
    """`FastAPI(exception_handlers={NotAllowed: answer})`: exceptions and their handlers."""
    for given in keyword(project, router, "exception_handlers") if router.is_application else ():
        for meaning in options(project.values.given(given).meaning):
            for key, value in meaning.pairs if isinstance(meaning, Pairs) else ():
                raised = project.values.given(key).meaning if key is not None else None
                handler = project.values.given(value).meaning
                if isinstance(raised, Defined) and isinstance(handler, Defined):
                    yield raised, handler


def _answered(project: Project, statuses: Statuses, handler: Defined) -> Iterator[int]:
    site = Site(handler.path, handler.scope)
    for statement in project.statements_of(handler):
        value = getattr(statement, "value", None)
        if value is not None:
            yield from (status for status in statuses.responses(site, value) if status in DENYING)
