"""Dependencies that let some paths pass: `if request.url.path in PUBLIC: return None` before they refuse."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prodlint.facts import Assign, Reference, Return, Value, walk
from prodlint.project.routes import middleware
from prodlint.project.routes.answer import Authentication
from prodlint.project.routes.route import Guard
from prodlint.project.values.bindings import Defined

if TYPE_CHECKING:
    from prodlint.project import Project
    from prodlint.project.routes.authentication import Authenticator
    from prodlint.project.routes.route import Dependency, Route


def for_route(
    authenticator: Authenticator, dependency: Dependency, found: Authentication, route: Route
) -> Authentication:
    """What a dependency that refuses does to an anonymous caller of one route, where its code lets paths pass.

    One that takes the request and nothing else is run in thought like a hook; of any other it is unknown."""
    project, code = authenticator.project, dependency.code
    if found.status != "required" or code is None or not _lets_paths_pass(project, code):
        return found
    taken = [each for each in project.scope_of(code).parameters if each.name not in {"self", "cls"}]
    reason = f"`{dependency.name}` lets some paths pass"
    if len(taken) != 1:
        return Authentication("unknown", dependency.name, reason, found.steps)
    guard = Guard("hook", dependency.name, dependency.location, code, dependency.arguments)
    answer = middleware.answer(authenticator, guard, route)
    if answer.status == "required":
        return found
    return answer if answer.status == "none" else Authentication("unknown", dependency.name, reason, found.steps)


def _lets_paths_pass(project: Project, code: Defined) -> bool:
    """Whether a function returns under a test of the request's path."""
    if " path " not in project.identifiers(code.path):
        return False
    python = project.python(code.path)
    assert python is not None
    statements = project.statements_of(code)
    names = {
        target.name
        for each in statements
        if isinstance(each, Assign) and each.value is not None and _is_path(each.value, set())
        for target in each.targets
        if isinstance(target, Reference)
    }
    for statement in statements:
        block = statement.block if isinstance(statement, Return) else -1
        while block >= 0 and python.blocks[block].kind not in {"function", "module", "class"}:
            fact = python.blocks[block]
            if fact.kind in {"if", "elif"} and fact.value is not None and _is_path(fact.value, names):
                return True
            block = fact.parent
    return False


def _is_path(value: Value, names: set[str]) -> bool:
    mentioned = {each.name for each in walk(value) if isinstance(each, Reference)}
    return any(each.partition(".")[0] in names or ".url.path" in each for each in mentioned)


__all__ = ["for_route"]
