"""Views that a library makes and the tree only lists or configures: what they are for is known."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prodlint.libraries.django import ENTRANCES, STATIC_VIEWS
from prodlint.project.values.bindings import External

if TYPE_CHECKING:
    from prodlint.project import Project
    from prodlint.project.routes.route import Route


def library_reason(project: Project, route: Route) -> str:
    """Why the view of a library is public by nature: login, logout ..., or a page without code; "" for any other."""
    names = [route.name]
    if route.view is not None:
        ancestors = project.names.ancestors(route.view.path, route.view.scope)
        names = [each.name for each in ancestors if isinstance(each, External)]
    elif route.handler is not None:
        return ""
    for name in names:
        if name in ENTRANCES:
            return ENTRANCES[name]
    # A subclass that brings code of its own may show anything.
    if route.view is None and route.name in STATIC_VIEWS:
        return "static page"
    return ""
