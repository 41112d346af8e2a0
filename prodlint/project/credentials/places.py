"""Where credentials are looked for, the comparisons of a file, and what stands around an expression."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec import Struct

from prodlint.facts import Assign, Attribute, Block, Call, Constant, Operation, Reference, Statement, Value, children
from prodlint.libraries.credentials import COMPARERS, QUERY_METHODS
from prodlint.libraries.sensitive import ITEM_METHODS
from prodlint.project.deployment.debug import is_for_development
from prodlint.project.flow.reaching import contains, reaching
from prodlint.project.flow.traces import Where, last_name
from prodlint.project.values.bindings import Bound, Defined, Variable

if TYPE_CHECKING:
    from prodlint.project import Project

__all__ = ["Comparison", "Scans", "callers", "comparisons", "counts", "name_of", "passed", "sources", "trail"]

_NAMES = frozenset(name.rpartition(".")[2] for name in COMPARERS)


class Comparison(Struct, frozen=True):
    """Two values that are compared: by `==` or `!=`, or by a function that takes the same time for all."""

    where: Where
    place: int
    operator: str
    """"==", "!=", or "call"."""
    left: Value
    right: Value
    is_query: bool
    """It is a condition of a query, or stands in the arguments of one."""
    outer: Value
    """The whole expression that it is a part of."""

    @property
    def sides(self) -> tuple[tuple[Value, Value], tuple[Value, Value]]:
        """Each side together with the other one."""
        return ((self.left, self.right), (self.right, self.left))


def counts(project: Project, path: str) -> bool:
    """Whether a file is the application's own and not one for development or tests."""
    if project.role(path) != "application":
        return False
    folder, _, name = path.removesuffix(".py").rpartition("/")
    return not is_for_development(name) and not is_for_development(folder.rpartition("/")[2])


class Scan(Struct, frozen=True):
    """What one walk over the values of a file finds."""

    comparisons: tuple[Comparison, ...]
    conditions: tuple[tuple[Where, Operation], ...]
    """`and`s and `or`s with True or False written into them."""


class Scans:
    """Walks over files; remembers what it found, because several rules ask."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self._known: dict[str, Scan] = {}

    def of(self, path: str) -> Scan:
        """What a file holds, in source order of its statements."""
        if path not in self._known:
            self._known[path] = _scan(self.project, path)
        return self._known[path]


def comparisons(project: Project, path: str) -> tuple[Comparison, ...]:
    """The comparisons of a file that are no comparisons of more than two."""
    return project.scans.of(path).comparisons


def _scan(project: Project, path: str) -> Scan:
    compared: list[Comparison] = []
    conditions: list[tuple[Where, Operation]] = []
    python = project.python(path)
    for outer, block in project.values_in(path) if python is not None else ():
        assert python is not None
        where = Where(path, python.blocks[block].scope, block)
        stack: list[tuple[Value, bool]] = [(outer, False)]
        while stack:
            value, queried = stack.pop()
            match value:
                case Constant() | Reference():
                    continue
                case Operation("==" | "!=" as operator, (left, right)):
                    compared.append(Comparison(where, value.place, operator, left, right, queried, outer))
                case Operation("and" | "or", operands):
                    if any(isinstance(each, Constant) and isinstance(each.value, bool) for each in operands):
                        conditions.append((where, value))
                case Call(function, arguments):
                    name = last_name(function)
                    if name in _NAMES and len(arguments) == 2:
                        left, right = arguments[0].value, arguments[1].value
                        compared.append(Comparison(where, value.place, "call", left, right, queried, outer))
                    inside = queried or name in QUERY_METHODS
                    stack.append((function, queried))
                    stack.extend((argument.value, inside) for argument in arguments)
                    continue
            stack.extend((child, queried) for child in children(value))
    return Scan(tuple(compared), tuple(conditions))


def name_of(value: Value) -> str:
    """The last name in an expression; of `headers.get("x-token")`, as of `headers["x-token"]`, the key."""
    if isinstance(value, Call) and last_name(value.function) in ITEM_METHODS:
        first = value.positional(0)
        if isinstance(first, Constant) and isinstance(first.value, str):
            return first.value
    return last_name(value)


def sources(project: Project, where: Where, value: Reference) -> list[tuple[Where, Value | None, tuple[int, ...]]]:
    """The values that a variable may hold where it is used, each with its place and, for one that is unpacked, the
    indexes that lead to it; None for what a loop, `with` or `except` binds. Empty where the name is no variable."""
    symbol, rest = project.names.resolve(where.path, where.scope, value.name)
    if not isinstance(symbol, Variable) or rest:
        return []
    table, python = project.names.table(symbol.path), project.python(symbol.path)
    bindings = table.bindings.get(symbol.scope, {}).get(symbol.name, []) if table is not None else []
    if python is not None and symbol.path == where.path and symbol.scope == where.scope:
        statements = project.statements_of(Defined(where.path, where.scope))
        bindings = reaching(python, bindings, statements, where.block, value.place)
    found: list[tuple[Where, Value | None, tuple[int, ...]]] = []
    for binding in bindings:
        statement = binding.statement
        if isinstance(statement, Assign) and not statement.operator:
            at = Where(symbol.path, symbol.scope, statement.block)
            found.append((at, statement.value, binding.path))
        else:
            found.append((where, None, binding.path))
    return found


def callers(project: Project, function: Defined) -> Iterator[tuple[Where, Call]]:
    """The calls of a function of the tree, tests left out; those of a method count where nothing says what its receiver
    is."""
    scope = project.scope_of(function)
    python = project.python(function.path)
    assert python is not None
    is_method = scope.parent >= 0 and python.scopes[scope.parent].kind == "class"
    name = python.scopes[scope.parent].name if is_method and scope.name == "__init__" else scope.name
    for path in project.mentioning(name):
        other = project.python(path)
        if other is None or project.role(path) == "test":
            continue
        for call, block in project.calls_in(path):
            if last_name(call.function) != name:
                continue
            where = Where(path, other.blocks[block].scope, block)
            called = project.values.callee(where.site, call.function)
            of = getattr(called, "of", called)
            unknown = is_method and isinstance(call.function, (Reference, Attribute)) and not isinstance(of, Defined)
            if of == function or called == Defined(function.path, scope.parent) or unknown:
                yield where, call


def passed(project: Project, parameter: Bound) -> list[tuple[Where, Value]]:
    """What the callers of a function pass for a parameter, those included that only its name finds."""
    function = Defined(parameter.path, parameter.scope)
    scope = project.scope_of(function)
    if scope.kind != "function":
        return []
    names = [each.name for each in scope.parameters if each.kind in {"", "positional-only"}]
    names = names[1:] if names[:1] in (["self"], ["cls"]) else names
    found = []
    for where, call in callers(project, function):
        given = call.keyword(parameter.name)
        if given is None and parameter.name in names:
            given = call.positional(names.index(parameter.name))
        if given is not None:
            found.append((where, given))
    return found


def trail(project: Project, where: Where, target: Value) -> tuple[Statement | Block | None, list[Value]]:
    """The statement or block header that an expression stands in, and the values around it, innermost first."""
    python = project.python(where.path)
    assert python is not None
    holders: list[Statement | Block] = [
        statement for statement in python.statements if contains(statement.place, target.place)
    ]
    holders += [block for block in python.blocks if block.value is not None and block.kind != "else"]
    for holder in holders:
        root = getattr(holder, "value", None)
        if root is None:
            continue
        around = _around(root, target)
        if around is not None:
            return holder, around
    return None, []


def _around(root: Value, target: Value) -> list[Value] | None:
    if root == target:
        return []
    for child in children(root):
        found = _around(child, target) if child == target or _may_hold(child, target) else None
        if found is not None:
            return [*found, root]
    return None


def _may_hold(outer: Value, target: Value) -> bool:
    return contains(outer.place, target.place) or not contains(target.place, outer.place)
