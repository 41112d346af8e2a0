"""The class of a value that is not seen made: by the annotation of a field, and of what a loop goes over."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from prodlint.facts import Assign, Attribute, Await, Block, Call, Reference, Value
from prodlint.project.flow.traces import Where, receiver_of
from prodlint.project.values.bindings import Bound, Defined, External, Variable
from prodlint.project.values.outcomes import Function, Instance, Site, options

if TYPE_CHECKING:
    from prodlint.project.flow.exposure import Exposures

__all__ = ["classes_of"]

_MAX_DEPTH = 4
Class = Defined | External


def classes_of(exposures: Exposures, where: Where, value: Value, depth: int = 0) -> list[Class]:
    """The classes that a value may be an object of, or a container of such; none where that is not known."""
    if depth > _MAX_DEPTH:
        return []
    found = [
        meaning.of
        for meaning in options(exposures.project.values.evaluate(where.site, value).meaning)
        if isinstance(meaning, Instance) and isinstance(meaning.of, Defined | External)
    ]
    if found:
        return found
    match value:
        case Await(inner):
            return classes_of(exposures, where, inner, depth + 1)
        case Call(function):
            return list(_returned(exposures, where, function))
        case Attribute(inner, name):
            return list(_field(exposures, classes_of(exposures, where, inner, depth + 1), name))
        case Reference(name) if "." in name:
            owners = classes_of(exposures, where, receiver_of(value), depth + 1)
            return list(_field(exposures, owners, name.rpartition(".")[2]))
        case Reference(name):
            return _named(exposures, where, name, depth)
    return []


def _returned(exposures: Exposures, where: Where, function: Value) -> Iterator[Class]:
    for meaning in options(exposures.project.values.evaluate(where.site, function).meaning):
        of = meaning.of if isinstance(meaning, Function) else meaning
        if isinstance(of, Defined) and exposures.project.scope_of(of).kind == "function":
            scope = exposures.project.scope_of(of)
            if scope.returns is not None:
                yield from exposures.rendering.classes_of(Site(of.path, max(scope.parent, 0)), scope.returns)


def _field(exposures: Exposures, owners: list[Class], name: str) -> Iterator[Class]:
    """The classes in the annotation of a field, in the class or the nearest of its ancestors."""
    names = exposures.project.names
    for owner in owners:
        for ancestor in names.ancestors(owner.path, owner.scope) if isinstance(owner, Defined) else ():
            table = names.table(ancestor.path) if isinstance(ancestor, Defined) else None
            if table is None or not isinstance(ancestor, Defined):
                continue
            bound = [each.statement for each in table.bindings.get(ancestor.scope, {}).get(name, [])]
            for statement in (*bound, *table.attributes.get(ancestor.scope, {}).get(name, [])):
                if isinstance(statement, Assign) and statement.annotation is not None:
                    site = Site(ancestor.path, ancestor.scope)
                    yield from exposures.rendering.classes_of(site, statement.annotation)
                    return


def _named(exposures: Exposures, where: Where, name: str, depth: int) -> list[Class]:
    """The classes of a variable that a loop binds, or that is assigned once; of a parameter by its annotation."""
    symbol, _ = exposures.project.names.resolve(where.path, where.scope, name)
    if isinstance(symbol, Bound):
        scope = exposures.project.scope_of(Defined(symbol.path, symbol.scope))
        fact = next((each for each in scope.parameters if each.name == symbol.name), None)
        if fact is None or fact.annotation is None:
            return []
        return list(exposures.rendering.classes_of(Site(symbol.path, max(scope.parent, 0)), fact.annotation))
    table = exposures.project.names.table(symbol.path) if isinstance(symbol, Variable) else None
    python = exposures.project.python(symbol.path) if isinstance(symbol, Variable) else None
    if table is None or python is None or not isinstance(symbol, Variable):
        return []
    bindings = table.bindings.get(symbol.scope, {}).get(symbol.name, [])
    if len(bindings) != 1 or bindings[0].path:
        return []
    match bindings[0].statement:
        case Block() as block if block.kind == "for" and block.value is not None:
            inner = Where(symbol.path, symbol.scope, max(block.parent, 0))
            return classes_of(exposures, inner, block.value, depth + 1)
        case Assign(value=value, block=index) if value is not None:
            return classes_of(exposures, Where(symbol.path, symbol.scope, index), value, depth + 1)
    return []
