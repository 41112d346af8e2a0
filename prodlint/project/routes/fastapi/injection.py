"""FastAPI's dependencies: what a parameter or a `dependencies=[...]` list asks for, and all that this asks for in turn.

The tree of dependencies is what `route.dependant` of the running application is: functions, classes, callable
instances, what factories return, security schemes. A dependency that cannot be followed is kept as unknown, with the
reason.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING

from prodlint.facts import Assign, Call, Constant, Operation, Parameter, Reference, Sequence, Subscript, Value
from prodlint.finding import Location
from prodlint.libraries.fastapi import DEPENDS
from prodlint.project.routes.fastapi.overrides import overrides
from prodlint.project.routes.route import Dependency
from prodlint.project.values.bindings import Bound, Defined, External, Module, Variable
from prodlint.project.values.outcomes import (
    Choice,
    Environment,
    Function,
    Given,
    Instance,
    Items,
    Meaning,
    Opaque,
    Site,
)

if TYPE_CHECKING:
    from prodlint.project import Project

_MAX_DEPTH = 12


class Injection:
    """Finds dependencies; remembers those of functions."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self._of_function: dict[Defined, tuple[Dependency, ...]] = {}
        self._active: set[Defined] = set()

    def of_parameters(self, function: Defined) -> tuple[Dependency, ...]:
        """The dependencies that a function's parameters ask for, in order."""
        if function in self._of_function:
            return self._of_function[function]
        if function in self._active or len(self._active) > _MAX_DEPTH:
            return ()
        self._active.add(function)
        try:
            scope = self.project.scope_of(function)
            site = Site(function.path, max(scope.parent, 0))
            found = []
            for parameter in scope.parameters:
                dependency = self._of_parameter(site, parameter)
                if dependency is not None:
                    found.append(dependency)
        finally:
            self._active.discard(function)
        self._of_function[function] = tuple(found)
        return self._of_function[function]

    def asks(self, site: Site, parameter: Parameter) -> bool:
        """Whether a parameter is filled by a dependency."""
        return self._asked(site, parameter) is not None

    def _asked(self, site: Site, parameter: Parameter) -> tuple[Site, Call] | None:
        asked = self.depends(site, parameter.default) if parameter.default is not None else None
        if asked is None and parameter.annotation is not None:
            asked = self._in_annotation(site, parameter.annotation, 0)
        return asked

    def _of_parameter(self, site: Site, parameter: Parameter) -> Dependency | None:
        asked = self._asked(site, parameter)
        if asked is None:
            return None
        if _is_bare(asked[1]):
            return self._annotated_class(site, parameter, asked)
        return self.resolve(*asked, parameter.name)

    def _annotated_class(self, site: Site, parameter: Parameter, asked: tuple[Site, Call]) -> Dependency:
        """`Depends()` means the annotated class."""
        location = Location(asked[0].path, asked[1].place)
        of = self.project.values.annotated(site, parameter.annotation) if parameter.annotation is not None else None
        if of is None:
            return Dependency("?", location, parameter=parameter.name, unknown="`Depends()` has no class to call")
        return self._of_meaning(of, location, parameter.name)

    def _in_annotation(self, site: Site, annotation: Value, depth: int) -> tuple[Site, Call] | None:
        """The last `Depends(...)` in `Annotated[...]`, through aliases; FastAPI lets the last one win."""
        if depth > 8:
            return None
        match annotation:
            case Subscript(Reference(name), Sequence(_, items)) if name.rpartition(".")[2] == "Annotated":
                found = None
                for item in items[1:]:
                    found = self.depends(site, item) or found
                return found or self._in_annotation(site, items[0], depth + 1)
            case Reference(name):
                symbol, rest = self.project.names.resolve(site.path, site.scope, name)
                if isinstance(symbol, Variable) and not rest:
                    aliased = self.project.values.single_assignment(symbol)
                    if aliased is not None:
                        return self._in_annotation(Site(symbol.path, symbol.scope), aliased, depth + 1)
            case Constant(str() as text) if text.replace(".", "").isidentifier():
                return self._in_annotation(site, Reference(text, annotation.place), depth + 1)
            case Operation("|", operands):
                for operand in operands:
                    found = self._in_annotation(site, operand, depth + 1)
                    if found is not None:
                        return found
            case Subscript(Reference(), index):
                return (
                    self._in_annotation(site, index, depth + 1) if isinstance(index, (Reference, Subscript)) else None
                )
        return None

    def depends(self, site: Site, value: Value) -> tuple[Site, Call] | None:
        """The `Depends(...)` or `Security(...)` call that a value is, through names; None for anything else."""
        match value:
            case Call(function):
                called = self.project.values.callee(site, function)
                if isinstance(called, External):
                    return (site, value) if called.name in DEPENDS else None
                # A function of the tree that returns `Depends(...)`: `limit: int = LimitBody()`.
                return self._made(site, value) if isinstance(called, Defined) else None
            case Reference():
                return self._made(site, value)
        return None

    def _made(self, site: Site, value: Value) -> tuple[Site, Call] | None:
        meaning = self.project.values.evaluate(site, value).meaning
        if isinstance(meaning, Instance) and isinstance(meaning.of, External) and meaning.of.name in DEPENDS:
            given = meaning.call
            if given is not None and isinstance(given.value, Call):
                return given.site, given.value
        return None

    def in_list(self, site: Site, value: Value | None) -> tuple[Dependency, ...]:
        """The dependencies of `dependencies=value`; one that is unknown where the list cannot be followed."""
        if value is None or isinstance(value, Constant):
            return ()
        meaning = self.project.values.evaluate(site, value).meaning
        if isinstance(meaning, Bound):
            passed = self.project.routing.routers.callers.passed(site, value)
            found = {self._of_argument(meaning, given) for given in passed}
            if len(found) == 1:
                return found.pop()
        return tuple(self._of_list(meaning, Location(site.path, value.place)))

    def _of_argument(self, bound: Bound, given: Given) -> tuple[Dependency, ...]:
        """The dependencies of a list that a function takes: `if dependencies is None: dependencies = [...]`
        included."""
        table = self.project.names.table(bound.path)
        bindings = table.bindings.get(bound.scope, {}).get(bound.name, []) if table is not None else []
        is_none = isinstance(given.value, Constant) and given.value.value is None
        if not bindings and not isinstance(given.value, Reference):
            return self.in_list(given.site, given.value)
        python = self.project.python(bound.path)
        for statement in (each.statement for each in bindings):
            if is_none and python is not None and isinstance(statement, Assign) and statement.value is not None:
                block = python.blocks[statement.block]
                match (block.kind, block.value):
                    case ("if", Operation("is", (Reference(name), Constant(None)))) if name == bound.name:
                        return self.in_list(Site(bound.path, bound.scope), statement.value)
        place = Location(given.site.path, given.value.place)
        return (Dependency("?", place, unknown=f"`{bound.name}` is computed"),)

    def _of_list(self, meaning: Meaning, location: Location, depth: int = 0) -> Iterator[Dependency]:
        match meaning:
            case Items(_, values):
                for given in values:
                    if isinstance(given.value, Operation) and given.value.operator == "*":
                        inner = self.project.values.evaluate(given.site, given.value.operands[0]).meaning
                        if depth < _MAX_DEPTH and inner != meaning:
                            yield from self._of_list(inner, location, depth + 1)
                        else:
                            yield Dependency("?", location, unknown="`dependencies` is made of itself")
                        continue
                    asked = self.depends(given.site, given.value)
                    if asked is None:
                        place = Location(given.site.path, given.value.place)
                        yield Dependency("?", place, unknown="an entry of `dependencies` cannot be followed")
                    else:
                        yield self.resolve(*asked, "")
            case Choice(options):
                # Only what every option has is certain; a difference is unknown.
                several = [tuple(self._of_list(option, location)) for option in options]
                names = [{each.name for each in found} for found in several]
                common = set.intersection(*names) if names else set()
                yield from (each for each in several[0] if each.name in common)
                if any(found != common for found in names):
                    yield Dependency("?", location, unknown="`dependencies` differs between configurations")
            case Environment(_, fallback) if fallback is not None:
                yield from self._of_list(fallback, location)
            case _:
                from prodlint.project.values.outcomes import Known

                if not (isinstance(meaning, Known) and meaning.value is None):
                    yield Dependency("?", location, unknown="`dependencies` is computed")

    def resolve(self, site: Site, call: Call, parameter: str) -> Dependency:
        """The dependency that a `Depends(x)` call asks for."""
        location = Location(site.path, call.place)
        wanted = call.positional(0)
        wanted = wanted if wanted is not None else call.keyword("dependency")
        if wanted is None or isinstance(wanted, Constant):
            return Dependency("?", location, parameter=parameter, unknown="`Depends()` names nothing")
        meaning = self.project.values.evaluate(site, wanted).meaning
        return self._of_meaning(meaning, location, parameter, Given(site, wanted))

    @cached_property
    def _overrides(self) -> dict[Defined, Given | None]:
        return overrides(self.project)

    def _of_meaning(
        self, meaning: Meaning, location: Location, parameter: str, source: Given | None = None
    ) -> Dependency:
        project = self.project
        if isinstance(meaning, Defined) and meaning in self._overrides:
            instead = self._overrides[meaning]
            if instead is None:
                reason = "`dependency_overrides` may put another one in its place"
                return Dependency(project.qualified(meaning), location, parameter=parameter, unknown=reason)
            other = project.values.given(instead).meaning
            if other not in self._overrides:
                return self._of_meaning(other, location, parameter, instead)
        match meaning:
            case Defined(path, scope):
                fact = project.scope_of(meaning)
                name = project.qualified(meaning)
                if fact.kind == "class":
                    code = project.names.class_member(path, scope, "__init__")
                    if isinstance(code, Defined):
                        needs = self.of_parameters(code)
                        made = (("self", project.values.made_of(meaning)),)
                        return Dependency(name, location, code, made, "", None, parameter, needs, of=meaning)
                    external = self._external_base(meaning)
                    return Dependency(name, location, None, (), external, None, parameter, of=meaning)
                arguments = _closure_arguments(source, project)
                return Dependency(name, location, meaning, arguments, "", None, parameter, self.of_parameters(meaning))
            case Function(of, owner):
                own = _self(project, owner)
                return Dependency(project.qualified(of), location, of, own, "", None, parameter, self.of_parameters(of))
            case Instance(Defined(path, scope) as of, call):
                code = project.names.class_member(path, scope, "__call__")
                name = project.qualified(of)
                external = self._external_base(of)
                if isinstance(code, Defined):
                    own = (("self", call),) if call is not None else ()
                    return Dependency(name, location, code, own, external, call, parameter, self.of_parameters(code))
                if external:
                    return Dependency(name, location, None, (), external, call, parameter)
                return Dependency(name, location, parameter=parameter, unknown=f"`{name}` has no `__call__`")
            case Instance(External("functools.partial"), call) if call is not None and isinstance(call.value, Call):
                first = call.value.positional(0)
                if first is not None:
                    inner = project.values.evaluate(call.site, first).meaning
                    return self._of_meaning(inner, location, parameter)
            case Instance(External(name), call):
                return Dependency(name, location, None, (), name, call, parameter)
            case External(name):
                return Dependency(name, location, None, (), name, None, parameter)
            case Choice(options):
                found = [self._of_meaning(option, location, parameter, source) for option in options]
                return Dependency(
                    " | ".join(each.name for each in found), location, parameter=parameter, needs=(),
                    unknown="which dependency it is depends on the configuration",
                )  # fmt: skip
            case Environment(_, fallback) if fallback is not None:
                return self._of_meaning(fallback, location, parameter, source)
            case Opaque(reason):
                return Dependency(_written(source), location, parameter=parameter, unknown=reason)
            case Module():
                return Dependency(_written(source), location, parameter=parameter, unknown="it is a module")
        return Dependency(_written(source), location, parameter=parameter, unknown="it is computed")

    def _external_base(self, of: Defined) -> str:
        """The dotted name of the first ancestor outside the tree; "" for none that matters."""
        for ancestor in self.project.names.ancestors(of.path, of.scope):
            if isinstance(ancestor, External) and not ancestor.name.startswith(("builtins.", "typing.", "abc.")):
                return ancestor.name
        return ""

    def of_view(self, owner: Defined) -> Dependency:
        """The class of a class-based view: FastAPI makes it for each request, with its attributes and `__init__`."""
        code = self.project.names.class_member(owner.path, owner.scope, "__init__")
        code = code if isinstance(code, Defined) else None
        needs = (*self.class_attributes(owner), *(self.of_parameters(code) if code is not None else ()))
        place = Location(owner.path, self.project.scope_of(owner).place)
        return Dependency(self.project.qualified(owner), place, code, parameter="self", needs=needs)

    def class_attributes(self, owner: Defined) -> tuple[Dependency, ...]:
        """The dependencies that a class-based view declares as class attributes, inherited ones included."""
        found: dict[str, Dependency] = {}
        for ancestor in self.project.names.ancestors(owner.path, owner.scope):
            if not isinstance(ancestor, Defined):
                continue
            for statement in self.project.statements_of(ancestor):
                if not isinstance(statement, Assign) or not isinstance(statement.targets[0], Reference):
                    continue
                name = statement.targets[0].name
                # fastapi-utils' `cbv` reads the annotations of the class (`get_type_hints`): no others are filled.
                if name in found or "." in name or statement.annotation is None:
                    continue
                parameter = Parameter(name, statement.place, statement.annotation, statement.value)
                dependency = self._of_parameter(Site(ancestor.path, ancestor.scope), parameter)
                if dependency is not None:
                    found[name] = dependency
        return tuple(found.values())


def _is_bare(call: Call) -> bool:
    return not call.arguments or all(each.name in {"use_cache", "scopes", "scope"} for each in call.arguments)


def _written(source: Given | None) -> str:
    value = source.value if source is not None else None
    while isinstance(value, Call):
        value = value.function
    return value.name if isinstance(value, Reference) else "?"


def _self(project: Project, owner: Instance | None) -> tuple[tuple[str, Given], ...]:
    """What `self` is in a method that was taken from an object."""
    if owner is None or not isinstance(owner.of, Defined):
        return ()
    return (("self", owner.call if owner.call is not None else project.values.made_of(owner.of)),)


def _closure_arguments(source: Given | None, project: Project) -> tuple[tuple[str, Given], ...]:
    """The arguments of the factory that returned a function: its inner function sees them."""
    if source is None or not isinstance(source.value, Call):
        return ()
    factory = project.values.evaluate(source.site, source.value.function).meaning
    if isinstance(factory, Function):
        return (*_self(project, factory.owner), *project.values.bind(factory.of, source, skip_first=True))
    if isinstance(factory, Defined) and project.scope_of(factory).kind == "function":
        return project.values.bind(factory, source)
    return ()
