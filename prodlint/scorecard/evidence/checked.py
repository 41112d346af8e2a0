"""The health endpoints that items speak of: the certain ones, where there are any."""

from __future__ import annotations

from prodlint.project.observability.applications import WebApplication
from prodlint.project.observability.health import health_routes
from prodlint.project.routes.route import Route
from prodlint.scorecard.application import Application

__all__ = ["health"]

_MOST = 3
"""Health routes of one application that are shown; one handler counts once."""


def health(app: Application, application: WebApplication) -> tuple[Route, ...]:
    """A few health routes of an application, those that are public as health checks before others."""
    routes = health_routes(app.project, application)
    certain = [route for route in routes if app.project.public_reason(route) == "health check"]
    by_handler = {route.location: route for route in reversed(certain or routes)}
    return tuple(sorted(by_handler.values(), key=lambda route: route.path))[:_MOST]
