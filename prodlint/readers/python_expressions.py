"""Python expressions as values: the part of the Python reader that meets expression nodes.

Nodes are visited in source order, because places come from a cursor that only moves forward (`syntax.cursor`).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from prodlint.facts import (
    Argument,
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
    Parameter,
    Reference,
    Sequence,
    Subscript,
    Value,
    Yield,
)
from prodlint.readers.python_literals import Literals
from prodlint.syntax.cursor import place_between

if TYPE_CHECKING:
    import libcst as cst
else:
    from prodlint.syntax.parse import nodes as cst

OPERATORS: dict[type[Any], str] = {
    cst.Add: "+",
    cst.Subtract: "-",
    cst.Multiply: "*",
    cst.Divide: "/",
    cst.FloorDivide: "//",
    cst.Modulo: "%",
    cst.Power: "**",
    cst.MatrixMultiply: "@",
    cst.LeftShift: "<<",
    cst.RightShift: ">>",
    cst.BitAnd: "&",
    cst.BitOr: "|",
    cst.BitXor: "^",
    cst.And: "and",
    cst.Or: "or",
    cst.Not: "not",
    cst.Minus: "-",
    cst.Plus: "+",
    cst.BitInvert: "~",
    cst.Equal: "==",
    cst.LessThan: "<",
    cst.GreaterThan: ">",
    cst.LessThanEqual: "<=",
    cst.GreaterThanEqual: ">=",
    cst.In: "in",
    cst.NotIn: "not in",
    cst.Is: "is",
    cst.IsNot: "is not",
    cst.NotEqual: "!=",
}

_WRAPPERS = frozenset({"SecretStr", "SecretBytes", "Secret", "str", "bytes", "Field", "b64decode", "encode", "cast"})
"""Calls that give back, more or less, the string that they are given: it keeps the name it is bound to."""
_ENVIRONMENT_NAME = re.compile(r"[A-Z][A-Z0-9_]{2,}\Z")


def last_name(value: Value | None) -> str:
    """The last component of a reference, attribute or string key: what a value is bound to; "" for anything else."""
    match value:
        case Reference(name):
            return name.rpartition(".")[2]
        case Attribute(_, name):
            return name
        case Subscript(_, Constant(str() as key)):
            return key
        case Constant(str() as key):
            return key
    return ""


class Expressions(Literals):
    """Turns expression nodes into values."""

    def expression(self, node: cst.CSTNode, name: str = "", role: str = "") -> Value:
        """The value of an expression. `name` and `role` say what it is bound to (see `facts.Secret`)."""
        method = _METHODS.get(type(node))
        if method is None:
            return self._unsupported(node)
        opening = getattr(node, "lpar", ())
        if not opening:
            return method(self, node, name, role)
        outer = self.cursor.take("(")
        for _ in opening[1:]:
            self.cursor.take("(")
        value = method(self, node, name, role)
        for _ in node.rpar:  # type: ignore[attr-defined]
            self.cursor.take(")")
        self.begin = outer
        return value

    # --- operators ---

    def _binary(self, node: cst.BinaryOperation, name: str, role: str) -> Value:
        left = self.expression(node.left, name, role)
        start = self.begin
        right = self.expression(node.right, name, role)
        return Operation(OPERATORS.get(type(node.operator), "?"), (left, right), self._place(start))

    def _boolean(self, node: cst.BooleanOperation, name: str, role: str) -> Value:
        operator = OPERATORS[type(node.operator)]
        left = self.expression(node.left, name, role)
        start = self.begin
        fallback = "default" if operator == "or" and role else role
        right = self.expression(node.right, name, fallback)
        return Operation(operator, (left, right), self._place(start))

    def _unary(self, node: cst.UnaryOperation, name: str, role: str) -> Value:
        operator = OPERATORS.get(type(node.operator), "?")
        start = self.cursor.take("not") if operator == "not" else self.cursor.symbol(operator)
        inner = self.expression(node.expression)
        place = self._place(start)
        if operator == "-" and isinstance(inner, Constant) and isinstance(inner.value, (int, float)):
            return Constant(-inner.value, place)
        return Operation(operator, (inner,), place)

    def _comparison(self, node: cst.Comparison, name: str, role: str) -> Value:
        left = self.expression(node.left)
        start = self.begin
        pairs: list[Value] = []
        for target in node.comparisons:
            operator = OPERATORS.get(type(target.operator), "?")
            bound = last_name(left) if operator in {"==", "!="} and not isinstance(left, Constant) else ""
            right = self.expression(target.comparator, bound, "comparison" if bound else "")
            pairs.append(Operation(operator, (left, right), self._place(start)))
            left = right
        return pairs[0] if len(pairs) == 1 else Operation("and", tuple(pairs), self._place(start))

    def _conditional(self, node: cst.IfExp, name: str, role: str) -> Value:
        then = self.expression(node.body, name, role)
        start = self.begin
        test = self.expression(node.test)
        otherwise = self.expression(node.orelse, name, role)
        return Conditional(test, then, otherwise, self._place(start))

    def _named(self, node: cst.NamedExpr, name: str, role: str) -> Value:
        target = self.expression(node.target)
        start = self.begin
        value = self.expression(node.value, last_name(target), "assignment")
        return Operation(":=", (target, value), self._place(start))

    def _await(self, node: cst.Await, name: str, role: str) -> Value:
        start = self.cursor.take("await")
        inner = self.expression(node.expression, name, role)
        return Await(inner, self._place(start))

    def _yield(self, node: cst.Yield, name: str, role: str) -> Value:
        start = self.cursor.take("yield")
        self.yields = True
        if node.value is None:
            return Yield(None, self._place(start))
        delegates = isinstance(node.value, cst.From)
        inner = self.expression(node.value.item if isinstance(node.value, cst.From) else node.value)
        return Yield(inner, self._place(start), delegates)

    # --- displays ---

    def _sequence(self, node: Any, name: str, role: str) -> Value:
        kind, opening, closing = _DISPLAYS[type(node)]
        start = self.cursor.take(opening) if opening else -1
        items = []
        for element in node.elements:
            items.append(self._element(element, name, role))
            start = self.begin if start < 0 else start
        if closing:
            self.cursor.take(closing)
        return Sequence(kind, tuple(items), self._place(self.cursor.here if start < 0 else start))

    def _element(self, element: Any, name: str, role: str) -> Value:
        if isinstance(element, cst.StarredElement):
            start = self.cursor.symbol("*")
            inner = self.expression(element.value)
            return Operation("*", (inner,), self._place(start))
        return self.expression(element.value, name, role)

    def _mapping(self, node: cst.Dict, name: str, role: str) -> Value:
        start = self.cursor.take("{")
        pairs: list[tuple[Value | None, Value]] = []
        for element in node.elements:
            if isinstance(element, cst.StarredDictElement):
                pairs.append((None, self.expression(element.value)))
            else:
                assert isinstance(element, cst.DictElement)
                key = self.expression(element.key)
                pairs.append((key, self.expression(element.value, last_name(key), "key")))
        self.cursor.take("}")
        return Mapping(tuple(pairs), self._place(start))

    def _comprehension(self, node: Any, name: str, role: str) -> Value:
        kind, opening, closing = _COMPREHENSIONS[type(node)]
        start = self.cursor.take(opening) if opening else -1
        element: Value
        if isinstance(node, cst.DictComp):
            key = self.expression(node.key)
            pair = (key, self.expression(node.value))
            element = Sequence("tuple", pair, place_between(key.place >> 28, self.cursor.here))
        else:
            element = self.expression(node.elt)
            start = self.begin if start < 0 else start
        clauses: list[Clause] = []
        clause = node.for_in
        while clause is not None:
            target = self.expression(clause.target)
            iterable = self.expression(clause.iter)
            clauses.append(Clause(target, iterable, tuple(self.expression(each.test) for each in clause.ifs)))
            clause = clause.inner_for_in
        if closing:
            self.cursor.take(closing)
        return Comprehension(kind, element, tuple(clauses), self._place(start))

    # --- calls ---

    def _call(self, node: cst.Call, name: str, role: str) -> Value:
        function = self.expression(node.func, name, role)
        start = self.begin
        called = last_name(function)
        bound, bound_role = (name, role) if called in _WRAPPERS else ("", "argument")
        self.cursor.take("(")
        arguments = []
        for argument in node.args:
            if argument.keyword is not None:
                keyword = argument.keyword.value
                self.cursor.take(keyword)
                if keyword in {"default", "default_factory"} and bound:
                    value = self.expression(argument.value, bound, bound_role)
                else:
                    value = self.expression(argument.value, keyword, "keyword")
                arguments.append(Argument(value, keyword))
                continue
            if argument.star:
                self.cursor.symbol(argument.star)
                arguments.append(Argument(self.expression(argument.value), "", argument.star))
                continue
            value = self.expression(argument.value, bound, bound_role)
            arguments.append(Argument(value))
            if not bound and isinstance(value, Constant) and isinstance(value.value, str):
                if _ENVIRONMENT_NAME.match(value.value):
                    # os.getenv("SECRET_KEY", "dev"), config("SECRET_KEY", default="dev"): what follows is a default.
                    bound, bound_role = value.value, "default"
        self.cursor.take(")")
        return Call(function, tuple(arguments), self._place(start))

    def _subscript(self, node: cst.Subscript, name: str, role: str) -> Value:
        value = self.expression(node.value)
        start = self.begin
        opening = self.cursor.take("[")
        indexes: list[Value] = []
        for element in node.slice:
            if isinstance(element.slice, cst.Index):
                if element.slice.star:
                    self.cursor.symbol("*")
                indexes.append(self.expression(element.slice.value))
            else:
                assert isinstance(element.slice, cst.Slice)
                limits = (element.slice.lower, element.slice.upper, element.slice.step)
                operands = tuple(self.expression(limit) for limit in limits if limit is not None)
                indexes.append(Operation(":", operands, place_between(opening, self.cursor.here)))
        self.cursor.take("]")
        place = self._place(start)
        index = indexes[0] if len(indexes) == 1 else Sequence("tuple", tuple(indexes), place)
        return Subscript(value, index, place)

    def _lambda(self, node: cst.Lambda, name: str, role: str) -> Value:
        start = self.cursor.take("lambda")
        parameters = self.parameters(node.params)
        body = self.expression(node.body)
        return Lambda(parameters, body, self._place(start))

    def parameters(self, node: cst.Parameters) -> tuple[Parameter, ...]:
        """The parameters of a function, in source order."""
        found = [self._parameter(each, "positional-only") for each in node.posonly_params]
        found += [self._parameter(each, "") for each in node.params]
        if isinstance(node.star_arg, cst.Param):
            found.append(self._parameter(node.star_arg, "*"))
        found += [self._parameter(each, "keyword-only") for each in node.kwonly_params]
        if node.star_kwarg is not None:
            found.append(self._parameter(node.star_kwarg, "**"))
        return tuple(found)

    def _parameter(self, node: cst.Param, kind: str) -> Parameter:
        name = node.name.value
        self.names.add(name)
        start = self.cursor.take(name)
        place = place_between(start, self.cursor.here)
        annotation = self.expression(node.annotation.annotation) if node.annotation is not None else None
        default = self.expression(node.default, name, "parameter") if node.default is not None else None
        return Parameter(name, place, annotation, default, kind)


_DISPLAYS: dict[type[Any], tuple[str, str, str]] = {
    cst.List: ("list", "[", "]"),
    cst.Set: ("set", "{", "}"),
    cst.Tuple: ("tuple", "", ""),
}
_COMPREHENSIONS: dict[type[Any], tuple[str, str, str]] = {
    cst.ListComp: ("list", "[", "]"),
    cst.SetComp: ("set", "{", "}"),
    cst.DictComp: ("dict", "{", "}"),
    cst.GeneratorExp: ("generator", "", ""),
}
_Method = Callable[[Expressions, Any, str, str], Value]
_METHODS: dict[type[Any], _Method] = {
    cst.Name: Expressions._name,
    cst.Attribute: Expressions._attribute,
    cst.Integer: Expressions._integer,
    cst.Float: Expressions._float,
    cst.Imaginary: Expressions._imaginary,
    cst.Ellipsis: Expressions._ellipsis,
    cst.SimpleString: Expressions._string,
    cst.ConcatenatedString: Expressions._concatenated,
    cst.FormattedString: Expressions._formatted,
    cst.BinaryOperation: Expressions._binary,
    cst.BooleanOperation: Expressions._boolean,
    cst.UnaryOperation: Expressions._unary,
    cst.Comparison: Expressions._comparison,
    cst.IfExp: Expressions._conditional,
    cst.NamedExpr: Expressions._named,
    cst.Await: Expressions._await,
    cst.Yield: Expressions._yield,
    cst.List: Expressions._sequence,
    cst.Set: Expressions._sequence,
    cst.Tuple: Expressions._sequence,
    cst.Dict: Expressions._mapping,
    cst.ListComp: Expressions._comprehension,
    cst.SetComp: Expressions._comprehension,
    cst.DictComp: Expressions._comprehension,
    cst.GeneratorExp: Expressions._comprehension,
    cst.Call: Expressions._call,
    cst.Subscript: Expressions._subscript,
    cst.Lambda: Expressions._lambda,
}
if hasattr(cst, "TemplatedString"):
    # t-strings (PEP 750) have the same parts as f-strings.
    _METHODS[cst.TemplatedString] = Expressions._formatted
