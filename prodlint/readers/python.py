"""Python source to facts: parses with libcst and walks the tree once, in source order."""

from __future__ import annotations

import gc
import re
import sys
import threading
from collections.abc import Sequence as Nodes
from typing import Any

import libcst as cst

from prodlint.facts import (
    Argument,
    Assign,
    Block,
    Definition,
    Expression,
    Facts,
    Import,
    Jump,
    Operation,
    Parameter,
    Pragma,
    Problem,
    Python,
    Raise,
    Return,
    Scope,
    Sequence,
    Statement,
    Text,
    Value,
    place_of,
)
from prodlint.readers.ddl import changes_in, mentions_schema
from prodlint.readers.pragmas import parse as parse_pragma
from prodlint.readers.python_expressions import Expressions, last_name
from prodlint.readers.secrets import scan_comments
from prodlint.readers.sql_texts import mentions_queries, queries_in, texts_of
from prodlint.syntax.cursor import place_between
from prodlint.syntax.nesting import too_deep
from prodlint.syntax.parse import parse

_STACK_BYTES = 512 * 1024 * 1024
_RECURSION_LIMIT = 9000
_SMALL = 6000
"""Characters below which no nesting can exhaust an ordinary stack."""
_PRAGMA = re.compile(r"#[ \t]*prodlint:[^\r\n]*")


def read(path: str, text: str) -> Facts:
    """The facts of a Python file. What cannot be parsed is a problem at its place, never an exception."""
    depth = too_deep(text)
    if depth is not None:
        return Facts(Text(text.count("\n") + 1), problem=depth)
    if len(text) < _SMALL:
        return _read(text)
    # libcst's native parser recurses: nesting that is legal but absurd would exhaust the usual 8 MB and end the
    # process.
    result: list[Facts | Exception] = []

    def run() -> None:
        try:
            result.append(_read(text))
        except Exception as error:  # A thread has no caller: what fails here is raised again below.
            result.append(error)

    previous = threading.stack_size(_STACK_BYTES)
    try:
        thread = threading.Thread(target=run)
        thread.start()
    finally:
        threading.stack_size(previous)
    thread.join()
    outcome = result[0]
    if isinstance(outcome, Exception):
        raise outcome
    return outcome


def _read(text: str) -> Facts:
    collecting = gc.isenabled()
    limit = sys.getrecursionlimit()
    gc.disable()
    sys.setrecursionlimit(max(limit, _RECURSION_LIMIT))
    try:
        module = parse(text)
        return _Reader(text).module(module)
    except cst.ParserSyntaxError as error:
        line, column = max(error.raw_line, 1), max(error.raw_column, 0)
        return _failed(text, f"is not valid Python: {_reason(error)}", place_of(line, column, line, column))
    except RecursionError:
        return _failed(text, "nests expressions too deeply to be read", place_of(1, 0, 1, 0))
    finally:
        sys.setrecursionlimit(limit)
        if collecting:
            gc.enable()


def _failed(text: str, message: str, place: int) -> Facts:
    return Facts(Text(text.count("\n") + 1), problem=Problem(message, place))


def _reason(error: cst.ParserSyntaxError) -> str:
    message = str(error.message).removeprefix("parser error: error at ").strip().splitlines()[0].rstrip(".")
    expected = re.match(r"\d+:\d+: expected (.*)", message)
    if expected is None:
        return message.removeprefix("tokenizer error: ") or "the syntax is broken"
    wanted = expected.group(1)
    return f"expected {wanted}" if len(wanted) < 60 else "unexpected text"


class _Reader(Expressions):
    """Collects the scopes, blocks and statements of one module."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text
        self.scopes: list[Scope] = []
        self.blocks: list[Block] = []
        self.statements: list[Statement] = []
        self.decorated: list[tuple[int, int]] = []
        """(first decorator's line, line of the def) pairs: a pragma on a decorator is about the def."""
        self.type_checking = 0

    def module(self, node: cst.Module) -> Facts:
        self.scopes.append(Scope("module", "", "", -1, 0, place_of(1, 0, 1, 0)))
        self.blocks.append(Block("module", -1, 0, place_of(1, 0, 1, 0)))
        self.body(node.body, 0, 0)
        content = Python(tuple(self.scopes), tuple(self.blocks), tuple(self.statements))
        pragmas = self.pragmas() if "prodlint:" in self.text else ()
        secrets = tuple(self.secrets) + tuple(scan_comments(self.text))
        is_schema, is_query = mentions_schema(self.text), mentions_queries(self.text)
        texts = texts_of(content) if is_schema or is_query else []
        changes = changes_in(texts) if is_schema else ()
        queries = queries_in(texts) if is_query else ()
        return Facts(content, None, secrets, pragmas, " ".join(["", *sorted(self.names), ""]), changes, queries)

    def pragmas(self) -> tuple[Pragma, ...]:
        """The suppression comments, those inside strings left out."""
        found = []
        lines = self.text.splitlines()
        for match in _PRAGMA.finditer(self.text):
            if any(start <= match.start() < end for start, end in self.strings):
                continue
            line = self.text.count("\n", 0, match.start()) + 1
            column = match.start() - (self.text.rfind("\n", 0, match.start()) + 1)
            place = place_of(line, column, line, column + len(match.group()))
            target = line
            if not lines[line - 1][:column].strip():
                following = range(line + 1, len(lines) + 1)
                code = (each for each in following if lines[each - 1].strip() and lines[each - 1].lstrip()[0] != "#")
                target = next(code, line)
            for first, definition in self.decorated:
                if first <= target < definition:
                    target = definition
            pragma = parse_pragma(match.group(), place, target)
            if pragma is not None:
                found.append(pragma)
        return tuple(found)

    # --- blocks and statements ---

    def block(self, kind: str, parent: int, scope: int, place: int, **facts: Any) -> int:
        self.blocks.append(Block(kind, parent, scope, place, **facts))
        return len(self.blocks) - 1

    def body(self, nodes: Nodes[cst.CSTNode], block: int, scope: int) -> None:
        for node in nodes:
            if isinstance(node, cst.SimpleStatementLine):
                for small in node.body:
                    self.simple(small, block)
            else:
                self.compound(node, block, scope)

    def suite(self, node: cst.BaseSuite, block: int, scope: int) -> None:
        if isinstance(node, cst.SimpleStatementSuite):
            for small in node.body:
                self.simple(small, block)
        else:
            self.body(node.body, block, scope)

    def simple(self, node: cst.CSTNode, block: int) -> None:
        match node:
            case cst.Expr():
                is_text = isinstance(node.value, (cst.SimpleString, cst.ConcatenatedString))
                value = self.expression(node.value)
                if not is_text:
                    self.statements.append(Expression(value, block, value.place))
            case cst.Assign():
                self.assign(node, block)
            case cst.AnnAssign():
                target = self.expression(node.target)
                start = self.begin
                annotation = self.expression(node.annotation.annotation)
                assigned = None
                if node.value is not None:
                    assigned = self.expression(node.value, last_name(target), "assignment")
                place = place_between(start, self.cursor.here)
                self.statements.append(Assign((target,), assigned, block, place, annotation))
            case cst.AugAssign():
                target = self.expression(node.target)
                start = self.begin
                assigned = self.expression(node.value, last_name(target), "assignment")
                operator = type(node.operator).__name__
                place = place_between(start, self.cursor.here)
                self.statements.append(
                    Assign((target,), assigned, block, place, None, _AUGMENTED.get(operator, operator))
                )
            case cst.Return():
                start = self.cursor.take("return")
                value_or_none = self.expression(node.value) if node.value is not None else None
                self.statements.append(Return(value_or_none, block, place_between(start, self.cursor.here)))
            case cst.Raise():
                start = self.cursor.take("raise")
                value_or_none = self.expression(node.exc) if node.exc is not None else None
                place = place_between(start, self.cursor.here)
                if node.cause is not None:
                    self.expression(node.cause.item)
                self.statements.append(Raise(value_or_none, block, place))
            case cst.Assert():
                start = self.cursor.take("assert")
                value = self.expression(node.test)
                place = place_between(start, self.cursor.here)
                if node.msg is not None:
                    self.expression(node.msg)
                self.statements.append(Expression(value, block, place, "assert"))
            case cst.Del():
                start = self.cursor.take("del")
                value = self.expression(node.target)
                self.statements.append(Expression(value, block, place_between(start, self.cursor.here), "del"))
            case cst.Import() | cst.ImportFrom():
                self.imports(node, block)
            case cst.Break() | cst.Continue():
                kind = "break" if isinstance(node, cst.Break) else "continue"
                start = self.cursor.take(kind)
                self.statements.append(Jump(kind, block, place_between(start, self.cursor.here)))
            case cst.Global():
                start = self.cursor.take("global")
                names = tuple(self.expression(item.name) for item in node.names)
                place = place_between(start, self.cursor.here)
                self.statements.append(Expression(Sequence("tuple", names, place), block, place, "global"))
            case cst.TypeAlias():
                target = self.expression(node.name)
                start = self.begin
                assigned = self.expression(node.value)
                self.statements.append(Assign((target,), assigned, block, place_between(start, self.cursor.here)))

    def assign(self, node: cst.Assign, block: int) -> None:
        targets = []
        start = -1
        for each in node.targets:
            targets.append(self.expression(each.target))
            start = self.begin if start < 0 else start
        value = self.expression(node.value, last_name(targets[-1]), "assignment")
        self.statements.append(Assign(tuple(targets), value, block, place_between(start, self.cursor.here)))

    def imports(self, node: cst.Import | cst.ImportFrom, block: int) -> None:
        checking = self.type_checking > 0
        module = ""
        if isinstance(node, cst.ImportFrom):
            self.cursor.take("from")
            module = "." * len(node.relative)
            if node.module is not None:
                module += _dotted(node.module)
            if isinstance(node.names, cst.ImportStar):
                self.cursor.take("import")
                here = self.cursor.here
                self.statements.append(Import("", module, "*", block, place_between(here, here), checking))
                return
        start = self.cursor.take("import")
        assert not isinstance(node.names, cst.ImportStar)
        for alias in node.names:
            name = _dotted(alias.name)
            for part in name.split("."):
                mark = self.cursor.take(part)
                start = mark if part == name.partition(".")[0] else start
            self.names.update(name.split("."))
            bound = alias.asname.name.value if alias.asname and isinstance(alias.asname.name, cst.Name) else ""
            if bound:
                self.cursor.take(bound)
                self.names.add(bound)
            place = place_between(start, self.cursor.here)
            if isinstance(node, cst.Import):
                top = name.partition(".")[0]
                self.statements.append(Import(bound or top, name, "" if bound else ".", block, place, checking))
            else:
                self.statements.append(Import(bound or name, module, name, block, place, checking))
        if module:
            self.names.update(part for part in module.split(".") if part)

    def compound(self, node: cst.CSTNode, block: int, scope: int) -> None:
        match node:
            case cst.FunctionDef() | cst.ClassDef():
                self.definition(node, block, scope)
            case cst.If():
                self.conditional(node, block, scope)
            case cst.For():
                start = self.cursor.take("for")
                target = self.expression(node.target)
                iterable = self.expression(node.iter)
                place = place_between(start, self.cursor.here)
                inner = self.block(
                    "for", block, scope, place, value=iterable, target=target, is_async=node.asynchronous is not None
                )
                self.suite(node.body, inner, scope)
                self.otherwise(node.orelse, "loop-else", block, scope)
            case cst.While():
                start = self.cursor.take("while")
                test = self.expression(node.test)
                inner = self.block("while", block, scope, place_between(start, self.cursor.here), value=test)
                self.suite(node.body, inner, scope)
                self.otherwise(node.orelse, "loop-else", block, scope)
            case cst.Try() | cst.TryStar():
                start = self.cursor.take("try")
                here = place_between(start, self.cursor.here)
                self.suite(node.body, self.block("try", block, scope, here), scope)
                for handler in node.handlers:
                    start = self.cursor.take("except")
                    caught = self.expression(handler.type) if handler.type is not None else None
                    target_or_none = self.expression(handler.name.name) if handler.name is not None else None
                    place = place_between(start, self.cursor.here)
                    inner = self.block("except", block, scope, place, value=caught, target=target_or_none)
                    self.suite(handler.body, inner, scope)
                self.otherwise(node.orelse, "try-else", block, scope)
                if node.finalbody is not None:
                    start = self.cursor.take("finally")
                    here = place_between(start, self.cursor.here)
                    self.suite(node.finalbody.body, self.block("finally", block, scope, here), scope)
            case cst.With():
                start = self.cursor.take("with")
                inner = block
                for item in node.items:
                    manager = self.expression(item.item)
                    target_or_none = self.expression(item.asname.name) if item.asname is not None else None
                    place = place_between(start, self.cursor.here)
                    inner = self.block(
                        "with",
                        inner,
                        scope,
                        place,
                        value=manager,
                        target=target_or_none,
                        is_async=node.asynchronous is not None,
                    )
                self.suite(node.body, inner, scope)
            case cst.Match():
                self.cursor.take("match")
                subject = self.expression(node.subject)
                for each in node.cases:
                    start = self.cursor.take("case")
                    inner = self.block("case", block, scope, place_between(start, self.cursor.here), value=subject)
                    if each.guard is not None:
                        self.cursor.take("if")
                        self.expression(each.guard)
                    self.suite(each.body, inner, scope)

    def otherwise(self, node: cst.Else | None, kind: str, block: int, scope: int, test: Value | None = None) -> None:
        if node is None:
            return
        start = self.cursor.take("else")
        inner = self.block(kind, block, scope, place_between(start, self.cursor.here), value=test)
        self.suite(node.body, inner, scope)

    def conditional(self, node: cst.If, block: int, scope: int) -> None:
        branch: cst.If | cst.Else | None = node
        keyword = "if"
        while isinstance(branch, cst.If):
            start = self.cursor.take(keyword)
            test = self.expression(branch.test)
            place = place_between(start, self.cursor.here)
            checking = last_name(test) == "TYPE_CHECKING" and not isinstance(test, Operation)
            self.type_checking += checking
            self.suite(branch.body, self.block("if", block, scope, place, value=test), scope)
            self.type_checking -= checking
            branch = branch.orelse
            if isinstance(branch, cst.If):
                block = self.block("else", block, scope, place, value=test)
                keyword = "elif"
            else:
                self.otherwise(branch, "else", block, scope, test)

    # --- definitions ---

    def definition(self, node: cst.FunctionDef | cst.ClassDef, block: int, scope: int) -> None:
        decorators = []
        first = 0
        for decorator in node.decorators:
            decorators.append(self.expression(decorator.decorator))
            first = first or self.begin >> 14
        is_class = isinstance(node, cst.ClassDef)
        if not is_class and node.asynchronous is not None:  # type: ignore[union-attr]
            self.cursor.take("async")
        self.cursor.take("class" if is_class else "def")
        name = node.name.value
        self.names.add(name)
        start = self.cursor.take(name)
        place = place_between(start, self.cursor.here)
        if first:
            self.decorated.append((first, start >> 14))
        parent = self.scopes[scope]
        qualname = f"{parent.qualname}.{name}" if parent.qualname else name
        index = len(self.scopes)
        inner = self.block("class" if is_class else "function", block, index, place)
        # The index is taken before the body, so that scopes stand in source order; the facts come when they are known.
        self.scopes.append(parent)
        documented = node.get_docstring(clean=False) is not None if _may_be_documented(node) else False
        if isinstance(node, cst.ClassDef):
            bases = tuple(self.base(each) for each in (*node.bases, *node.keywords))
            fact = Scope("class", name, qualname, scope, inner, place, tuple(decorators), bases, documented=documented)
            self.scopes[index] = fact
            self.statements.append(Definition(index, block, place))
            self.suite(node.body, inner, index)
            return
        parameters = self.parameters(node.params)
        returns = self.expression(node.returns.annotation) if node.returns is not None else None
        is_async = node.asynchronous is not None
        fact = Scope(
            "function", name, qualname, scope, inner, place, tuple(decorators), (), parameters, returns, is_async,
            False, documented,
        )  # fmt: skip
        self.scopes[index] = fact
        self.statements.append(Definition(index, block, place))
        outer, self.yields = self.yields, False
        self.suite(node.body, inner, index)
        if self.yields:
            self.scopes[index] = _as_generator(fact)
        self.yields = outer

    def base(self, node: cst.Arg) -> Argument:
        if node.keyword is not None:
            self.cursor.take(node.keyword.value)
            return Argument(self.expression(node.value), node.keyword.value)
        return Argument(self.expression(node.value), "", node.star)


def _as_generator(fact: Scope) -> Scope:
    parameters: tuple[Parameter, ...] = fact.parameters
    return Scope(
        fact.kind, fact.name, fact.qualname, fact.parent, fact.block, fact.place, fact.decorators, fact.bases,
        parameters, fact.returns, fact.is_async, True, fact.documented,
    )  # fmt: skip


def _may_be_documented(node: cst.FunctionDef | cst.ClassDef) -> bool:
    """Whether the first statement is a string, which is cheaper to see than to evaluate."""
    body = node.body.body
    first = body[0] if body else None
    if isinstance(first, cst.SimpleStatementLine):
        first = first.body[0] if first.body else None
    return isinstance(first, cst.Expr) and isinstance(first.value, (cst.SimpleString, cst.ConcatenatedString))


def _dotted(node: cst.BaseExpression) -> str:
    parts = []
    while isinstance(node, cst.Attribute):
        parts.append(node.attr.value)
        node = node.value
    if isinstance(node, cst.Name):
        parts.append(node.value)
    return ".".join(reversed(parts))


_AUGMENTED = {
    "AddAssign": "+",
    "SubtractAssign": "-",
    "MultiplyAssign": "*",
    "DivideAssign": "/",
    "FloorDivideAssign": "//",
    "ModuloAssign": "%",
    "PowerAssign": "**",
    "BitOrAssign": "|",
    "BitAndAssign": "&",
    "BitXorAssign": "^",
    "LeftShiftAssign": "<<",
    "RightShiftAssign": ">>",
    "MatrixMultiplyAssign": "@",
}
