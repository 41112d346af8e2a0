"""Calls: those that are queries, those that are followed into the tree, and those of which only the arguments are
known."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prodlint.facts import Attribute, Call, Constant, Reference, method_of
from prodlint.libraries.identity import (
    AUTHENTICATION_PACKAGES,
    CONVERSIONS,
    HANDED_ON,
    IDENTITY_METHODS,
    IDENTITY_OBJECTS,
    IMPLICIT,
    MODIFIERS,
    PURE_PACKAGES,
    WRAPPERS,
)
from prodlint.project.identity.events import (
    CALLER,
    NOTHING,
    REQUEST,
    UNKNOWN,
    Compared,
    Constraint,
    Handed,
    Labels,
    Modified,
)
from prodlint.project.values.bindings import Bound, Defined, External
from prodlint.project.values.outcomes import Function, Given, Instance, Meaning, Opaque, options

if TYPE_CHECKING:
    from prodlint.project.identity.walker import Walker

_EXECUTIONS = frozenset({"execute", "exec", "scalar", "scalars", "stream", "stream_scalars", "first", "all"})
"""Methods of a session that run a query: what the session was told of the caller narrows it."""
_COMPARERS = frozenset({"compare_digest", "eq", "constant_time_compare"})
_MAX_CHOICES = 3
_LOGGERS = frozenset({"debug", "info", "warning", "error", "exception", "critical", "log", "warn"})


def labels_of_call(walker: Walker, call: Call) -> Labels:
    """The labels of what a call gives; what it does is recorded."""
    call = _in_thread(call)
    last, receiver = method_of(call.function)
    if last in _LOGGERS and receiver is not None:
        for argument in call.arguments:
            walker.of(argument.value)
        return NOTHING
    if last == "cast" and len(call.arguments) == 2:
        return walker.of(call.arguments[1].value)
    queried = walker.model.queries.labels(walker, call, last, receiver)
    if queried is not None:
        return queried
    owner = walker.of(receiver) if receiver is not None else NOTHING
    if last in CONVERSIONS and owner:
        return owner | walker.union(tuple(each.value for each in call.arguments))
    if owner and last == "get" and call.arguments and isinstance(call.arguments[0].value, Constant):
        key = str(call.arguments[0].value.value)
        return walker.attribute(owner, key) | walker.union(tuple(each.value for each in call.arguments[1:]))
    if owner and REQUEST in owner:
        return walker.attribute(owner, last) | walker.union(tuple(each.value for each in call.arguments))
    given = walker.union(tuple(each.value for each in call.arguments))
    if last in _EXECUTIONS and owner:
        rows = frozenset(each for each in given if each[0] == "R")
        if rows:
            walker.record(
                ("session", call.place), Constraint(rows, None, "", walker.flat(owner), walker.location(call))
            )
    if last in MODIFIERS or last == "setattr" or (owner and "delete" in last.split("_")):
        _modified(walker, call, last, owner)
    found: set[tuple[object, ...]] = set()
    meaning = walker.meaning(call.function)
    for option in list(options(meaning))[:_MAX_CHOICES]:
        found |= _option(walker, call, option, last, owner, given)
    return frozenset(found)


def _in_thread(call: Call) -> Call:
    """The call that another thread makes: `load(1)` of `await run_in_threadpool(load, 1)`; any other as it is."""
    match call.function:
        case Call(function, arguments) if method_of(function)[0] in WRAPPERS and arguments:
            return Call(arguments[0].value, call.arguments, call.place)
    last, receiver = method_of(call.function)
    first = HANDED_ON.get(last)
    if first is None or (last == "run_sync" and (receiver is None or method_of(receiver)[0] != "to_thread")):
        return call
    handed = call.positional(first)
    if not isinstance(handed, Reference | Attribute):
        return call
    return Call(handed, call.arguments[first + 1 :], call.place)


def _modified(walker: Walker, call: Call, last: str, owner: Labels) -> None:
    """`session.delete(row)`, `row.sqlmodel_update(...)`, `setattr(row, ...)`."""
    target = owner
    if call.arguments and (last == "setattr" or not any(each[0] == "R" for each in walker.flat(owner))):
        target = walker.of(call.arguments[0].value)
    rows = frozenset(each for each in walker.flat(target) if each[0] == "R" or each == CALLER)
    if rows:
        walker.record(call.place, Modified(rows, walker.location(call), "delete" in last.split("_")))


def _option(walker: Walker, call: Call, meaning: Meaning, last: str, owner: Labels, given: Labels) -> Labels:
    """The labels of a call of one thing that the function may be."""
    match meaning:
        case Defined(path, scope):
            fact = walker.project.scope_of(meaning)
            if fact.kind == "function":
                return walker.model.follow(walker, call, meaning, (), None)
            made = walker.project.names.class_member(path, scope, "__init__")
            if isinstance(made, Defined):
                return walker.model.construct(walker, call, meaning, made)
            return given
        case Function(of, instance):
            own = (("self", instance.call),) if instance is not None and instance.call is not None else ()
            return walker.model.follow(walker, call, of, own, owner)
        case Instance(Defined(path, scope), made_by):
            code = walker.project.names.class_member(path, scope, "__call__")
            if isinstance(code, Defined):
                own = (("self", made_by),) if made_by is not None else ()
                return walker.model.follow(walker, call, code, own, walker.of(call.function))
            return owner | given
        case External(name) | Instance(External(name)):
            return _external(walker, call, name, last, owner, given)
        case Opaque() | Bound():
            return _unknown(walker, call, last, owner, given)
    return owner | given


def _external(walker: Walker, call: Call, name: str, last: str, owner: Labels, given: Labels) -> Labels:
    """A call of something outside the tree."""
    package = name.partition(".")[0]
    if name in IDENTITY_OBJECTS or (last in IDENTITY_METHODS and package in AUTHENTICATION_PACKAGES):
        return frozenset({CALLER})
    if package in IMPLICIT:
        return frozenset({UNKNOWN})
    both = owner | given
    if last in _COMPARERS and len(call.arguments) == 2:
        sides = [walker.flat(walker.of(each.value)) for each in call.arguments]
        if all(sides):
            walker.record(call.place, Compared(sides[0], "", sides[1], "", walker.location(call)))
    if package in PURE_PACKAGES:
        return both
    return _handed(walker, call, name, both)


def _unknown(walker: Walker, call: Call, last: str, owner: Labels, given: Labels) -> Labels:
    """A call of something that cannot be followed: a method of a labelled value, or anything else."""
    both = owner | given
    if not isinstance(call.function, Reference | Attribute):
        return both
    if owner and not given:
        return both
    return _handed(walker, call, last, both)


def _handed(walker: Walker, call: Call, name: str, labels: Labels) -> Labels:
    flat = walker.flat(labels)
    if not flat:
        return NOTHING
    walker.record(call.place, Handed(flat, walker.location(call), name))
    return labels


def bound_labels(
    walker: Walker, call: Call, code: Defined, skip_first: bool
) -> tuple[dict[str, Labels], tuple[tuple[str, Given], ...]]:
    """The labels of a function's parameters in a call, and those arguments that are classes with a table."""
    scope = walker.project.scope_of(code)
    plain = [each for each in scope.parameters if each.kind in {"", "positional-only"}]
    plain = plain[1:] if skip_first else plain
    names = {each.name for each in scope.parameters if not each.kind.startswith("*")}
    found: dict[str, Labels] = {}
    spread: Labels = NOTHING
    classes: list[tuple[str, Given]] = []
    position = 0
    for argument in call.arguments:
        labels = walker.of(argument.value)
        name = argument.name
        if not name and not argument.star and position < len(plain):
            name = plain[position].name
            position += 1
        if name in names and not argument.star:
            found[name] = labels
            if walker.model.queries.is_class(walker, argument.value):
                classes.append((name, Given(walker.site, argument.value)))
        else:
            spread |= labels
    for parameter in scope.parameters:
        if spread and parameter.name not in found and not (skip_first and parameter is scope.parameters[0]):
            found[parameter.name] = spread
    return found, tuple(classes)


__all__ = ["bound_labels", "labels_of_call"]
