"""What an application or router is made with: in its call, in the `super().__init__` of its class, in a dictionary."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from prodlint.facts import Assign, Attribute, Call, Constant, Expression, Reference, Subscript, Unknown, Value, walk
from prodlint.project.values.arguments import entries
from prodlint.project.values.bindings import Defined
from prodlint.project.values.outcomes import Given, Pairs, Site, options

if TYPE_CHECKING:
    from prodlint.project import Project
    from prodlint.project.routes.fastapi.routers import Router

_MAX_DEPTH = 6


def keyword(project: Project, router: Router, name: str, position: int = -1) -> list[Given]:
    """What a router is given as `name=`, or at `position` of the call that makes it where it has no class of its own in
    the tree; several where alternatives give it."""
    made, site = router.made.value, router.made.site
    assert isinstance(made, Call)
    if router.subclass is not None:
        makers = list(_makers(project, router.subclass))
        if makers:
            return _from_super(project, makers, router.made, name)
    found: list[Given] = []
    given = made.keyword(name)
    if given is None and position >= 0:
        given = made.positional(position)
    if given is not None:
        found.append(Given(site, given))
    for argument in made.arguments:
        if argument.star == "**":
            for meaning in options(project.values.evaluate(site, argument.value).meaning):
                inner = meaning.get(name) if isinstance(meaning, Pairs) else None
                if inner is not None:
                    found.append(inner)
    return found


def spread(project: Project, site: Site, call: Call, name: str) -> Given | None:
    """What a call is given as `name=`, in a dictionary that it spreads too: `@router.get("/", **PRIVATE)`."""
    given = call.keyword(name)
    if given is not None:
        return Given(site, given)
    for argument in call.arguments:
        found = entries(project, Given(site, argument.value))[0] if argument.star == "**" else []
        several = [value for key, value in found if key == name]
        if several:
            return several[-1]
    return None


def _makers(project: Project, of: Defined) -> Iterator[Defined]:
    """The `__init__` of a class and of each class above it in the tree that has one."""
    for ancestor in project.names.ancestors(of.path, of.scope):
        python = project.python(ancestor.path) if isinstance(ancestor, Defined) else None
        for index, scope in enumerate(python.scopes if python is not None else ()):
            if isinstance(ancestor, Defined) and scope.parent == ancestor.scope and scope.name == "__init__":
                yield Defined(ancestor.path, index)


def _from_super(project: Project, makers: list[Defined], made: Given, name: str, depth: int = 0) -> list[Given]:
    """What the `super().__init__` of a class passes on, and that of the class above it in turn."""
    found: list[Given] = []
    code = makers[0]
    site = Site(code.path, code.scope, project.values.bind(code, made, skip_first=True))
    assert isinstance(made.value, Call)
    named = {each.name for each in project.scope_of(code).parameters}
    for statement in project.statements_of(code):
        value = getattr(statement, "value", None)
        if not isinstance(value, Call) or getattr(value.function, "name", "") != "__init__":
            continue
        above: list[Given] = []
        if len(makers) > 1 and depth < _MAX_DEPTH and isinstance(value.function, Attribute):
            above = _from_super(project, makers[1:], Given(site, value), name, depth + 1)
        elif value.keyword(name) is not None:
            above = [Given(site, value.keyword(name) or value)]
        spreads = [each.value for each in value.arguments if each.star == "**"] if not above else []
        for mapping in spreads:
            own = None if name in named else made.value.keyword(name)
            put = _put_in(project, code, site, mapping, name, own is not None)
            if put is not None:
                above.append(put)
            elif own is not None:
                above.append(Given(made.site, own))
        found += above
    return found


def _put_in(project: Project, code: Defined, site: Site, mapping: Value, name: str, is_given: bool) -> Given | None:
    """What a function puts in the mapping of its keyword arguments before it passes them on: `kwargs["prefix"] = x`."""
    if not isinstance(mapping, Reference):
        return None
    methods = {f"{mapping.name}.{each}" for each in ("setdefault", "update", "pop")}
    for statement in project.statements_of(code):
        match statement:
            case Assign((Subscript(Reference(of), Constant(key)),), assigned) if of == mapping.name and key == name:
                return Given(site, assigned) if assigned is not None else None
            case Expression(Call(Reference(called), (key, default))) if called == f"{mapping.name}.setdefault":
                if isinstance(key.value, Constant) and key.value.value == name:
                    return None if is_given else Given(site, default.value)
        value = getattr(statement, "value", None)
        for call in walk(value) if value is not None else ():
            if isinstance(call, Call) and getattr(call.function, "name", "") in methods:
                keys = {each.name or getattr(each.value, "value", "") for each in call.arguments}
                if name in keys:
                    return Given(site, Unknown(f"`{name}` is changed", -call.place))
    return None


__all__ = ["keyword", "spread"]
