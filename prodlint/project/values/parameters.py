"""What the callers of a function in the tree pass for its parameters."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prodlint.facts import Call, Reference
from prodlint.libraries.values import PASS_THROUGH
from prodlint.project.values.bindings import Bound, Defined, Variable
from prodlint.project.values.outcomes import Given, Meaning, Site

if TYPE_CHECKING:
    from prodlint.project import Project

__all__ = ["default_of", "parameter_of", "passed"]


def parameter_of(project: Project, given: Given, depth: int = 0) -> Bound | None:
    """The parameter that a value is, under another name or through one conversion too. Its evaluation alone would say
    no more than the annotation."""
    value, site = given.value, given.site
    if isinstance(value, Call) and len(value.arguments) == 1 and depth < 4:
        name = project.values.external_name(site, value.function)
        inner = Given(site, value.arguments[0].value)
        return parameter_of(project, inner, depth + 1) if name in PASS_THROUGH else None
    if not isinstance(value, Reference):
        return None
    symbol, rest = project.names.resolve(site.path, site.scope, value.name)
    if isinstance(symbol, Bound) and not rest:
        return symbol
    if isinstance(symbol, Variable) and not rest and depth < 4:
        assigned = project.values.single_assignment(symbol)
        return parameter_of(project, Given(Site(symbol.path, symbol.scope), assigned), depth + 1) if assigned else None
    return None


def passed(project: Project, meaning: Meaning) -> list[Given] | None:
    """What the callers of a function in the tree pass for a parameter, defaults included; None where the meaning is no
    parameter or no caller is seen. Tests are no callers."""
    if not isinstance(meaning, Bound):
        return None
    python = project.python(meaning.path)
    assert python is not None
    scope = python.scopes[meaning.scope]
    if scope.kind != "function":
        return None
    target, owner = (Defined(meaning.path, meaning.scope), Defined(meaning.path, scope.parent))
    is_method = python.scopes[scope.parent].kind == "class"
    name = python.scopes[scope.parent].name if is_method and scope.name == "__init__" else scope.name
    found: list[Given] = []
    for path in project.mentioning(name):
        other = project.python(path)
        if other is None or project.role(path) == "test":
            continue
        for call, block in project.calls_in(path):
            if getattr(call.function, "name", "").rpartition(".")[2] != name:
                continue
            site = Site(path, other.blocks[block].scope)
            called = project.values.callee(site, call.function)
            if called == target or getattr(called, "of", None) == target or (is_method and called == owner):
                bound = dict(project.values.bind(target, Given(site, call), skip_first=is_method))
                if meaning.name in bound:
                    found.append(bound[meaning.name])
    return found or None


def default_of(project: Project, parameter: Bound) -> Given | None:
    """The default of a parameter, or None."""
    python = project.python(parameter.path)
    assert python is not None
    scope = python.scopes[parameter.scope]
    for each in scope.parameters:
        if each.name == parameter.name and each.default is not None:
            return Given(Site(parameter.path, max(scope.parent, 0)), each.default)
    return None
