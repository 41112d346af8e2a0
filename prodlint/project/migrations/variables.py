"""What the names of a migration stand for: variables of the run, of modules and of classes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from prodlint.facts import Assign
from prodlint.project.migrations.meanings import ClassValue, Frame, FunctionValue, Unknown
from prodlint.project.values.bindings import Defined, External, Module, Symbol, Variable

if TYPE_CHECKING:
    from prodlint.project import Project
    from prodlint.project.migrations.expressions import Evaluator

__all__ = ["Variables", "is_same"]


class Variables:
    """Looks names up; remembers what modules and classes bind."""

    project: Project
    evaluator: Evaluator

    def __init__(self) -> None:
        self._globals: dict[tuple[str, int, str], Any] = {}
        self._evaluating: set[tuple[str, int, str]] = set()

    def lookup(self, frame: Frame, name: str) -> tuple[Any, str]:
        """What a dotted name is, and the attributes that are left to follow."""
        head, _, rest = name.partition(".")
        current: Frame | None = frame
        while current is not None:
            if head in current.variables:
                return current.variables[head], rest
            current = current.parent
        symbol, left = self.project.names.resolve(frame.path, frame.scope, name)
        return self.of_symbol(symbol), left

    def of_symbol(self, symbol: Symbol) -> Any:
        """The value of what a name stands for."""
        match symbol:
            case External() | Module():
                return symbol
            case Defined(path, scope):
                python = self.project.python(path)
                fact = python.scopes[scope] if python is not None else None
                if fact is not None and fact.kind == "class":
                    return ClassValue(symbol, fact.name)
                return FunctionValue(symbol)
            case Variable(path, scope, name):
                return self.variable(path, scope, name)
        return Unknown(getattr(symbol, "reason", "it is not passed"))

    def variable(self, path: str, scope: int, name: str) -> Any:
        """A variable of a module or a class, evaluated when it is first asked for."""
        key = (path, scope, name)
        if key in self._globals:
            return self._globals[key]
        table = self.project.names.table(path)
        bindings = table.bindings.get(scope, {}).get(name, []) if table is not None else []
        python = self.project.python(path)
        if python is None or key in self._evaluating or python.scopes[scope].kind == "function":
            return Unknown(f"`{name}` is not set")
        self._evaluating.add(key)
        try:
            found = [self._bound(path, scope, each.statement, each.path) for each in bindings[-4:]]
        finally:
            self._evaluating.discard(key)
        value = found[-1] if found else Unknown(f"`{name}` is not set")
        if any(not is_same(each, value) for each in found[:-1]):
            own = python.scopes[scope].block
            last = bindings[-1].statement
            if not isinstance(last, Assign) or last.block != own or last.operator:
                value = Unknown(f"`{name}` is set several times")
        self._globals[key] = value
        return value

    def _bound(self, path: str, scope: int, statement: object, steps: tuple[int, ...]) -> Any:
        if not isinstance(statement, Assign) or statement.value is None or statement.operator:
            return Unknown("it is bound by a statement that is not run")
        value = self.evaluator.value(Frame(path, scope, {}), statement.value)
        for index in steps:
            if not isinstance(value, (list, tuple)) or index >= len(value):
                return Unknown("it is unpacked")
            value = value[index]
        return value


def is_same(one: Any, other: Any) -> bool:
    """Whether two values are known to be one and the same."""
    if one is other:
        return True
    try:
        return type(one) is type(other) and bool(one == other)
    except Exception:  # Values of a stranger's code: what cannot be compared is not the same.
        return False
