"""Of which table the rows are that an expression gives: `db.query(User).first()`, `session.get(User, user_id)`, a
variable or loop over them, a function of the tree that returns them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from prodlint.facts import (
    Assign,
    Attribute,
    Await,
    Block,
    Call,
    Comprehension,
    Conditional,
    Operation,
    Reference,
    Sequence,
    Value,
)
from prodlint.libraries.stored_secrets import QUERIES, ROOTS, ROW_METHODS
from prodlint.project.routes.responses import returned
from prodlint.project.routes.schemas import Shape
from prodlint.project.tables.schema import Table
from prodlint.project.values.bindings import Bound, Defined, Variable
from prodlint.project.values.outcomes import Function, Instance, Site, options

if TYPE_CHECKING:
    from prodlint.project import Project

_MAX_DEPTH = 6


class ReturnedRows:
    """Answers of which table rows are; remembers the functions of the tree."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self._functions: dict[Defined, Table | None] = {}

    def table(self, site: Site, value: Value, loops: Mapping[str, Table] | None = None, depth: int = 0) -> Table | None:
        """The table of the row or rows that an expression gives; None for anything else. `loops` are the variables of
        the comprehensions around it."""
        if depth > _MAX_DEPTH:
            return None
        match value:
            case Await(inner):
                return self.table(site, inner, loops, depth)
            case Conditional(_, then, otherwise):
                return self.table(site, then, loops, depth + 1) or self.table(site, otherwise, loops, depth + 1)
            case Operation("or", operands):
                return self.table(site, operands[0], loops, depth + 1)
            case Sequence(_, items) if items:
                return self.table(site, items[0], loops, depth + 1)
            case Comprehension(_, element) if isinstance(element, Reference):
                return self.table(site, element, self.loops(site, value, loops), depth + 1)
            case Reference(name) if "." not in name:
                if loops and name in loops:
                    return loops[name]
                return self._of_name(site, name, depth)
            case Call():
                return self._of_call(site, value, depth)
        return None

    def loops(self, site: Site, value: Comprehension, loops: Mapping[str, Table] | None = None) -> dict[str, Table]:
        """The variables of a comprehension that stand for rows."""
        found = dict(loops or {})
        for clause in value.clauses:
            table = self.table(site, clause.iterable, found) or self._of_query(site, clause.iterable)
            if table is not None and isinstance(clause.target, Reference):
                found[clause.target.name] = table
        return found

    def _of_query(self, site: Site, value: Value) -> Table | None:
        """The table of a query that is iterated: `for user in db.query(User).filter(...)`."""
        return self._root(site, value) if isinstance(value, Call) and _last(value.function) in QUERIES else None

    def _of_name(self, site: Site, name: str, depth: int) -> Table | None:
        symbol, _ = self.project.names.resolve(site.path, site.scope, name)
        if isinstance(symbol, Bound):
            meaning = self.project.values.evaluate(site, Reference(name, 0)).meaning
            return self._of_instance(meaning)
        if not isinstance(symbol, Variable) or symbol.scope == 0:
            return None
        table = self.project.names.table(symbol.path)
        for binding in table.bindings.get(symbol.scope, {}).get(name, []) if table is not None else []:
            statement = binding.statement
            if binding.path or not isinstance(statement, (Assign, Block)) or statement.value is None:
                continue
            if isinstance(statement, Block) and statement.kind != "for":
                continue
            here = Site(symbol.path, symbol.scope)
            found = self.table(here, statement.value, None, depth + 1)
            if found is None and isinstance(statement, Block):
                found = self._of_query(here, statement.value)
            if found is not None:
                return found
        return None

    def _of_instance(self, meaning: object) -> Table | None:
        of = meaning.of if isinstance(meaning, Instance) else None
        return self.project.entities.classes.get(of) if isinstance(of, Defined) else None

    def _of_call(self, site: Site, call: Call, depth: int) -> Table | None:
        for meaning in options(self.project.values.evaluate(site, call.function).meaning):
            code = meaning.of if isinstance(meaning, Function) else meaning
            if isinstance(code, Defined):
                if self.project.scope_of(code).kind == "class":
                    return self.project.entities.classes.get(code)
                return self._of_function(code, depth)
        name = _last(call.function)
        if name == "list" and call.positional(0) is not None:
            return self.table(site, call.positional(0) or call, None, depth + 1)
        if name in ROW_METHODS:
            return self._root(site, call)
        return None

    def _of_function(self, code: Defined, depth: int) -> Table | None:
        if code in self._functions:
            return self._functions[code]
        self._functions[code] = None
        scope = self.project.scope_of(code)
        found: Table | None = None
        if scope.returns is not None:
            outside = Site(code.path, max(scope.parent, 0))
            for shape in self.project.schemas.contained(outside, scope.returns):
                if isinstance(shape, Shape):
                    found = found or self.project.entities.classes.get(shape.of)
        else:
            for given in returned(self.project, code):
                found = found or self.table(given.site, given.value, None, depth + 1)
        self._functions[code] = found
        return found

    def _root(self, site: Site, value: Value) -> Table | None:
        """The one class whose rows a chain of calls gives; None where it selects columns or several classes."""
        while True:
            match value:
                case Await(inner):
                    value = inner
                case Call(function, arguments):
                    first = value.positional(0)
                    name = _last(function)
                    if name in ROOTS and isinstance(first, Reference):
                        found = self.project.entities.table(site, first.name)
                        if found is not None:
                            several = [each for each in arguments if not each.name]
                            return found if name not in {"query", "select"} or len(several) == 1 else None
                    if name in {"exec", "execute", "scalars", "scalar"} and first is not None:
                        first = first if isinstance(first, Call) else self._assigned(site, first)
                        return self._root(site, first) if first is not None else None
                    value = function
                case Attribute(inner, _):
                    value = inner
                case Reference(name):
                    head, _, rest = name.partition(".")
                    if rest.startswith(("query", "objects")):
                        return self.project.entities.table(site, head)
                    assigned = self._assigned(site, Reference(head, value.place))
                    return self._root(site, assigned) if isinstance(assigned, (Call, Await)) else None
                case _:
                    return None

    def _assigned(self, site: Site, value: Value) -> Value | None:
        """What a local variable is assigned, where that happens once."""
        if not isinstance(value, Reference):
            return None
        symbol, rest = self.project.names.resolve(site.path, site.scope, value.name)
        if rest or not isinstance(symbol, Variable) or symbol.scope != site.scope:
            return None
        return self.project.values.single_assignment(symbol)


def _last(function: Value) -> str:
    return str(getattr(function, "name", "")).rpartition(".")[2]


__all__ = ["ReturnedRows"]
