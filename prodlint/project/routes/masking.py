"""Whether a model puts something else in the place of a secret before it is shown: its serializers and validators."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prodlint.facts import Attribute, Call, Constant, Reference, Value, walk
from prodlint.libraries.stored_secrets import SERIALIZER_DECORATORS, WHOLE_VALIDATORS
from prodlint.project.values.bindings import Defined

if TYPE_CHECKING:
    from prodlint.project import Project

__all__ = ["may_mask"]

_LOOKS = frozenset("getattr hasattr isinstance type len super iter list".split())
"""Calls that an object may be given to as a whole without being changed."""


def may_mask(project: Project, owner: Defined, name: str) -> bool:
    """Whether a method of a class may replace the value of a field."""
    python = project.python(owner.path)
    for index, scope in enumerate(python.scopes if python is not None else ()):
        if scope.parent != owner.scope or scope.kind != "function":
            continue
        method = Defined(owner.path, index)
        for decorator in scope.decorators:
            called = project.values.decorator_name(method, decorator)
            if called not in SERIALIZER_DECORATORS:
                continue
            if called in WHOLE_VALIDATORS:
                if _touches(project, method, name):
                    return True
                continue
            named = decorator.arguments if isinstance(decorator, Call) else ()
            texts = [each.value.value for each in named if isinstance(each.value, Constant) and not each.name]
            if not texts or name in texts or "*" in texts:
                return True
    return False


def _touches(project: Project, method: Defined, name: str) -> bool:
    """Whether the validator of a whole model may change one of its texts: it names the field or a part of its name,
    writes asterisks, or hands the model to something that is not looked into. One that goes over all fields to
    complete their dates names none of them."""
    whole = {each.name for each in project.scope_of(method).parameters}
    return any(_may_change(each, name, whole) for value in project.values_of(method) for each in walk(value))


def _may_change(value: Value, name: str, whole: set[str]) -> bool:
    match value:
        case Constant(str() as text):
            return "*" in text or (len(text) > 1 and text in name)
        case Reference() | Attribute():
            return value.name.rpartition(".")[2] == name
        case Call(function, arguments):
            last = getattr(function, "name", "").rpartition(".")[2]
            given = [each.value for each in arguments if isinstance(each.value, Reference)]
            if last == "setattr":
                return False  # Of which field, its own arguments tell.
            return last not in _LOOKS and any(each.name in whole for each in given)
    return False
