"""The circumstances in which a call runs: one site for each caller of its function and each round of its loops.

`for blueprint in (users, items): app.register_blueprint(blueprint)` is two registrations, and so is a helper function
that is called twice.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from prodlint.facts import (
    Argument,
    Assign,
    Call,
    Constant,
    Mapping,
    Parameter,
    Reference,
    Value,
    method_of,
    walk,
)
from prodlint.facts import Sequence as Display
from prodlint.project.values.bindings import Defined
from prodlint.project.values.loops import rounds
from prodlint.project.values.outcomes import Function, Given, Items, Known, Pairs, Site

if TYPE_CHECKING:
    from prodlint.facts import Python
    from prodlint.project import Project

_MAX_DEPTH = 4
_MAX_SITES = 1000


def contexts(project: Project, path: str, block: int, values: Sequence[Value], depth: int = 0) -> list[Site]:
    """The sites in which expressions that stand in a block of a file are evaluated; one without arguments where nothing
    about their surroundings is known, or matters."""
    python = project.python(path)
    assert python is not None
    scope = python.blocks[block].scope
    names = _depends_on(project, python, Defined(path, scope), values)
    loops = [each for each in _loops(python, block) if _targets(each[0]) & names]
    for _, iterable in loops:
        names |= _depends_on(project, python, Defined(path, scope), [iterable])
    sites = list(_called(project, Defined(path, scope), names, depth)) or [Site(path, scope)]
    for target, iterable in loops:
        unrolled: list[Site] = []
        for site in sites:
            unrolled += rounds(project.values, site, target, iterable) or [site]
        sites = unrolled[:_MAX_SITES]
    return sites[:_MAX_SITES]


def _depends_on(project: Project, python: Python, function: Defined, values: Sequence[Value]) -> set[str]:
    """The names that decide what values are: their own, and those in the assignments of the function's variables."""
    names = {each.name.partition(".")[0] for value in values for each in walk(value) if isinstance(each, Reference)}
    if python.scopes[function.scope].kind != "function":
        return names
    assigned = [each for each in project.statements_of(function) if isinstance(each, Assign) and each.value is not None]
    for _ in range(3):
        before = len(names)
        for statement in assigned:
            if statement.value is not None and any(_targets(target) & names for target in statement.targets):
                inner = (each for each in walk(statement.value) if isinstance(each, Reference))
                names |= {each.name.partition(".")[0] for each in inner}
        if len(names) == before:
            break
    return names


def _loops(python: Python, block: int) -> list[tuple[Value, Value]]:
    """Target and iterable of the `for`s around a block, the outermost first."""
    found: list[tuple[Value, Value]] = []
    while block >= 0 and python.blocks[block].kind not in {"function", "module", "class"}:
        fact = python.blocks[block]
        if fact.kind == "for" and fact.value is not None and fact.target is not None:
            found.append((fact.target, fact.value))
        block = fact.parent
    return found[::-1]


def _targets(target: Value) -> set[str]:
    return {each.name for each in walk(target) if isinstance(each, Reference) and "." not in each.name}


# --- callers ---


def _called(project: Project, function: Defined, names: set[str], depth: int) -> Iterator[Site]:
    """The sites of a function's body, one for each call of it, where its parameters matter."""
    scope = project.scope_of(function)
    if scope.kind != "function" or depth >= _MAX_DEPTH:
        return
    if not names & {each.name for each in scope.parameters}:
        return
    for path, block, call in _calls_of(project, function):
        receiver = method_of(call.function)[1]
        given = [argument.value for argument in call.arguments]
        around = contexts(project, path, block, [*given, *([receiver] if receiver is not None else [])], depth + 1)
        for site in around:
            yield Site(function.path, function.scope, _bound(project, function, Given(site, call), receiver))


def _calls_of(project: Project, function: Defined) -> Iterator[tuple[str, int, Call]]:
    """The calls of a function in the tree, tests left out."""
    python = project.python(function.path)
    assert python is not None
    scope = python.scopes[function.scope]
    owner = Defined(function.path, scope.parent) if scope.name == "__init__" else None
    name = python.scopes[scope.parent].name if owner is not None else scope.name
    for path in project.mentioning(name):
        other = project.python(path)
        if other is None or project.role(path) == "test":
            continue
        for call, block in project.calls_in(path):
            if method_of(call.function)[0] != name:
                continue
            called = project.values.callee(Site(path, other.blocks[block].scope), call.function)
            code = called.of if isinstance(called, Function) else called
            if code == function or (owner is not None and called == owner):
                yield path, block, call


def _bound(project: Project, function: Defined, call: Given, receiver: Value | None) -> tuple[tuple[str, Given], ...]:
    """The arguments of a call by parameter: those that `*` and `**` parameters collect too, and the object of a
    method."""
    assert isinstance(call.value, Call)
    scope = project.scope_of(function)
    python = project.python(function.path)
    assert python is not None
    is_method = python.scopes[scope.parent].kind == "class" and bool(scope.parameters)
    found = dict(project.values.bind(function, call, skip_first=is_method))
    plain = [each for each in scope.parameters if each.kind in {"", "positional-only"}]
    if is_method:
        plain = plain[1:]
        if receiver is not None and scope.name != "__init__":
            found[scope.parameters[0].name] = Given(call.site, receiver)
    for parameter in scope.parameters:
        if parameter.kind == "*":
            given = [each.value for each in call.value.arguments if not each.name and each.star != "**"]
            rest = tuple(given[len(plain) :])
            found[parameter.name] = Given(call.site, Display("tuple", rest, call.value.place))
        elif parameter.kind == "**":
            found[parameter.name] = Given(call.site, _collected(call.value, scope.parameters))
    return tuple(found.items())


def _collected(call: Call, parameters: tuple[Parameter, ...]) -> Mapping:
    """What `**` collects of a call: the keywords that are no parameters."""
    names = {each.name for each in parameters}
    rest = [each for each in call.arguments if each.name and each.name not in names]
    # The made-up keys stand at places that no other value has.
    return Mapping(tuple((Constant(each.name, ~each.value.place), each.value) for each in rest), ~call.place)


# --- calls ---


def positional(project: Project, call: Given, index: int = 0) -> list[Given]:
    """The positional arguments of a call from an index on, those in `*` arguments included as far as they are known."""
    assert isinstance(call.value, Call)
    found: list[Given] = []
    for argument in call.value.arguments:
        if argument.name or argument.star == "**":
            continue
        if argument.star != "*":
            found.append(Given(call.site, argument.value))
            continue
        meaning = project.values.evaluate(call.site, argument.value).meaning
        found += meaning.values if isinstance(meaning, Items) else (Given(call.site, argument.value),)
    return found[index:]


def keyword(project: Project, call: Given, name: str) -> Given | None:
    """A keyword argument of a call, also from a `**` mapping that is known."""
    assert isinstance(call.value, Call)
    given = call.value.keyword(name)
    if given is not None:
        return Given(call.site, given)
    for argument in call.value.arguments:
        if argument.star == "**":
            found = _from_mapping(project, call.site, argument, name)
            if found is not None:
                return found
    return None


def argument(project: Project, call: Given, name: str, index: int) -> Given | None:
    """An argument of a call that may be passed by name or by position."""
    found = keyword(project, call, name)
    if found is None:
        found = next(iter(positional(project, call, index)), None)
    return found


def _from_mapping(project: Project, site: Site, argument: Argument, name: str) -> Given | None:
    meaning = project.values.evaluate(site, argument.value).meaning
    return meaning.get(name) if isinstance(meaning, Pairs) else None


def is_none(project: Project, given: Given | None) -> bool:
    """Whether an argument is missing or None."""
    return given is None or project.values.given(given).meaning == Known(None)
