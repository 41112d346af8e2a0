"""The route table as the rows of `prodlint inspect routes`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prodlint.facts import Parameter, span
from prodlint.project.values.bindings import Defined
from prodlint.project.values.outcomes import Site

if TYPE_CHECKING:
    from prodlint.project import Project
    from prodlint.project.routes.route import Route


def body_models(project: Project, route: Route) -> list[str]:
    """Names of the models that a route takes from the request's body: parameters annotated with a class of the tree
    that is no dependency (FastAPI: "Request Body")."""
    if route.handler is None:
        return []
    scope = project.scope_of(route.handler)
    found = []
    for parameter in scope.parameters:
        of = _body_class(project, route.handler, parameter)
        if of is not None:
            found.append(project.qualified(of))
    return found


def _body_class(project: Project, handler: Defined, parameter: Parameter) -> Defined | None:
    site = Site(handler.path, max(project.scope_of(handler).parent, 0))
    if parameter.annotation is None:
        return None
    if project.routing.injection.asks(site, parameter):
        return None
    found = project.values.annotated(site, parameter.annotation)
    if not isinstance(found, Defined):
        return None
    is_model = project.names.derives_from(
        found,
        frozenset({"pydantic.BaseModel", "pydantic.main.BaseModel", "sqlmodel.SQLModel", "sqlmodel.main.SQLModel"}),
    )
    return found if is_model else None


def parameters(project: Project, route: Route) -> list[str]:
    """Names of the scalar parameters of a handler: path, query, header and cookie ones."""
    if route.handler is None:
        return []
    scope = project.scope_of(route.handler)
    site = Site(route.handler.path, max(scope.parent, 0))
    bodies = {each.name for each in scope.parameters if _body_class(project, route.handler, each) is not None}
    skipped = {"self", "cls", "request", "response", "websocket", "background_tasks"} | bodies
    return [
        each.name for each in scope.parameters
        if each.name not in skipped and not each.kind.startswith("*") and not project.routing.injection.asks(site, each)
    ]  # fmt: skip


def rows(project: Project) -> list[dict[str, object]]:
    """The contract of `inspect routes`, sorted by path, methods and handler."""
    listed = []
    for route in project.routes:
        decided = project.authentication(route)
        names = dict.fromkeys(each.name for top in route.dependencies for each in top.closure() if each.name != "?")
        listed.append(
            {
                "methods": list(route.methods),
                "path": route.path,
                "handler": route.name,
                "file": route.location.path,
                "line": span(route.location.place).line,
                "framework": route.framework,
                "dependencies": sorted(names),
                "authentication": {"status": decided.status, "by": decided.by, "reason": decided.reason},
                "response_model": route.response_model or None,
                "body_models": body_models(project, route),
                "params": parameters(project, route),
                "include_in_schema": route.in_schema,
                "public": project.public_reason(route) or None,
                "conditional": route.conditional,
                "tests": [f"{each.path}:{span(each.place).line}" for each in project.coverage.of(route)],
            }
        )
    return sorted(listed, key=lambda row: (row["path"], row["methods"], row["handler"]))
