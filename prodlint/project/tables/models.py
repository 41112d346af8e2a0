"""Which classes of the tree are mapped to tables, in which order they inherit, and how the tables are called."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec import Struct

from prodlint.facts import Assign, Call, Constant, Definition, Import, Reference, Return, Subscript, Value
from prodlint.libraries.database import base_kind
from prodlint.project.tables.columns import constructed
from prodlint.project.tables.naming import class_name_in_snake_case, snake
from prodlint.project.values.bindings import Defined, External, Symbol, Unresolved
from prodlint.project.values.outcomes import Choice, Given, Instance, Known, Site

if TYPE_CHECKING:
    from prodlint.project import Project

__all__ = ["Member", "Models"]

_MAX_CLASSES = 200


class Member(Struct, frozen=True):
    """What a class body binds to a name."""

    name: str
    owner: Defined
    place: int
    value: Value | None = None
    annotation: Value | None = None
    function: Defined | None = None

    @property
    def site(self) -> Site:
        """Where value and annotation are to be evaluated."""
        return Site(self.owner.path, self.owner.scope)


class Models:
    """Answers about classes as mappers see them; remembers what it has worked out."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self._lineages: dict[Defined, tuple[Symbol, ...]] = {}
        self._members: dict[Defined, dict[str, Member]] = {}
        self._kinds: dict[Defined, str] = {}
        self._names: dict[Defined, str | None] = {}

    # --- classes ---

    def lineage(self, defined: Defined) -> tuple[Symbol, ...]:
        """A class and its ancestors in the order in which Python looks attributes up."""
        found = self._lineages.get(defined)
        if found is None:
            order: list[Symbol] = []
            self._collect(defined, order, ())
            last = {symbol: index for index, symbol in enumerate(order)}
            found = self._lineages[defined] = tuple(sorted(last, key=lambda symbol: last[symbol]))
        return found

    def _collect(self, symbol: Symbol, order: list[Symbol], above: tuple[Symbol, ...]) -> None:
        if symbol in above or len(order) > _MAX_CLASSES:
            return
        order.append(symbol)
        if isinstance(symbol, Defined):
            for base in self.bases(symbol):
                self._collect(base, order, (*above, symbol))

    def bases(self, defined: Defined) -> list[Symbol]:
        """The direct bases; a declarative base that a function makes comes with the class that it is given."""
        scope = self.project.scope_of(defined)
        site = Site(defined.path, max(scope.parent, 0))
        found: list[Symbol] = []
        for argument in scope.bases:
            if argument.name == "metaclass":
                found.append(self.project.values.symbol(self.project.values.evaluate(site, argument.value).meaning))
            elif not argument.name and not argument.star:
                found += self._base(site, argument.value)
        return [each for each in found if each != External("builtins.type")]

    def _base(self, site: Site, value: Value) -> Iterator[Symbol]:
        while isinstance(value, Subscript):  # `Base[T]` counts as `Base`.
            value = value.value
        meaning = self.project.values.evaluate(site, value).meaning
        if isinstance(meaning, Choice):
            meaning = next((each for each in meaning.options if isinstance(each, (Defined, External))), meaning)
        given: list[Given | None] = []
        if isinstance(meaning, Instance) and meaning.call is not None and isinstance(meaning.call.value, Call):
            given = [self._argument(meaning.call, "cls")]
        elif isinstance(meaning, External) and base_kind(meaning.name) == "named" and isinstance(value, Reference):
            owner = Reference(value.name.rpartition(".")[0], value.place)
            extension = self.project.values.evaluate(site, owner).meaning if owner.name else None
            if isinstance(extension, Instance) and extension.call is not None:
                given = [self._argument(extension.call, "model_class")]
        for each in given:
            inner = self.project.values.given(each).meaning if each is not None else None
            if isinstance(inner, (Defined, External)):
                yield inner
        yield self.project.values.symbol(meaning)

    def _argument(self, call: Given, name: str) -> Given | None:
        value = call.value.keyword(name) if isinstance(call.value, Call) else None
        return Given(call.site, value) if value is not None else None

    def members(self, defined: Defined) -> dict[str, Member]:
        """What the body of a class binds, by name, in source order."""
        found = self._members.get(defined)
        if found is not None:
            return found
        found = self._members[defined] = {}
        for statement in self.project.statements_of(defined):
            match statement:
                case Assign(targets, value, _, place, annotation, ""):
                    for target in targets:
                        if isinstance(target, Reference) and "." not in target.name:
                            found[target.name] = Member(target.name, defined, place, value, annotation)
                case Definition(scope):
                    inner = Defined(defined.path, scope)
                    fact = self.project.scope_of(inner)
                    if fact.kind == "function":
                        found[fact.name] = Member(fact.name, defined, fact.place, function=inner)
        return found

    def member(self, defined: Defined, name: str) -> Member | None:
        """What a class or its nearest ancestor binds to a name."""
        for symbol in self.lineage(defined):
            if isinstance(symbol, Defined) and name in self.members(symbol):
                return self.members(symbol)[name]
        return None

    def is_declared(self, member: Member) -> bool:
        """Whether a function of a class body is a `declared_attr`, which gives every subclass its own value."""
        if member.function is None:
            return False
        decorators = self.project.scope_of(member.function).decorators
        names = (self.project.values.decorator_name(member.function, each) for each in decorators)
        return any(name.startswith("sqlalchemy.") and "declared_attr" in name for name in names)

    def outcome(self, member: Member, of: Defined) -> Given | None:
        """The value of a member for class `of`: what it is assigned, or what its function returns."""
        if member.function is None:
            return Given(member.site, member.value) if member.value is not None else None
        values = self.returns(member, of)
        return values[0] if len(values) == 1 else None

    def returns(self, member: Member, of: Defined) -> list[Given]:
        """What the function of a member returns, to be evaluated for class `of`."""
        assert member.function is not None
        function, scope = member.function, self.project.scope_of(of)
        parameters = self.project.scope_of(function).parameters
        itself = Given(Site(of.path, max(scope.parent, 0)), Reference(scope.name, scope.place))
        arguments = ((parameters[0].name, itself),) if parameters else ()
        site = Site(function.path, function.scope, arguments)
        return [
            Given(site, statement.value)
            for statement in self.project.statements_of(function)
            if isinstance(statement, Return) and statement.value is not None
        ]

    # --- mapped classes ---

    def kind(self, defined: Defined) -> str:
        """What a class is to a mapper: "table" (mapped, to a table of its own or its parent's), "sqlmodel" (the same by
        SQLModel), or "" (abstract, a mixin, a base, or none of it)."""
        found = self._kinds.get(defined)
        if found is None:
            self._kinds[defined] = ""  # A class that inherits from itself is nothing.
            found = self._kinds[defined] = self._kind(defined)
        return found

    def _kind(self, defined: Defined) -> str:
        scope = self.project.scope_of(defined)
        members = self.members(defined)
        if self._decorated(defined, ("mapped", "mapped_as_dataclass")):
            return "table"
        if not scope.bases or self._decorated(defined, ("as_declarative", "as_declarative_base")):
            return ""
        lineage = self.lineage(defined)
        kinds = {base_kind(each.name) for each in lineage if isinstance(each, External)}
        says_table = any(
            argument.name == "table" and isinstance(argument.value, Constant) and argument.value.value is True
            for argument in scope.bases
        )
        if "sqlmodel" in kinds or says_table:
            parents = (each for each in lineage[1:] if isinstance(each, Defined))
            return "sqlmodel" if says_table and not any(map(self.kind, parents)) else ""
        abstract = members.get("__abstract__")
        if abstract is not None and isinstance(abstract.value, Constant) and abstract.value.value:
            return ""
        direct = {base_kind(each.name) for each in self.bases(defined) if isinstance(each, External)}
        if "root" in direct:
            return ""
        if kinds & {"root", "declarative", "named"} or self._has_declarative_parent(defined):
            return "table"
        if "__tablename__" in members or "__table__" in members:
            # A base that is not in the tree: the columns tell.
            given = (Given(each.site, each.value) for each in members.values() if each.value is not None)
            kinds_of_values = {constructed(self.project, each)[0] for each in given}
            return "table" if kinds_of_values & {"Column", "mapped_column", "Table"} else ""
        return ""

    def _decorated(self, defined: Defined, names: tuple[str, ...]) -> bool:
        for decorator in self.project.scope_of(defined).decorators:
            name = self.project.values.decorator_name(defined, decorator)
            if name.startswith("sqlalchemy.") and name.rpartition(".")[2] in names:
                return True
        return False

    def _has_declarative_parent(self, defined: Defined) -> bool:
        parents = [each for each in self.lineage(defined)[1:] if isinstance(each, Defined)]
        return any(self._decorated(each, ("as_declarative", "as_declarative_base")) for each in parents)

    def doubt(self, defined: Defined) -> str:
        """Why a class may inherit columns or indexes that are not seen; "" where all its ancestors are known."""
        for symbol in self.lineage(defined):
            if isinstance(symbol, Unresolved):
                return f"a base class is unknown: {symbol.reason}"
        return ""

    def named(self, site: Site, name: str, place: int) -> tuple[Symbol, str]:
        """What a name in a class body stands for while the body runs, and the attributes that are left: a mapped class
        that is imported above it, even if the file calls another class so further down."""
        symbol, rest = self.project.names.resolve(site.path, site.scope, name)
        if rest or not isinstance(symbol, Defined) or self.kind(symbol):
            return symbol, rest
        table = self.project.names.table(site.path)
        for binding in reversed(table.bindings.get(0, {}).get(name, []) if table is not None else []):
            statement = binding.statement
            if isinstance(statement, Import) and statement.name and statement.place < place:
                module = self.project.modules.find(statement.module, site.path)
                found = self.project.names.module_member(module, statement.name) if module is not None else None
                if isinstance(found, Defined) and self.kind(found):
                    return found, ""
        return symbol, rest

    # --- names of tables ---

    def parent(self, defined: Defined) -> Defined | None:
        """The nearest ancestor that is mapped itself."""
        return next((each for each in self.lineage(defined)[1:] if isinstance(each, Defined) and self.kind(each)), None)

    def table_name(self, defined: Defined) -> str | None:
        """The name of a mapped class's own table; "?" where it is computed, None where it shares its parent's."""
        if defined not in self._names:
            self._names[defined] = self._table_name(defined)
        return self._names[defined]

    def _table_name(self, defined: Defined) -> str | None:
        name = self.project.scope_of(defined).name
        for symbol in self.lineage(defined):
            if isinstance(symbol, External):
                kind = base_kind(symbol.name)
                if kind == "sqlmodel":
                    return str(name).lower()
                if kind == "named" and (self.parent(defined) is None or self._has_own_key(defined)):
                    return snake(name)
                continue
            if not isinstance(symbol, Defined):
                continue
            member = self.members(symbol).get("__tablename__")
            if member is None or (member.value is None and member.function is None):
                continue
            if symbol != defined and self.kind(symbol) and not self.is_declared(member):
                continue
            return self._evaluated(member, defined)
        return None

    def _has_own_key(self, defined: Defined) -> bool:
        for member in self.members(defined).values():
            if member.value is not None:
                _, call = constructed(self.project, Given(member.site, member.value))
                if call is not None and isinstance(call.value, Call) and call.value.keyword("primary_key") is not None:
                    return True
        return False

    def _evaluated(self, member: Member, of: Defined) -> str | None:
        given = self.outcome(member, of)
        if given is None:
            return "?"
        meaning = self.project.values.given(given).meaning
        if isinstance(meaning, Known):
            return str(meaning.value) if meaning.value is not None else None
        return class_name_in_snake_case(self.project, given, self.project.scope_of(of).name) or "?"
