"""Calls of token libraries, and the ways in which the functions around them are called."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING

from msgspec import Struct

from prodlint.facts import Assign, Attribute, Call, Python, Reference, Value, walk
from prodlint.finding import Location, Step
from prodlint.project.flow.reaching import contains
from prodlint.project.values.arguments import keywords
from prodlint.project.values.bindings import Bound, Defined
from prodlint.project.values.outcomes import Function, Given, Site

if TYPE_CHECKING:
    from prodlint.libraries.tokens import Place
    from prodlint.project import CallSite, Project
    from prodlint.project.routes.route import Route

__all__ = ["Way", "application", "argument", "block_at", "callers", "sent_to", "token_calls", "ways"]

_MAX_WAYS = 16
_MAX_DEPTH = 4


class Way(Struct, frozen=True):
    """One way in which a function is reached: the site in which its body is to be evaluated, and the calls that lead
    to it, the nearest first."""

    site: Site
    calls: tuple[tuple[Site, Call], ...] = ()
    seen: bool = True
    """Whether a caller is known; without one parameters are unknown."""

    @property
    def steps(self) -> tuple[Step, ...]:
        """The calls as evidence."""
        return tuple(
            Step(f"`{_written(call)}` is called here", Location(site.path, call.place)) for site, call in self.calls
        )


def application(project: Project, path: str) -> bool:
    """Whether a file is the application's own: no test, example, documentation or migration."""
    return project.role(path) in {"application", "script"}


def argument(project: Project, site: Site, call: Call, place: Place) -> Given | None:
    """An argument of a call by its keyword or position, or among what `**` spreads; None where it is not given."""
    name, position = place
    found = call.keyword(name) if name else None
    if found is None and position >= 0:
        found = call.positional(position)
    if found is not None:
        return Given(site, found)
    if name and any(each.star == "**" for each in call.arguments):
        spread, _ = keywords(project, site, call)
        return next((given for key, given in reversed(spread) if key == name), None)
    return None


def block_at(project: Project, site: Site, place: int) -> int:
    """The block of a site's scope in which a value stands."""
    python = project.python(site.path)
    assert python is not None
    for statement in project.statements_of(Defined(site.path, site.scope)):
        if contains(statement.place, place):
            return statement.block
    return python.scopes[site.scope].block


def ways(project: Project, path: str, scope: int, depth: int = 0) -> list[Way]:
    """The ways in which a function (or the module, with scope 0) is reached, arguments followed through its callers'
    callers where these only pass on what they are given."""
    python = project.python(path)
    assert python is not None
    own, instance = _own_parameters(python, scope), _instance(python, scope)
    if python.scopes[scope].kind != "function" or not (own or instance):
        return [Way(Site(path, scope))]
    found: list[Way] = []
    for site, call, skip in callers(project, Defined(path, scope)):
        outer = [Way(site)]
        if depth < _MAX_DEPTH and _passes_on(project, site, call):
            outer = ways(project, site.path, site.scope, depth + 1)
        for way in outer:
            bound = project.values.bind(Defined(path, scope), Given(way.site, call), skip)
            owner = _owner(call) if skip and instance else None
            if owner is not None:
                bound = (*bound, (instance, Given(way.site, owner)))
            found.append(Way(Site(path, scope, bound), ((site, call), *way.calls), way.seen))
        if len(found) >= _MAX_WAYS:
            break
    if found or not own:
        return found or [Way(Site(path, scope))]
    outside = Site(path, max(python.scopes[scope].parent, 0))
    sent = {each.name for _, each in sent_to(project, Defined(path, scope))}
    defaults = tuple(
        (each.name, Given(outside, each.default))
        for each in python.scopes[scope].parameters
        if each.default is not None and each.name not in sent
    )
    return [Way(Site(path, scope, defaults), (), False)]


def sent_to(project: Project, function: Defined) -> Iterator[tuple[Route, Bound]]:
    """The parameters of a handler that a client decides, whatever their defaults are; none for all else."""
    for route in project.routes:
        if route.handler == function:
            for each in project.inputs.taken(route):
                if each.bound is not None and (each.bound.path, each.bound.scope) == (function.path, function.scope):
                    yield route, each.bound


def callers(project: Project, function: Defined) -> Iterator[tuple[Site, Call, bool]]:
    """The calls of a function in the tree's own files, each with whether the first parameter is bound already."""
    python = project.python(function.path)
    assert python is not None
    scope = python.scopes[function.scope]
    is_method = python.scopes[scope.parent].kind == "class"
    decorators = {project.values.decorator_name(function, each) for each in scope.decorators}
    static, of_class = "builtins.staticmethod" in decorators, "builtins.classmethod" in decorators
    for path in project.mentioning(scope.name):
        other = project.python(path)
        if other is None or not application(project, path):
            continue
        for call, block in project.calls_in(path):
            called = call.function
            name = called.name if isinstance(called, (Reference, Attribute)) else ""
            if name.rpartition(".")[2] != scope.name:
                continue
            site = Site(path, other.blocks[block].scope)
            meaning = project.values.callee(site, called)
            if meaning == function:
                yield site, call, is_method and of_class
            elif isinstance(meaning, Function) and meaning.of == function:
                yield site, call, not static


def _own_parameters(python: Python, scope: int) -> list[str]:
    names = [each.name for each in python.scopes[scope].parameters]
    is_method = python.scopes[python.scopes[scope].parent].kind == "class" if scope else False
    return names[1:] if is_method and names[:1] in (["self"], ["cls"]) else names


def _instance(python: Python, scope: int) -> str:
    """The name of the parameter that a method's object is bound to; "" for all that is no method."""
    fact = python.scopes[scope]
    if fact.kind != "function" or python.scopes[fact.parent].kind != "class" or not fact.parameters:
        return ""
    return fact.parameters[0].name if fact.parameters[0].name == "self" else ""


def _owner(call: Call) -> Value | None:
    """What a method is called on."""
    if isinstance(call.function, Attribute):
        return call.function.value
    if isinstance(call.function, Reference) and "." in call.function.name:
        return Reference(call.function.name.rpartition(".")[0], call.function.place)
    return None


def _passes_on(project: Project, site: Site, call: Call) -> bool:
    """Whether what a call passes depends on the parameters of the function that it stands in."""
    python = project.python(site.path)
    assert python is not None
    names = {*_own_parameters(python, site.scope), *([_instance(python, site.scope)] if site.scope else [])} - {""}
    if not names:
        return False
    mentioned = {name for argument in call.arguments for name in _heads(argument.value)}
    mentioned.update(_heads(call.function))
    for statement in project.statements_of(Defined(site.path, site.scope)):
        if isinstance(statement, Assign) and statement.value is not None:
            targets = {getattr(target, "name", "") for target in statement.targets}
            if targets & mentioned:
                mentioned.update(_heads(statement.value))
    return bool(names & mentioned)


def _heads(value: Value) -> Iterator[str]:
    for each in walk(value):
        if isinstance(each, Reference):
            yield each.name.partition(".")[0]


def _written(call: Call) -> str:
    function = call.function
    return function.name if isinstance(function, (Reference, Attribute)) else "it"


def token_calls(project: Project, names: Collection[str]) -> Iterator[CallSite]:
    """The application's calls with one of the dotted names, in files that mention a library for tokens."""
    yield from project.calls(names, project.token_paths)
