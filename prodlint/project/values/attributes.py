"""What an attribute is: of a module or class, and of an instance through its class, its `__init__` and its settings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prodlint.facts import (
    Assign,
    Attribute,
    Call,
    Reference,
    Value,
)
from prodlint.finding import Location, Step
from prodlint.libraries.values import (
    DATACLASSES,
    MODEL_BASES,
    PROPERTIES,
    SETTINGS_BASES,
)
from prodlint.project.values.bindings import Defined, External, Module
from prodlint.project.values.outcomes import (
    Choice,
    Environment,
    Function,
    Given,
    Instance,
    Items,
    Known,
    Opaque,
    Outcome,
    Pairs,
    Site,
    either,
)

if TYPE_CHECKING:
    from prodlint.project.values.evaluator import Values


def attribute(values: Values, outcome: Outcome, name: str) -> Outcome:
    """The attribute of what an expression is."""
    match outcome.meaning:
        case External() | Module() | Defined() as symbol:
            if name == "__name__" and isinstance(symbol, Defined):
                return Outcome(Known(values.project.scope_of(symbol).name), outcome.steps)
            member = values.project.names.member(symbol, name)
            if member is None:
                return Outcome(Opaque(f"`{name}` is not defined in the class"))
            found = values.of_symbol(member)
            return Outcome(found.meaning, (*outcome.steps, *found.steps))
        case Instance(External(of)):
            return Outcome(External(f"{of}.{name}"), outcome.steps)
        case Instance(Defined()) as instance:
            found = _member(values, instance, name)
            return Outcome(found.meaning, (*outcome.steps, *found.steps))
        case Environment(_, fallback) if fallback is not None:
            return values.attribute(Outcome(fallback, outcome.steps), name)
        case Choice(several):
            return either([values.attribute(Outcome(option, outcome.steps), name) for option in several])
        case Known() if name == "value":  # A member of an enumeration.
            return outcome
        case Known() | Items() | Pairs():
            return Outcome(Opaque(f"`.{name}` of a value is computed"))
        case Opaque():
            return outcome
    return Outcome(Opaque(f"`.{name}` cannot be followed"))


def _member(values: Values, instance: Instance, name: str) -> Outcome:
    assert isinstance(instance.of, Defined)
    names = values.project.names
    path, scope = instance.of.path, instance.of.scope
    field = values.project.settings_field(instance.of, name)
    if field is not None:
        return _field(values, instance, name) or field
    for ancestor in names.ancestors(path, scope):
        if isinstance(ancestor, External):
            if ancestor.name not in {"builtins.object"} and ancestor.name not in SETTINGS_BASES:
                return Outcome(External(f"{ancestor.name}.{name}"))
            continue
        if not isinstance(ancestor, Defined):
            return Outcome(Opaque("a base class is unknown"))
        member = names._in_scope(ancestor.path, ancestor.scope, name, 0)
        if isinstance(member, Defined):
            return _method(values, instance, member)
        table = names.table(ancestor.path)
        assigned = table.attributes.get(ancestor.scope, {}).get(name, []) if table is not None else []
        if assigned:
            return _assigned_attribute(values, instance, ancestor, assigned, name)
        if member is not None:
            return _field(values, instance, name) or values.of_symbol(member)
    return Outcome(Opaque(f"`{name}` is not set in the class"))


def _field(values: Values, instance: Instance, name: str) -> Outcome | None:
    """The field of a model as it was made with; None for its default, and for what is no model.

    An object that is only known by its annotation, as the body of a request is, may have anything there."""
    made = instance.call
    if values.project.names.derives_from(instance.of, MODEL_BASES) is not True:
        passed = made.value.keyword(name) if made is not None and isinstance(made.value, Call) else None
        return (
            values.evaluate(made.site, passed)
            if made is not None and passed and _is_dataclass(values, instance)
            else None
        )
    if made is None or not isinstance(made.value, Call):
        return Outcome(Opaque(f"`{name}` is a field of an object that is not seen made"))
    given = made.value.keyword(name)
    if given is not None:
        return values.evaluate(made.site, given)
    if any(argument.star for argument in made.value.arguments):
        return Outcome(Opaque(f"`{name}` may be spread into the call that makes its object"))
    return None


def _is_dataclass(values: Values, instance: Instance) -> bool:
    """Whether the `__init__` of a class takes its fields by keyword: `dataclasses.dataclass`, `attrs.define`."""
    assert isinstance(instance.of, Defined)
    decorators = values.project.scope_of(instance.of).decorators
    return any(decorator_name(values, instance.of, each) in DATACLASSES for each in decorators)


def _assigned_attribute(
    values: Values, instance: Instance, owner: Defined, assigned: list[Assign], name: str
) -> Outcome:
    key = ("attribute", owner, name, instance)
    if values.meets(key):  # `self.name = self.name.strip()`
        return Outcome(Opaque(f"`{name}` is defined by itself"))
    met = values.enter(key)
    try:
        return _last_assigned(values, instance, owner, assigned, name)
    finally:
        values.leave(key, met)


def _last_assigned(values: Values, instance: Instance, owner: Defined, assigned: list[Assign], name: str) -> Outcome:
    python = values.project.python(owner.path)
    assert python is not None
    outcomes = []
    for statement in assigned[-4:]:
        scope = python.blocks[statement.block].scope
        if statement.value is None or statement.operator:
            return Outcome(Opaque(f"`{name}` is changed in place"))
        arguments = None
        if python.scopes[scope].name == "__init__":
            arguments = _arguments_of_init(values, instance, Defined(owner.path, scope))
        step = Step(f"`{name}` is set here", Location(owner.path, statement.place))
        found = values.evaluate(Site(owner.path, scope, arguments), statement.value)
        outcomes.append(Outcome(found.meaning, (step, *found.steps)))
    return either(outcomes)


def _arguments_of_init(values: Values, instance: Instance, wanted: Defined) -> tuple[tuple[str, Given], ...] | None:
    """What an `__init__` of an object gets: from the call that makes the object, or from the `super().__init__(...)` in
    the `__init__` before it; None where neither is seen."""
    assert isinstance(instance.of, Defined)
    project = values.project

    def bound(code: Defined, call: Given | None) -> tuple[tuple[str, Given], ...] | None:
        if call is None:
            return None
        own = tuple((each.name, instance.call) for each in project.scope_of(code).parameters[:1] if instance.call)
        return (*own, *values.bind(code, call, skip_first=True))

    call = instance.call
    behind = list(project.names.ancestors(instance.of.path, instance.of.scope))
    code = project.names.class_member(instance.of.path, instance.of.scope, "__init__")
    for _ in range(4):
        if code == wanted or not isinstance(code, Defined):
            break
        parent = Defined(code.path, max(project.scope_of(code).parent, 0))
        above = behind[behind.index(parent) + 1 :] if parent in behind else []
        inner = next((each for each in project.calls_of(code) if _is_super_init(each.function)), None)
        if inner is None:
            break
        call = Given(Site(code.path, code.scope, bound(code, call)), inner)
        members = (
            project.names.class_member(each.path, each.scope, "__init__") for each in above if isinstance(each, Defined)
        )
        code = next((each for each in members if each is not None), None)
    return bound(wanted, call)


def _is_super_init(function: Value) -> bool:
    match function:
        case Attribute(Call(Reference("super")), "__init__"):
            return True
    return False


def _method(values: Values, instance: Instance, member: Defined) -> Outcome:
    python = values.project.python(member.path)
    assert python is not None
    decorators = python.scopes[member.scope].decorators
    if any(decorator_name(values, member, decorator) in PROPERTIES for decorator in decorators):
        return values.returned(member, ())
    return Outcome(Function(member, instance))


def decorator_name(values: Values, function: Defined, decorator: Value) -> str:
    """The external dotted name of a decorator, called or not; "" for one of the tree's own."""
    python = values.project.python(function.path)
    assert python is not None
    value = decorator.function if isinstance(decorator, Call) else decorator
    return values.external_name(Site(function.path, max(python.scopes[function.scope].parent, 0)), value)
