"""The route table as the rows of `prodlint inspect routes`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prodlint.facts import span
from prodlint.project.routes.limits import described

if TYPE_CHECKING:
    from prodlint.project import Project
    from prodlint.project.routes.route import Route


def body_models(project: Project, route: Route) -> list[str]:
    """Names of the models that a route takes from the request's body."""
    found = (
        project.qualified(each.model)
        for each in project.inputs.taken(route)
        if each.is_whole and each.source in {"body", "form"} and each.model is not None and each.dependency is None
    )
    return list(dict.fromkeys(found))


def parameters(project: Project, route: Route) -> list[str]:
    """Names of the other parameters of a handler that a client fills, as the code calls them."""
    return [
        each.bound.name
        for each in project.inputs.taken(route)
        if each.bound is not None and not each.keys and each.dependency is None
        and not (each.is_whole and each.model is not None)
    ]  # fmt: skip


def rows(project: Project) -> list[dict[str, object]]:
    """The contract of `inspect routes`, sorted by path, methods and handler."""
    listed = []
    for route in project.routes:
        decided = project.authentication(route)
        owner = project.identity.owner(route)
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
                "owner": {"status": owner.status, "by": list(owner.by), "reason": owner.reason} if owner else None,
                "response_model": route.response_model or None,
                "body_models": body_models(project, route),
                "params": parameters(project, route),
                "limits": described(project, route),
                "include_in_schema": route.in_schema,
                "public": project.public_reason(route) or None,
                "conditional": route.conditional,
                "tests": [f"{each.path}:{span(each.place).line}" for each in project.coverage.of(route)],
            }
        )
    return sorted(listed, key=lambda row: (row["path"], row["methods"], row["handler"]))
