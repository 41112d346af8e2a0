"""The tables of the application: classes of SQLModel and SQLAlchemy, `Table(...)`, models of Django and Tortoise.

What tests and migrations declare is left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from msgspec.structs import replace

from prodlint.facts import Assign, Call, Constant, Operation, Reference, Sequence, Value
from prodlint.finding import Location
from prodlint.libraries.database import BASE_UNIQUES, MAPPER_PACKAGES, short_name
from prodlint.project.tables.columns import column_of, constructed, items_of, known
from prodlint.project.tables.constraints import (
    Arguments,
    Constraint,
    arguments_of_table,
    constraint_of,
    with_constraints,
)
from prodlint.project.tables.django.tables import read_tables as read_django_tables
from prodlint.project.tables.entities import Entities
from prodlint.project.tables.fields import columns_of
from prodlint.project.tables.models import Models
from prodlint.project.tables.naming import index_name, naming_convention
from prodlint.project.tables.schema import Column, Table
from prodlint.project.tables.tortoise import read_tables as read_tortoise_tables
from prodlint.project.values.bindings import Defined, External, Variable
from prodlint.project.values.outcomes import Given, Site

if TYPE_CHECKING:
    from prodlint.project import Project

__all__ = ["Table", "find_tables"]

_ROLES = frozenset({"application", "script"})
_WORDS = "Column mapped_column Mapped SQLModel Field Table Base Model __tablename__ __table__".split()
_MODULES = ("sqlalchemy", "sqlalchemy.schema", "sqlalchemy.sql.schema", "sqlmodel", "flask_sqlalchemy.SQLAlchemy")


def find_tables(project: Project) -> Entities:
    """All tables of the tree, by path and place, with the classes and variables that stand for them."""
    others = [*read_django_tables(project), *read_tortoise_tables(project)]
    if next(iter(project.mentioning(*MAPPER_PACKAGES)), None) is None:
        return Entities(project, tuple(sorted(others, key=_place)), {})
    reader = _Reader(project)
    reader.read_classes()
    reader.read_objects()
    found = reader.finished()
    if not others:
        return found
    return Entities(project, tuple(sorted((*found.tables, *others), key=_place)), found.variables)


def _place(table: Table) -> tuple[Location, str]:
    return table.location, table.label


class _Reader:
    """The cursor over the tree: collects tables and what is added to them later."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.models = Models(project)
        self.pattern = naming_convention(project)
        self.tables: dict[Defined | Location, Table] = {}
        self.variables: dict[Variable, Location] = {}
        self.constraints: dict[Defined | Location, list[Constraint]] = {}

    # --- classes ---

    def read_classes(self) -> None:
        heirs: list[Defined] = []
        for defined in self._classes():
            if not self.models.kind(defined):
                continue
            given = self._table_object(defined)
            if given is not None:
                self._read_object(given, defined)
            elif self.models.table_name(defined) is None:
                heirs.append(defined)
            else:
                self._read_class(defined)
        for defined in heirs:
            self._read_heir(defined)

    def _classes(self) -> Iterator[Defined]:
        """Classes that may be mapped: those of files that mention what such classes are written with."""
        for path in self.project.mentioning(*_WORDS):
            python = self.project.python(path) if self.project.role(path) in _ROLES else None
            for index, scope in enumerate(python.scopes) if python is not None else ():
                if scope.kind == "class":
                    yield Defined(path, index)

    def _table_object(self, defined: Defined) -> Given | None:
        member = self.models.member(defined, "__table__")
        given = self.models.outcome(member, defined) if member is not None else None
        kind, call = constructed(self.project, given) if given is not None else ("", None)
        return call if kind == "Table" else None

    def _read_class(self, defined: Defined) -> None:
        scope = self.project.scope_of(defined)
        arguments = self._arguments(defined)
        name = self.models.table_name(defined) or "?"
        doubt = self.models.doubt(defined) or arguments.doubt or ("its name is computed" if name == "?" else "")
        self.tables[defined] = Table(
            name="" if name == "?" else name,
            schema=arguments.schema,
            model=self.project.qualified(defined),
            label=scope.name,
            location=Location(defined.path, scope.place),
            columns=tuple(self._columns(defined)),
            of=(defined,),
            unknown=doubt,
        )
        self.constraints[defined] = [*arguments.constraints, *self._inner_indexes(defined)]

    def _read_heir(self, defined: Defined) -> None:
        """A class that shares the table of its parent: single-table inheritance."""
        columns = list(self._columns(defined))
        parent = self.models.parent(defined)
        while parent is not None and parent not in self.tables:
            parent = self.models.parent(parent)
        if parent is not None:
            table = self.tables[parent]
            present = {column.name for column in table.columns}
            # A row of another class has nothing there.
            more = [replace(column, nullable=True) for column in columns if column.name not in present]
            self.tables[parent] = replace(table, columns=(*table.columns, *more), of=(*table.of, defined))
            self.constraints[parent] += self._arguments(defined).constraints
        elif columns and self.models.doubt(defined):
            scope = self.project.scope_of(defined)
            self.tables[defined] = Table(
                name="",
                schema="",
                model=self.project.qualified(defined),
                label=scope.name,
                location=Location(defined.path, scope.place),
                columns=tuple(columns),
                of=(defined,),
                unknown=self.models.doubt(defined),
            )
            self.constraints[defined] = []

    def _columns(self, defined: Defined) -> Iterator[Column]:
        for column in columns_of(self.project, self.models, defined):
            yield self._named(column)

    def _arguments(self, defined: Defined) -> Arguments:
        parent = self.models.parent(defined)
        above = self.models.lineage(parent) if parent is not None else ()
        for symbol in self.models.lineage(defined):
            member = self.models.members(symbol).get("__table_args__") if isinstance(symbol, Defined) else None
            if member is None or (symbol in above and not self.models.is_declared(member)):
                continue
            if member.value is None and member.function is None:
                continue
            given = self.models.outcome(member, defined)
            if given is None:
                return Arguments(doubt="`__table_args__` has several results")
            return arguments_of_table(self.project, given)
        return Arguments(tuple(self._library_constraints(defined)))

    def _library_constraints(self, defined: Defined) -> Iterable[Constraint]:
        location = Location(defined.path, self.project.scope_of(defined).place)
        for symbol in self.models.lineage(defined):
            own = BASE_UNIQUES.get(short_name(symbol.name), ()) if isinstance(symbol, External) else ()
            for pattern, column in own:
                name = index_name(pattern, self.models.table_name(defined) or "", (column,))
                yield Constraint("Index" if pattern else "UniqueConstraint", (column,), location, name, unique=True)

    def _inner_indexes(self, defined: Defined) -> list[Constraint]:
        """Indexes that stand in the class body alone; SQLAlchemy attaches those that name columns as objects."""
        found = []
        for statement in self.project.statements_of(defined):
            value: Value | None = getattr(statement, "value", None)
            if isinstance(value, Call) and not any(isinstance(each.value, Constant) for each in value.arguments[1:]):
                constraint = constraint_of(self.project, Given(Site(defined.path, defined.scope), value))
                found += [constraint] if constraint is not None else []
        return found

    def _named(self, column: Column) -> Column:
        """A column whose foreign key is given as a class's attribute, with the name of what it references."""
        target = column.target
        if target is None or column.foreign_key != "?" or not isinstance(target.value, Reference):
            return column
        head, _, attribute = target.value.name.rpartition(".")
        symbol, rest = self.models.named(target.site, head.removesuffix(".c"), target.value.place)
        name = None
        if isinstance(symbol, Defined) and not rest:
            name, schema = self.models.table_name(symbol), self._arguments(symbol).schema
            name = f"{schema}.{name}" if schema and name else name
        elif isinstance(symbol, Variable) and not rest:
            kind, call = constructed(self.project, target, self.project.values.variable(symbol).meaning)
            first = call.value.positional(0) if kind == "Table" and call and isinstance(call.value, Call) else None
            name = str(known(self.project, Given(call.site, first)) or "") if call and first is not None else None
        return replace(column, foreign_key=f"{name}.{attribute}" if name and "?" not in name else "?")

    # --- objects ---

    def read_objects(self) -> None:
        for site in self.project.calls({f"{module}.Table" for module in _MODULES}):
            if self.project.role(site.path) in _ROLES and Location(site.path, site.call.place) not in self.tables:
                self._read_object(Given(site.site, site.call), None)

    def _read_object(self, given: Given, defined: Defined | None) -> None:
        call, site = given.value, given.site
        assert isinstance(call, Call)
        name = known(self.project, Given(site, call.arguments[0].value)) if call.arguments else None
        arguments, doubt = items_of(self.project, Given(site, _tuple(call)))
        if len(arguments) < 2:
            return
        location = Location(site.path, call.place)
        columns, constraints = [], []
        for position, each in enumerate(arguments[1:]):
            kind, inner = constructed(self.project, each)
            constraint = constraint_of(self.project, each)
            if kind == "Column" and inner is not None:
                where = Location(inner.site.path, inner.value.place)
                columns.append(self._named(column_of(self.project, "", where, inner)))
            elif constraint is not None:
                constraints.append(constraint)
            elif not kind and position:  # The first is the metadata, which Flask-SQLAlchemy's tables do without.
                doubt = doubt or "an argument is computed"
        if not columns and defined is None:
            return  # One that is read from the database, or a name to query: nothing is declared here.
        if call.keyword("autoload_with") is not None or call.keyword("autoload") is not None:
            doubt = "it is read from the database"
        variable = self._variable(site, call)
        label = variable.name if variable is not None else str(name or "?")
        schema = call.keyword("schema")
        key: Defined | Location = defined or location
        self.tables[key] = Table(
            name=str(name or ""),
            schema=str((known(self.project, Given(site, schema)) if schema is not None else None) or ""),
            model=f"{self.project.modules.name(site.path)}.{label}",
            label=self.project.scope_of(defined).name if defined is not None else label,
            location=location,
            columns=tuple(replace(column, attribute=column.name) for column in columns),
            of=(defined,) if defined is not None else (),
            unknown=doubt or ("" if name else "its name is computed"),
        )
        self.constraints[key] = constraints

    def _variable(self, site: Site, call: Call) -> Variable | None:
        python = self.project.python(site.path)
        assert python is not None
        for statement in python.statements:
            if isinstance(statement, Assign) and statement.value is not None and statement.value.place == call.place:
                target = statement.targets[0]
                if isinstance(target, Reference) and "." not in target.name:
                    variable = Variable(site.path, python.blocks[statement.block].scope, target.name)
                    self.variables[variable] = Location(site.path, call.place)
                    return variable
        return None

    # --- the whole ---

    def finished(self) -> Entities:
        declared = {_full_name(table) for key, table in self.tables.items() if isinstance(key, Defined)}
        keys = sorted(self.tables, key=lambda key: self.tables[key].location)
        # A second description of a model's table is only there to write statements with.
        keys = [key for key in keys if isinstance(key, Defined) or _full_name(self.tables[key]) not in declared]
        built = {key: with_constraints(self.tables[key], self.constraints[key], self.pattern) for key in keys}
        entities = Entities(self.project, tuple(built.values()), self._places(built))
        added: dict[Location, list[Constraint]] = {}
        for site in self.project.calls({f"{module}.Index" for module in _MODULES}):
            table = self._indexed(entities, Given(site.site, site.call))
            constraint = constraint_of(self.project, Given(site.site, site.call)) if table is not None else None
            if table is not None and constraint is not None:
                added.setdefault(table.location, []).append(constraint)
        if not added:
            return entities
        for key, table in built.items():
            built[key] = with_constraints(table, added.get(table.location, []), self.pattern, again=True)
        return Entities(self.project, tuple(built.values()), self._places(built))

    def _places(self, built: dict[Defined | Location, Table]) -> dict[Variable, Table]:
        by_location = {key: table for key, table in built.items() if isinstance(key, Location)}
        return {variable: by_location[place] for variable, place in self.variables.items() if place in by_location}

    def _indexed(self, entities: Entities, given: Given) -> Table | None:
        """The table of an index that stands by itself: that of the first column it names."""
        assert isinstance(given.value, Call)
        for argument in given.value.arguments[1:]:
            for reference in entities.references(given.site, argument.value):
                return reference[0]
        return None


def _full_name(table: Table) -> tuple[str, str]:
    return table.schema, table.name


def _tuple(call: Call) -> Value:
    items = (
        Operation("*", (argument.value,), argument.value.place) if argument.star == "*" else argument.value
        for argument in call.arguments
        if not argument.name and argument.star != "**"
    )
    return Sequence("tuple", tuple(items), call.place)
