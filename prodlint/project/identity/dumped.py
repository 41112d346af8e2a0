"""Models of a body that become a row whole: `Note(**body.model_dump())`, `Note.model_validate(body)`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from prodlint.facts import Assign, Call, Constant, Mapping, Reference, Subscript, Value, walk
from prodlint.project.routes.schemas import Shape
from prodlint.project.values.bindings import Defined
from prodlint.project.values.outcomes import Instance

if TYPE_CHECKING:
    from prodlint.project.identity.walker import Walker

_DUMPS = frozenset({"model_dump", "dict"})
_CHOOSING = frozenset({"exclude", "include", "by_alias"})
_KEPT = frozenset({"model_validate", "from_orm"})


def dumped_fields(walker: Walker, call: Call) -> Iterator[tuple[str, Value, Value]]:
    """The fields that a call which makes a row takes from the model of a body: name, the model, and the argument. None
    of those that the call names itself, and nothing where the fields are chosen or changed on the way."""
    own = {each.name for each in call.arguments if each.name}
    for argument in call.arguments:
        if argument.name == "update" and isinstance(argument.value, Mapping):
            own |= {str(key.value) for key, _ in argument.value.items if isinstance(key, Constant)}
            if any(key is None for key, _ in argument.value.items):
                return
        elif argument.name == "update" or (argument.star == "**" and _model(walker, argument.value) is None):
            return  # What else is given is not known.
    last = getattr(call.function, "name", "").rpartition(".")[2]
    for argument in call.arguments:
        model: Value | None = None
        if argument.star == "**":
            model = _model(walker, argument.value)
        elif not argument.name and not argument.star and last in _KEPT:
            model = argument.value
        meaning = walker.meaning(model) if isinstance(model, Reference) else None
        if model is None or not isinstance(meaning, Instance) or not isinstance(meaning.of, Defined):
            continue
        if walker.project.schemas.is_schema(meaning.of):
            for field in walker.project.schemas.fields(Shape(meaning.of)):
                if field.name not in own:
                    yield field.name, model, argument.value


def _model(walker: Walker, value: Value, depth: int = 0) -> Value | None:
    """The model that a mapping was made of, all its fields as they are; None for any other."""
    match value:
        case Call(Reference(name), arguments) if name.rpartition(".")[2] in _DUMPS and "." in name:
            if any(each.name in _CHOOSING or each.star for each in arguments):
                return None
            return Reference(name.rpartition(".")[0], value.function.place)
        case Reference(name) if "." not in name and depth == 0:
            assigned = _assigned_once(walker, name)
            return _model(walker, assigned, depth + 1) if assigned is not None else None
    return None


def _assigned_once(walker: Walker, name: str) -> Value | None:
    """What a variable is assigned, where nothing is done to its entries."""
    found: list[Value] = []
    for statement in walker.project.statements_of(Defined(walker.site.path, walker.site.scope)):
        for target in statement.targets if isinstance(statement, Assign) else ():
            if isinstance(target, Reference) and target.name == name and isinstance(statement, Assign):
                found += [statement.value] if statement.value is not None else []
            elif isinstance(target, Subscript) and getattr(target.value, "name", "") == name:
                return None
        value = getattr(statement, "value", None)
        for each in walk(value) if value is not None else ():
            if isinstance(each, Call) and getattr(each.function, "name", "").startswith(f"{name}."):
                return None
    return found[0] if len(found) == 1 else None


__all__ = ["dumped_fields"]
