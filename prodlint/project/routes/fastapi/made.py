"""What an application or router is made with: in its call, in the `super().__init__` of its class, in a dictionary."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prodlint.facts import Call
from prodlint.project.values.bindings import Defined
from prodlint.project.values.outcomes import Given, Pairs, Site, options

if TYPE_CHECKING:
    from prodlint.project import Project
    from prodlint.project.routes.fastapi.routers import Router


def keyword(project: Project, router: Router, name: str, position: int = -1) -> list[Given]:
    """What a router is given as `name=`, or at `position` of the call that makes it where it has no class of its own in
    the tree; several where alternatives give it."""
    made, site = router.made.value, router.made.site
    assert isinstance(made, Call)
    if router.subclass is not None:
        code = project.names.class_member(router.subclass.path, router.subclass.scope, "__init__")
        if isinstance(code, Defined):
            return _from_super(project, code, router.made, name)
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


def _from_super(project: Project, code: Defined, made: Given, name: str) -> list[Given]:
    found: list[Given] = []
    arguments = project.values.bind(code, made, skip_first=True)
    site = Site(code.path, code.scope, arguments)
    assert isinstance(made.value, Call)
    for statement in project.statements_of(code):
        value = getattr(statement, "value", None)
        if not isinstance(value, Call) or getattr(value.function, "name", "") != "__init__":
            continue
        given = value.keyword(name)
        if given is not None:
            found.append(Given(site, given))
        elif any(argument.star == "**" for argument in value.arguments):
            passed = made.value.keyword(name)
            if passed is not None:
                found.append(Given(made.site, passed))
    return found


__all__ = ["keyword"]
