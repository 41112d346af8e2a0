"""All places that switch the protection against forged requests off."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from prodlint.project.credentials.forgery.aiohttp import left_out
from prodlint.project.credentials.forgery.flask import exempt_in_flask
from prodlint.project.credentials.forgery.opening import Opening
from prodlint.project.credentials.forgery.settings import by_middleware, by_settings
from prodlint.project.credentials.forgery.views import exempt_views, rest_sessions

if TYPE_CHECKING:
    from prodlint.project import Project


def openings(project: Project) -> Iterator[Opening]:
    """All of an application's own code."""
    yield from by_settings(project)
    yield from by_middleware(project)
    yield from exempt_views(project)
    yield from exempt_in_flask(project)
    yield from rest_sessions(project)
    yield from left_out(project)


__all__ = ["Opening", "openings"]
