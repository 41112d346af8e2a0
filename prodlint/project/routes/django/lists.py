"""Lists that a module puts together: `urlpatterns`, `MIDDLEWARE`, `permission_classes`.

`+=`, `append`, `insert`, `[..., *other]`, star imports and assignments under a condition are followed in source order.
What cannot be taken apart into its elements (a call, an attribute of an object) is one element that is `spread`, for
the caller to look at.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec import Struct

from prodlint.facts import (
    Assign,
    Call,
    Conditional,
    Constant,
    Expression,
    Import,
    Operation,
    Reference,
    Sequence,
    Statement,
    Value,
)
from prodlint.finding import Location
from prodlint.project.values.bindings import Defined, Symbol, Variable
from prodlint.project.values.outcomes import Environment, Given, Known, Site

if TYPE_CHECKING:
    from prodlint.project import Project

SETTINGS = "django.conf.settings."
_TRANSPARENT = frozenset({"builtins.list", "builtins.tuple", "builtins.sorted"})


class Element(Struct, frozen=True):
    """One element of a list: its value, where the list stands, and whether it is only there under a condition that does
    not hold by default. A `spread` element stands for all elements of its value."""

    value: Given
    owner: Location
    conditional: bool = False
    spread: bool = False


class Lists:
    """Reads lists; `settings` is the module that `django.conf.settings` stands for, "" where there is none."""

    def __init__(self, project: Project, settings: str = "") -> None:
        self.project = project
        self.settings = settings
        self._active: set[Variable] = set()
        self._so_far: dict[Variable, list[Element]] = {}

    def of(self, given: Given) -> tuple[Element, ...]:
        """The elements of a list expression, those that only a condition adds included."""
        return tuple(self._read(given.site, given.value, None))

    def of_symbol(self, symbol: Symbol | None) -> tuple[Element, ...]:
        """The elements of a variable; none for what is no variable."""
        return tuple(self._variable(symbol)) if isinstance(symbol, Variable) else ()

    def setting(self, name: str) -> Variable | None:
        """The variable that holds a setting."""
        found = self.project.names.module_member(self.settings, name) if self.settings else None
        return found if isinstance(found, Variable) else None

    # --- expressions ---

    def _read(self, site: Site, value: Value, owner: Location | None) -> Iterator[Element]:
        owner = owner or Location(site.path, value.place)
        match value:
            case Sequence(_, items):
                for item in items:
                    if isinstance(item, Operation) and item.operator == "*" and len(item.operands) == 1:
                        yield from self._read(site, item.operands[0], owner)
                    else:
                        yield Element(Given(site, item), owner)
            case Operation("+", operands):
                for operand in operands:
                    yield from self._read(site, operand, owner)
            case Conditional(_, then, otherwise):
                for each in (*self._read(site, then, owner), *self._read(site, otherwise, owner)):
                    yield Element(each.value, each.owner, True, each.spread)
            case Reference(name):
                yield from self._reference(site, value, name, owner)
            case Call(function, arguments) if len(arguments) == 1 and not arguments[0].star:
                if self.project.values.external_name(site, function) in _TRANSPARENT:
                    yield from self._read(site, arguments[0].value, owner)
                else:
                    yield Element(Given(site, value), owner, spread=True)
            case _:
                yield Element(Given(site, value), owner, spread=True)

    def _reference(self, site: Site, value: Value, name: str, owner: Location) -> Iterator[Element]:
        symbol, rest = self.project.names.resolve(site.path, site.scope, name)
        if isinstance(symbol, Variable) and not rest:
            yield from self._variable(symbol)
            return
        external = self.project.values.external_name(site, value)
        setting = self.setting(external[len(SETTINGS) :]) if external.startswith(SETTINGS) else None
        if setting is not None:
            yield from self._variable(setting)
        else:
            yield Element(Given(site, value), owner, spread=True)

    # --- variables ---

    def _variable(self, variable: Variable) -> list[Element]:
        if variable in self._so_far:
            return list(self._so_far[variable])
        if variable in self._active:
            return []
        self._active.add(variable)
        found: list[Element] = []
        try:
            for statement in self.project.statements_of(Defined(variable.path, variable.scope)):
                self._so_far[variable] = found
                added = self._added(variable, statement)
                if added is not None:
                    found = self._merged(found, added, variable, statement)
        finally:
            self._active.discard(variable)
            self._so_far.pop(variable, None)
        return found

    def _added(self, variable: Variable, statement: Statement) -> tuple[list[Element], bool] | None:
        """What a statement makes of a variable's list: elements, and whether they come on top of those before."""
        site = Site(variable.path, variable.scope)
        names = self.project.names
        match statement:
            case Import(name="*", module=module):
                found = names.modules.find(module, variable.path)
                member = names.module_member(found, variable.name) if found is not None else None
                return (self._variable(member), False) if isinstance(member, Variable) else None
            case Import(bound=variable.name):
                member = names._imported(variable.path, statement, 0)
                return (self._variable(member), False) if isinstance(member, Variable) else None
            case Assign(targets, value, operator=operator) if value is not None:
                if any(isinstance(each, Reference) and each.name == variable.name for each in targets):
                    return list(self._read(site, value, None)), operator == "+"
            case Expression(Call(Reference(called), arguments)) if called.startswith(f"{variable.name}."):
                method = called[len(variable.name) + 1 :]
                owner = Location(variable.path, statement.place)
                if method in {"append", "insert"} and arguments:
                    return [Element(Given(site, arguments[-1].value), owner)], True
                if method == "extend" and arguments:
                    return list(self._read(site, arguments[0].value, owner)), True
        return None

    def _merged(
        self, before: list[Element], added: tuple[list[Element], bool], variable: Variable, statement: Statement
    ) -> list[Element]:
        elements, on_top = added
        if not self.is_conditional(variable.path, statement.block):
            return [*before, *elements] if on_top else elements
        old = {each.value for each in before}
        new = [Element(each.value, each.owner, True, each.spread) for each in elements if each.value not in old]
        return [*before, *new]

    # --- conditions ---

    def is_conditional(self, path: str, block: int) -> bool:
        """Whether a block of a module runs only under a condition that does not hold by default; `DEBUG` never does."""
        python = self.project.python(path)
        assert python is not None
        while block >= 0 and python.blocks[block].kind not in {"module", "class", "function"}:
            fact = python.blocks[block]
            site = Site(path, fact.scope)
            if fact.kind in {"if", "else"} and fact.value is not None:
                if self.truth(site, fact.value) is not (fact.kind == "if"):
                    return True
            elif fact.kind in {"except", "for", "while", "case", "loop-else"}:
                return True
            block = fact.parent
        return False

    def truth(self, site: Site, value: Value) -> bool | None:
        """Whether a test of settings holds in production as the tree is; None where that cannot be told."""
        match value:
            case Constant(known):
                return bool(known)
            case Operation("not", (inner,)):
                found = self.truth(site, inner)
                return None if found is None else not found
            case Operation("and" | "or" as operator, operands):
                several = [self.truth(site, each) for each in operands]
                deciding = operator == "or"
                if deciding in several:
                    return deciding
                return None if None in several else not deciding
            case Reference(name) if name.rpartition(".")[2] == "DEBUG":
                return False
        meaning = self.project.values.evaluate(site, value).meaning
        name = getattr(meaning, "name", "")
        setting = self.setting(name[len(SETTINGS) :]) if name.startswith(SETTINGS) else None
        if setting is not None:
            meaning = self.project.values.variable(setting).meaning
        if isinstance(meaning, Environment) and meaning.fallback is not None:
            meaning = meaning.fallback
        return bool(meaning.value) if isinstance(meaning, Known) else None


__all__ = ["SETTINGS", "Element", "Lists"]
