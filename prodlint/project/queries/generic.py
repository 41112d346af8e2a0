"""Generic repositories: what `self` may be in a method of a class that works on whatever model it is given."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from prodlint.facts import Attribute, Call, Reference, Subscript, Value, walk
from prodlint.project.values.bindings import Defined
from prodlint.project.values.outcomes import Given, Instance, Site

if TYPE_CHECKING:
    from prodlint.project import Project

__all__ = ["selves_of"]

_MODELS = ("self.model", "self._model", "self.model_class", "self.entity", "self.table", "self.model_cls",
           "self.model_type", "self.schema_model", "cls.model", "self.Model")  # fmt: skip
_MAX = 60


def selves_of(project: Project, function: Defined) -> list[Given]:
    """The objects that a method may be called on, where it reads its model from one; else nothing."""
    scope = project.scope_of(function)
    if scope.kind != "function" or scope.parent < 0:
        return []
    owner = Defined(function.path, scope.parent)
    if project.scope_of(owner).kind != "class" or not _reads_model(project, function):
        return []
    found: dict[object, Given] = {}
    for given in _objects(project, owner):
        meaning = project.values.evaluate(
            Site(function.path, function.scope, (("self", given),)), Reference(_read(project, function), scope.place)
        ).meaning
        table = project.entities.classes.get(meaning) if isinstance(meaning, Defined) else None
        if table is not None:
            found.setdefault(table.location, given)
    return list(found.values())[:_MAX]


def _read(project: Project, function: Defined) -> str:
    """The name under which a method reads its model."""
    for name in _MODELS:
        for value in project.values_of(function):
            for inner in walk(value):
                if isinstance(inner, Reference) and (inner.name == name or inner.name.startswith(f"{name}.")):
                    return name
    return ""


def _reads_model(project: Project, function: Defined) -> bool:
    words = {name.partition(".")[2] for name in _MODELS}
    identifiers = project.identifiers(function.path)
    return any(f" {word} " in identifiers for word in words) and bool(_read(project, function))


def _objects(project: Project, owner: Defined) -> Iterator[Given]:
    """Objects of a class and of those that inherit from it: as they are made somewhere, and without arguments."""
    heirs = _heirs(project, owner)
    names = {project.scope_of(each).name: each for each in heirs}
    for path in project.mentioning(*names):
        python = project.python(path) if project.role(path) == "application" else None
        if python is None:
            continue
        for call, block in project.calls_in(path):
            name = _called(call)
            if name not in names:
                continue
            site = Site(path, python.blocks[block].scope)
            meaning = project.values.evaluate(site, call).meaning
            if isinstance(meaning, Instance) and meaning.of in heirs:
                yield Given(site, call)
    for each in heirs:
        yield project.values.made_of(each)


def _called(call: Call) -> str:
    function: Value | None = call.function
    while isinstance(function, (Subscript, Attribute)):
        function = function.value
    return function.name.rpartition(".")[2] if isinstance(function, Reference) else ""


def _heirs(project: Project, owner: Defined) -> set[Defined]:
    """A class and those of the tree that inherit from it."""
    found = {owner}
    name = project.scope_of(owner).name
    wanted = {name}
    seen: set[str] = set()
    while wanted - seen:
        current = (wanted - seen).pop()
        seen.add(current)
        for path in project.mentioning(current):
            python = project.python(path) if project.role(path) == "application" else None
            for index, scope in enumerate(python.scopes if python is not None else ()):
                each = Defined(path, index)
                if scope.kind != "class" or each in found or not scope.bases:
                    continue
                bases = project.names.bases(path, index)
                if any(base in found for base in bases):
                    found.add(each)
                    wanted.add(scope.name)
        if len(found) > 300:
            break
    return found
