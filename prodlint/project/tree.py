"""The files of a repository and what stands in them: the facts of each, indexes over identifiers, statements, calls."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from functools import cached_property
from typing import Any

from prodlint.facts import Block, Call, Facts, Python, Statement, Value, walk
from prodlint.project.values.bindings import Defined, Symbol
from prodlint.project.values.modules import Modules
from prodlint.sources import Source

__all__ = ["Tree"]


class Tree:
    """All sources below a root, each file by itself.

    `sources` maps a path (relative to the root, with `/`) to its source; `load` gives a path's facts; `names` the
    `Facts.names` of a Python file without decoding it, `marks` the paths that carry something.
    """

    def __init__(
        self,
        root: str,
        sources: Mapping[str, Source],
        load: Callable[[str], Facts],
        names: Callable[[str], str] | None = None,
        marks: Callable[[str], Collection[str]] | None = None,
    ) -> None:
        self.root = root
        self.sources = sources
        self._load = load
        self._names_of = names or (lambda path: self.facts(path).names)
        self._marks = marks
        self._facts: dict[str, Facts] = {}
        self._python: dict[str, Python | None] = {}
        self._statements: dict[str, dict[int, list[Statement]]] = {}
        self._calls: dict[str, list[tuple[Call, int]]] = {}
        self._parts: dict[Defined, list[tuple[int, Statement | Block]]] = {}
        self._headers: dict[str, dict[int, list[tuple[int, Block]]]] = {}

    # --- files ---

    def facts(self, path: str) -> Facts:
        """The facts of one file, decoded once."""
        found = self._facts.get(path)
        if found is None:
            found = self._facts[path] = self._load(path)
        return found

    def python(self, path: str) -> Python | None:
        """The content of a Python file, or None where `path` is none or could not be read."""
        if path not in self._python:
            content = self.facts(path).content if path in self.sources else None
            self._python[path] = content if isinstance(content, Python) else None
        return self._python[path]

    def role(self, path: str) -> str:
        """The role of a file (see `Source.role`)."""
        return self.sources[path].role

    @cached_property
    def python_paths(self) -> tuple[str, ...]:
        """Paths of all Python files, sorted."""
        return tuple(sorted(path for path, source in self.sources.items() if source.kind == "python"))

    @cached_property
    def modules(self) -> Modules:
        """The tree's Python files by the names that they can be imported under."""
        return Modules(self.python_paths, self.sources)

    def identifiers(self, path: str) -> str:
        """The identifiers of a Python file, between blanks (see `Facts.names`); decodes nothing."""
        return self._names_of(path)

    def mentioning(self, *names: str) -> Iterator[str]:
        """Paths of the Python files in which any of the identifiers occurs; decodes nothing."""
        index = self._files_by_identifier
        if len(names) == 1:
            yield from index.get(names[0], ())
            return
        yield from sorted({path for name in names for path in index.get(name, ())})

    @cached_property
    def _files_by_identifier(self) -> dict[str, list[str]]:
        """The paths in which each identifier occurs, sorted. Made at once, as the rules ask for hundreds of names."""
        found: dict[str, list[str]] = {}
        for path in self.python_paths:
            for name in self._names_of(path).split():
                found.setdefault(name, []).append(path)
        return found

    def marked(self, mark: str) -> Iterator[str]:
        """Paths of the files that carry a "problem", "secrets" or "pragmas" (`Facts`), sorted; decodes nothing where
        the engine knows."""
        if self._marks is not None:
            yield from sorted(self._marks(mark))
            return
        for path in sorted(self.sources):
            if getattr(self.facts(path), mark):
                yield path

    # --- statements, calls, classes ---

    def statements_of(self, defined: Defined) -> list[Statement]:
        """The statements of one scope, in source order; those of functions and classes inside it are not among them."""
        by_scope = self._statements.get(defined.path)
        if by_scope is None:
            by_scope = self._statements[defined.path] = {}
            python = self.python(defined.path)
            if python is not None:
                for statement in python.statements:
                    by_scope.setdefault(python.blocks[statement.block].scope, []).append(statement)
        return by_scope.get(defined.scope, [])

    def parts_of(self, defined: Defined) -> list[tuple[int, Statement | Block]]:
        """The statements and block headers (`if`, `for`, `with`, `except`; not `else`) of one scope, in source order:
        the headers with the number of their block, the statements with -1."""
        found = self._parts.get(defined)
        if found is None:
            parts: list[tuple[int, Statement | Block]] = [(-1, each) for each in self.statements_of(defined)]
            parts += self.headers_of(defined)
            found = self._parts[defined] = sorted(parts, key=lambda each: each[1].place)
        return found

    def headers_of(self, defined: Defined) -> list[tuple[int, Block]]:
        """The blocks of one scope that have a value in their header (see `parts_of`), each with its number."""
        by_scope = self._headers.get(defined.path)
        if by_scope is None:
            by_scope = self._headers[defined.path] = {}
            python = self.python(defined.path)
            for index, block in enumerate(python.blocks if python is not None else ()):
                if block.value is not None and block.kind != "else":
                    by_scope.setdefault(block.scope, []).append((index, block))
        return by_scope.get(defined.scope, [])

    def values_of(self, defined: Defined) -> Iterator[Value]:
        """The outermost values of one scope: those of its statements and of its block headers (`if`, `for`, `with`)."""
        for statement in self.statements_of(defined):
            value = getattr(statement, "value", None)
            if value is not None:
                yield value
        for _, block in self.headers_of(defined):
            assert block.value is not None
            yield block.value

    def calls_of(self, defined: Defined) -> Iterator[Call]:
        """The calls in one scope, parents first."""
        for value in self.values_of(defined):
            yield from (each for each in walk(value) if isinstance(each, Call))

    def values_in(self, path: str) -> Iterator[tuple[Value, int]]:
        """The outermost values of a file's statements and block headers, each with its block; decorators and parameter
        defaults come with the block around the definition."""
        python = self.python(path)
        if python is None:
            return
        for statement in python.statements:
            value = getattr(statement, "value", None)
            if value is not None:
                yield value, statement.block
        for block in python.blocks:
            if block.value is not None and block.kind != "else":
                yield block.value, max(block.parent, 0)
        for scope in python.scopes[1:]:
            outside = max(python.blocks[scope.block].parent, 0)
            for decorator in scope.decorators:
                yield decorator, outside
            for base in scope.bases:
                yield base.value, outside
            for parameter in scope.parameters:
                if parameter.default is not None:
                    yield parameter.default, outside

    def calls_in(self, path: str) -> list[tuple[Call, int]]:
        """All calls of a file, each with its block."""
        found = self._calls.get(path)
        if found is None:
            found = self._calls[path] = [
                (value, block)
                for outer, block in self.values_in(path)
                for value in walk(outer)
                if isinstance(value, Call)
            ]
        return found

    def classes(self) -> Iterator[Defined]:
        """All classes of the tree, by path and place."""
        for path in self.python_paths:
            python = self.python(path)
            if python is None:
                continue
            for index, scope in enumerate(python.scopes):
                if scope.kind == "class":
                    yield Defined(path, index)

    def qualified(self, defined: Defined) -> str:
        """`module.qualname` of something defined in the tree."""
        python = self.python(defined.path)
        qualname = python.scopes[defined.scope].qualname if python is not None else ""
        return f"{self.modules.name(defined.path)}.{qualname}" if qualname else self.modules.name(defined.path)

    def scope_of(self, symbol: Symbol) -> Any:
        """The scope fact of a class or function of the tree."""
        assert isinstance(symbol, Defined)
        python = self.python(symbol.path)
        assert python is not None
        return python.scopes[symbol.scope]
