"""Attributes that are set on a handler, by a decorator or beside it: `view.login_exempt = True`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from prodlint.facts import Assign, Call, Reference, Value, walk
from prodlint.project.routes.exemptions.frame import Seen, Unsure
from prodlint.project.values.bindings import Defined, External
from prodlint.project.values.outcomes import Known, Site

if TYPE_CHECKING:
    from prodlint.project import Project
    from prodlint.project.routes.route import Route


def attribute_of_handler(project: Project, route: Route, name: str, default: Seen) -> Seen:
    """What `getattr(view, name, default)` gives for the handler of a route; unsure where something in front of the
    handler may set it."""
    if route.handler is None:
        return Unsure("the handler is not in the tree")
    own = [route.handler, *([route.view] if route.view is not None else ())]
    found = [each for code in own for each in _set_on(project, code, name)]
    if found:
        return found[0]
    for guard in route.guards:
        if guard.kind == "decorator" and guard.code is not None and _sets(project, guard.code, name):
            return Known(True)
    for code in own:
        scope = project.scope_of(code)
        for decorator in scope.decorators:
            value = decorator.function if isinstance(decorator, Call) else decorator
            meaning = project.values.evaluate(Site(code.path, max(scope.parent, 0)), value).meaning
            if isinstance(meaning, Defined) and _sets(project, meaning, name):
                return Known(True)
            if not isinstance(meaning, Defined | External):
                return Unsure("what a decorator of the handler does is not followed")
    # A wrapper in a table of routes (`path("x", exempt(view))`) is seen by none of these.
    return Unsure("who sets the attribute is not seen") if _set_elsewhere(project, name) else default


def _set_on(project: Project, code: Defined, name: str) -> Iterator[Seen]:
    """What is assigned to `handler.name` beside the handler, or in the body of its class."""
    scope = project.scope_of(code)
    if scope.kind == "class":
        member = project.names.class_member(code.path, code.scope, name)
        if member is not None:
            yield project.values.of_symbol(member).meaning
        return
    for statement in project.statements_of(Defined(code.path, max(scope.parent, 0))):
        if isinstance(statement, Assign) and statement.value is not None:
            if any(isinstance(each, Reference) and each.name == f"{scope.name}.{name}" for each in statement.targets):
                yield project.values.evaluate(Site(code.path, max(scope.parent, 0)), statement.value).meaning


def _sets(project: Project, code: Defined, name: str) -> bool:
    """Whether a decorator, or a function inside it, assigns an attribute of that name."""
    python = project.python(code.path)
    assert python is not None
    inside = {code.scope}
    for index in range(code.scope + 1, len(python.scopes)):
        if python.scopes[index].parent in inside:
            inside.add(index)
    return any(_assigns(python.blocks[each.block].scope in inside, each, name) for each in python.statements)


def _assigns(is_inside: bool, statement: object, name: str) -> bool:
    if not is_inside:
        return False
    if isinstance(statement, Assign):
        return any(isinstance(each, Reference) and each.name.endswith(f".{name}") for each in statement.targets)
    value: Value | None = getattr(statement, "value", None)
    calls = [each for each in walk(value) if isinstance(each, Call)] if value is not None else []
    return any(getattr(each.function, "name", "") == "setattr" and _names(each, name) for each in calls)


def _names(call: Call, name: str) -> bool:
    key = call.positional(1)
    return getattr(key, "value", None) == name


def _set_elsewhere(project: Project, name: str) -> bool:
    """Whether any function of the tree sets an attribute of that name on something other than itself."""
    for path in project.mentioning(name):
        python = project.python(path)
        for statement in python.statements if python is not None else ():
            if python is not None and python.scopes[python.blocks[statement.block].scope].kind == "function":
                names = [each.name for each in getattr(statement, "targets", ()) if isinstance(each, Reference)]
                if any(each.endswith(f".{name}") and not each.startswith("self.") for each in names):
                    return True
    return False
