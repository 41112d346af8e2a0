"""Routes that an include does not reach: FastAPI before 0.137 copies the routes of a router when it is included
(`fastapi/routing.py`, `APIRouter.include_router`); later versions ask the router itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prodlint.project.routes.fastapi.registration import Registration
from prodlint.project.routes.route import Lost

if TYPE_CHECKING:
    from prodlint.project import Project
    from prodlint.project.routes.fastapi.routers import Router

_ASKS = (0, 137)
_REASON = "it stands after the include of its router, and this version of FastAPI copies routes when it includes them"


def copies(project: Project) -> bool:
    """Whether the versions of FastAPI that lock files fix are known, and copy."""
    found = {
        version
        for component in project.requirements.components
        for lock in component.locks
        if (version := _version(lock.versions.get("fastapi", ""))) is not None
    }
    return bool(found) and all(each < _ASKS for each in found)


def copied(project: Project, router: Router, include: Registration) -> tuple[list[Registration], list[Lost]]:
    """What of a router an include copies, and what comes too late for it: only within one body is the order known."""
    kept, lost = [], []
    for each in router.registrations:
        if _body(project, each) == _body(project, include) and each.location.place > include.location.place:
            lost.append(Lost(each.location, "route that is put on a router", _REASON))
        else:
            kept.append(each)
    return kept, lost


def _body(project: Project, registration: Registration) -> tuple[str, int]:
    """The file and function in which a registration stands."""
    handler = registration.handler
    if registration.placed is not None and handler is not None and handler.path == registration.placed.path:
        return handler.path, max(project.scope_of(handler).parent, 0)
    return registration.call.site.path, registration.call.site.scope


def _version(text: str) -> tuple[int, int] | None:
    parts = text.split(".")
    return (int(parts[0]), int(parts[1])) if len(parts) > 1 and parts[0].isdigit() and parts[1].isdigit() else None


__all__ = ["copied", "copies"]
