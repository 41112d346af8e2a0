"""Whether the application refuses to start with a default key: a validator of the setting, or a check beside it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from prodlint.facts import Call, Constant, Raise, Reference, Value, walk
from prodlint.finding import Location
from prodlint.project.tokens.strength import Constant as Key
from prodlint.project.values.bindings import Defined

if TYPE_CHECKING:
    from prodlint.project import Project

__all__ = ["is_refused"]

_VALIDATORS = ("validator", "field_validator", "model_validator", "root_validator")
_HOOKS = frozenset({"__init__", "__post_init__", "model_post_init", "__attrs_post_init__"})


def is_refused(project: Project, key: Key) -> bool | None:
    """Whether a default is refused; None where something may refuse it and it cannot be told whether it does."""
    answers: set[bool | None] = set()
    for step in key.steps:
        name = _name(project, step.location)
        if name:
            answers |= {_compares(values, key) for values in _guards(project, step.location, name)}
    return True if True in answers else None if None in answers else False


def _name(project: Project, location: Location) -> str:
    """The name that a statement at a place assigns."""
    python = project.python(location.path)
    for statement in python.statements if python is not None else ():
        if statement.place == location.place:
            return str(getattr(getattr(statement, "targets", (None,))[0], "name", ""))
    return ""


def _guards(project: Project, location: Location, name: str) -> Iterator[list[Value]]:
    """What is looked at before something is raised: by the validators of a class's field, or around a module's `raise`
    under a condition that asks for the name."""
    python = project.python(location.path)
    assert python is not None
    scope = next(python.blocks[each.block].scope for each in python.statements if each.place == location.place)
    if python.scopes[scope].kind == "class":
        for owner in (Defined(location.path, scope), *_descendants(project, Defined(location.path, scope))):
            yield from _of_class(project, owner, name)
    for statement in python.statements:
        if not isinstance(statement, Raise) or python.blocks[statement.block].scope != scope:
            continue
        block = statement.block
        while block >= 0:
            fact = python.blocks[block]
            if fact.kind == "if" and fact.value is not None and _asks_for(fact.value, name):
                yield [fact.value]
            block = fact.parent


def _descendants(project: Project, of: Defined) -> Iterator[Defined]:
    """The settings classes that inherit from a class."""
    for each in project.settings:
        if each != of and of in set(project.names.ancestors(each.path, each.scope)):
            yield each


def _of_class(project: Project, owner: Defined, name: str) -> Iterator[list[Value]]:
    python = project.python(owner.path)
    assert python is not None
    for index, scope in enumerate(python.scopes):
        if scope.parent != owner.scope or scope.kind != "function":
            continue
        function = Defined(owner.path, index)
        written = [each.function if isinstance(each, Call) else each for each in scope.decorators]
        names = {each.name.rpartition(".")[2] for each in written if isinstance(each, Reference)}
        if not names & set(_VALIDATORS) and scope.name not in _HOOKS:
            continue
        values = list(_reached(project, function))
        mentioned = any(_asks_for(value, name) for value in (*values, *scope.decorators))
        if mentioned and any(
            isinstance(each, Raise)
            for each in (*project.statements_of(function), *_helper_statements(project, function))
        ):
            yield values


def _asks_for(value: Value, name: str) -> bool:
    for each in walk(value):
        if isinstance(each, Reference) and each.name.rpartition(".")[2] == name:
            return True
        if isinstance(each, Constant) and each.value in {name, "*"}:
            return True
    return False


def _helpers(project: Project, function: Defined) -> Iterator[Defined]:
    """The methods of the same class that a validator calls."""
    python = project.python(function.path)
    assert python is not None
    owner = python.scopes[function.scope].parent
    called = {
        each.function.name.rpartition(".")[2]
        for value in project.values_of(function)
        for each in walk(value)
        if isinstance(each, Call) and isinstance(each.function, Reference)
    }
    for index, scope in enumerate(python.scopes):
        if scope.kind == "function" and scope.parent in (owner, 0) and scope.name in called:
            yield Defined(function.path, index)


def _helper_statements(project: Project, function: Defined) -> Iterator[object]:
    for helper in _helpers(project, function):
        yield from project.statements_of(helper)


def _reached(project: Project, function: Defined) -> Iterator[Value]:
    yield from project.values_of(function)
    for helper in _helpers(project, function):
        yield from project.values_of(helper)


def _compares(values: list[Value], key: Key) -> bool | None:
    """Whether what a guard looks at refuses a key: the same text, or a length that it does not have; None where it
    compares with what is not known."""
    constants = [each for value in values for each in walk(value) if isinstance(each, Constant)]
    texts = [each for each in constants if isinstance(each.value, str) and each.form in {"", "redacted"}]
    measures = any(isinstance(each, Reference) and each.name == "len" for value in values for each in walk(value))
    lengths = [each.value for each in constants if isinstance(each.value, int) and not isinstance(each.value, bool)]
    if measures and any(key.length < length for length in lengths):
        return True
    if any(not key.text and len(str(each.value)) == key.length for each in texts):
        return True
    if key.text and any(str(each.value) and str(each.value).lower() in key.text.lower() for each in texts):
        return True
    return False if texts or lengths else None
