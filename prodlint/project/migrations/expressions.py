"""Evaluates the expressions of a migration with the variables of the run, as far as that can be told."""

from __future__ import annotations

import re
import sys
from posixpath import basename
from typing import TYPE_CHECKING, Any

from prodlint.facts import (
    Attribute,
    Await,
    Call,
    Clause,
    Comprehension,
    Conditional,
    Constant,
    Lambda,
    Mapping,
    Operation,
    Reference,
    Sequence,
    Subscript,
    Template,
    Value,
    Yield,
)
from prodlint.project.migrations import files
from prodlint.project.migrations.calls import call_external, method
from prodlint.project.migrations.meanings import (
    Batch,
    ClassValue,
    FilePath,
    Frame,
    FunctionValue,
    LambdaValue,
    Listing,
    Made,
    Method,
    Tagged,
    Unknown,
    truth,
)
from prodlint.project.migrations.operators import arithmetic
from prodlint.project.values.bindings import Defined, External, Module, Unresolved

if TYPE_CHECKING:
    from prodlint.project.migrations.machine import Machine

__all__ = ["Evaluator"]

_BUILTINS = frozenset({"append", "extend", "add", "update", "pop", "remove", "insert", "sort", "clear", "discard"})
_MAX_ITEMS = 4000


class Evaluator:
    """Evaluates values in frames."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self._origins: dict[str, frozenset[int]] = {}

    def origins(self, path: str) -> frozenset[int]:
        """The places of a file's strings whose SQL was read."""
        found = self._origins.get(path)
        if found is None:
            facts = self.machine.project.facts(path)
            found = self._origins[path] = frozenset(sql.place for sql in facts.changes)
        return found

    def value(self, frame: Frame, value: Value) -> Any:
        """What an expression is."""
        match value:
            case Constant(plain, place, form):
                if form == "ellipsis":
                    return Unknown("it is `...`")
                if isinstance(plain, str) and place in self.origins(frame.path):
                    return Tagged.of(plain, (frame.path, place))
                return plain
            case Reference("__file__"):
                return FilePath(basename(frame.path), frame.path, True)
            case Reference(name):
                found, rest = self.machine.lookup(frame, name)
                for attribute in rest.split(".") if rest else ():
                    found = self.attribute(found, attribute)
                return found
            case Call():
                return self.call(frame, value)
            case Sequence(kind, items):
                return self._sequence(frame, kind, items)
            case Attribute(inner, name):
                return self.attribute(self.value(frame, inner), name)
            case Mapping(pairs):
                return self._mapping(frame, pairs)
            case Subscript(inner, index):
                return self._subscript(self.value(frame, inner), self.value(frame, index))
            case Template(parts):
                return self._joined(frame, value, parts)
            case Operation(operator, operands):
                return self._operation(frame, value, operator, operands)
            case Conditional(test, then, otherwise):
                answer = truth(self.value(frame, test))
                if answer is not None:
                    return self.value(frame, then if answer else otherwise)
                one, other = self.value(frame, then), self.value(frame, otherwise)
                is_plain = isinstance(one, (str, int, bool, type(None))) and type(one) is type(other)
                return one if is_plain and one == other else Unknown("it depends on a condition that cannot be told")
            case Lambda():
                return LambdaValue(value, frame)
            case Comprehension(kind, element, clauses):
                return self._comprehension(frame, kind, element, clauses)
            case Await(inner):
                return self.value(frame, inner)
            case Yield(inner):
                held = self.value(frame, inner) if inner is not None else None
                yielded = frame.variables.get("<yielded>")
                if isinstance(yielded, list):
                    yielded.extend(held if value.delegates and isinstance(held, list) else [held])
                return Unknown("it is what a generator is sent")
        return Unknown(getattr(value, "reason", "the expression is not evaluated"))

    # --- displays ---

    def _sequence(self, frame: Frame, kind: str, items: tuple[Value, ...]) -> Any:
        found: list[Any] = []
        for item in items:
            if isinstance(item, Operation) and item.operator == "*" and len(item.operands) == 1:
                inner = self.elements(self.value(frame, item.operands[0]))
                if inner is None:
                    return Unknown("something unknown is spread into a list")
                found += inner
            else:
                found.append(self.value(frame, item))
        return tuple(found) if kind == "tuple" else found

    def _mapping(self, frame: Frame, pairs: tuple[tuple[Value | None, Value], ...]) -> Any:
        found: dict[Any, Any] = {}
        for key, item in pairs:
            if key is None:
                inner = self.value(frame, item)
                if not isinstance(inner, dict):
                    return Unknown("something unknown is spread into a mapping")
                found.update(inner)
                continue
            name = self.value(frame, key)
            if not isinstance(name, (str, int, float, bool, tuple, type(None))):
                return Unknown("a key is computed")
            try:
                found[name] = self.value(frame, item)
            except TypeError:
                return Unknown("a key is computed")
        return found

    def _comprehension(self, frame: Frame, kind: str, element: Value, clauses: tuple[Clause, ...]) -> Any:
        results: list[Any] = []
        reason = ""

        def rounds(at: int, inner: Frame) -> None:
            nonlocal reason
            if at == len(clauses):
                if len(results) < _MAX_ITEMS:
                    results.append(self.value(inner, element))
                return
            clause = clauses[at]
            values = self.elements(self.value(inner, clause.iterable))
            if values is None:
                reason = "it is made from something unknown"
                return
            reason = reason or (values.reason if isinstance(values, Listing) else "")
            for each in values[:_MAX_ITEMS]:
                following = Frame(inner.path, inner.scope, {}, inner)
                self.machine.bind(following, clause.target, each)
                answers = [truth(self.value(following, condition)) for condition in clause.conditions]
                if None in answers:
                    reason = "it is chosen by a condition that cannot be told"
                elif all(answers):
                    rounds(at + 1, following)

        rounds(0, frame)
        if kind == "dict":
            if reason:
                return Unknown(reason)
            try:
                return {pair[0]: pair[1] for pair in results}
            except TypeError:
                return Unknown("a key is computed")
        return Listing(results, reason) if reason else results

    def elements(self, value: Any) -> list[Any] | None:
        """What a loop over a value meets; None where that cannot be told."""
        if isinstance(value, list):
            return value
        if isinstance(value, (tuple, set, frozenset)):
            return list(value)
        if isinstance(value, dict):
            return list(value)
        if isinstance(value, str):
            return list(value)
        if isinstance(value, range):
            return list(value[:_MAX_ITEMS])
        return None

    def _subscript(self, container: Any, index: Any) -> Any:
        if isinstance(container, dict) and isinstance(index, (str, int, tuple)):
            return container.get(index, Unknown("the key is not seen set"))
        if isinstance(container, (list, tuple, str)) and isinstance(index, int):
            if -len(container) <= index < len(container):
                return container[index]
        if isinstance(container, (External, ClassValue)):
            return container  # `list[str]`.
        return Unknown("an element of something unknown")

    def _joined(self, frame: Frame, value: Template, parts: tuple[Value, ...]) -> Any:
        text, unknown, number = "", "", 0
        holes: dict[str, Any] = {}
        for part in parts:
            if isinstance(part, Constant) and isinstance(part.value, str) and not part.form:
                text += part.value
                continue
            held = self.value(frame, part)
            holes[str(number)] = held
            number += 1
            if isinstance(held, (str, int, float)) and not isinstance(held, bool):
                text += str(held)
            else:
                unknown = unknown or getattr(held, "reason", "a part of it is computed")
                text += "?"
        origin = (frame.path, value.place) if value.place in self.origins(frame.path) else None
        if unknown:
            return Unknown(unknown, origin, holes, text)
        return Tagged.of(text, origin, holes) if origin is not None else text

    # --- operators ---

    def _operation(self, frame: Frame, value: Operation, operator: str, operands: tuple[Value, ...]) -> Any:
        if operator in ("and", "or"):
            return self._condition(frame, operator == "or", operands)
        if operator == ":=":
            held = self.value(frame, operands[1])
            self.machine.bind(frame, operands[0], held)
            return held
        values = [self.value(frame, operand) for operand in operands]
        result = arithmetic(operator, values)
        if operator == "+" and value.place in self.origins(frame.path):
            holes: dict[str, Any] = {}
            for operand in _flat(operands):
                if not (isinstance(operand, Constant) and isinstance(operand.value, str)):
                    holes[str(len(holes))] = self.value(frame, operand)
            if isinstance(result, str):
                return Tagged.of(result, (frame.path, value.place), holes)
            return Unknown("a part of it is computed", (frame.path, value.place), holes)
        return result

    def _condition(self, frame: Frame, is_or: bool, operands: tuple[Value, ...]) -> Any:
        uncertain = False
        last: Any = None
        for operand in operands:
            last = self.value(frame, operand)
            answer = truth(last)
            if answer is is_or:
                return is_or if uncertain else last
            uncertain = uncertain or answer is None
        return Unknown("a condition cannot be told") if uncertain else last

    # --- attributes and calls ---

    def attribute(self, value: Any, name: str) -> Any:
        """An attribute of a value."""
        project = self.machine.project
        if isinstance(value, External):
            return External(f"{value.name}.{name}")
        if isinstance(value, Module):
            symbol = project.names.member(value, name)
            return self.machine.of_symbol(symbol) if symbol is not None else Unknown(f"`{name}` is not found")
        if isinstance(value, ClassValue):
            if name == "__name__":
                return value.name
            symbol = project.names.member(value.defined, name)
            return self.machine.of_symbol(symbol) if symbol is not None else Method(value, name)
        if isinstance(value, Made):
            return self._of_made(value, name)
        if isinstance(value, Batch):
            return Method(value, name)
        if isinstance(value, FilePath):
            found = files.attribute(value, name)
            return found if found is not None else Method(value, name)
        if isinstance(value, Unknown):
            return Method(value, name) if name in _EFFECTS else value
        if isinstance(value, str) and name in ("value", "name"):
            return value  # A member of an enumeration.
        if isinstance(value, FunctionValue):
            return value.defined.path if name == "__name__" else Unknown("an attribute of a function")
        return Method(value, name)

    def _of_made(self, made: Made, name: str) -> Any:
        if isinstance(made.of, ClassValue):
            if name in made.keywords:
                return made.keywords[name]
            symbol = self.machine.project.names.member(made.of.defined, name)
            if isinstance(symbol, Defined):
                found = self.machine.of_symbol(symbol)
                return FunctionValue(symbol, None, made) if isinstance(found, FunctionValue) else found
            return self.machine.of_symbol(symbol) if symbol is not None else Method(made, name)
        if made.of == "django.schema_editor" and name == "connection":
            return Made("django.connection", (), {}, made.location)
        if made.name == "get_bind" or made.name == "get_context" or made.name in _CONNECTIONS:
            if name in ("dialect", "engine", "bind", "connection"):
                return Made(f"{made.of}.{name}", (), {}, made.location)
            if name in ("name", "vendor"):
                run = self.machine.run
                return (run.dialect if run is not None else "") or Unknown("the database is not known")
            if name == "as_sql":
                return False
        if name == "name" and made.arguments and isinstance(made.arguments[0], str):
            return made.keywords.get("name", made.arguments[0])
        return Method(made, name)

    def call(self, frame: Frame, call: Call) -> Any:
        """What a call gives; operations change the schema on the way."""
        function = self.value(frame, call.function)
        arguments: list[Any] = []
        keywords: dict[str, Any] = {}
        incomplete = ""
        for argument in call.arguments:
            held = self.value(frame, argument.value)
            if argument.name:
                keywords[argument.name] = held
            elif argument.star == "**":
                if isinstance(held, dict):
                    keywords.update({str(key): item for key, item in held.items()})
                else:
                    incomplete = "arguments are spread with `**`"
            elif argument.star == "*":
                inner = self.elements(held)
                if inner is None:
                    incomplete = "arguments are spread with `*`"
                else:
                    arguments += inner
            else:
                arguments.append(held)
        location = self.machine.location(frame, call.place)
        if isinstance(function, FunctionValue):
            return self.machine.call(function, arguments, keywords)
        if isinstance(function, LambdaValue):
            names = [each.name for each in function.value.parameters]
            inner_frame = Frame(function.frame.path, function.frame.scope, dict(zip(names, arguments)), function.frame)
            return self.value(inner_frame, function.value.body)
        if isinstance(function, ClassValue):
            return Made(function, tuple(arguments), keywords, location)
        if isinstance(function, External):
            made = files.call(function.name.removeprefix("builtins."), arguments)
            if made is not None:
                if isinstance(made, FilePath) and not made.start:
                    made = FilePath(made.path, frame.path)
                return made
            return call_external(self.machine, function.name, arguments, keywords, location, incomplete)
        if isinstance(function, Method):
            if isinstance(function.receiver, FilePath):
                return files.method(function.receiver, function.name, arguments)
            return method(self.machine, function, arguments, keywords, location, incomplete)
        if isinstance(call.function, Subscript) and self._is_globals(call.function.value):
            named = self._of_globals(frame, call.function.index)
            if named:
                # One of them runs for each database: all of them make what the databases are like.
                return [self.machine.call(each, arguments, keywords) for each in named][-1]
        written = getattr(call.function, "name", "")
        return self.machine.unknown_call(function, written, arguments, self._is_unresolved(frame, call.function))

    def _is_globals(self, value: Value) -> bool:
        return isinstance(value, Call) and getattr(value.function, "name", "") == "globals"

    def _of_globals(self, frame: Frame, index: Value) -> list[FunctionValue]:
        """The functions of the module that `globals()["upgrade_%s" % name]` may mean."""
        name = self.value(frame, index)
        pattern = name if isinstance(name, str) else getattr(name, "text", "")
        if not pattern.rstrip("?%s"):
            return []
        pattern = re.sub(r"%s|\\\?", r"\\w*", re.escape(pattern))
        python = self.machine.project.python(frame.path)
        scopes = enumerate(python.scopes) if python is not None else ()
        own = [at for at, scope in scopes if scope.kind == "function" and scope.parent == 0 and scope.name]
        assert python is not None
        found = [at for at in own if re.fullmatch(pattern, python.scopes[at].name)]
        return [FunctionValue(Defined(frame.path, at)) for at in found]

    def _is_unresolved(self, frame: Frame, function: Value) -> bool:
        """Whether a function is one that is not found, and so may do anything; not a method of some row."""
        if isinstance(function, Subscript):
            inner = function.value
            return isinstance(inner, Call) and getattr(inner.function, "name", "") in ("globals", "locals", "vars")
        if not isinstance(function, Reference):
            return False
        head = function.name.partition(".")[0]
        current: Frame | None = frame
        while current is not None:
            if head in current.variables:
                return False
            current = current.parent
        if head in sys.stdlib_module_names:  # A module of the tree may share its name.
            return False
        symbol, _ = self.machine.project.names.resolve(frame.path, frame.scope, function.name)
        return isinstance(symbol, Unresolved)


_EFFECTS = frozenset(
    """execute create_all drop_all exec_driver_sql scalar scalars run_sync create drop create_table add_column
    drop_column drop_table alter_column create_index drop_index""".split()
)
_CONNECTIONS = frozenset({"dialect", "engine", "bind", "connection", "connect", "get_engine"})
def _flat(operands: tuple[Value, ...]) -> list[Value]:
    found: list[Value] = []
    for each in operands:
        if isinstance(each, Operation) and each.operator == "+":
            found += _flat(each.operands)
        elif isinstance(each, Template):
            found += each.parts
        else:
            found.append(each)
    return found
