"""The code of the tree that a call, `super()` or a property runs, and what is known of `self` there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prodlint.facts import Raise
from prodlint.project.values.bindings import Defined
from prodlint.project.values.outcomes import Function, Given, Instance, Meaning, Site

if TYPE_CHECKING:
    from prodlint.project import Project


def code_of(project: Project, meaning: Meaning) -> tuple[Defined | None, tuple[tuple[str, Given], ...]]:
    """The function that a call runs, and what is known of `self`."""
    match meaning:
        case Defined(path, scope):
            if project.scope_of(meaning).kind == "function":
                return meaning, ()
            made = project.names.class_member(path, scope, "__init__")
            return (made, ()) if isinstance(made, Defined) else (None, ())
        case Function(of, owner):
            return of, ((("self", owner.call),) if owner is not None and owner.call is not None else ())
        case Instance(Defined(path, scope), call):
            code = project.names.class_member(path, scope, "__call__")
            if isinstance(code, Defined):
                return code, ((("self", call),) if call is not None else ())
    return None, ()


def super_of(project: Project, site: Site, name: str) -> tuple[Defined | None, tuple[tuple[str, Given], ...]]:
    """The method behind the own one that `super().name` is, and what is known of `self`."""
    names = project.names
    parent = Defined(site.path, max(project.scope_of(Defined(site.path, site.scope)).parent, 0))
    if project.scope_of(parent).kind != "class":
        return None, ()
    of: Defined = parent
    own = tuple((key, given) for key, given in site.arguments or () if key == "self")
    for _, given in own:
        meaning = project.values.given(given).meaning
        if isinstance(meaning, Instance) and isinstance(meaning.of, Defined):
            of = meaning.of
    behind = list(names.ancestors(of.path, of.scope))
    behind = behind[behind.index(parent) + 1 :] if parent in behind else []
    for ancestor in behind:
        member = names.class_member(ancestor.path, ancestor.scope, name) if isinstance(ancestor, Defined) else None
        if isinstance(member, Defined):
            return member, own or (("self", project.values.made_of(of)),)
    return None, ()


def raising_properties(project: Project) -> frozenset[str]:
    """Names of the properties of the tree that raise something."""
    found = set()
    for path in project.mentioning("property", "cached_property"):
        python = project.python(path)
        for index, scope in enumerate(python.scopes if python is not None else ()):
            if any(getattr(each, "name", "").endswith("property") for each in scope.decorators):
                if any(isinstance(each, Raise) for each in project.statements_of(Defined(path, index))):
                    found.add(scope.name)
    return frozenset(found)


__all__ = ["code_of", "raising_properties", "super_of"]
