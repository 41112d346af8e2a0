"""What a name stands for: links between files.

`Names.resolve` follows a dotted name through imports, re-exports, star imports and class bodies to a *symbol*:
something defined in the tree, or a dotted name outside it. Names that cannot be followed are `Unresolved` with the
reason; they
are unknown, not absent.
"""

from __future__ import annotations

import builtins
from collections.abc import Iterator
from typing import TYPE_CHECKING

from prodlint.facts import Block, Definition, Import, Python, Reference, Subscript
from prodlint.project.values.bindings import (
    Binding,
    Bound,
    Defined,
    External,
    Module,
    Symbol,
    Table,
    Unresolved,
    Variable,
)
from prodlint.project.values.outcomes import Site

if TYPE_CHECKING:
    from prodlint.project import Project

_BUILTINS = frozenset(dir(builtins))
_MAX_DEPTH = 24


class Names:
    """Follows names across the files of a project."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.modules = project.modules
        self._tables: dict[str, Table | None] = {}
        self._members: dict[tuple[str, str], Symbol | None] = {}
        self._heads: dict[tuple[str, int, str], Symbol] = {}
        self._bases: dict[tuple[str, int], list[Symbol]] = {}
        self._active: set[tuple[str, str]] = set()

    def table(self, path: str) -> Table | None:
        """The bindings of a file; None where it could not be read."""
        if path not in self._tables:
            python = self.project.python(path)
            self._tables[path] = Table(python) if python is not None else None
        return self._tables[path]

    def resolve(self, path: str, scope: int, name: str) -> tuple[Symbol, str]:
        """What a dotted name stands for in a scope of a file: a symbol and the attributes that are left.

        Modules, classes and external names take attributes up; a variable or parameter leaves them to the evaluator."""
        head, _, rest = name.partition(".")
        key = (path, scope, head)
        symbol = self._heads.get(key)
        if symbol is None:
            symbol = self._head(path, scope, head)
            if not self._active:  # Inside a cycle of imports the answer may be incomplete.
                self._heads[key] = symbol
        while rest:
            attribute, _, remaining = rest.partition(".")
            following = self.member(symbol, attribute)
            if following is None:
                return symbol, rest
            symbol, rest = following, remaining
        return symbol, ""

    def member(self, symbol: Symbol, attribute: str) -> Symbol | None:
        """The attribute of a module, class or external name; None where the evaluator has to tell."""
        match symbol:
            case External(name):
                return External(f"{name}.{attribute}")
            case Module(path):
                return self.module_member(path, attribute) or Unresolved(f"`{attribute}` is not found in `{path}`")
            case Defined(path, scope):
                return self.class_member(path, scope, attribute)
            case Unresolved():
                return symbol
        return None

    def _head(self, path: str, scope: int, name: str) -> Symbol:
        table, python = self.table(path), self.project.python(path)
        if table is None or python is None:
            return Unresolved(f"`{path}` could not be read")
        current = scope
        while current >= 0:
            fact = python.scopes[current]
            if current == scope or fact.kind != "class":
                if any(parameter.name == name for parameter in fact.parameters):
                    return Bound(path, current, name)
                found = self._in_scope(path, current, name, 0)
                if found is not None:
                    return found
            current = fact.parent
        if name in _BUILTINS:
            return External(f"builtins.{name}")
        return Unresolved(f"`{name}` is not defined in `{path}`")

    def module_member(self, path: str, name: str, depth: int = 0) -> Symbol | None:
        """The attribute `name` of the module at `path` (a file, or the folder of a namespace package)."""
        key = (path, name)
        if key in self._members:
            return self._members[key]
        if key in self._active or depth > _MAX_DEPTH:
            return None
        self._active.add(key)
        try:
            found = self._in_scope(path, 0, name, depth + 1) if path in self.modules.paths else None
            if found is None:
                submodule = self.modules.submodule(path, name)
                found = Module(submodule) if submodule is not None else None
            if found is None and path in self.modules.paths and self.table(path) is None:
                found = Unresolved(f"`{path}` could not be read")
        finally:
            self._active.discard(key)
        self._members[key] = found
        return found

    def _in_scope(self, path: str, scope: int, name: str, depth: int) -> Symbol | None:
        table = self.table(path)
        if table is None:
            return None
        bindings = table.bindings.get(scope, {}).get(name)
        if not bindings:
            return self._through_stars(path, table.stars.get(scope, []), name, depth)
        binding = self._chosen(path, bindings)
        match binding.statement:
            case Import() as statement:
                return self._imported(path, statement, depth)
            case Definition(defined):
                return Defined(path, defined)
        return Variable(path, scope, name)

    def _chosen(self, path: str, bindings: list[Binding]) -> Binding:
        """The binding that counts among several: not the fall-back of an import, and otherwise the last."""
        if len(bindings) == 1:
            return bindings[0]
        python = self.project.python(path)
        assert python is not None
        preferred = [each for each in bindings if not self._is_fallback(python, each)] or bindings
        imports = [each for each in preferred if isinstance(each.statement, Import)]
        if imports and len(imports) < len(preferred):
            definitions = [each for each in preferred if isinstance(each.statement, Definition)]
            return (definitions or imports)[-1]
        return preferred[-1]

    def _is_fallback(self, python: Python, binding: Binding) -> bool:
        statement = binding.statement
        block = statement.parent if isinstance(statement, Block) else statement.block
        while block >= 0:
            if python.blocks[block].kind == "except":
                return True
            block = python.blocks[block].parent
        return False

    def _imported(self, path: str, statement: Import, depth: int) -> Symbol | None:
        if statement.name in {"", "."}:
            wanted = statement.module if not statement.name else statement.bound
            found = self.modules.find(wanted, path)
            return Module(found) if found is not None else External(wanted)
        found = self.modules.find(statement.module, path)
        if found is None:
            if statement.module.startswith("."):
                return Unresolved(f"the module `{statement.module}` is not in the tree")
            return External(f"{statement.module}.{statement.name}")
        member = self.module_member(found, statement.name, depth + 1)
        if member is not None and not isinstance(member, Unresolved):
            return member
        submodule = self.modules.submodule(found, statement.name)
        if submodule is not None:
            return Module(submodule)
        if member is not None:
            return member
        if found not in self.modules.paths and not statement.module.startswith("."):
            # A folder that only shares its name with an installed package: alembic/, for one.
            return External(f"{statement.module}.{statement.name}")
        return Unresolved(f"`{statement.name}` is not found in `{found}`")

    def _through_stars(self, path: str, stars: list[Import], name: str, depth: int) -> Symbol | None:
        if name.startswith("_"):
            return None
        for statement in reversed(stars):
            found = self.modules.find(statement.module, path)
            if found is not None and depth < _MAX_DEPTH:
                member = self.module_member(found, name, depth + 1)
                if member is not None:
                    return member
        outside = [star.module for star in stars if self.modules.find(star.module, path) is None]
        if outside and name not in _BUILTINS:
            return Unresolved(f"`{name}` may come from `from {outside[-1]} import *`")
        return None

    # --- classes ---

    def bases(self, path: str, scope: int) -> list[Symbol]:
        """The base classes of a class, as symbols; `Base[T]` counts as `Base`."""
        known = self._bases.get((path, scope))
        if known is not None:
            return known
        python = self.project.python(path)
        if python is None:
            return []
        fact = python.scopes[scope]
        found: list[Symbol] = []
        settled = not self._active
        for argument in fact.bases:
            if argument.name or argument.star:
                continue
            value = argument.value
            while isinstance(value, Subscript):
                value = value.value
            if not isinstance(value, Reference):
                found.append(Unresolved("the base class is computed"))
                continue
            symbol, rest = self.resolve(path, fact.parent, value.name)
            if rest:  # `db.Model`: an attribute of an object.
                settled = False
                values = self.project.values
                symbol = values.symbol(values.evaluate(Site(path, max(fact.parent, 0)), value).meaning)
            found.append(symbol)
        if settled:
            self._bases[path, scope] = found
        return found

    def ancestors(self, path: str, scope: int) -> Iterator[Symbol]:
        """A class and all its ancestors, depth first, each once; external ones end their branch."""
        seen: set[Symbol] = set()
        stack: list[Symbol] = [Defined(path, scope)]
        while stack and len(seen) < 200:
            symbol = stack.pop()
            if symbol in seen:
                continue
            seen.add(symbol)
            symbol = self.project.values.class_of_variable(symbol) if isinstance(symbol, Variable) else symbol
            yield symbol
            if isinstance(symbol, Defined):
                stack.extend(reversed(self.bases(symbol.path, symbol.scope)))

    def class_member(self, path: str, scope: int, attribute: str) -> Symbol | None:
        """An attribute that a class body or one of its ancestors in the tree binds."""
        python = self.project.python(path)
        if python is None or python.scopes[scope].kind != "class":
            return None
        for ancestor in self.ancestors(path, scope):
            if isinstance(ancestor, Defined):
                found = self._in_scope(ancestor.path, ancestor.scope, attribute, 0)
                if found is not None:
                    return found
        return None

    def derives_from(self, symbol: Symbol, names: frozenset[str] | set[str]) -> bool | None:
        """Whether a class is, or descends from, one of the external classes; None where an ancestor is unknown."""
        if isinstance(symbol, External):
            return symbol.name in names
        if not isinstance(symbol, Defined):
            return None
        unknown = False
        for ancestor in self.ancestors(symbol.path, symbol.scope):
            if isinstance(ancestor, External) and ancestor.name in names:
                return True
            unknown = unknown or isinstance(ancestor, (Unresolved, Bound, Variable))
        return None if unknown else False
