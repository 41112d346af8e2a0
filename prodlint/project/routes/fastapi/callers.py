"""What callers give: the calls of functions that register something, their arguments, and what a variable was before a
function was asked to add to it."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING

from prodlint.facts import Assign, Call, Reference, Return, Value, method_of
from prodlint.project.values.bindings import Bound, Defined, Variable
from prodlint.project.values.outcomes import Function, Given, Site

if TYPE_CHECKING:
    from prodlint.project import Project


class Callers:
    """Answers who calls a function, and with what; `routers` are the classes that are routers, which are made and not
    called."""

    def __init__(self, project: Project, routers: Collection[Defined]) -> None:
        self.project = project
        self._routers = routers
        self._callers: dict[Defined, tuple[Given, ...]] = {}

    def parameter(self, site: Site, value: Value) -> Bound | None:
        """The parameter whose name an expression begins with."""
        if not isinstance(value, Reference):
            return None
        symbol, _ = self.project.names.resolve(site.path, site.scope, value.name.partition(".")[0])
        return symbol if isinstance(symbol, Bound) else None

    def passed(self, site: Site, value: Value | None) -> list[Given]:
        """What a parameter is given by the callers in the tree, or its default where there are none; empty for what is
        no parameter."""
        bound = self.parameter(site, value) if value is not None and "." not in getattr(value, "name", ".") else None
        if bound is None:
            return []
        found = [given for given, _ in self.arguments(bound)]
        scope = self.project.scope_of(Defined(bound.path, bound.scope))
        outside = Site(bound.path, max(scope.parent, 0))
        own = [each.default for each in scope.parameters if each.name == bound.name]
        return found or [Given(outside, default) for default in own if default is not None]

    def arguments(self, bound: Bound) -> Iterator[tuple[Given, bool]]:
        """What calls of a function give for one of its parameters, and whether that is the parameter's default."""
        function = Defined(bound.path, bound.scope)
        for call in self.of(function):
            given = dict(self.bind(function, call)).get(bound.name)
            if given is not None:
                yield given, given.site != call.site

    def bind(self, function: Defined, call: Given) -> tuple[tuple[str, Given], ...]:
        """The arguments of a call of a function, the object of a method among them."""
        assert isinstance(call.value, Call)
        scope = self.project.scope_of(function)
        meaning = self.project.values.evaluate(call.site, call.value.function).meaning
        own: Given | None = None
        if isinstance(meaning, Function):
            own = meaning.owner.call if meaning.owner is not None else None
        elif meaning != function:
            own = call if scope.name == "__init__" else None
        is_bound = own is not None or isinstance(meaning, Function)
        named = ((scope.parameters[0].name, own),) if own is not None and scope.parameters else ()
        return (*named, *self.project.values.bind(function, call, skip_first=is_bound))

    def of(self, function: Defined) -> tuple[Given, ...]:
        """The calls of a function in the tree, but for those in tests; of an `__init__` those of its class."""
        found = self._callers.get(function)
        if found is None:
            found = self._callers[function] = tuple(self._find_callers(function))
        return found

    def _find_callers(self, function: Defined) -> Iterator[Given]:
        scope = self.project.scope_of(function)
        if scope.kind != "function":
            return
        name, target = scope.name, function
        if name == "__init__":
            target = Defined(function.path, max(scope.parent, 0))
            name = self.project.scope_of(target).name
            if target in self._routers:
                return
        for path in self.project.mentioning(name):
            python = self.project.python(path)
            if python is None or self.project.role(path) == "test":
                continue
            for call, block in self.project.calls_in(path):
                if method_of(call.function)[0] != name:
                    continue
                site = Site(path, python.blocks[block].scope)
                if self.project.values.symbol(self.project.values.evaluate(site, call.function).meaning) == target:
                    yield Given(site, call)


def before(project: Project, site: Site, value: Value) -> Given | None:
    """What was a variable before `router = secured(router)`, where the function returns what it is given; what the
    variable of a loop or a parameter is in one run."""
    if not isinstance(value, Reference):
        return None
    for name, given in site.arguments or ():
        if name == value.name:
            return given
    symbol, rest = project.names.resolve(site.path, site.scope, value.name)
    table = project.names.table(symbol.path) if isinstance(symbol, Variable) and not rest else None
    if table is None or not isinstance(symbol, Variable):
        return None
    where = Site(symbol.path, symbol.scope, site.arguments if symbol.scope == site.scope else None)
    bindings = table.bindings.get(symbol.scope, {}).get(symbol.name, [])
    assigned = [each.statement.value for each in bindings if isinstance(each.statement, Assign) and not each.path]
    for index in range(len(assigned) - 1, 0, -1):
        call, before = assigned[index], assigned[index - 1]
        if not isinstance(call, Call) or before is None or not _hands_back(project, where, call, symbol.name):
            return Given(where, call) if call is not None and index < len(assigned) - 1 else None
    return Given(where, assigned[0]) if len(assigned) > 1 and assigned[0] is not None else None


def _hands_back(project: Project, site: Site, call: Call, name: str) -> bool:
    """Whether a call of a function of the tree returns its argument `name` whatever happens."""
    function = project.values.evaluate(site, call.function).meaning
    if not isinstance(function, Defined) or project.scope_of(function).kind != "function":
        return False
    given = {parameter: each.value for parameter, each in project.values.bind(function, Given(site, call))}
    results = [each.value for each in project.statements_of(function) if isinstance(each, Return)]
    return bool(results) and all(
        isinstance(each, Reference) and getattr(given.get(each.name), "name", "") == name for each in results
    )


__all__ = ["Callers", "before"]
